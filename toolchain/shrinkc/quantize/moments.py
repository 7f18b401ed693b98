"""What products read, as rounding wants to know it: the mean and the second moment of a layer's inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .quantized import QuantizedNetwork


@dataclass(frozen=True)
class Moments:
    """The vectors that one layer's products see, its send groups side by side, on the calibration set.

    places: where each send group stands. mean: (columns,). second: (columns, columns), the mean of v v^T. Both are in
    real values, of what the quantised network itself gives its products: on the grid, and as held by thresholds.
    """

    places: Mapping[str, slice]
    mean: np.ndarray
    second: np.ndarray

    def of(self, groups: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Mean and second moment of some groups, in the order asked for; a group may stand there twice."""
        where = np.concatenate([np.arange(self.places[name].start, self.places[name].stop) for name in groups])
        return self.mean[where], self.second[np.ix_(where, where)]


Measure = Callable[[QuantizedNetwork, Sequence[str]], Mapping[str, Moments]]
"""Runs a quantised network over the calibration set as far as the layers named, and gives their moments."""
