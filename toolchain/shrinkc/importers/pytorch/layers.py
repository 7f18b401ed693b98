"""torch.nn's own layers: LSTM, GRU, RNN, Linear, BatchNorm1d.

Equations and the order of gates: https://docs.pytorch.org/docs/stable/nn.html#recurrent-layers. The recurrent layers
have two biases, b_ih and b_hh; their sum counts, but for the candidate of a GRU, whose b_hh the reset gate multiplies.
"""

from dataclasses import replace

import numpy as np

from ...errors import InputError
from ..folding import Weights, dense
from .recurrent import Reading, Stacked, place, read_norm

_GATES = {"lstm": 4, "gru": 3, "rnn": 1}
_LSTM_ORDER = ("input", "forget", "candidate", "output")
HARD_SIGMOID_SLOPE = 1 / 6


def read_recurrent(reading: Reading) -> None:
    """nn.LSTM, nn.GRU and nn.RNN: as many layers and directions as the names say."""
    prefix, names = reading.spec.prefix, reading.tensors
    layers = []
    while not layers or f"{prefix}weight_ih_l{len(layers)}" in names:
        number = len(layers)
        backward = f"{prefix}weight_ih_l{number}_reverse" in names
        endings = (f"l{number}", f"l{number}_reverse") if backward else (f"l{number}",)
        layers.append(Stacked(tuple(_read_direction(reading, ending) for ending in endings)))
    if len({len(layer.directions) for layer in layers}) > 1:
        raise reading.refuse("has two directions in some of its layers only; save the model again")
    place(reading, layers)


def _read_direction(reading: Reading, ending: str) -> Weights:
    """The tensors of one direction of one layer, cut into gates."""
    prefix, tensors, gates = reading.spec.prefix, reading.tensors, _GATES[reading.spec.kind]
    units, read = _check_rows(reading, ending, gates)
    of_x = tensors.take(f"{prefix}weight_ih_{ending}", gates * units, None)
    of_h = tensors.take(f"{prefix}weight_hh_{ending}", gates * units, read)
    biases = np.zeros((2, gates * units), np.float32)
    if f"{prefix}bias_ih_{ending}" in tensors:
        biases = np.stack([tensors.take(f"{prefix}bias_{part}_{ending}", gates * units) for part in ("ih", "hh")])
    made = _CUT[reading.spec.kind](np.split(of_x, gates), np.split(of_h, gates), np.split(biases, gates, axis=1))
    weights = Weights(reading.spec.kind, {}, of_x.shape[1], units, *made)
    if reading.spec.kind == "rnn":
        return replace(weights, cell="simple_rnn", options={"activation": str(reading.option("activation"))})
    return weights if read == units else _project(reading, ending, weights, read)


def _check_rows(reading: Reading, ending: str, gates: int) -> tuple[int, int]:
    """(units, width of h). Rows of weight_hh against its columns tell another kind of layer."""
    prefix, tensors = reading.spec.prefix, reading.tensors
    name = f"{prefix}weight_hh_{ending}"
    rows, columns = (*tensors.shapes.get(name, ()), 0, 0)[:2]
    projected = reading.spec.kind == "lstm" and f"{prefix}weight_hr_{ending}" in tensors
    found = next((kind for kind, count in _GATES.items() if rows == count * columns), None)
    if rows and not projected and found not in (None, reading.spec.kind):
        raise reading.refuse(f'{name!r} is {rows} x {columns}, as in a {found}; write kind = "{found}" in the TOML')
    if rows % gates:
        raise reading.refuse(f"{name!r} is {rows} x {columns}; its rows must be {gates} for each unit; check the kind")
    return rows // gates, columns if projected else rows // gates


def _project(reading: Reading, ending: str, weights: Weights, width: int) -> Weights:
    """An LSTM with proj_size: h = W_hr (o * tanh(c)), without a bias."""
    matrix = reading.tensors.take(f"{reading.spec.prefix}weight_hr_{ending}", width, weights.units)
    return replace(
        weights,
        options={"projection": "yes"},
        matrices=weights.matrices | {"projection.m": matrix},
        biases=weights.biases | {"projection": np.zeros(width, np.float32)},
        sizes={"projection": width},
    )


Cut = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
"""Matrices by path and biases by gate."""


def _cut_lstm(of_x: list[np.ndarray], of_h: list[np.ndarray], biases: list[np.ndarray]) -> Cut:
    matrices = {f"{gate}.x": array for gate, array in zip(_LSTM_ORDER, of_x, strict=True)}
    matrices |= {f"{gate}.h": array for gate, array in zip(_LSTM_ORDER, of_h, strict=True)}
    return matrices, {gate: both.sum(0) for gate, both in zip(_LSTM_ORDER, biases, strict=True)}


def _cut_gru(of_x: list[np.ndarray], of_h: list[np.ndarray], biases: list[np.ndarray]) -> Cut:
    matrices = {
        "reset.x": of_x[0],
        "update.x": of_x[1],
        "candidate.x": of_x[2],
        "reset.h": of_h[0],
        "update.h": of_h[1],
        "recurrent.h": of_h[2],
    }
    of_n = {"candidate": biases[2][0], "recurrent": biases[2][1]}
    return matrices, {"reset": biases[0].sum(0), "update": biases[1].sum(0)} | of_n


def _cut_rnn(of_x: list[np.ndarray], of_h: list[np.ndarray], biases: list[np.ndarray]) -> Cut:
    return {"state.x": of_x[0], "state.h": of_h[0]}, {"state": biases[0].sum(0)}


_CUT = {"lstm": _cut_lstm, "gru": _cut_gru, "rnn": _cut_rnn}


def read_linear(reading: Reading) -> None:
    """nn.Linear and the activation behind it."""
    prefix, tensors = reading.spec.prefix, reading.tensors
    matrix = tensors.take(f"{prefix}weight", None, None)
    rows = len(matrix)
    has_bias = f"{prefix}bias" in tensors
    bias = tensors.take(f"{prefix}bias", rows) if has_bias else np.zeros(rows, np.float32)
    reading.assembly.add(reading.spec.name, dense(matrix, bias))
    _activate(reading)


def read_batch_norm(reading: Reading) -> None:
    """nn.BatchNorm1d over features, with the activation behind it."""
    assembly = reading.assembly
    factor, offset = read_norm(reading.tensors, reading.spec.prefix, assembly.width, float(reading.option("eps")))
    if assembly.width is None:
        assembly.input_width = factor.size
    assembly.scale(reading.spec.name, factor, offset)
    _activate(reading)


def _activate(reading: Reading) -> None:
    """The function behind a linear layer becomes its own; a softmax at the end is left off."""
    assembly, name = reading.assembly, str(reading.option("activation"))
    if name == "identity":
        return
    if name in ("softmax", "log_softmax"):
        assembly.leave_off(name.replace("_", "-"), reading.spec.name)
        return
    try:
        assembly.activate(
            "clamp" if name == "hardsigmoid" else name, HARD_SIGMOID_SLOPE if name == "hardsigmoid" else None
        )
    except InputError as error:
        raise reading.refuse(
            f"{name} needs a linear layer without activation right before it; move it there"
        ) from error
