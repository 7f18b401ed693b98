"""Keras' recurrent cells to `Weights`: each reader takes a saved layer, or the cell inside one."""

from collections.abc import Callable

import numpy as np

from ..folding import Weights, hard_sigmoid
from .saved import SavedLayer
from .settings import (
    ACTIVATIONS,
    LAYER_SETTINGS,
    activation,
    arrays,
    check_settings,
    hard_sigmoid_slope,
    truth,
    units_of,
)
from .shrinkc_layers import ligru_weights, sru_weights

LSTM_GATES = ("input", "forget", "candidate", "output")
GRU_GATES = ("update", "reset", "candidate")
"""Keras keeps an LSTM's gates in the order i, f, c, o, and a GRU's in the order z, r, h."""

_ANY = tuple(ACTIVATIONS)


def lstm(saved: SavedLayer) -> Weights:
    """kernel (inputs, 4 units), recurrent kernel (units, 4 units) and bias (4 units,), gate after gate."""
    check_settings(saved, "units", "use_bias", "activation", "recurrent_activation", *LAYER_SETTINGS)
    gate = activation(saved, "recurrent_activation", "sigmoid", _ANY)
    # `activation` serves the candidate, which is a product, and c, which is none and so can't carry a slope.
    inner = activation(saved, "activation", "tanh", ("linear", "tanh", "sigmoid", "relu"))
    kernel, recurrent, bias = _stacked(saved, len(LSTM_GATES))
    options = {"gate": ACTIVATIONS[gate], "candidate": ACTIVATIONS[inner], "hidden": ACTIVATIONS[inner]}
    weights = _weights("lstm", options, LSTM_GATES, kernel, recurrent, bias)
    return _sloped(saved, weights, gate, ("input", "forget", "output"))


def gru(saved: SavedLayer) -> Weights:
    """kernel (inputs, 3 units), recurrent kernel (units, 3 units), and a bias: (2, 3 units) where the reset comes after
    the product of h, the second row for that product; (3 units,) where it comes before.
    """
    check_settings(saved, "units", "use_bias", "activation", "recurrent_activation", "reset_after", *LAYER_SETTINGS)
    # The update gate mixes h and the candidate, so it must lie between 0 and 1.
    gate = activation(saved, "recurrent_activation", "sigmoid", ("sigmoid", "hard_sigmoid"))
    inner = activation(saved, "activation", "tanh", _ANY)
    if "reset_after" not in saved.config:
        raise saved.refuse("does not say reset_after = True or False, which are different functions; save it again")
    after = truth(saved, "reset_after", True)
    kernel, recurrent, bias = _stacked(saved, len(GRU_GATES), 2 if after else None)
    options = {"reset": "after" if after else "before", "gate": ACTIVATIONS[gate], "candidate": ACTIVATIONS[inner]}
    weights = _weights("gru", options, GRU_GATES, kernel, recurrent, bias if bias.ndim == 1 else bias.sum(axis=0))
    product = weights.matrices.pop("candidate.h")
    if after:
        weights.matrices["recurrent.h"] = product
        weights.biases["candidate"], weights.biases["recurrent"] = np.split(bias, len(GRU_GATES), axis=1)[2].copy()
    else:
        weights.matrices["candidate.rh"] = product
    weights = _sloped(saved, weights, inner, ("candidate",))
    if inner == "hard_sigmoid" and after:  # the slope alone: the offset stands in the candidate's bias
        slope = np.float32(hard_sigmoid_slope(saved))
        weights.matrices["recurrent.h"] = weights.matrices["recurrent.h"] * slope
        weights.biases["recurrent"] = weights.biases["recurrent"] * slope
    return _sloped(saved, weights, gate, ("update", "reset"))


def simple_rnn(saved: SavedLayer) -> Weights:
    """kernel (inputs, units), recurrent kernel (units, units) and bias (units,)."""
    check_settings(saved, "units", "use_bias", "activation", *LAYER_SETTINGS)
    inner = activation(saved, "activation", "tanh", _ANY)
    kernel, recurrent, bias = _stacked(saved, 1)
    weights = _weights("simple_rnn", {"activation": ACTIVATIONS[inner]}, ("state",), kernel, recurrent, bias)
    return _sloped(saved, weights, inner, ("state",))


def _stacked(saved: SavedLayer, gates: int, bias_rows: int | None = None) -> list[np.ndarray]:
    """Both kernels and the bias (zeros where the layer has none), all gates side by side."""
    units = units_of(saved)
    wide = gates * units
    shape = (wide,) if bias_rows is None else (bias_rows, wide)
    if truth(saved, "use_bias", True):
        return arrays(saved, (None, wide), (units, wide), shape)
    return [*arrays(saved, (None, wide), (units, wide)), np.zeros(shape, np.float32)]


def _weights(
    cell: str,
    options: dict[str, str],
    gates: tuple[str, ...],
    kernel: np.ndarray,
    recurrent: np.ndarray,
    bias: np.ndarray,
) -> Weights:
    """The stacks taken apart: for every gate its product of x, its product of h, and its bias."""
    matrices, biases = {}, {}
    for source, stack in (("x", kernel), ("h", recurrent)):
        for gate, part in zip(gates, np.split(stack, len(gates), axis=1), strict=True):
            matrices[f"{gate}.{source}"] = np.ascontiguousarray(part.T)
    for gate, part in zip(gates, np.split(bias, len(gates)), strict=True):
        biases[gate] = part.copy()
    return Weights(cell, options, kernel.shape[0], recurrent.shape[0], matrices, biases)


def _sloped(saved: SavedLayer, weights: Weights, function: str, gates: tuple[str, ...]) -> Weights:
    """The weights with the slope of a hard sigmoid in `gates`, where that is their function."""
    return hard_sigmoid(hard_sigmoid_slope(saved), weights, gates) if function == "hard_sigmoid" else weights


WeightsOf = Callable[[SavedLayer], Weights]

LAYERS: dict[str, WeightsOf] = {
    "LSTM": lstm,
    "GRU": gru,
    "SimpleRNN": simple_rnn,
    "shrinkc>LiGRU": ligru_weights,
    "shrinkc>SRU": sru_weights,
}
"""Recurrent layers by class name; the one place where a layer is made known, alone and in a Bidirectional.

A reader gets the class's settings (`saved.config`) and arrays (`saved.weights`, in the order of the layer's `weights`;
its variables are its own or its `cell`'s), and gives `Weights` of one direction. It calls `check_settings` with the
settings that it reads and `*LAYER_SETTINGS`, and raises `saved.refuse(reason; remedy)`. `go_backwards` is True for the
second half of a Bidirectional: of use to a cell that treats the two differently.
"""

CELLS: dict[str, WeightsOf] = {
    "LSTMCell": lstm,
    "GRUCell": gru,
    "SimpleRNNCell": simple_rnn,
    "shrinkc>LiGRUCell": ligru_weights,
    "shrinkc>SRUCell": sru_weights,
}
"""The same for the cells that RNN wraps."""
