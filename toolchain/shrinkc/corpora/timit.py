"""TIMIT: read American English with hand-made phone labels (LDC93S1), and the sample of it that NLTK distributes.

Layouts: the corpus' own (`TRAIN/DR1/FCJF0/SX127.WAV` beside `.PHN`, in upper or lower case, NIST SPHERE or
RIFF) and the sample's (`dr1-fvmh0/sx206.wav`). `.phn` has one label a line: first sample, end sample, one of
61 labels. The sentences SA1 and SA2, which everybody reads, are left out.
"""

from functools import partial
from pathlib import Path

from ..datasets.splits import shuffled
from ..errors import InputError
from .reader import Reader
from .recording import Corpus, Recording, Segment, read_audio, read_lines, shown

RATE = 16000
CREDIT = "TIMIT Acoustic-Phonetic Continuous Speech Corpus, (c) 1993 Linguistic Data Consortium, LDC93S1"
LICENCE = "LDC user agreement; the NLTK sample is CC BY-NC-SA: no weights trained on either are shipped here"
FULL_RULE = "by speaker: TIMIT's train speakers, the 50 dev speakers in common use, the 24 of the core test set"
SAMPLE_RULE = "by speaker, of TIMIT's train speakers only: a third test, a sixth dev, the rest train"

# Both lists as in Kaldi's recipe for TIMIT (egs/timit/s5/conf); all of them stand in the corpus' TEST folder.
DEV_SPEAKERS = frozenset((
    "faks0", "fdac1", "fjem0", "mgwt0", "mjar0", "mmdb1", "mmdm2", "mpdf0", "fcmh0", "fkms0", "mbdg0",
    "mbwm0", "mcsh0", "fadg0", "fdms0", "fedw0", "mgjf0", "mglb0", "mrtk0", "mtaa0", "mtdt0", "mthc0",
    "mwjg0", "fnmr0", "frew0", "fsem0", "mbns0", "mmjr0", "mdls0", "mdlf0", "mdvc0", "mers0", "fmah0",
    "fdrw0", "mrcs0", "mrjm4", "fcal1", "mmwh0", "fjsj0", "majc0", "mjsw0", "mreb0", "fgjd0", "fjmg0",
    "mroa0", "mteb0", "mjfc0", "mrjr0", "fmml0", "mrws1",
))  # fmt: skip
CORE_TEST_SPEAKERS = frozenset((
    "mdab0", "mwbt0", "felc0", "mtas1", "mwew0", "fpas0", "mjmp0", "mlnt0", "fpkt0", "mlll0", "mtls0",
    "fjlm0", "mbpm0", "mklt0", "fnlp0", "mcmj0", "mjdh0", "fmgd0", "mgrt0", "mnjm0", "fdhc0", "mjln0",
    "mpam0", "fmld0",
))  # fmt: skip


def read_corpus(source: Path) -> Corpus:
    """All sentences of the corpus or the sample under `source`.

    A missing file is an InputError that names it.
    """
    labels = sorted(path for path in source.rglob("*") if path.suffix.lower() == ".phn" and not _is_sa(path))
    if not labels:
        raise InputError(
            f"{source}: no .phn files; --source must be TIMIT's folder (with TRAIN and TEST) or its sample"
        )
    full = any(_part(path) for path in labels)
    sides = _full_sides(labels) if full else _sample_sides(labels)
    recordings = tuple(_recording(path, sides[path]) for path in labels if path in sides)
    name, rule = ("timit", FULL_RULE) if full else ("timit-sample", SAMPLE_RULE)
    return Corpus(name, recordings, RATE, CREDIT, LICENCE, rule)


def _is_sa(path: Path) -> bool:
    return path.stem.lower() in ("sa1", "sa2")


def _speaker(path: Path) -> str:
    """`fcjf0` for TRAIN/DR1/FCJF0 and for dr1-fcjf0."""
    return path.parent.name.lower().rpartition("-")[2]


def _part(path: Path) -> str:
    """`train` or `test` in the corpus' own layout (the folder two above the speaker's), else nothing."""
    above = path.parents[2].name.lower() if len(path.parents) > 2 else ""
    return above if above in ("train", "test") else ""


def _full_sides(labels: list[Path]) -> dict[Path, str]:
    """The side of each sentence; test speakers outside the core test and the dev set are left out."""
    sides = {}
    for path in labels:
        speaker = _speaker(path)
        if _part(path) == "train":
            sides[path] = "train"
        elif speaker in DEV_SPEAKERS:
            sides[path] = "dev"
        elif speaker in CORE_TEST_SPEAKERS:
            sides[path] = "test"
    return sides


def _sample_sides(labels: list[Path]) -> dict[Path, str]:
    speakers = shuffled([_speaker(path) for path in labels], seed="timit-sample")
    tests, devs = len(speakers) // 3, max(1, len(speakers) // 6)
    if len(speakers) < 3:
        raise InputError(f"{labels[0].parents[1]}: {len(speakers)} speakers are too few for three sides")
    side_of = dict.fromkeys(speakers[:tests], "test") | dict.fromkeys(speakers[tests : tests + devs], "dev")
    return {path: side_of.get(_speaker(path), "train") for path in labels}


def _recording(path: Path, side: str) -> Recording:
    segments = tuple(_segment(line, number, path) for number, line in enumerate(read_lines(path), 1) if line.strip())
    return Recording(
        name=f"{_speaker(path)}_{path.stem.lower()}",
        speaker=_speaker(path),
        side=side,
        phones=tuple(segment.phone for segment in segments),
        segments=segments,
        read=partial(read_audio, str(_sound(path)), RATE),
    )


def _segment(line: str, number: int, path: Path) -> Segment:
    """`start end label`, in samples."""
    try:
        start, end, phone = line.split()
        return Segment(int(start) / RATE, int(end) / RATE, phone)
    except (ValueError, OverflowError):
        raise InputError(f"{path}: line {number}, {shown(line)}, is not 'start end label'") from None


def _sound(labels: Path) -> Path:
    """The sound beside a label file: same stem, `.wav` in either case (`.WAV.wav` where it was converted)."""
    wanted = (f"{labels.stem}.wav.wav".lower(), f"{labels.stem}.wav".lower())
    beside = {path.name.lower(): path for path in labels.parent.iterdir()}
    for name in wanted:
        if name in beside:
            return beside[name]
    raise InputError(f"{labels}: no {labels.stem}.wav beside it")


READER = Reader("timit", read_corpus)
