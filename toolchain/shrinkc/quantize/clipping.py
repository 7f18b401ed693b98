"""Where a grid ends: at the largest magnitude, at a percentile, or at the clip with the least mean squared error."""

import numpy as np

from ..calibrate import VectorRange

WEIGHT_CANDIDATES = np.linspace(0.35, 1.0, 53)
COARSE, STANDING = 7, 1e-3
"""Grids with a largest integer of at most so much are looked for in the weights; they stand there within this share of
a step."""
BLOCK = 1 << 15
"""Weights whose clips are searched at once: few enough to stay in a processor's cache over all candidates."""
VECTOR_CANDIDATES = np.linspace(0.2, 1.0, 81)


def clip_rows(
    weights: np.ndarray, grid: tuple[int, int], method: str, importance: np.ndarray, percentile: float = 100.0
) -> np.ndarray:
    """The clip of each row of weights (rows, columns), float64 (rows,): the real value of the grid's largest integer.

    A row of fewer than 8 bits that stands on a grid already, as fine-tuning leaves it, keeps that grid, whatever the
    method.

    grid: the least and the largest integer. importance: mean square of each column's input; "mmse" minimises the error
    of the product, not of the weight alone. percentile: how many of a row's weights, in per cent, "percentile" leaves
    within the range; where all of them are 0, it takes the largest.
    """
    magnitudes = np.abs(weights).max(axis=1).astype(np.float64)
    if grid[1] > COARSE:
        return _clip(weights, magnitudes, grid, method, importance, percentile)
    clip = _standing(weights, magnitudes, grid)
    free = np.isnan(clip)
    if free.any():
        clip[free] = _clip(weights[free], magnitudes[free], grid, method, importance, percentile)
    return clip


def _clip(
    weights: np.ndarray,
    magnitudes: np.ndarray,
    grid: tuple[int, int],
    method: str,
    importance: np.ndarray,
    percentile: float,
) -> np.ndarray:
    """The clip of each row by a method, (rows,). magnitudes: the largest of each row."""
    if method == "max":
        return magnitudes
    if method == "percentile":
        clip = np.percentile(np.abs(weights), percentile, axis=1).astype(np.float64)
        return np.where(clip > 0, clip, magnitudes)
    best = magnitudes.copy()
    rows = max(1, BLOCK // weights.shape[1])
    for first in range(0, len(weights), rows):
        part = slice(first, first + rows)
        best[part] = _least_error(weights[part].astype(np.float64), magnitudes[part], grid, importance)
    return best


def _standing(weights: np.ndarray, magnitudes: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """The clip of each row whose weights stand on a grid already, as fine-tuning leaves them; NaN for the others.

    Of several grids it is the coarsest. Then nothing is lost in rounding, whichever integers the row does not use.
    """
    found = np.full(len(weights), np.nan)
    for largest in range(1, -grid[0] + 1):
        step = np.where(magnitudes > 0, magnitudes / largest, 1.0)
        exact = weights / step[:, None]
        integers = np.rint(exact)
        within = (integers >= grid[0]).all(axis=1) & (integers <= grid[1]).all(axis=1)
        stands = within & (np.abs(exact - integers).max(axis=1) < STANDING)
        found = np.where(np.isnan(found) & stands, step * grid[1], found)
    return np.where(magnitudes > 0, found, 0.0)


def _least_error(
    weights: np.ndarray, magnitudes: np.ndarray, grid: tuple[int, int], importance: np.ndarray
) -> np.ndarray:
    """The clip of each row, (rows,), that minimises the error of the product."""
    best, best_error = magnitudes.copy(), np.full(len(weights), np.inf)
    error = np.empty_like(weights)
    for ratio in WEIGHT_CANDIDATES:
        clip = magnitudes * ratio
        step = np.where(clip > 0, clip / grid[1], 1.0)[:, None]
        np.rint(np.divide(weights, step, out=error), out=error)
        np.minimum(np.maximum(error, grid[0], out=error), grid[1], out=error)
        np.subtract(weights, np.multiply(error, step, out=error), out=error)
        total = np.square(error, out=error) @ importance
        better = total <= best_error
        best[better], best_error[better] = clip[better], total[better]
    return best


def clip_vector(seen: VectorRange, limit: int, method: str, percentile: float = 100.0) -> float:
    """The clip of a vector for the grid {-limit..limit} * clip / limit, from its histogram of magnitudes.

    percentile: how many of the magnitudes, in per cent, "percentile" leaves within the range, to a bin.
    """
    if method == "percentile" and seen.maximum:
        held = np.searchsorted(np.cumsum(seen.counts), seen.counts.sum() * percentile / 100)
        half = seen.centers[0]
        return min(seen.maximum, float(seen.centers[min(held, len(seen.centers) - 1)] + half))
    if method == "max" or limit > 1024 or not seen.maximum:
        return seen.maximum
    best, best_error = seen.maximum, np.inf
    for clip in seen.maximum * VECTOR_CANDIDATES:
        step = clip / limit
        rounded = np.minimum(np.rint(seen.centers / step), limit) * step
        error = float(np.square(seen.centers - rounded) @ seen.counts)
        if error <= best_error:
            best, best_error = float(clip), error
    return best
