"""Operators that compute with frames: dense layers, constants added and multiplied, activations, joined directions."""

import numpy as np

from ..folding import dense
from .file import Operator
from .frames import Dense, Frames, Merge, joined, shown
from .shapes import Value, concatenate, frames_of

FUSED = {"NONE": "identity", "RELU": "relu"}
"""The activations that these operators compute in themselves, and the cell's functions."""

FUNCTIONS = {"LOGISTIC": "sigmoid", "TANH": "tanh", "RELU": "relu"}
"""Activations that are operators."""

SOFTMAXES = {"SOFTMAX": "softmax", "LOG_SOFTMAX": "log-softmax"}


def fully_connected(operator: Operator, values: list[Value | None]) -> Frames:
    """FULLY_CONNECTED: weights (units, inputs), bias (units,) or none."""
    frames = frames_of(values[0])
    weights = _floats(operator, values, 1)
    if operator.options.get("WeightsFormat", 0):
        raise ValueError("has shuffled weights, which are not supported; convert the model again")
    if weights.ndim != 2 or weights.shape[1] != frames.width:
        raise ValueError(
            f"has weights of {shown(weights.shape)} for {frames.width} values a frame; "
            "only layers that read one frame at a time are supported"
        )
    units = len(weights)
    given = values[2] if len(values) > 2 else None
    bias = np.zeros(units, np.float32) if given is None else _floats(operator, values, 2)
    if bias.shape != (units,):
        raise ValueError(f"has a bias of {shown(bias.shape)}, not of {units}; convert the model again")
    if not operator.options.get("KeepNumDims"):
        frames = frames.reshaped((frames.frames, frames.width))
    return _fused(operator, frames.then(Dense(operator.name, dense(weights, bias)), units))


def _floats(operator: Operator, values: list[Value | None], place: int) -> np.ndarray:
    value = values[place] if place < len(values) else None
    if not isinstance(value, np.ndarray) or value.dtype != np.float32:
        raise ValueError("has weights that are no constants of float32; only constant weights are supported")
    return value


def _fused(operator: Operator, frames: Frames) -> Frames:
    name = operator.options.get("FusedActivationFunction", "NONE")
    if name not in FUSED:
        raise ValueError(f"fused_activation_function = {name} is not supported; known: {', '.join(FUSED)}")
    return frames if name == "NONE" else frames.activated(FUSED[name])


def binary(operator: Operator, values: list[Value | None]) -> Value:
    """ADD, SUB, MUL and DIV: of frames and a constant, or the sum or product of both directions."""
    if len(values) != 2:
        raise ValueError(f"has {len(values)} inputs, not 2; convert the model again")
    first, second = values
    if isinstance(first, Frames) and isinstance(second, Frames):
        return _fused(operator, _merged(operator, first, second))
    frames = frames_of(first if isinstance(first, Frames) else second)
    swapped = not isinstance(first, Frames)
    constant = _per_feature(frames, _floats(operator, values, 0 if swapped else 1))
    one, zero = np.ones(frames.width), np.zeros(frames.width)
    match operator.kind, swapped:
        case "ADD", _:
            factor, offset = one, constant
        case "SUB", False:
            factor, offset = one, -constant
        case "SUB", True:
            factor, offset = -one, constant
        case "MUL", _:
            factor, offset = constant, zero
        case _:
            if swapped or (constant == 0).any():
                raise ValueError("divides by the frames, or by 0; only division by other constants is supported")
            factor, offset = 1 / constant, zero
    return _fused(operator, frames.scaled(operator.name, factor, offset))


def _per_feature(frames: Frames, constant: np.ndarray) -> np.ndarray:
    """A constant as (width,) in float64, where it is the same for each frame."""
    if constant.size not in (1, frames.width) or constant.size != (constant.shape or (1,))[-1]:
        raise ValueError(f"takes a constant of {shown(constant.shape)}, which is not one value a feature; make it one")
    if constant.ndim > len(frames.shape) or not np.isfinite(constant).all():
        raise ValueError(
            "takes a constant of more axes than the frames have, or one that is not finite; train it again"
        )
    return np.broadcast_to(constant.reshape(-1).astype(np.float64), frames.width).copy()


def _merged(operator: Operator, first: Frames, second: Frames) -> Frames:
    operation = {"ADD": "add", "MUL": "multiply"}.get(operator.kind)
    if operation is None or first.width != second.width:
        raise ValueError("computes with two branches of the model; only a chain of layers is supported")
    both = joined(operator.name, first, second)
    return both.then(Merge(operator.name, operation), first.width)


def join(operator: Operator, values: list[Value | None]) -> Value:
    """CONCATENATION of both directions, or of shapes."""
    if not any(isinstance(value, Frames) for value in values):
        return concatenate(operator, values)
    if len(values) != 2:
        raise ValueError(f"joins {len(values)} branches; only both directions of one layer can be joined")
    first, second = frames_of(values[0]), frames_of(values[1])
    if operator.options.get("Axis", 0) not in (-1, len(first.shape) - 1):
        raise ValueError(
            "joins frames along another axis than that of the features; only both directions can be joined"
        )
    return _fused(operator, joined(operator.name, first, second))


def activation(operator: Operator, values: list[Value | None]) -> Frames:
    """LOGISTIC, TANH and RELU behind a dense layer."""
    return frames_of(values[0]).activated(FUNCTIONS[operator.kind])


def softmax(operator: Operator, values: list[Value | None]) -> Frames:
    """SOFTMAX and LOG_SOFTMAX over the features: left off."""
    frames = frames_of(values[0])
    if operator.kind == "SOFTMAX" and operator.options.get("Beta") != 1:
        raise ValueError(f"beta = {operator.options.get('Beta', 0):g} is not supported; use a softmax with beta = 1")
    return frames.ending(SOFTMAXES[operator.kind])
