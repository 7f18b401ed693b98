"""Keras' normalisations that are affine at inference: Normalization of the input, and BatchNormalization."""

from typing import Any

import numpy as np

from ..folding import norm
from .chain import Chain
from .saved import SavedLayer, short
from .settings import arrays, check_settings, number, truth, wrong_shapes

EPSILON = 1e-7
"""Keras' floor under Normalization's deviation."""

_RENORM = ("renorm_clipping", "renorm_momentum")
"""Of no use without renorm."""


def read_normalization(chain: Chain, saved: SavedLayer) -> None:
    """(x - mean) / sqrt(variance), kept as the network's mean and scale. Keras floors the deviation."""
    if chain.started:
        raise saved.refuse("must stand before every other layer; normalise the features alone")
    check_settings(saved, "axis", "mean", "variance", "input_mean", "input_variance", invert=False)
    if saved.config.get("axis", -1) not in (None, []):  # without an axis: one mean for all features
        check_axis(chain, saved)
    statistics = [saved.config.get(key) for key in ("mean", "variance")]
    if None in statistics:
        statistics = list(saved.weights[:2])
    try:
        mean, variance = (np.asarray(value, np.float32).ravel() for value in statistics)
    except (ValueError, TypeError, OverflowError) as error:
        raise saved.refuse("its mean and variance are not arrays in the file; adapt() it and save again") from error
    sound = np.isfinite(mean).all() and np.isfinite(variance).all() and (variance >= 0).all()
    if not (mean.size and mean.size == variance.size and sound):
        raise saved.refuse("its mean and variance are no finite arrays of one length; adapt() it and save again")
    chain.normalize(mean, 1 / np.maximum(np.sqrt(variance), EPSILON))


def read_batch_normalization(chain: Chain, saved: SavedLayer) -> None:
    """gamma (x - mean) / sqrt(variance + epsilon) + beta with the moving statistics, folded into its neighbours."""
    check_settings(saved, "axis", "epsilon", "center", "scale", *_RENORM, renorm=False)
    check_axis(chain, saved)
    epsilon = number(saved, "epsilon", 1e-3)
    scale, center = truth(saved, "scale", True), truth(saved, "center", True)
    found = arrays(saved, *[(chain.width,)] * (2 + scale + center))
    if len({array.shape for array in found}) != 1:
        raise wrong_shapes(saved)
    gamma = found.pop(0) if scale else None
    beta = found.pop(0) if center else None
    mean, variance = (array.astype(np.float64) for array in found)
    if not (variance >= 0).all() or not (variance + epsilon > 0).all():
        raise saved.refuse("its moving variance is not above 0; train it again")
    if chain.width is None:
        chain.input_width = mean.size
    chain.scale(saved.name, *norm(mean, variance + epsilon, gamma, beta))


def check_axis(chain: Chain, saved: SavedLayer) -> None:
    """Refuse an axis other than the features', the last one."""
    axis: Any = saved.config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    axes = 2 if saved.inside == "TimeDistributed" else chain.axes  # which gives it one frame of the batch at a time
    if type(axis) is not int or axis not in (-1, axes - 1):
        raise saved.refuse(f"axis = {short(saved.config['axis'])} is not supported; use axis = -1, the features")
