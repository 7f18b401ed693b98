"""TensorFlow Lite models (.tflite) to a Network: float32 files whose LSTMs are fused operators.

The operators are walked in the order in which they run. `file` reads the file, `frames` keeps what flows
and what it went through, `shapes` and `lstm` read the operators that need most words.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...network import Network
from ..assembly import Assembly
from ..limits import WEIGHTS_LIMIT
from . import arithmetic, lstm, shapes
from .file import ABSENT, DTYPES, Graph, Operator, Tensor, read_graph, values
from .frames import Frames, assemble, shown
from .shapes import PROBE, Value, frames_of

Reader = Callable[[Operator, list[Value | None]], Value]

SHAPES: dict[str, Reader] = {
    "RESHAPE": shapes.reshape,
    "EXPAND_DIMS": shapes.expand_dims,
    "SQUEEZE": shapes.squeeze,
    "TRANSPOSE": shapes.transpose,
    "SHAPE": shapes.shape_of,
    "GATHER": shapes.gather,
    "REDUCE_PROD": shapes.reduce_prod,
    "PACK": shapes.pack,
}
"""Operators that change no number of a frame, and so may also follow what must be the end."""

READERS: dict[str, Reader] = {
    "ADD": arithmetic.binary,
    "CONCATENATION": arithmetic.join,
    "DIV": arithmetic.binary,
    "FULLY_CONNECTED": arithmetic.fully_connected,
    "LOGISTIC": arithmetic.activation,
    "LOG_SOFTMAX": arithmetic.softmax,
    "MUL": arithmetic.binary,
    "RELU": arithmetic.activation,
    "REVERSE_V2": shapes.reverse,
    "SOFTMAX": arithmetic.softmax,
    "STRIDED_SLICE": shapes.strided_slice,
    "SUB": arithmetic.binary,
    "TANH": arithmetic.activation,
}

LSTMS = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "BIDIRECTIONAL_SEQUENCE_LSTM")

FUSE = "convert it with a fused LSTM (docs/models-tflite.md says how), or import the .keras file it was made from"
AFTER_END = "stands after the softmax, which must be the end of the model; remove it"
QUANTIZED = "the model is quantized; convert it without converter.optimizations, shrinkc quantises itself"
REMEDIES = {
    "WHILE": f"a loop cannot be read: the converter did not fuse the RNN; {FUSE}",
    "SPLIT": f"an unrolled RNN cannot be read; {FUSE}",
    "UNPACK": f"an unrolled RNN cannot be read; {FUSE}",
    "DEQUANTIZE": QUANTIZED,
    "QUANTIZE": QUANTIZED,
    "LSTM": f"the operator of one step is not supported; {FUSE}",
    "RNN": "the operator of one step is not supported; import the .keras file it was made from",
    "UNIDIRECTIONAL_SEQUENCE_RNN": "not supported; import the .keras file it was made from",
    "BIDIRECTIONAL_SEQUENCE_RNN": "not supported; import the .keras file it was made from",
}
"""What to do about operators that users meet first."""


def read(path: Path) -> Network:
    """A `.tflite` file. Raises InputError for what is damaged or not supported."""
    graph = read_graph(path)
    walk = _Walk(graph, Assembly(path))
    for operator in graph.operators:
        if operator.kind in REMEDIES:
            raise walk.refuse(operator, REMEDIES[operator.kind])
    if graph.graphs != 1:
        raise InputError(f"{path}: holds {graph.graphs} graphs; convert a model of one signature")
    walk.start()
    for operator in graph.operators:
        walk.step(operator)
    return walk.finish()


class _Walk:
    """What each tensor holds, as far as the operators have run."""

    def __init__(self, graph: Graph, assembly: Assembly) -> None:
        self.graph = graph
        self.assembly = assembly
        self.path = assembly.path
        self._values: dict[int, Value] = {}
        self._loaded = 0

    def refuse(self, operator: Operator, reason: str) -> InputError:
        return self.assembly.refuse(operator.name, operator.kind, reason)

    def start(self) -> None:
        """The input: one utterance, whose frames stand on the axis that is not the batch."""
        if len(self.graph.inputs) != 1 or len(self.graph.outputs) != 1 or ABSENT in self.graph.inputs:
            raise InputError(
                f"{self.path}: has {len(self.graph.inputs)} inputs and {len(self.graph.outputs)} outputs; "
                "only models of one input and one output are supported"
            )
        tensor = self.graph.tensors[self.graph.inputs[0]]
        if tensor.type != "FLOAT32":
            raise InputError(f"{self.path}: its input {tensor.name!r} is of type {tensor.type}: {QUANTIZED}")
        frames = _input_frames(self.path, tensor)
        self._values[self.graph.inputs[0]] = frames
        self.assembly.input_width = frames.width
        if frames.axis is None:
            self.assembly.notes.append("the file takes one frame a call; here states are reset for each utterance")

    def step(self, operator: Operator) -> None:
        """Run one operator. Raises InputError, which names it, where it is not supported."""
        try:
            found = self._results(operator)
        except (ValueError, IndexError) as error:
            raise self.refuse(operator, str(error)) from error
        if len(found) != len(operator.outputs):
            raise self.refuse(operator, f"has {len(operator.outputs)} outputs, not {len(found)}; convert it again")
        for index, value in zip(operator.outputs, found, strict=True):
            if index in self._values or self.graph.tensors[index].data.size or self.graph.tensors[index].variable:
                raise self.refuse(operator, "writes a tensor that is there already; convert the model again")
            self._values[index] = value

    def finish(self) -> Network:
        """The network that leads to the output."""
        frames = self._values.get(self.graph.outputs[0])
        if not isinstance(frames, Frames):
            raise InputError(f"{self.path}: its output is not computed from its input; convert the model again")
        if frames.backwards:
            raise InputError(
                f"{self.path}: gives its frames in reverse order (go_backwards); reverse them again, or take the last"
            )
        assemble(self.assembly, frames)
        if frames.ended:
            self.assembly.leave_off(frames.ended)
        return self.assembly.finish()

    def _results(self, operator: Operator) -> tuple[Value, ...]:
        if operator.newer:
            raise ValueError("has options that are newer than the package tflite knows; pip install --upgrade tflite")
        kind = operator.kind
        if kind in LSTMS:
            return self._lstm(operator)
        if kind not in SHAPES and kind not in READERS:
            raise ValueError(f"not supported; known operators: {', '.join(sorted({*SHAPES, *READERS, *LSTMS}))}")
        inputs = [self._value(index) for index in operator.inputs]
        if not inputs:
            raise ValueError("has no input; convert the model again")
        if kind in SHAPES:
            return (SHAPES[kind](operator, inputs),)
        if any(isinstance(value, Frames) and value.ended for value in inputs):
            raise ValueError(AFTER_END)
        return (READERS[kind](operator, inputs),)

    def _value(self, index: int) -> Value | None:
        """What a tensor holds: what an operator gave, or the file's constant; None for an input that is left out."""
        if index == ABSENT:
            return None
        if index in self._values:
            return self._values[index]
        return self.constant(index)

    def constant(self, index: int) -> np.ndarray:
        """A constant of the file. Raises ValueError where it is none, of another type, or not whole."""
        tensor = self.graph.tensors[index]
        if index in self._values:
            raise ValueError(f"its weights {tensor.name!r} are computed, not constant; convert the model again")
        if tensor.variable or (not tensor.data.size and 0 not in tensor.shape):
            raise ValueError(
                f"reads {tensor.name!r}, which is neither computed nor a constant; convert the model again"
            )
        if tensor.sparse:
            raise ValueError(f"its weights {tensor.name!r} are sparse; convert the model without sparsity")
        if tensor.type not in DTYPES:
            raise ValueError(f"its weights {tensor.name!r} are of type {tensor.type}: {QUANTIZED}")
        self._loaded += tensor.data.size
        if self._loaded > WEIGHTS_LIMIT:
            raise ValueError(f"brings the weights to {self._loaded:,} bytes, too large for a microcontroller")
        return values(tensor)

    def weights(self, index: int) -> np.ndarray:
        """A constant of float32."""
        array = self.constant(index)
        if array.dtype != np.float32:
            raise ValueError(f"its weights {self.graph.tensors[index].name!r} are integers; convert the model again")
        return array

    def _lstm(self, operator: Operator) -> tuple[Frames, ...]:
        frames = frames_of(self._value(operator.inputs[0]) if operator.inputs else None)
        if frames.ended:
            raise ValueError(AFTER_END)
        if operator.kind == "UNIDIRECTIONAL_SEQUENCE_LSTM":
            return (lstm.unidirectional(self.graph, operator, frames, self.weights),)
        return lstm.bidirectional(self.graph, operator, frames, self.weights)


def _input_frames(path: Path, tensor: Tensor) -> Frames:
    """The input as frames. A free first size is the batch where another can be the frames; a batch is 1."""
    *leading, width = tensor.shape or (0,)
    free = [size == -1 for size in tensor.signature[:-1]]
    many = [axis for axis, size in enumerate(leading) if free[axis] or size != 1]
    if len(many) > 1 and free[many[0]]:
        leading[many.pop(0)] = 1
    if not 1 <= len(leading) <= 2 or len(many) > 1 or min((width, *leading)) < 1 or tensor.signature[-1] == -1:
        raise InputError(
            f"{path}: its input is {shown(tensor.shape)}; convert the model with an input of 1 x frames x features"
        )
    for axis in many:
        leading[axis] = PROBE if free[axis] else leading[axis]
    return Frames((*leading, width), many[0] if many and leading[many[0]] != 1 else None)
