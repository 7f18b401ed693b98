"""The layers of `shrinkc.keras`, LiGRU and SRU, as Keras saved them, to `Weights`."""

import numpy as np

from ..folding import Weights, hard_sigmoid, norm
from .saved import SavedLayer, short
from .settings import (
    ACTIVATIONS,
    LAYER_SETTINGS,
    activation,
    arrays,
    check_settings,
    hard_sigmoid_slope,
    number,
    truth,
    units_of,
    wrong_shapes,
)

LIGRU_GATES = ("update", "candidate")
SRU_PARTS = ("candidate", "forget", "reset", "skip")
"""How `shrinkc.keras` keeps the gates of a LiGRU, and the parts of an SRU's kernel; the last where it has one."""


def ligru_weights(saved: SavedLayer) -> Weights:
    """kernel (inputs, 2 units), recurrent kernel (units, 2 units), then with batch norm gamma, beta, moving mean and
    moving variance, without it a bias where there is one: (2 units,) each.
    """
    check_settings(
        saved, "units", "use_bias", "batch_norm", "epsilon", "activation", "recurrent_activation", *LAYER_SETTINGS
    )
    # The update gate mixes h and the candidate, so it must lie between 0 and 1.
    gate = activation(saved, "recurrent_activation", "sigmoid", ("sigmoid", "hard_sigmoid"))
    inner = activation(saved, "activation", "relu", tuple(ACTIVATIONS))
    units = units_of(saved)
    kernel, recurrent, bias = _ligru_products(saved, 2 * units)
    matrices, biases = {}, {}
    for index, name in enumerate(LIGRU_GATES):
        part = slice(index * units, (index + 1) * units)
        matrices[f"{name}.x"], matrices[f"{name}.h"] = _rows(kernel[:, part]), _rows(recurrent[:, part])
        biases[name] = bias[part].astype(np.float32)
    options = {"gate": ACTIVATIONS[gate], "candidate": ACTIVATIONS[inner]}
    weights = Weights("ligru", options, kernel.shape[0], units, matrices, biases)
    for function, name in ((gate, "update"), (inner, "candidate")):
        if function == "hard_sigmoid":
            weights = hard_sigmoid(hard_sigmoid_slope(saved), weights, (name,))
    return weights


def _ligru_products(saved: SavedLayer, wide: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both kernels and the bias, with the batch norm of W x folded in: BN(W x) = f W x + (beta - f mean)."""
    kernels = ((None, wide), (wide // 2, wide))
    if not truth(saved, "batch_norm", True):
        if truth(saved, "use_bias", True):
            return tuple(arrays(saved, *kernels, (wide,)))
        return *arrays(saved, *kernels), np.zeros(wide)
    kernel, recurrent, *vectors = arrays(saved, *kernels, *[(wide,)] * 4)
    gamma, beta, mean, variance = vectors
    spread = variance.astype(np.float64) + number(saved, "epsilon", 1e-3)
    if not (spread > 0).all():
        raise saved.refuse("has a moving variance that is not above 0; train it again")
    factor, offset = norm(mean, spread, gamma, beta)
    return kernel * factor, recurrent, offset


def sru_weights(saved: SavedLayer) -> Weights:
    """projection (inputs, projection) where there is one; kernel (inputs or projection, 3 or 4 units); the gates'
    vectors of c (2 units,) and their bias (2 units,) where there are such; alpha (1,) where the skip is the input.
    """
    used = ("activation", "projection", "skip", "recurrent", "use_bias")
    # What the last two gave at the start stands in the bias and in alpha.
    check_settings(saved, "units", *used, "highway_bias", "rescale", *LAYER_SETTINGS)
    result = activation(saved, "activation", "linear", ("linear", "tanh"))
    units, skip = units_of(saved), _skip(saved)
    parts = SRU_PARTS if skip == "matrix" else SRU_PARTS[:3]
    recurrent, biased, projects = truth(saved, "recurrent", True), truth(saved, "use_bias", True), _projects(saved)
    pair, wide = (2 * units,), len(parts) * units
    shapes = [(None, None)] * projects + [(None, wide)] + [pair] * (recurrent + biased) + [(1,)] * (skip == "input")
    found = iter(arrays(saved, *shapes))

    matrices, biases, vectors, sizes = {}, {}, {}, {}
    source = "x"
    inputs = saved.weights[0].shape[0]
    if projects:
        source, kernel = "p", next(found)
        sizes["projection"] = kernel.shape[1]
        matrices["projection.x"] = _rows(kernel)
        if saved.config["projection"] != kernel.shape[1] or saved.weights[1].shape[0] != kernel.shape[1]:
            raise wrong_shapes(saved)
    kernel = next(found)
    for index, name in enumerate(parts):
        matrices[f"{name}.{source}"] = _rows(kernel[:, index * units : (index + 1) * units])
    if recurrent:
        vectors["forget_recurrent"], vectors["reset_recurrent"] = np.split(next(found), 2)
    if biased:
        biases["forget"], biases["reset"] = np.split(next(found), 2)
    if skip == "input":
        vectors["alpha"] = np.full(units, next(found)[0], np.float32)
    options = {
        "skip": skip,
        "recurrent": "yes" if recurrent else "no",
        "activation": ACTIVATIONS[result],
        "projection": "yes" if projects else "no",
    }
    return Weights("sru", options, inputs, units, matrices, biases, vectors, sizes)


def _projects(saved: SavedLayer) -> bool:
    """Whether the products read a projection of x."""
    projection = saved.config.get("projection")
    if projection is not None and (type(projection) is not int or projection < 1):
        raise saved.refuse(f"projection = {short(projection)} is no width; save the model again")
    return projection is not None


def _skip(saved: SavedLayer) -> str:
    """The skip that `skip` stands for: "auto" is the input where it is as wide as the layer, else a matrix."""
    skip = saved.config.get("skip", "auto")
    if skip not in ("auto", "input", "matrix", "none"):
        raise saved.refuse(f"skip = {short(skip)} is not known; save the model again")
    if not saved.weights or saved.weights[0].ndim != 2:
        raise wrong_shapes(saved)
    fits = saved.weights[0].shape[0] == saved.config["units"]
    if skip == "input" and not fits:
        raise wrong_shapes(saved)
    if skip == "auto":
        return "input" if fits else "matrix"
    return skip


def _rows(part: np.ndarray) -> np.ndarray:
    """Keras' (inputs, units) as (units, inputs)."""
    return np.ascontiguousarray(part.T, np.float32)
