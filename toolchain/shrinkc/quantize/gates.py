"""One gate's products in integers: the scale of each row, its weights, bias and multiplier, and the proof of its range.

A row's scale S is the real value of one step of its sum. All matrices that add to the sum obey it: a weight of a
matrix whose input has the scale s is w * s / S, rounded. S is taken from the grid of what `rescale` can multiply by
exactly, so that requantisation adds no error of scale. A gate's matrices may stand in several sums; they are rounded
together all the same, since it is their total that the gate sees.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import BuildError
from ..numbers.fixed_point import INT16_MAX, INT32_MAX, MULTIPLIER_MAX, SHIFT_MAX
from .moments import Moments
from .quantized import SendGroup
from .rounding import Compensation, error, nearest

WEIGHT_RANGES = {2: (-2, 1), 4: (-8, 7), 8: (-127, 127), 16: (-INT16_MAX, INT16_MAX)}
"""Least and largest integer weight. Coarse grids use the two's complement's odd integer, which is much of what they
have; fine ones do without."""
COARSE_BITS = 4
"""Up to here a row's range is searched by rounding at each candidate; above, it is `clipping`'s alone."""
RANGE_CANDIDATES = np.linspace(0.2, 1.0, 17)
"""Shares of a row's largest weight that its range is tried at, beside what `clipping` says."""


@dataclass(frozen=True)
class PathSpec:
    """What one matrix of one gate is quantised with. weights: float64 (rows, columns). clip: (rows,)."""

    gate: str
    source: str
    weights: np.ndarray
    group: SendGroup
    bits: int
    clipping: str
    clip: np.ndarray
    importance: np.ndarray
    rounding: str
    per_row: bool

    @property
    def kind(self) -> tuple[str, int, int]:
        """Gates whose paths are alike in this stack on common accumulators."""
        return self.group.name, self.bits, len(self.weights)

    @property
    def limit(self) -> int:
        """The largest integer weight."""
        return WEIGHT_RANGES[self.bits][1]

    @property
    def step(self) -> np.ndarray:
        """The row scale that this matrix alone would choose, float64 (rows,)."""
        return self.clip / self.limit * self.group.scale

    @property
    def searches(self) -> bool:
        """Is the range of its rows found by rounding at each candidate?"""
        return self.bits <= COARSE_BITS and self.clipping == "mmse" and self.rounding == "compensated"


@dataclass(frozen=True)
class GateSum:
    """One gate's rows of one accumulator; see `quantized.Accumulator`. weights: a matrix a path, int32."""

    weights: list[np.ndarray]
    bias: np.ndarray
    multipliers: np.ndarray
    left: int
    right: int
    scales: np.ndarray
    bounds: np.ndarray


def common_step(paths: Sequence[PathSpec]) -> np.ndarray:
    """The scale of rows that these paths share: float64 (rows,)."""
    return np.max([path.step for path in paths], axis=0)


def quantize_gate(
    name: str,
    sums: Sequence[Sequence[PathSpec]],
    bias: np.ndarray,
    fraction: int,
    moments: Moments | None,
    corrected: bool,
) -> list[GateSum]:
    """Integers of a gate: for each sum its paths' weights. The first sum carries the bias, float64 (rows,).

    fraction: of the requantised value. moments: of the layer's inputs; without them all goes to the nearest, and no
    bias is corrected. corrected: does the bias take up the mean error of the rounded products? Rows whose sums would
    not fit 32 bits get a coarser scale. Raises BuildError where none does.
    """
    rounder = _Rounder(sums, moments, corrected)
    steps = rounder.best_steps(fraction)
    for _ in range(32):
        shifts = [_multipliers(step * 2.0**fraction) for step in steps]
        scales = [kept * 2.0 ** (left - 16 - right - fraction) for left, right, kept in shifts]
        weights = rounder.integers(scales)
        first = bias + rounder.mean_error(weights, scales)
        biases = [np.rint(first / scales[0]), *(np.zeros(len(bias)) for _ in sums[1:])]
        found = [_bounds(*each) for each in zip(biases, weights, sums, strict=True)]
        large = [bound * 2.0**left > INT32_MAX for bound, (left, _, _) in zip(found, shifts, strict=True)]
        if not any(one.any() for one in large):
            return [
                GateSum(each, steps_of.astype(np.int32), kept, left, right, scale, bound.astype(np.int64))
                for each, steps_of, (left, right, kept), scale, bound in zip(
                    weights, biases, shifts, scales, found, strict=True
                )
            ]
        steps = [np.where(one, step * 2, step) for one, step in zip(large, steps, strict=True)]
    raise BuildError(f"{name}: no scale keeps its sums within 32 bits; use fewer bits for its weights or its inputs")


class _Rounder:
    """All columns of a gate side by side: what is rounded together, whatever sum it adds to."""

    def __init__(self, sums: Sequence[Sequence[PathSpec]], moments: Moments | None, corrected: bool) -> None:
        self.sums = sums
        paths = [path for one in sums for path in one]
        self.weights = np.concatenate([path.weights for path in paths], axis=1)
        self.grid = _by_column(paths, [WEIGHT_RANGES[path.bits] for path in paths]).T
        self.mean = self.moment = self.compensation = None
        if moments is not None:
            mean, second = moments.of([path.group.name for path in paths])
            # What the bias takes up does not count as an error of the row.
            self.moment = second - np.outer(mean, mean) if corrected else second
            self.mean = mean if corrected else None
            free = _by_column(paths, [path.rounding == "compensated" for path in paths])
            self.compensation = Compensation(self.moment, free)

    def best_steps(self, fraction: int) -> list[np.ndarray]:
        """The scale of each sum's rows: as its paths say, or the candidate that leaves the least error."""
        steps = [_usable(common_step(one), fraction) for one in self.sums]
        searched = [all(path.searches for path in one) for one in self.sums]
        if self.moment is None or not any(searched):
            return steps
        whole = [_usable(np.max([_largest(path) for path in one], axis=0), fraction) for one in self.sums]
        best, least = steps, self._error_at(steps)
        together = [index for index, search in enumerate(searched) if search]
        # All sums at one share first, then each at its own with the others as they are.
        for moving in [together, *([index] for index in together if len(together) > 1)]:
            for share in RANGE_CANDIDATES:
                tried = [full * share if index in moving else best[index] for index, full in enumerate(whole)]
                left = self._error_at(tried)
                better = left < least
                least = np.where(better, left, least)
                best = [np.where(better, new, old) for new, old in zip(tried, best, strict=True)]
        return best

    def _error_at(self, steps: Sequence[np.ndarray]) -> np.ndarray:
        """(rows,): the error at these scales, after rounding column by column; in all where rows share their scale."""
        inverse = self._inverse(steps)
        rounded = self.compensation.rounded(self.weights, inverse, self.grid, sweeps=0)
        left = error(self.weights, rounded, inverse, self.moment)
        whole = all(path.per_row for one in self.sums for path in one)
        return left if whole else np.full(len(left), left.sum())

    def integers(self, scales: Sequence[np.ndarray]) -> list[list[np.ndarray]]:
        """int32 weights of every path of every sum, for the row scales of the sums."""
        inverse = self._inverse(scales)
        if self.compensation is None:
            rounded = nearest(self.weights, inverse, self.grid)
        else:
            rounded = self.compensation.rounded(self.weights, inverse, self.grid)
        widths = [path.weights.shape[1] for one in self.sums for path in one]
        parts = iter(np.split(rounded.astype(np.int32), np.cumsum(widths)[:-1], axis=1))
        return [[next(parts) for _ in one] for one in self.sums]

    def mean_error(self, weights: Sequence[Sequence[np.ndarray]], scales: Sequence[np.ndarray]) -> np.ndarray | float:
        """(rows,): what the rounded products miss on average, real; 0 where the bias is not corrected."""
        if self.mean is None:
            return 0.0
        integers = np.concatenate([part for one in weights for part in one], axis=1)
        return (self.weights - integers / self._inverse(scales)) @ self.mean

    def _inverse(self, scales: Sequence[np.ndarray]) -> np.ndarray:
        """(rows, columns): integers for one real unit of weight."""
        return np.concatenate(
            [
                np.repeat((path.group.scale / scale)[:, None], path.weights.shape[1], axis=1)
                for one, scale in zip(self.sums, scales, strict=True)
                for path in one
            ],
            axis=1,
        )


def _by_column(paths: Sequence[PathSpec], values: Sequence[Any]) -> np.ndarray:
    """A value a path to one a column."""
    return np.repeat(np.array(values), [path.weights.shape[1] for path in paths], axis=0)


def _largest(path: PathSpec) -> np.ndarray:
    """The row scale at which no weight is clipped."""
    largest = np.abs(path.weights).max(axis=1)
    largest = largest if path.per_row else np.full(len(largest), largest.max())
    return largest / path.limit * path.group.scale


def _usable(step: np.ndarray, fraction: int) -> np.ndarray:
    """A row of zeros has no scale of its own: it takes the least of the others."""
    there = step > np.finfo(float).tiny
    return np.where(there, step, step[there].min() if there.any() else 2.0**-fraction)


def _bounds(bias: np.ndarray, weights: Sequence[np.ndarray], paths: Sequence[PathSpec]) -> np.ndarray:
    """(rows,): |bias| + sum of |weight| * the largest input."""
    return np.abs(bias) + sum(
        np.abs(array).sum(axis=1, dtype=np.int64) * path.group.limit for array, path in zip(weights, paths, strict=True)
    )


def _multipliers(ratio: np.ndarray) -> tuple[int, int, np.ndarray]:
    """Shifts of a gate and int16 multipliers of its rows: multiplier * 2^(left - 16 - right) >= ratio, and nearly it.

    ratio: (rows,) steps of the requantised value for one step of the sum.
    """
    exponent = math.floor(math.log2((MULTIPLIER_MAX - 1) / float(ratio.max())))
    right = min(SHIFT_MAX, max(1, exponent - 16))
    left = max(0, 17 - exponent)
    multipliers = np.maximum(1, np.ceil(ratio * 2.0 ** (16 + right - left)))
    return left, right, multipliers.astype(np.int16)
