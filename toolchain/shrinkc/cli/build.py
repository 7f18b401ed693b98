"""`shrinkc build`: from a model to a folder with sources, image and report."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from ..errors import InputError
from ..files import replace_folder
from ..project import Options, Settings, resolve, with_options
from ..project.values import FILE_NAME, empty, read
from .console import Progress, print_report


@click.command("build")
@click.argument("model", required=False)
@click.option("--target", metavar="T", help="Core or board: see `shrinkc targets`.")
@click.option("-o", "--output", metavar="DIR", help="Folder of the build.  [default: build/T]")
@click.option("--calibration", metavar="DATA", help="Data set to measure ranges on.")
@click.option("--plan", metavar="FILE", help="How to quantise: a file with the tables plan and delta.")
@click.option("--weights", type=int, metavar="BITS", help="Bits of a weight: 2, 4, 8 or 16.")
@click.option("--activations", type=int, metavar="BITS", help="Bits of the products' inputs: 4, 8 or 16.")
@click.option("--clipping", metavar="WAY", help="Range of the weights: mmse, max or percentile.")
@click.option("--rounding", metavar="WAY", help="Rounding of the weights: auto, nearest or compensated.")
@click.option("--delta", metavar="off|T|GROUP=T,...", help="Thresholds, in steps of each input's grid.")
@click.option("--kernels", metavar="WAY", help="Products with thresholds: auto, delta or dense.")
@click.option("--max-frames", type=int, metavar="N", help="Frames of the longest utterance, for a bidirectional model.")
@click.option("--decode", metavar="WAY", help="Decode outputs on the device too: none, argmax or ctc.")
@click.option("--name", metavar="NAME", help="Prefix of the C names and files.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(as_json: bool, **options: str | int | None) -> None:
    """Compile MODEL (a file, or zoo:NAME) into C sources and an image.

    In a project, `shrinkc.toml` gives whatever is not given here.
    """
    settings = _settings(Options(**options))
    check_output(settings.output)
    report = build(settings)
    print_report(report, as_json)
    if not as_json:
        click.echo(f"written to {os.path.relpath(settings.output)}")


def build(settings: Settings) -> object:
    """Build and write the output folder, whole or not at all; returns the report."""
    from .. import pipeline
    from ..score import report as reports
    from ..score.page import page

    with Progress() as progress:
        built = pipeline.build(settings, progress=progress)
    names = {*built.files, reports.FILE_NAME, reports.PAGE_NAME}
    report = reports.with_files(built.report, names)
    files = {**built.files, reports.FILE_NAME: reports.to_json(report), reports.PAGE_NAME: page(report)}
    # A link to a folder elsewhere stays a link.
    replace_folder(settings.output.resolve(), files)
    return report


def _settings(options: Options) -> Settings:
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else empty()
    return resolve(with_options(project, options))


def check_output(folder: Path) -> None:
    """Refuse an output folder that would take something else with it when it is replaced."""
    from ..score.report import written_files

    for parent in (folder, *folder.parents):
        if parent.exists():
            if not parent.is_dir():
                raise InputError(f"{parent} is a file: choose another output folder with -o")
            break
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    written = written_files(folder)
    if written is None:
        raise InputError(f"{folder} holds something that shrinkc did not write: choose another folder with -o")
    for name in sorted(set(_files(folder)) - set(written)):
        raise InputError(
            f"{folder} holds {name!r}, which shrinkc did not write: move it, or choose another folder with -o"
        )


def _files(folder: Path) -> Iterator[str]:
    """The files under a folder, by relative name, but for what CMake made in a folder of its own."""
    for place, folders, names in os.walk(folder):
        if Path(place) != folder and "CMakeCache.txt" in names:
            folders.clear()
            continue
        links = [name for name in folders if Path(place, name).is_symlink()]
        yield from (Path(place, name).relative_to(folder).as_posix() for name in (*names, *links))
