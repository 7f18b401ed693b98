"""`shrinkc build`: from a model to a folder with sources, image and report."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from ..errors import InputError
from ..files import replace_folder, write_whole
from ..project import Options, Settings, resolve, with_options
from ..project.checks import BYTES, Share
from ..project.values import FILE_NAME, Values, empty, read
from .chosen import AUTO, DEFAULT_INCREASE, WAYS, Limits, chosen, plan_path
from .console import Number, Progress, print_notes, print_report


@click.command("build")
@click.argument("model", required=False)
@click.option("--target", metavar="T", help="Core or board: see `shrinkc targets`.")
@click.option("--board", metavar="B", help="Board, in place of --target: a TOML file of your own, or a name.")
@click.option("-o", "--output", metavar="DIR", help="Folder of the build.  [default: build/T]")
@click.option("--calibration", metavar="DATA", help="Data set to measure ranges on.")
@click.option("--plan", metavar="FILE|auto", help="How to quantise: a file, or what is best within the limits below.")
@click.option(
    "--max-flash", type=Number(BYTES), metavar="BYTES", help="With --plan auto: of tables and code, such as 64K."
)
@click.option(
    "--min-compression", type=Number(Share(0, 97)), metavar="PERCENT", help="With --plan auto: off the float model."
)
@click.option(
    "--max-per-increase",
    type=Number(Share(-100, 100)),
    metavar="POINTS",
    help=f"With --plan or --delta auto: on the dev set.  [default: {DEFAULT_INCREASE:g}, where it is needed]",
)
@click.option("--dev", metavar="DATA", help="With --plan or --delta auto: data set to try on.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="With --plan or --delta auto: trials at once.")
@click.option("--weights", type=int, metavar="BITS", help="Bits of a weight: 2, 4, 8 or 16.")
@click.option("--activations", type=int, metavar="BITS", help="Bits of the products' inputs: 4, 8 or 16.")
@click.option("--clipping", metavar="WAY", help="Range of the weights: mmse, max or percentile.")
@click.option("--rounding", metavar="WAY", help="Rounding of the weights: auto, nearest or compensated.")
@click.option(
    "--delta",
    metavar="off|T|GROUP=T,...|auto|study",
    help="Thresholds, in steps of each input's grid, or what saves most within --max-per-increase.",
)
@click.option("--kernels", metavar="WAY", help="Products with thresholds: auto, delta or dense.")
@click.option("--max-frames", type=int, metavar="N", help="Frames of the longest utterance, for a bidirectional model.")
@click.option("--decode", metavar="WAY", help="Decode outputs on the device too: none, argmax or ctc.")
@click.option("--name", metavar="NAME", help="Prefix of the C names and files.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    as_json: bool,
    max_flash: int | None,
    min_compression: float | None,
    max_per_increase: float | None,
    jobs: int | None,
    **options: str | int | None,
) -> None:
    """Compile MODEL (a file, or zoo:NAME) into C sources and an image.

    In a project, `shrinkc.toml` gives whatever is not given here. `--plan auto` finds bits for each path: the least
    harm within the flash or the compression asked for, or the smallest model within the points of PER. `--delta auto`
    finds thresholds and coarser grids: the fewest instructions on the target within the points of PER, for the plan in
    force. The plan
    that was found is written beside the output folder, for `--plan FILE`. `--delta study` finds one threshold for all
    vectors or some, as the study behind shrinkc did, to compare with.
    """
    ways = {option: options[option] for option, known in WAYS.items() if options[option] in known}
    limits = Limits(max_flash, min_compression, max_per_increase)
    _refuse_limits(ways, limits, {"--dev": options["dev"], "--jobs": jobs})
    project = _project(Options(**options | dict.fromkeys(ways)))
    settings = resolve(project)
    check_output(settings.output)
    found = chosen(project, settings, ways, limits, jobs) if ways else None
    if found is not None:
        settings = resolve(found.project)
    report = build(settings)
    print_report(report, as_json)
    if found is not None:
        if not as_json:
            print_notes(found.notes)
        write_whole(plan_path(settings), found.plan)
        click.echo(f"the plan: {os.path.relpath(plan_path(settings))}", err=as_json)
    if not as_json:
        click.echo(f"written to {os.path.relpath(settings.output)}")


def _refuse_limits(ways: Mapping[str, str], limits: Limits, others: dict[str, object]) -> None:
    """Options of --plan auto and --delta auto that would be ignored without them."""
    if "plan" not in ways:
        for option, value in (("--max-flash", limits.flash), ("--min-compression", limits.compression)):
            if value is not None:
                raise InputError(f"{option} belongs to --plan {AUTO}: give both or neither")
    if not ways:
        for option, value in (("--max-per-increase", limits.increase), *others.items()):
            if value is not None:
                too = "; `shrinkc verify` takes it too" if option == "--max-per-increase" else ""
                raise InputError(f"{option} belongs to --plan {AUTO} or --delta {AUTO}: give both or neither{too}")


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


def _project(options: Options) -> Values:
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else empty()
    return with_options(project, options)


def check_output(folder: Path, written_files: Callable[[Path], tuple[str, ...] | None] | None = None) -> None:
    """Refuse an output folder that would take something else with it when it is replaced.

    written_files: tells what shrinkc wrote into a folder, None where it wrote none; a build's, unless given.
    """
    if written_files is None:
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
