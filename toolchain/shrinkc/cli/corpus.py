"""`shrinkc corpus`: a speech corpus becomes data sets, one file a side."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import click

CORPORA = ("timit", "speechocean762", "asterisk", "espeak")
ASTERISK_PACKAGES = ("asterisk-core-sounds-en", "asterisk-core-sounds-en-g722")


def watched(items: Iterable, count: int, doing: str) -> Iterator:
    """Pass `items` through and show on stderr how many of `count` are done."""
    from .console import Progress

    with Progress() as show:
        for done, item in enumerate(items):
            show(doing, done, count)
            yield item


def cache_folder() -> Path:
    """Where fetched packages are kept: $XDG_CACHE_HOME/shrinkc, by default ~/.cache/shrinkc."""
    import os

    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shrinkc"


@click.command("corpus")
@click.argument("corpus", type=click.Choice(CORPORA))
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder of the corpus. For asterisk the default is to fetch its two Debian packages; espeak has none.",
)
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
@click.option("--utterances", type=int, help="espeak: how many to speak.  [default: 4000]")
@click.option("--seed", type=int, help="espeak: draws voices and words.  [default: 0]")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(
    corpus: str,
    source: Path | None,
    output: Path,
    bands: int,
    frame_shift: float,
    phones: str,
    utterances: int | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Make data sets from CORPUS: timit, speechocean762, asterisk or espeak.

    The features are log-mel energies of 25 ms windows. No speaker stands on two sides; asterisk has one
    speaker and is split by text. espeak is synthetic: espeak-ng speaks it here.
    """
    from ..corpora.recording import build_sides
    from ..datasets.dataset import encoded
    from ..datasets.features import FeatureConfig
    from ..datasets.phones import phone_set
    from ..files import write_all

    config, phone_symbols = FeatureConfig(bands=bands, frame_shift_ms=frame_shift), phone_set(phones)
    found = _spoken(source, utterances, seed) if corpus == "espeak" else _read(corpus, source, utterances, seed)
    sides = build_sides(found, config, phone_symbols, lambda items, count: watched(items, count, "features"))
    paths = {side: output / f"{side}.npz" for side in sides}
    write_all({path: encoded(sides[side], path) for side, path in paths.items()})
    _tell(sides, output, as_json)


def _spoken(source: Path | None, utterances: int | None, seed: int | None):  # type: ignore[no-untyped-def]
    """The synthetic corpus, spoken by this machine."""
    from ..corpora.espeak import UTTERANCES, make_corpus
    from ..errors import InputError

    if source is not None:
        raise InputError(f"espeak is spoken here and has no folder: leave out --source {source}")
    count = UTTERANCES if utterances is None else utterances
    return make_corpus(count, seed or 0, lambda items, count: watched(items, count, "speech"))


def _read(corpus: str, source: Path | None, utterances: int | None, seed: int | None):  # type: ignore[no-untyped-def]
    """The corpus' recordings; where no source is given, Asterisk's packages are fetched."""
    from importlib import import_module

    from ..corpora.debian import unpacked
    from ..errors import InputError

    for option, value in (("--utterances", utterances), ("--seed", seed)):
        if value is not None:
            raise InputError(f"{option} {value}: only espeak takes it; {corpus} has utterances of its own")
    if source is None and corpus == "asterisk":
        source = unpacked(ASTERISK_PACKAGES, cache_folder())
    if source is None:
        raise InputError(f"{corpus} cannot be fetched: give its folder with --source")
    if not source.is_dir():
        raise InputError(f"{source}: no such folder (--source)")
    return import_module(f"..corpora.{corpus}", __package__).read_corpus(source)


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
