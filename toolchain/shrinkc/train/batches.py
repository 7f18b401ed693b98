"""Batches of one epoch: utterances of like length together, padded, in an order that seed and epoch alone decide."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..datasets.dataset import Dataset, check_alike
from ..errors import InputError
from .augment import augment
from .settings import Settings


@dataclass(frozen=True)
class Utterance:
    """One utterance: features (frames, width), labels (n,), frame labels (frames,) with -1 unknown."""

    features: np.ndarray
    labels: np.ndarray
    frame_labels: np.ndarray

    @property
    def fewest_frames(self) -> int:
        """What CTC needs: a frame a label, and a blank between equal neighbours."""
        return len(self.labels) + int((self.labels[1:] == self.labels[:-1]).sum())


@dataclass(frozen=True)
class Batch:
    """Padded arrays of one step.

    What lies behind `lengths` and `label_lengths` is padding and counts nowhere.
    """

    features: np.ndarray  # (batch, frames, width) float32
    lengths: np.ndarray  # (batch,) int32
    targets: np.ndarray  # (batch, frames) int32, frame labels run late by the delay, -1 where unknown or padding
    labels: np.ndarray  # (batch, labels) int32, padded with 0
    label_lengths: np.ndarray  # (batch,) int32


@dataclass(frozen=True)
class TrainingData:
    """All training utterances, and the statistics over their frames: (width,) each.

    names: the files. left_out: by the name, how many utterances are too short for their labels, where there are some.
    """

    utterances: tuple[Utterance, ...]
    mean: np.ndarray
    std: np.ndarray
    symbols: tuple[str, ...]
    names: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def frame_labelled(self) -> bool:
        """Whether what is spoken is known of any frame."""
        return any((utterance.frame_labels >= 0).any() for utterance in self.utterances)


def check_labelled(dataset: Dataset, name: str) -> None:
    """Raises InputError for a data set that has no label sequences; labels of frames do not stand in for them."""
    if not dataset.labelled:
        raise InputError(
            f"{name}: 'labels' is empty; training ends with CTC and goes by the dev PER, "
            "which both need what is spoken in each utterance there"
        )


def gather(datasets: Sequence[Dataset], names: Sequence[str]) -> TrainingData:
    """Put labelled datasets together; symbols and widths must agree.

    Utterances too short for their labels are left out.
    """
    first = datasets[0]
    kept: list[Utterance] = []
    left_out = {}
    for dataset, name in zip(datasets, names, strict=True):
        check_alike(dataset, name, first, names[0])
        check_labelled(dataset, name)
        found = [Utterance(*one, dataset.frame_labels_of(index)) for index, one in enumerate(dataset)]
        enough = [utterance for utterance in found if len(utterance.features) >= utterance.fewest_frames]
        kept += enough
        if len(enough) < len(found):
            left_out[name] = len(found) - len(enough)
    if not kept:
        raise InputError(
            f"{', '.join(names)}: every utterance has fewer frames than labels, with a blank between equal ones, "
            "which CTC needs; use a shorter frame shift, or check 'lengths' and 'label_lengths'"
        )
    frames = sum(len(utterance.features) for utterance in kept)
    mean = sum(utterance.features.sum(axis=0, dtype=np.float64) for utterance in kept) / frames
    square = sum(np.square(utterance.features - mean).sum(axis=0, dtype=np.float64) for utterance in kept) / frames
    std = np.maximum(np.sqrt(square), 1e-3)
    statistics = (mean.astype(np.float32), std.astype(np.float32))
    return TrainingData(tuple(kept), *statistics, first.symbols, tuple(names), left_out)


def epoch_batches(data: TrainingData, settings: Settings, stage: int, epoch: int) -> Iterator[Batch]:
    """The batches of one epoch; `stage` and `epoch` with the seed are all that chance depends on."""
    rng = np.random.default_rng([settings.seed, stage, epoch])
    # A random factor on the length mixes neighbours while batches stay of like length.
    keys = [len(utterance.features) * rng.uniform(0.85, 1.15) for utterance in data.utterances]
    order = np.argsort(keys, kind="stable")
    groups = [order[start : start + settings.batch] for start in range(0, len(order), settings.batch)]
    for index in rng.permutation(len(groups)):
        yield _batch([data.utterances[number] for number in groups[index]], data, settings, rng)


def _batch(chosen: list[Utterance], data: TrainingData, settings: Settings, rng: np.random.Generator) -> Batch:
    changed = [
        augment(item.features, item.frame_labels, item.fewest_frames, settings, (data.mean, data.std), rng)
        for item in chosen
    ]
    frames = max(len(features) for features, _ in changed)
    features = np.zeros((len(chosen), frames, len(data.mean)), np.float32)
    targets = np.full((len(chosen), frames), -1, np.int32)
    labels = np.zeros((len(chosen), max(len(item.labels) for item in chosen)), np.int32)
    for row, (item, (values, frame_labels)) in enumerate(zip(chosen, changed, strict=True)):
        features[row, : len(values)] = values
        late = frame_labels[: max(0, len(values) - settings.delay)]
        targets[row, settings.delay : settings.delay + len(late)] = late
        labels[row, : len(item.labels)] = item.labels
    return Batch(
        features=features,
        lengths=np.array([len(values) for values, _ in changed], np.int32),
        targets=targets,
        labels=labels,
        label_lengths=np.array([len(item.labels) for item in chosen], np.int32),
    )
