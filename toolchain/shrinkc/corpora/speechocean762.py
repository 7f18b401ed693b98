"""speechocean762: read English by 250 speakers of Mandarin, children and adults (OpenSLR 101).

Layout: `train/utterances.tsv` and `test/utterances.tsv` beside a `WAVE` folder. The columns `phones` (what
should have been said, ARPAbet without stress) and `alignment` (`start:end:phone`, frames of 10 ms, a forced
alignment) give the labels. The corpus' own test speakers are the test side; its train speakers are split into
train and dev.
"""

import csv
from functools import partial
from pathlib import Path

from ..datasets.splits import split_by_group
from ..errors import InputError
from .recording import Corpus, Recording, Segment, read_audio

RATE = 16000
ALIGNMENT_SECONDS = 0.01
DEV_UTTERANCES = 500
CREDIT = "speechocean762, Zhang et al. 2021, github.com/jimbozhang/speechocean762 (OpenSLR 101)"
LICENCE = "free for commercial and non-commercial use (its README)"
SPLIT_RULE = "by speaker: the corpus' own test speakers; dev from its train speakers"
_COLUMNS = ("utterance", "speaker", "audio", "phones", "alignment")


def read_corpus(source: Path) -> Corpus:
    """All utterances of the corpus under `source`.

    A missing table or column is an InputError that names it.
    """
    train = _rows(source, "train")
    sides = split_by_group([row["speaker"] for row in train], {"dev": DEV_UTTERANCES}, seed="speechocean762")
    recordings = [_recording(source, row, side) for row, side in zip(train, sides, strict=True)]
    recordings += [_recording(source, row, "test") for row in _rows(source, "test")]
    return Corpus("speechocean762", tuple(recordings), RATE, CREDIT, LICENCE, SPLIT_RULE)


def _rows(source: Path, part: str) -> list[dict[str, str]]:
    table = source / part / "utterances.tsv"
    if not table.is_file():
        raise InputError(f"{table}: not found; --source must be the folder of speechocean762 with train/ and test/")
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    for column in _COLUMNS:
        if not rows or rows[0].get(column) is None:
            raise InputError(f"{table}: no rows, or no column '{column}'")
    return rows


def _recording(source: Path, row: dict[str, str], side: str) -> Recording:
    return Recording(
        name=row["utterance"],
        speaker=row["speaker"],
        side=side,
        phones=tuple(row["phones"].split()),
        segments=tuple(_segment(part, row["utterance"]) for part in (row["alignment"] or "").split()),
        read=partial(read_audio, str(source / row["audio"]), RATE),
    )


def _segment(text: str, utterance: str) -> Segment:
    """`start:end:phone` in frames of 10 ms; the first frame starts at 0 s."""
    try:
        start, end, phone = text.split(":")
        return Segment(int(start) * ALIGNMENT_SECONDS, int(end) * ALIGNMENT_SECONDS, phone)
    except ValueError:
        raise InputError(f"{utterance}: alignment {text!r} is not start:end:phone") from None
