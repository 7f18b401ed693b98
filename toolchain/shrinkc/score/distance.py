"""How far two runs' outputs are apart, for models with and without labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Distance:
    """Over all outputs of all frames: root of mean square and largest (outputs' unit), cosine (-1 to 1)."""

    rmse: float
    max: float
    cosine: float


def distance(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> Distance:
    """Distance between two runs; each holds one real (frames, classes) array an utterance.

    The cosine is taken over all numbers as one vector: 1 where both are all zero, 0 where one is.
    """
    a = np.concatenate([np.asarray(item, np.float64).ravel() for item in first])
    b = np.concatenate([np.asarray(item, np.float64).ravel() for item in second])
    if not len(a):
        return Distance(0.0, 0.0, 1.0)
    gap = np.abs(a - b)
    norms = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if 0.0 in norms:
        cosine = float(norms[0] == norms[1])
    else:
        cosine = float(np.clip(np.dot(a / norms[0], b / norms[1]), -1.0, 1.0))
    return Distance(float(np.sqrt(np.mean(gap**2))), float(gap.max()), cosine)


def divergence(float_outputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], logits: bool = True) -> float:
    """How far real outputs are from the float model's, finer than a rate of errors can tell.

    logits: the Kullback-Leibler divergence of their softmax from float's, nats, mean over frames. Otherwise the mean
    square difference as a share of the float outputs' variance (as it is, where that is 0). Goes utterance by
    utterance, so that memory does not grow with their number.
    """
    if not logits:
        return _unexplained(float_outputs, outputs)
    total, frames = 0.0, 0
    for one, other in zip(float_outputs, outputs, strict=True):
        first, second = _log_softmax(np.asarray(one, np.float64)), _log_softmax(np.asarray(other, np.float64))
        total += float(np.sum(np.exp(first) * (first - second)))
        frames += len(first)
    return total / max(frames, 1)


def _unexplained(float_outputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray]) -> float:
    """Mean square difference over the variance of the float outputs."""
    count = max(sum(np.size(one) for one in float_outputs), 1)
    mean = sum(float(np.sum(one, dtype=np.float64)) for one in float_outputs) / count
    spread = gap = 0.0
    for one, other in zip(float_outputs, outputs, strict=True):
        values = np.asarray(one, np.float64)
        spread += float(np.sum(np.square(values - mean)))
        gap += float(np.sum(np.square(values - other)))
    return gap / (spread or float(count))


def _log_softmax(values: np.ndarray) -> np.ndarray:
    shifted = values - values.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
