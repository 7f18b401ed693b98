"""How far the elements of each send group move from one frame to the next, in steps of its grid."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..quantize import QuantizedNetwork
from ..reference import stream

BATCH = 64
"""Utterances side by side."""


def moves(network: QuantizedNetwork, utterances: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """By send group, how many elements moved by 0, 1, 2 ... steps of the grid: int64 (2 * limit + 1,).

    utterances: int16 inputs, (frames, inputs) each. The first frame of an utterance, which has none before it, is left
    out. The thresholds of the network are in force in what its layers give, not in what is counted: give it none.
    """
    counts = {group.name: np.zeros(2 * group.limit + 1, np.int64) for group in network.groups}
    for first in range(0, len(utterances), BATCH):
        part = utterances[first : first + BATCH]
        counter = _Counter(counts, max(map(len, part), default=0))
        for _ in stream(network, part, observe=counter.observe):
            pass
    return counts


class _Counter:
    """Counts over the utterances of a batch, whose longest has `steps` frames."""

    def __init__(self, counts: Mapping[str, np.ndarray], steps: int) -> None:
        self.counts, self.steps = counts, steps
        self.done = dict.fromkeys(counts, 0)
        self.before: dict[str, np.ndarray] = {}

    def observe(self, layer: str, seen: Mapping[str, np.ndarray]) -> None:
        """What the groups of a layer hold at one step of the utterances that are not at their end."""
        for name, vectors in seen.items():
            # Each direction of a layer begins anew.
            if self.done[name] % self.steps:
                moved = np.abs(vectors.astype(np.int32) - self.before[name][: len(vectors)])
                self.counts[name] += np.bincount(moved.ravel(), minlength=len(self.counts[name]))
            self.done[name] += 1
            self.before[name] = vectors.copy()
