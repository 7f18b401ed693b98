"""The fused LSTM operators of TensorFlow Lite.

Which input is what: lite/kernels/unidirectional_sequence_lstm.cc and bidirectional_sequence_lstm.cc of TensorFlow; the
equations: lite/kernels/internal/reference/lstm_cell and kernel_utils there, those of Sak et al. 2014.
"""

from collections.abc import Callable

import numpy as np

from ...cells.functions import CLIP
from ...network import BACKWARD, FORWARD
from ..folding import Weights
from .file import ABSENT, Graph, Operator
from .frames import Both, Frames, Recurrent, shown

GATES = ("input", "forget", "candidate", "output")
"""The operators keep an LSTM's gates in the order i, f, c, o."""

PEEPHOLES = ("input_peephole", "forget_peephole", "output_peephole")
LAYER_NORM = range(20, 24)
"""Inputs of the unidirectional operator that hold the weights of its layer norm."""

AUXILIARY = range(39, 48)
"""Inputs of the bidirectional operator for a second input."""

_FORWARD_FIRST, _BACKWARD_FIRST = 1, 18
_FORWARD_STATES, _BACKWARD_STATES = (35, 36), (37, 38)
_STATES = (18, 19)

Constant = Callable[[int], np.ndarray]
"""The float32 values of a tensor that holds weights, by its index."""


def unidirectional(graph: Graph, operator: Operator, frames: Frames, constant: Constant) -> Frames:
    """UNIDIRECTIONAL_SEQUENCE_LSTM: frames in, frames out, running in the order in which the frames stand."""
    _check(graph, operator, frames, (20, 24), _STATES)
    if any(_input(operator, index) != ABSENT for index in LAYER_NORM):
        raise ValueError("has a layer norm inside, which is not supported; use an LSTM without it")
    weights = _direction(operator, frames, constant, _FORWARD_FIRST)
    direction = BACKWARD if frames.backwards else FORWARD
    return frames.then(Recurrent(operator.name, weights, direction), _outputs(weights))


def bidirectional(graph: Graph, operator: Operator, frames: Frames, constant: Constant) -> tuple[Frames, ...]:
    """BIDIRECTIONAL_SEQUENCE_LSTM: both directions side by side (merge_outputs), or one tensor for each."""
    _check(graph, operator, frames, (48,), (*_FORWARD_STATES, *_BACKWARD_STATES))
    if any(_input(operator, index) != ABSENT for index in AUXILIARY):
        raise ValueError("has auxiliary inputs, which are not supported; give the LSTM one input")
    if frames.axis is None:
        raise ValueError("runs backwards over one frame a call; convert the model with the frames of an utterance")
    if frames.backwards:
        raise ValueError("reads frames in reverse order, which is not supported; give it the frames as they come")
    forward = _direction(operator, frames, constant, _FORWARD_FIRST)
    backward = _direction(operator, frames, constant, _BACKWARD_FIRST)
    if operator.options.get("MergeOutputs"):
        both = Both(operator.name, forward, backward, False)
        return (frames.then(both, _outputs(forward) + _outputs(backward)),)
    sides = ((forward, FORWARD), (backward, BACKWARD))
    return tuple(
        frames.then(Recurrent(operator.name, weights, direction), _outputs(weights)) for weights, direction in sides
    )


def _check(graph: Graph, operator: Operator, frames: Frames, inputs: tuple[int, ...], states: tuple[int, ...]) -> None:
    if len(operator.inputs) not in inputs:
        raise ValueError(f"has {len(operator.inputs)} inputs, not {' or '.join(map(str, inputs))}; convert it again")
    activation = operator.options.get("FusedActivationFunction", "NONE")
    if activation != "TANH":
        raise ValueError(f"fused_activation_function = {activation} is not supported; use an LSTM with tanh")
    if operator.options["CellClip"] not in (0, CLIP):
        raise ValueError(f"cell_clip = {operator.options['CellClip']:g} is not supported; known: 0 (none), {CLIP:g}")
    if operator.options["ProjClip"] != 0:
        raise ValueError(f"proj_clip = {operator.options['ProjClip']:g} is not supported; use an LSTM without it")
    if operator.options.get("DiagonalRecurrentTensors"):
        raise ValueError("diagonal_recurrent_tensors = True is not supported; use an LSTM with full matrices")
    if frames.taken:
        raise ValueError("stands behind the last step of another LSTM; let that one give all steps")
    time = 0 if operator.options["TimeMajor"] else 1
    if len(frames.shape) != 3 or frames.axis not in (time, None):
        raise ValueError(
            f"reads {shown(frames.shape)} with the frames on axis {time}, and they stand on axis {frames.axis}; "
            "convert the model with a batch of 1"
        )
    for state in states:
        _check_state(graph, _input(operator, state))


def _check_state(graph: Graph, index: int) -> None:
    """A state must be a variable that starts at 0 and that nothing else uses."""
    if index == ABSENT or not graph.tensors[index].variable:
        raise ValueError("its initial state is no variable tensor; only states that start at 0 are supported")
    tensor = graph.tensors[index]
    if tensor.type != "FLOAT32":
        raise ValueError(f"its state is of type {tensor.type}; convert the model without converter.optimizations")
    if tensor.data.any():
        raise ValueError("its initial state is not 0; only states that start at 0 are supported")
    if len(tensor.shape) != 2 or tensor.shape[0] != 1:
        raise ValueError(f"its state is {shown(tensor.shape)}; convert the model with a batch of 1")
    uses = sum(operator.inputs.count(index) for operator in graph.operators)
    if uses != 1 or index in graph.outputs or any(index in operator.outputs for operator in graph.operators):
        raise ValueError("its state is used elsewhere too; only states of its own are supported")


def _input(operator: Operator, index: int) -> int:
    return operator.inputs[index] if index < len(operator.inputs) else ABSENT


def _direction(operator: Operator, frames: Frames, constant: Constant, first: int) -> Weights:
    """The weights of one direction: 17 inputs from `first` on. Raises ValueError for shapes that do not fit."""
    tensors = operator.inputs[first : first + 17]
    x, h, peepholes, biases = tensors[0:4], tensors[4:8], tensors[8:11], tensors[11:15]
    if ABSENT in (x[0], h[0]):
        raise ValueError("has no input gate (CIFG), which is not supported; use an LSTM with all four gates")
    if ABSENT in (*x, *h, *biases):
        raise ValueError("lacks weights of a gate; convert the model again")
    units, inputs = _matrix(constant(x[0]))
    matrices = {f"{gate}.x": constant(index) for gate, index in zip(GATES, x, strict=True)}
    matrices |= {f"{gate}.h": constant(index) for gate, index in zip(GATES, h, strict=True)}
    offsets = {gate: constant(index) for gate, index in zip(GATES, biases, strict=True)}
    if inputs != frames.width:
        raise ValueError(f"reads {inputs} values a frame, what stands before it gives {frames.width}")
    options = {"clipped": "yes"} if operator.options["CellClip"] else {}
    sizes: dict[str, int] = {}
    vectors = _peepholes(peepholes, constant, options)
    _projection(tensors[15], tensors[16], constant, (matrices, offsets, options, sizes))
    return Weights("lstm", options, inputs, units, matrices, offsets, vectors, sizes)


def _peepholes(tensors: tuple[int, ...], constant: Constant, options: dict[str, str]) -> dict[str, np.ndarray]:
    if set(tensors) == {ABSENT}:
        return {}
    if ABSENT in tensors:
        raise ValueError("has peepholes in some gates only; convert an LSTM with all three, or with none")
    options["peepholes"] = "yes"
    return {name: constant(index) for name, index in zip(PEEPHOLES, tensors, strict=True)}


def _projection(
    matrix: int,
    bias: int,
    constant: Constant,
    parts: tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, str], dict[str, int]],
) -> None:
    """Add the product that makes h of o * tanh(c), where the operator has one."""
    matrices, biases, options, sizes = parts
    if matrix == ABSENT:
        if bias != ABSENT:
            raise ValueError("has the bias of a projection without its weights; convert the model again")
        return
    weights = constant(matrix)
    options["projection"] = "yes"
    sizes["projection"] = _matrix(weights)[0]
    matrices["projection.m"] = weights
    if bias != ABSENT:
        biases["projection"] = constant(bias)


def _matrix(array: np.ndarray) -> tuple[int, int]:
    if array.ndim != 2:
        raise ValueError(f"has weights of the shape {shown(array.shape)}, not a matrix; convert the model again")
    return array.shape


def _outputs(weights: Weights) -> int:
    return weights.sizes.get("projection", weights.units)
