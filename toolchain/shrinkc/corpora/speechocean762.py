"""speechocean762: read English by 250 speakers of Mandarin, children and adults (OpenSLR 101).

Layout: `train/utterances.tsv` and `test/utterances.tsv` beside a `WAVE` folder. The columns `phones` (what
should have been said, ARPAbet without stress) and `alignment` (`start:end:phone`, frames of 10 ms, a forced
alignment) give the labels. The corpus' own test speakers are the test side; its train speakers are split into
train and dev.
"""

from functools import partial
from pathlib import Path

from ..datasets.splits import split_by_group
from ..errors import InputError
from .reader import Reader
from .recording import Corpus, Recording, Segment, read_audio, read_lines, shown

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
    lines = read_lines(table)
    header = lines[0].split("\t") if lines else []
    for column in _COLUMNS:
        if column not in header or len(lines) < 2:
            raise InputError(f"{table}: no rows, or no column '{column}'")
    return [_row(line, number, header, table) for number, line in enumerate(lines[1:], 2) if line]


def _row(line: str, number: int, header: list[str], table: Path) -> dict[str, str]:
    values = line.split("\t")
    if len(values) != len(header):
        raise InputError(f"{table}: line {number} has {len(values)} columns and the header {len(header)}")
    return dict(zip(header, values, strict=True))


def _recording(source: Path, row: dict[str, str], side: str) -> Recording:
    return Recording(
        name=row["utterance"],
        speaker=row["speaker"],
        side=side,
        phones=tuple(row["phones"].split()),
        segments=tuple(_segment(part, row["utterance"]) for part in row["alignment"].split()),
        read=partial(read_audio, str(source / row["audio"]), RATE),
    )


def _segment(text: str, utterance: str) -> Segment:
    """`start:end:phone` in frames of 10 ms; the first frame starts at 0 s."""
    try:
        start, end, phone = text.split(":")
        return Segment(int(start) * ALIGNMENT_SECONDS, int(end) * ALIGNMENT_SECONDS, phone)
    except (ValueError, OverflowError):
        raise InputError(f"{utterance}: alignment {shown(text)} is not start:end:phone") from None


READER = Reader("speechocean762", read_corpus)
