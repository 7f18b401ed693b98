"""What every corpus reader gives, and how recordings become a dataset."""

import codecs
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..datasets.dataset import Dataset
from ..datasets.features import FeatureConfig, log_mel
from ..datasets.phones import SILENCE, PhoneSet
from ..errors import InputError


@dataclass(frozen=True)
class Segment:
    """One phone of an alignment: seconds from the start of the sound, end exclusive."""

    start: float
    end: float
    phone: str


@dataclass(frozen=True)
class Recording:
    """One utterance of a corpus, its sound not yet read."""

    name: str
    speaker: str
    side: str  # train, dev, test or calibration
    phones: tuple[str, ...]  # the corpus' own labels, silence may stand among them
    segments: tuple[Segment, ...]  # empty when no alignment is known
    read: Callable[[], np.ndarray]  # samples (n,) in 16-bit units at the corpus' rate


@dataclass(frozen=True)
class Corpus:
    """All recordings of one corpus, and what must be said beside every figure on it."""

    name: str
    recordings: tuple[Recording, ...]
    rate: int  # Hz, of every recording
    credit: str
    licence: str
    split_rule: str


def read_lines(path: Path) -> list[str]:
    """The lines of a text file in UTF-8, without their ends.

    A file that cannot be read and a line that is not UTF-8 are InputErrors.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    lines = []
    for number, line in enumerate(content.removeprefix(codecs.BOM_UTF8).splitlines(), 1):
        try:
            lines.append(line.decode("utf-8"))
        except UnicodeDecodeError:
            raise InputError(f"{path}: line {number} is not UTF-8 text: convert the file, or fetch it again") from None
    return lines


def shown(text: str) -> str:
    """A file's own text as a message shows it: quoted, and cut where it is long."""
    return repr(text if len(text) <= 60 else text[:60] + "...")


def read_audio(path: str, rate: int) -> np.ndarray:
    """Samples (n,) int16 of a mono sound file in any format that libsndfile knows.

    Another rate is an InputError.
    """
    try:
        import soundfile
    except ImportError:
        raise InputError("reading sound needs soundfile: pip install 'shrinkc[corpus]'") from None
    try:
        samples, found = soundfile.read(path, dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{path}: cannot be read as sound: {error}") from None
    if found != rate or samples.shape[1] != 1:
        raise InputError(f"{path}: {found} Hz with {samples.shape[1]} channels; {rate} Hz mono was expected")
    return samples[:, 0]


def label_frames(segments: Sequence[Segment], centres: np.ndarray, phones: PhoneSet, where: str) -> np.ndarray:
    """The symbol index at each frame's centre: (frames,) int16, -1 where no segment lies or its label is deleted."""
    labels = np.full(len(centres), -1, np.int16)
    for segment in segments:
        symbol = phones.fold(segment.phone, where)
        if symbol is not None:
            labels[(centres >= segment.start) & (centres < segment.end)] = phones.symbols.index(symbol)
    return labels


@dataclass(frozen=True)
class _Utterance:
    features: np.ndarray
    labels: list[int]
    frame_labels: np.ndarray


def _utterance(recording: Recording, config: FeatureConfig, phones: PhoneSet) -> _Utterance:
    features = log_mel(recording.read(), config)
    if not len(features):
        raise InputError(f"{recording.name}: shorter than one frame of {config.frame_length_ms} ms")
    frame_labels = label_frames(recording.segments, config.centres(len(features)), phones, recording.name)
    return _Utterance(features, phones.indices(recording.phones, recording.name), frame_labels)


def build_sides(
    corpus: Corpus,
    config: FeatureConfig,
    phones: PhoneSet,
    watch: Callable[[Iterable, int], Iterator] = lambda items, _count: iter(items),
) -> dict[str, Dataset]:
    """Turn a corpus into one dataset a side; mean and std of the train side stand in all of them.

    `watch(items, count)` passes the recordings through, for a progress bar.
    """
    if phones.symbols[0] != SILENCE:
        raise InputError(f"phone set {phones.name!r} must begin with {SILENCE!r}")
    if config.sample_rate != corpus.rate:
        raise InputError(
            f"{corpus.name}: its sound has {corpus.rate} Hz, and the features are made for {config.sample_rate} Hz"
        )
    made: dict[str, list[tuple[Recording, _Utterance]]] = {}
    for recording in watch(corpus.recordings, len(corpus.recordings)):
        made.setdefault(recording.side, []).append((recording, _utterance(recording, config, phones)))
    if "train" not in made:
        raise InputError(f"{corpus.name}: no utterance on the train side, whose statistics every side needs")
    everything = np.concatenate([utterance.features for _, utterance in made["train"]]).astype(np.float64)
    mean, std = everything.mean(axis=0), everything.std(axis=0)
    return {
        side: _dataset(items, corpus, side, config, phones, mean, np.maximum(std, 1e-3)) for side, items in made.items()
    }


def _dataset(
    items: list[tuple[Recording, _Utterance]],
    corpus: Corpus,
    side: str,
    config: FeatureConfig,
    phones: PhoneSet,
    mean: np.ndarray,
    std: np.ndarray,
) -> Dataset:
    utterances = [utterance for _, utterance in items]
    meta = {
        "name": f"{corpus.name} {side}",
        "corpus": corpus.name,
        "split": side,
        "split_rule": corpus.split_rule,
        "credit": corpus.credit,
        "licence": corpus.licence,
        "phones": phones.name,
        "features": "log-mel",
        "sample_rate": config.sample_rate,
        "frame_shift_ms": config.frame_shift_ms,
        "frame_length_ms": config.frame_length_ms,
        "bands": config.bands,
    }
    return Dataset(
        features=np.concatenate([utterance.features for utterance in utterances]),
        lengths=np.array([len(utterance.features) for utterance in utterances], np.int64),
        labels=np.array([label for utterance in utterances for label in utterance.labels], np.int32),
        label_lengths=np.array([len(utterance.labels) for utterance in utterances], np.int64),
        symbols=phones.symbols,
        speakers=tuple(recording.speaker for recording, _ in items),
        names=tuple(recording.name for recording, _ in items),
        frame_labels=np.concatenate([utterance.frame_labels for utterance in utterances]),
        mean=mean.astype(np.float32),
        std=std.astype(np.float32),
        meta=meta,
    )
