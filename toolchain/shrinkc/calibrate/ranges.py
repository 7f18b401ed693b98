"""Runs the float reference over the calibration set and keeps, for every vector, what quantisation asks for."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..network import Network
from ..network.floating import stream
from .histogram import Histogram


@dataclass(frozen=True)
class VectorRange:
    """One vector on the calibration set: largest magnitude, histogram of magnitudes, mean square of each element."""

    maximum: float
    centers: np.ndarray
    counts: np.ndarray
    mean_square: np.ndarray


@dataclass(frozen=True)
class Ranges:
    """By vector name: `input`, `layer.equation` for every equation, `layer.affine.gate` for every affine product."""

    vectors: dict[str, VectorRange]
    utterances: int
    frames: int

    def __getitem__(self, name: str) -> VectorRange:
        return self.vectors[name]


class _Collector:
    def __init__(self) -> None:
        self.histogram = Histogram()
        self.square_sum: np.ndarray | float = 0.0
        self.frames = 0

    def add(self, values: np.ndarray) -> None:
        self.histogram.add(values)
        self.square_sum = self.square_sum + np.square(values, dtype=np.float64).sum(axis=0)
        self.frames += len(values)

    def result(self) -> VectorRange:
        histogram = self.histogram
        return VectorRange(
            histogram.maximum,
            histogram.centers,
            histogram.counts,
            np.asarray(self.square_sum) / max(self.frames, 1),
        )


def calibrate(network: Network, utterances: Iterable[np.ndarray]) -> Ranges:
    """One pass over raw features, (frames, inputs) an utterance; memory does not grow with the dataset.

    Raises InputError if there is no utterance, or if the network does not stay finite on one.
    """
    collectors: dict[str, _Collector] = {}

    def observe(name: str, values: np.ndarray) -> None:
        if not np.isfinite(values).all():
            raise InputError(f"{name} is not finite on the calibration set; check the model's weights and the features")
        collectors.setdefault(name, _Collector()).add(values)

    count = sum(1 for _ in stream(network, utterances, observe))
    if not count:
        raise InputError("the calibration set has no utterance; give one with --calibration")
    return Ranges({name: one.result() for name, one in collectors.items()}, count, collectors["input"].frames)
