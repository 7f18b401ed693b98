"""Utterances of different lengths side by side: sorted by length, so that each step works on a prefix of the batch."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .layer import FORWARD
from .network import Placed, ranks


@dataclass(frozen=True)
class Batch:
    """Utterances padded to one length: frames (longest, utterances, width), the longest utterance first.

    order[k] is the place, in the caller's list, of column k; active[t] counts the utterances that have a frame t.
    """

    frames: np.ndarray
    lengths: np.ndarray
    order: np.ndarray
    active: np.ndarray

    @classmethod
    def of(cls, utterances: Sequence[np.ndarray]) -> "Batch":
        """Pad a list of (frames, width) arrays of one dtype."""
        lengths = np.array([len(utterance) for utterance in utterances])
        order = np.argsort(-lengths, kind="stable")
        frames = np.zeros((lengths.max(), len(order), utterances[0].shape[1]), utterances[0].dtype)
        for column, place in enumerate(order):
            frames[: lengths[place], column] = utterances[place]
        return cls._with(frames, lengths[order], order)

    @classmethod
    def _with(cls, frames: np.ndarray, lengths: np.ndarray, order: np.ndarray) -> "Batch":
        active = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
        return cls(frames, lengths, order, active)

    def carrying(self, frames: np.ndarray) -> "Batch":
        """The same utterances with other vectors, (longest, utterances, width)."""
        return Batch(frames, self.lengths, self.order, self.active)

    def cut(self, frames: np.ndarray) -> "Batch":
        """The same utterances with what `lasts` gives; those without a frame stay without."""
        return Batch._with(frames, np.minimum(self.lengths, 1), self.order)

    def lasts(self, frames: np.ndarray) -> np.ndarray:
        """(1, utterances, ...): each utterance's last frame; (0, utterances, ...) where none has a frame."""
        if not len(frames):
            return frames
        return frames[np.maximum(self.lengths - 1, 0), np.arange(len(self.lengths))][None]

    def ordered(self, frames: np.ndarray, direction: str) -> np.ndarray:
        """Frames of each utterance in the order of a direction; twice backward is forward again."""
        if direction == FORWARD:
            return frames
        steps = np.arange(len(frames))[:, None]
        places = np.where(self.mask, self.lengths[None, :] - 1 - steps, steps)
        return frames[places, np.arange(frames.shape[1])[None, :]]

    def unpad(self, values: np.ndarray) -> list[np.ndarray]:
        """(longest, utterances, ...) back to the caller's list, in the caller's order."""
        result: list[np.ndarray] = [values[:0, 0]] * len(self.order)
        for column, place in enumerate(self.order):
            result[place] = values[: self.lengths[column], column].copy()
        return result

    @property
    def mask(self) -> np.ndarray:
        """bool (longest, utterances): which frames are real."""
        return np.arange(len(self.frames))[:, None] < self.lengths[None, :]


RunLayer = Callable[[Placed, Batch, str], np.ndarray]
"""Runs one layer over a batch whose frames are in the order of the direction; its outputs in the same order."""


def run_ranks(layers: Sequence[Placed], batch: Batch, run_layer: RunLayer) -> Batch:
    """Carry a batch through a network's layers: both directions, outputs side by side, last steps."""
    for rank in ranks(layers):
        sides = []
        for layer in rank:
            for direction in layer.directions:
                found = run_layer(layer, batch.carrying(batch.ordered(batch.frames, direction)), direction)
                sides.append(batch.lasts(found) if layer.last else batch.ordered(found, direction))
        together = sides[0] if len(sides) == 1 else np.concatenate(sides, axis=-1)
        batch = batch.cut(together) if rank[0].last else batch.carrying(together)
    return batch


def batches(utterances: Iterable[np.ndarray], size: int) -> Iterator[list[np.ndarray]]:
    """Lists of at most `size` utterances, in order."""
    pending: list[np.ndarray] = []
    for utterance in utterances:
        pending.append(utterance)
        if len(pending) == size:
            yield pending
            pending = []
    if pending:
        yield pending
