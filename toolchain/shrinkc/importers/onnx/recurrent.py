"""Reads ONNX's LSTM, GRU and RNN into the network's own order.

Equations, orders of gates and defaults: ONNX's documentation of LSTM-22, GRU-22 and RNN-22 (onnx.ai/onnx/operators).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...errors import InputError
from ...network import BACKWARD, FORWARD
from ..folding import Weights
from .activations import Activation, read_activations
from .chain import Chain, Pending, Reading, name_of
from .file import Node
from .values import Free, Size, Value


@dataclass(frozen=True)
class _Side:
    """One direction's arrays: W (gates * units, inputs), R (gates * units, units), both biases (gates * units,).

    peepholes: (3 * units,), None without.
    """

    inputs: np.ndarray
    recurrent: np.ndarray
    bias: np.ndarray
    recurrent_bias: np.ndarray
    peepholes: np.ndarray | None

    def gate(self, number: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """W, R and both biases of one gate."""
        units = self.recurrent.shape[1]
        part = slice(number * units, (number + 1) * units)
        return self.inputs[part], self.recurrent[part], self.bias[part], self.recurrent_bias[part]


Fill = Callable[[Node, _Side, list[Activation]], Weights]


@dataclass(frozen=True)
class _Kind:
    """gates: how many. activations: the defaults of one direction. states: how many initial states it takes."""

    gates: int
    activations: tuple[str, ...]
    states: int
    fill: Fill


def _lstm(node: Node, side: _Side, activations: list[Activation]) -> Weights:
    """Gates in the order i, o, f, c; peepholes i, o, f."""
    gate, candidate, hidden = activations
    if (hidden.slope, hidden.offset) != (1, 0):
        raise InputError(
            f"{hidden.text} as the third activation works on the cell state, where its slope cannot be folded"
        )
    matrices, biases, vectors = {}, {}, {}
    for number, name in enumerate(("input", "output", "forget", "candidate")):
        own = candidate if name == "candidate" else gate
        x, h, bias, more = side.gate(number)
        matrices[f"{name}.x"], matrices[f"{name}.h"] = x * own.slope, h * own.slope
        biases[name] = (bias + more) * own.slope + own.offset
        if side.peepholes is not None and own is gate:
            units = len(x)
            vectors[f"{name}_peephole"] = side.peepholes[number * units : (number + 1) * units] * own.slope
    options = {"gate": gate.function, "candidate": candidate.function, "hidden": hidden.function}
    options |= {"peepholes": "yes"} if vectors else {}
    return Weights("lstm", options, *_widths(side), matrices, biases, vectors)


def _gru(node: Node, side: _Side, activations: list[Activation]) -> Weights:
    """Gates in the order z, r, h."""
    gate, candidate = activations
    after = node.attributes.get("linear_before_reset", 0) != 0
    matrices, biases = {}, {}
    for number, name in enumerate(("update", "reset")):
        x, h, bias, more = side.gate(number)
        matrices[f"{name}.x"], matrices[f"{name}.h"] = x * gate.slope, h * gate.slope
        biases[name] = (bias + more) * gate.slope + gate.offset
    x, h, bias, more = (array * candidate.slope for array in side.gate(2))
    matrices["candidate.x"], matrices["recurrent.h" if after else "candidate.rh"] = x, h
    biases["candidate"] = bias + candidate.offset + (0 if after else more)
    if after:
        biases["recurrent"] = more
    options = {"reset": "after" if after else "before", "gate": gate.function, "candidate": candidate.function}
    return Weights("gru", options, *_widths(side), matrices, biases)


def _rnn(node: Node, side: _Side, activations: list[Activation]) -> Weights:
    (own,) = activations
    x, h, bias, more = side.gate(0)
    matrices = {"state.x": x * own.slope, "state.h": h * own.slope}
    biases = {"state": (bias + more) * own.slope + own.offset}
    return Weights("simple_rnn", {"activation": own.function}, *_widths(side), matrices, biases)


KINDS = {
    "LSTM": _Kind(4, ("Sigmoid", "Tanh", "Tanh"), 2, _lstm),
    "GRU": _Kind(3, ("Sigmoid", "Tanh"), 1, _gru),
    "RNN": _Kind(1, ("Tanh",), 1, _rnn),
}


def read_recurrent(chain: Chain, node: Node, inputs: list[Value | None]) -> list[Value]:
    """An LSTM, GRU or RNN over the newest outputs: Y with axes (frames, directions, batch, units), and Y_h without
    frames; with layout = 1 the batch comes first. An LSTM's third output is not given.
    """
    kind = KINDS[node.kind]
    batch_first = node.attributes.get("layout", 0)
    direction = node.attributes.get("direction", "forward")
    if batch_first not in (0, 1) or direction not in ("forward", "reverse", "bidirectional"):
        raise InputError(f"layout = {batch_first}, direction = {direction!r} are not ONNX's; export the model again")
    _refuse_settings(node)
    value = inputs[0]
    time, batch = _frame_axes(chain, value, batch_first)
    reading = chain.read(value)
    directions = 2 if direction == "bidirectional" else 1
    sides = _sides(node, kind, inputs, directions, reading.index.size)
    units = sides[0].recurrent.shape[1]
    _check_states(chain, inputs, (directions, units), batch_first, kind.states)
    _check_lengths(chain, inputs, time)
    activations = read_activations(node, kind.activations, directions)
    weights = [
        _on_all(kind.fill(node, side, own), reading, chain.width) for side, own in zip(sides, activations, strict=True)
    ]
    chain.put(Pending(name_of(node), weights, BACKWARD if direction == "reverse" else FORWARD), directions * units)
    return _outputs(chain, time, batch, directions, units, batch_first)


def _outputs(
    chain: Chain, time: Free | None, batch: Free | None, directions: int, units: int, batch_first: int
) -> list[Value]:
    index = np.arange(directions * units).reshape(1, directions, 1, units)
    order = (2, 0, 1, 3) if batch_first else (0, 1, 2, 3)
    axes = tuple((time, None, batch, None)[axis] for axis in order)
    whole = chain.outputs(axes, index.transpose(order))
    stepped = chain.outputs((time, None, batch, None), index)
    last = chain.step(stepped, 0, True)
    first = chain.step(stepped, 0, False)
    ids = last.arrays[0].copy()
    backward = slice(1, 2) if directions == 2 else slice(0, 1) if chain.newest.direction == BACKWARD else slice(0, 0)
    ids[backward] = first.arrays[0][backward]
    h = Value(last.axes, (ids, *last.arrays[1:]))
    if batch_first:
        h = h.with_axes((h.axes[1], h.axes[0], h.axes[2]), lambda array: array.transpose(1, 0, 2))
    return [whole, h]


def _refuse_settings(node: Node) -> None:
    if "clip" in node.attributes:
        raise InputError(f"clip = {node.attributes['clip']:g} is not supported; train and export it without clipping")
    if node.attributes.get("input_forget", 0) != 0:
        raise InputError("input_forget = 1 is not supported; train it with a forget gate of its own")
    if node.attributes.get("linear_before_reset", 0) not in (0, 1):
        raise InputError(
            f"linear_before_reset = {node.attributes['linear_before_reset']} is not 0 or 1; export it again"
        )


def _frame_axes(chain: Chain, value: Value | None, batch_first: int) -> tuple[Free | None, Free | None]:
    """The axes of frames and of the batch; the frames must be the same for all layers."""
    if value is None or not value.flows:
        raise InputError("does not read the model's input; export the model again")
    if len(value.axes) != 3 or value.axes[2]:
        raise InputError("does not read values of (frames, batch, features); keep the features last")
    time, batch = (value.axes[1], value.axes[0]) if batch_first else (value.axes[0], value.axes[1])
    if any(size != 1 for size in value.shape[:2]):
        raise InputError("takes features for frames or for the batch; keep the features last")
    if time is None and not chain.stepped:
        raise InputError("runs along an axis that is not the frames of the input; check batch_first and layout")
    if time is not None and (len(time) != 1 or chain.time not in (None, time[0])):
        other = f", the layer before it along {chain.time}" if chain.time else ""
        raise InputError(f"runs along {'*'.join(time)}{other}; all layers must run along one axis, that of the frames")
    if time is not None:
        chain.time = time[0]
    return time, batch


def _sides(node: Node, kind: _Kind, inputs: list[Value | None], directions: int, width: int) -> list[_Side]:
    """W, R, B and P of each direction, their shapes held against each other."""
    arrays = [None if value is None else _constant(value, what) for value, what in _parameters(inputs, kind)]
    w, r, b, p = arrays
    if w is None or r is None or r.ndim != 3:
        raise InputError("lacks its weights W or R; export the model again")
    units = r.shape[2]
    rows = kind.gates * units
    wanted = [(directions, rows, width), (directions, rows, units), (directions, 2 * rows), (directions, 3 * units)]
    for name, array, shape in zip("WRBP", arrays, wanted, strict=True):
        if array is not None and array.shape != shape:
            raise InputError(f"its {name} has the shape {array.shape}, not {shape}; export the model again")
    if node.attributes.get("hidden_size", units) != units:
        raise InputError(f"hidden_size = {node.attributes['hidden_size']}, its weights have {units}; export it again")
    if b is None:
        b = np.zeros(wanted[2], np.float32)
    return [_Side(w[k], r[k], b[k, :rows], b[k, rows:], None if p is None else p[k]) for k in range(directions)]


def _parameters(inputs: list[Value | None], kind: _Kind) -> list[tuple[Value | None, str]]:
    padded = [*inputs, *[None] * 8]
    peepholes = padded[7] if kind.states == 2 else None
    return list(zip((*padded[1:4], peepholes), ("W", "R", "B", "P"), strict=True))


def _constant(value: Value, what: str) -> np.ndarray:
    if not value.fixed or value.arrays[0].dtype != np.float32:
        raise InputError(
            f"its {what} is computed from the input, or not float32; only constants of the file are supported"
        )
    return value.arrays[0]


def _check_states(
    chain: Chain, inputs: list[Value | None], shape: tuple[int, int], batch_first: int, states: int
) -> None:
    """States start at zero. Their shape must fit all the same: it tells a layer that an exporter got wrong."""
    directions, units = shape
    for what, value in zip(("initial_h", "initial_c"), inputs[5 : 5 + states], strict=False):
        if value is None:
            continue
        if value.flows or value.arrays[0].any():
            raise InputError(f"{what} is not zero; only states that start at zero are supported, leave it out")
        extents = value.extents(chain.sizes)
        ends = (extents[1 if batch_first else 0], extents[2]) if len(extents) == 3 else None
        if ends != (directions, units):
            raise InputError(
                f"{what} does not have {directions} x {units} values an utterance, as its weights have; an LSTM with a "
                "projection (PyTorch's proj_size) does not survive export: import its .safetensors file"
            )


def _check_lengths(chain: Chain, inputs: list[Value | None], time: Free | None) -> None:
    value = inputs[4] if len(inputs) > 4 else None
    if value is None:
        return
    full = chain.sizes.of(time or ())
    lengths = [] if value.flows else [chain.sizes.known(length) for length in _plain(value.arrays[0])]
    if not lengths or any(length != full for length in lengths):
        raise InputError("sequence_lens is not the number of frames; leave it out, utterances are not padded here")


def _plain(array: np.ndarray) -> list[int | Size]:
    return [length if isinstance(length, Size) else int(length) for length in array.ravel()]


def _on_all(weights: Weights, reading: Reading, width: int) -> Weights:
    """Weights on what is read made weights on all outputs of the layer before."""
    matrices, biases = dict(weights.matrices), dict(weights.biases)
    for path, matrix in weights.matrices.items():
        gate, source = path.split(".")
        if source == "x":
            matrices[path], biases[gate] = reading.columns(matrix, biases[gate], width)
    arrays = (matrices, biases, weights.vectors)
    matrices, biases, vectors = ({k: np.ascontiguousarray(v, np.float32) for k, v in part.items()} for part in arrays)
    return Weights(weights.cell, weights.options, width, weights.units, matrices, biases, vectors)


def _widths(side: _Side) -> tuple[int, int]:
    return side.inputs.shape[1], side.recurrent.shape[1]
