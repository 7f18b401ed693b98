"""`shrinkc corpus`: a speech corpus becomes data sets, one file a side."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..corpora import NAMES, readers
from .console import watched

if TYPE_CHECKING:
    from ..corpora.reader import Reader
    from ..corpora.recording import Corpus


def cache_folder() -> Path:
    """Where fetched packages are kept: $XDG_CACHE_HOME/shrinkc, by default ~/.cache/shrinkc."""
    import os

    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shrinkc"


def _listed(names: list[str], last: str) -> str:
    return f"{', '.join(names[:-1])} {last} {names[-1]}" if len(names) > 1 else "".join(names)


def _help() -> str:
    remarks = " ".join(reader.remark for reader in readers().values() if reader.remark)
    return (
        f"Make data sets from CORPUS: {_listed([*NAMES], 'or')}.\n\n"
        f"The features are log-mel energies of 25 ms windows. No speaker stands on two sides; {remarks}"
    )


def _source_help() -> str:
    fetched = [name for name, reader in readers().items() if reader.packages]
    made = [name for name, reader in readers().items() if not reader.folder]
    return (
        f"Folder of the corpus. For {_listed(fetched, 'and')} the default is to fetch its Debian packages; "
        f"{_listed(made, 'and')} has none."
    )


def _owners(option: str) -> list[str]:
    """The corpora that take an option."""
    return [name for name, reader in readers().items() if option in (each.name for each in reader.options)]


def _with_own_options(command: Callable) -> Callable:
    """Add the options that only some corpora take."""
    found = {option.name: option for reader in readers().values() for option in reader.options}
    for option in reversed(found.values()):
        text = f"{_listed(_owners(option.name), 'and')}: {option.help}.  [default: {option.default}]"
        command = click.option(f"--{option.name}", type=int, help=text)(command)
    return command


@click.command("corpus", help=_help())
@click.argument("corpus", type=click.Choice(NAMES))
@click.option("--source", type=click.Path(path_type=Path), help=_source_help())
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for train.npz, dev.npz, test.npz.",
)
@click.option("--bands", type=int, default=40, show_default=True, help="Bands of the filterbank: values per frame.")
@click.option("--frame-shift", type=float, default=20.0, show_default=True, help="Milliseconds from frame to frame.")
@click.option("--phones", default="common", show_default=True, help="Phone set: common, timit39 or cmudict39.")
@_with_own_options
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    corpus: str,
    source: Path | None,
    output: Path,
    bands: int,
    frame_shift: float,
    phones: str,
    as_json: bool,
    **own: int | None,
) -> None:
    """The arguments are those of `--help`; `own` are the options that only some corpora take."""
    from ..corpora.recording import build_sides
    from ..datasets.dataset import encoded
    from ..datasets.features import FeatureConfig
    from ..datasets.phones import phone_set
    from ..files import write_all

    config, phone_symbols = FeatureConfig(bands=bands, frame_shift_ms=frame_shift), phone_set(phones)
    given = {option: value for option, value in own.items() if value is not None}
    sides = build_sides(
        _read(readers()[corpus], source, given), config, phone_symbols, partial(watched, doing="features")
    )
    paths = {side: output / f"{side}.npz" for side in sides}
    write_all({path: encoded(sides[side], path) for side, path in paths.items()})
    _tell(sides, output, as_json)


def _read(reader: "Reader", source: Path | None, given: dict[str, int]) -> "Corpus":
    """The corpus' recordings. Without a source they are made here, or fetched, where the corpus can be."""
    from ..errors import InputError

    for option, value in given.items():
        if reader.name not in _owners(option):
            owners = _listed(_owners(option), "and")
            raise InputError(f"--{option} {value}: only {owners} takes it; {reader.name} has utterances of its own")
    if not reader.folder:
        if source is not None:
            raise InputError(f"{reader.name} is made here and has no folder: leave out --source {source}")
        return reader.read(watch=partial(watched, doing="speech"), **given)
    if source is None and reader.packages:
        from ..corpora.debian import unpacked

        source = unpacked(reader.packages, cache_folder())
    if source is None:
        raise InputError(f"{reader.name} cannot be fetched: give its folder with --source")
    if not source.is_dir():
        raise InputError(f"{source}: no such folder (--source)")
    return reader.read(source, **given)


def _tell(sides: dict, output: Path, as_json: bool) -> None:
    """One line a side: file, utterances, speakers, frames, labels, and the rule of the split."""
    import json

    rows = [
        {
            "side": side,
            "file": str(output / f"{side}.npz"),
            "utterances": len(dataset),
            "speakers": len(set(dataset.speakers)),
            "frames": len(dataset.features),
            "labels": len(dataset.labels),
            "split_rule": dataset.meta["split_rule"],
        }
        for side, dataset in sides.items()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(
            f"{row['file']}: {row['utterances']} utterances, {row['speakers']} speakers,"
            f" {row['frames']} frames, {row['labels']} labels"
        )
    click.echo(f"split {rows[0]['split_rule']}")
