"""Utterances of different lengths side by side: sorted by length, so that each step works on a prefix of the batch."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np


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
        lengths = lengths[order]
        active = np.searchsorted(-lengths, -np.arange(lengths[0]), side="left")
        return cls(frames, lengths, order, active)

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
