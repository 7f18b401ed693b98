"""The dataset: utterances as features and label sequences, in one npz file without pickle.

Contract: utterances lie end to end along the first axis of `features`; utterance u has `lengths[u]` frames
and `label_lengths[u]` labels. `symbols[0]` is silence (and CTC's blank) and never stands in `labels`.
Features are raw: `mean` and `std` are the statistics of the corpus' train side, which a model keeps as its
own first layer. docs/data.md has the same as a table.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..files import write_whole
from .container import FIELDS, pack, read_arrays


@dataclass(frozen=True, eq=False)
class Dataset:
    """Utterances of one corpus' side. No array is ever changed in place."""

    features: np.ndarray  # (frames, width) float32, raw log-mel or what else the model takes
    lengths: np.ndarray  # (utterances,) int64, frames, each at least 1
    labels: np.ndarray  # (all labels,) int32, indices into symbols, never 0; empty when unlabelled
    label_lengths: np.ndarray  # (utterances,) int64
    symbols: tuple[str, ...]
    speakers: tuple[str, ...]  # one per utterance; equal names are one person
    names: tuple[str, ...] = ()  # one per utterance, or none
    frame_labels: np.ndarray | None = None  # (frames,) int16, index into symbols, -1 is unknown
    mean: np.ndarray | None = None  # (width,) float32, of the train side
    std: np.ndarray | None = None  # (width,) float32, above 0
    meta: dict = field(default_factory=dict)  # name, frame_shift_ms, credit, split_rule ... (JSON values)

    @property
    def width(self) -> int:
        """Values per frame."""
        return self.features.shape[1]

    @property
    def utterances(self) -> int:
        return len(self.lengths)

    @property
    def labelled(self) -> bool:
        """Whether a PER can be computed at all."""
        return len(self.labels) > 0

    @cached_property
    def offsets(self) -> np.ndarray:
        """(utterances + 1,) first frame of each utterance, and the end of the last."""
        return np.concatenate([[0], np.cumsum(self.lengths)]).astype(np.int64)

    @cached_property
    def label_offsets(self) -> np.ndarray:
        """(utterances + 1,) first label of each utterance, and the end of the last."""
        return np.concatenate([[0], np.cumsum(self.label_lengths)]).astype(np.int64)

    def __len__(self) -> int:
        return self.utterances

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Features (frames, width) and labels (n,) of one utterance, as views."""
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        frames = slice(self.offsets[index], self.offsets[index + 1])
        labels = slice(self.label_offsets[index], self.label_offsets[index + 1])
        return self.features[frames], self.labels[labels]

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return (self[index] for index in range(len(self)))

    def frame_labels_of(self, index: int) -> np.ndarray:
        """Frame labels (frames,) of one utterance; all unknown where the dataset has none."""
        if self.frame_labels is None:
            return np.full(int(self.lengths[index]), -1, np.int16)
        return self.frame_labels[self.offsets[index] : self.offsets[index + 1]]

    def limit(self, count: int | None) -> "Dataset":
        """The first `count` utterances (all for None), as views: nothing is copied."""
        if count is None or count >= len(self):
            return self
        if count < 1:
            raise InputError(f"cannot limit a dataset to {count} utterances: give 1 or more")
        frames, labels = self.offsets[count], self.label_offsets[count]
        return replace(
            self,
            features=self.features[:frames],
            lengths=self.lengths[:count],
            labels=self.labels[:labels],
            label_lengths=self.label_lengths[:count],
            speakers=self.speakers[:count],
            names=self.names[:count],
            frame_labels=None if self.frame_labels is None else self.frame_labels[:frames],
        )


def check_width(dataset: Dataset, path: Path | str, width: int) -> None:
    """Raise an InputError unless the dataset's features have `width` values a frame."""
    if dataset.width != width:
        raise InputError(
            f"{path}: 'features' is {dataset.width} wide and the model takes {width}:"
            f" make the dataset with the model's bands (shrinkc corpus --bands {width})"
        )


def check_alike(dataset: Dataset, name: Path | str, first: Dataset, first_name: Path | str) -> None:
    """Raise an InputError unless two data sets can be one: the same symbols and the same width."""
    if dataset.symbols != first.symbols or dataset.width != first.width:
        raise InputError(f"{name}: its symbols or its width differ from those of {first_name}")


def load(path: Path | str) -> Dataset:
    """Read and check a dataset.

    Whatever is wrong with the file is a one-line InputError naming file and array.
    """
    arrays = read_arrays(Path(path))
    text = str(arrays["meta"]) if "meta" in arrays else "{}"
    try:
        meta = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: 'meta' is not JSON: {error}") from None
    if not isinstance(meta, dict):
        raise InputError(f"{path}: 'meta' must be a JSON object, not {type(meta).__name__}")
    label_lengths = arrays["label_lengths"]
    if not label_lengths.size and not arrays["labels"].size:
        label_lengths = np.zeros(len(arrays["lengths"]), np.int64)
    dataset = Dataset(
        features=arrays["features"],
        lengths=arrays["lengths"],
        labels=arrays["labels"],
        label_lengths=label_lengths,
        symbols=tuple(arrays["symbols"].tolist()),
        speakers=tuple(arrays["speakers"].tolist()),
        names=tuple(arrays["names"].tolist()) if "names" in arrays else (),
        frame_labels=arrays.get("frame_labels"),
        mean=arrays.get("mean"),
        std=arrays.get("std"),
        meta=meta,
    )
    check(dataset, path)
    return dataset


def save(dataset: Dataset, path: Path | str, half: bool = True) -> None:
    """Write a dataset in one step; the same dataset gives the same bytes. `half` as in `encoded`."""
    write_whole(Path(path), encoded(dataset, path, half))


def encoded(dataset: Dataset, path: Path | str, half: bool = True) -> bytes:
    """The bytes of the file that `path` is to hold; the same dataset gives the same bytes.

    `half` keeps features as float16 on disk (log-mel values to about 0.01, far under the noise of speech).
    """
    check(dataset, path)
    arrays = {
        "features": dataset.features.astype(np.float16 if half else np.float32),
        "lengths": dataset.lengths.astype(np.int32),
        "labels": dataset.labels.astype(np.int16),
        "label_lengths": dataset.label_lengths.astype(np.int32),
        "symbols": np.array(dataset.symbols, dtype=np.str_),
        "speakers": np.array(dataset.speakers, dtype=np.str_),
        "meta": np.array(json.dumps(dataset.meta, sort_keys=True, ensure_ascii=False)),
    }
    if dataset.names:
        arrays["names"] = np.array(dataset.names, dtype=np.str_)
    for name in ("frame_labels", "mean", "std"):
        if getattr(dataset, name) is not None:
            arrays[name] = getattr(dataset, name).astype(np.int16 if name == "frame_labels" else np.float32)
    return pack(arrays)


def check(dataset: Dataset, path: Path | str) -> None:
    """Raise an InputError, naming file and array, unless the dataset keeps its contract."""
    for problem in _problems(dataset):
        raise InputError(f"{path}: {problem}")


def _problems(dataset: Dataset) -> Iterator[str]:
    """What breaks the contract, the plainest thing first. Consumers stop at the first."""
    utterances = dataset.utterances
    if utterances == 0:
        yield "'lengths' is empty: a dataset needs at least one utterance"
    for name in ("label_lengths", "speakers", "names"):
        count = len(getattr(dataset, name))
        if count != utterances and not (name == "names" and count == 0):
            yield f"'{name}' has {count} entries for {utterances} utterances in 'lengths'"
    if dataset.lengths.min() < 1:
        yield f"'lengths' gives utterance {int(dataset.lengths.argmin())} no frames"
    if dataset.lengths.sum() != len(dataset.features):
        yield f"'lengths' sum to {dataset.lengths.sum()} and 'features' has {len(dataset.features)} frames"
    if dataset.label_lengths.min() < 0 or dataset.label_lengths.sum() != len(dataset.labels):
        labels = dataset.label_lengths.sum()
        yield f"'label_lengths' sum to {labels} and 'labels' has {len(dataset.labels)} entries"
    if dataset.width == 0:
        yield "'features' has no values in a frame"
    yield from _value_problems(dataset)


def _value_problems(dataset: Dataset) -> Iterator[str]:
    """What is wrong with the values, once the counts agree."""
    symbols = len(dataset.symbols)
    if symbols < 2 or len(set(dataset.symbols)) != symbols:
        yield "'symbols' must hold at least two names, each once, the first for silence"
    if dataset.labelled and not (dataset.labels.min() >= 1 and dataset.labels.max() < symbols):
        worst = dataset.labels[(dataset.labels < 1) | (dataset.labels >= symbols)][0]
        yield f"'labels' holds {worst}, outside 1 to {symbols - 1} (0 is silence and never a label)"
    if dataset.frame_labels is not None:
        if len(dataset.frame_labels) != len(dataset.features):
            yield f"'frame_labels' has {len(dataset.frame_labels)} entries for {len(dataset.features)} frames"
        if dataset.frame_labels.min() < -1 or dataset.frame_labels.max() >= symbols:
            yield f"'frame_labels' holds values outside -1 to {symbols - 1}"
    for name in ("mean", "std"):
        values = getattr(dataset, name)
        if values is not None and (values.shape != (dataset.width,) or not np.isfinite(values).all()):
            yield f"'{name}' must hold {dataset.width} finite values, one per feature"
    if dataset.std is not None and dataset.std.min() <= 0:
        yield "'std' must be above 0"
    yield from _unreal(dataset)


def _unreal(dataset: Dataset) -> Iterator[str]:
    """NaN and infinite features, looked for one utterance at a time to stay lean."""
    for index, (features, _) in enumerate(dataset):
        if not np.isfinite(features).all():
            kind = "NaN" if np.isnan(features).any() else "infinite values"
            yield f"'features' holds {kind} in utterance {index}"
            return


__all__ = ["FIELDS", "Dataset", "check", "check_width", "encoded", "load", "save"]
