"""Where a grid ends: the largest magnitude, or the clip that gives the least mean squared error."""

import numpy as np

from ..calibrate import VectorRange

METHODS = ("max", "mmse")
WEIGHT_CANDIDATES = np.linspace(0.35, 1.0, 53)
VECTOR_CANDIDATES = np.linspace(0.2, 1.0, 81)


def clip_rows(weights: np.ndarray, limit: int, method: str, importance: np.ndarray) -> np.ndarray:
    """The clip of each row of weights (rows, columns), float64 (rows,), for the grid {-limit..limit} * clip / limit.

    importance: mean square of each column's input; "mmse" minimises the error of the product, not of the weight alone.
    """
    magnitudes = np.abs(weights).max(axis=1).astype(np.float64)
    if method == "max":
        return magnitudes
    best, best_error = magnitudes.copy(), np.full(len(weights), np.inf)
    for ratio in WEIGHT_CANDIDATES:
        clip = magnitudes * ratio
        step = np.where(clip > 0, clip / limit, 1.0)[:, None]
        rounded = np.clip(np.rint(weights / step), -limit, limit) * step
        error = np.square(weights - rounded) @ importance
        better = error <= best_error
        best[better], best_error[better] = clip[better], error[better]
    return best


def clip_vector(seen: VectorRange, limit: int, method: str) -> float:
    """The clip of a vector for the grid {-limit..limit} * clip / limit, from its histogram of magnitudes."""
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
