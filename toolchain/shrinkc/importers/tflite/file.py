"""The container of a TensorFlow Lite model: a flatbuffer to plain tensors and operators, every size checked.

The schema is read through the package `reader` (schema.fbs of TensorFlow Lite, version 3).
"""

import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from ...errors import InputError
from ...printable import printable
from ..limits import check_size

MOST_ITEMS = 20_000
"""Tensors, operators or buffers of one model: a model for a microcontroller has hundreds."""

ABSENT = -1
"""The index of an optional input that is left out."""

DTYPES = {"FLOAT32": "<f4", "INT32": "<i4", "INT64": "<i8"}
"""The types of constants that are read."""

ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6", 4: "TANH", 5: "SIGN_BIT"}
"""The schema's fused activation functions."""

_FUSED = ("FusedActivationFunction",)
_LSTM = (*_FUSED, "CellClip", "ProjClip")
OPTIONS = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (
        "UnidirectionalSequenceLSTMOptions",
        (*_LSTM, "TimeMajor", "AsymmetricQuantizeInputs", "DiagonalRecurrentTensors"),
    ),
    "BIDIRECTIONAL_SEQUENCE_LSTM": (
        "BidirectionalSequenceLSTMOptions",
        (*_LSTM, "MergeOutputs", "TimeMajor", "AsymmetricQuantizeInputs"),
    ),
    "FULLY_CONNECTED": (
        "FullyConnectedOptions",
        (*_FUSED, "WeightsFormat", "KeepNumDims", "AsymmetricQuantizeInputs", "QuantizedBiasType"),
    ),
    "ADD": ("AddOptions", (*_FUSED, "PotScaleInt16")),
    "SUB": ("SubOptions", (*_FUSED, "PotScaleInt16")),
    "MUL": ("MulOptions", _FUSED),
    "DIV": ("DivOptions", _FUSED),
    "CONCATENATION": ("ConcatenationOptions", ("Axis", *_FUSED)),
    "SOFTMAX": ("SoftmaxOptions", ("Beta",)),
    "STRIDED_SLICE": (
        "StridedSliceOptions",
        ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask", "Offset"),
    ),
    "GATHER": ("GatherOptions", ("Axis", "BatchDims")),
    "REDUCE_PROD": ("ReducerOptions", ("KeepDims",)),
    "PACK": ("PackOptions", ("ValuesCount", "Axis")),
    "SHAPE": ("ShapeOptions", ("OutType",)),
    "SQUEEZE": ("SqueezeOptions", ("SqueezeDimsAsNumpy",)),
    "RESHAPE": ("ReshapeOptions", ("NewShapeAsNumpy",)),
}
"""Operators with options that matter: the table in the schema, and its fields in the schema's order."""

_BROKEN = (struct.error, IndexError, TypeError, ValueError, OverflowError, AttributeError, AssertionError)
"""What the flatbuffers package raises on bytes that are no flatbuffer."""


@dataclass(frozen=True)
class Tensor:
    """shape: as the file runs it. signature: the same with -1 where the size is free. data: the constant's bytes."""

    name: str
    shape: tuple[int, ...]
    signature: tuple[int, ...]
    type: str
    variable: bool
    sparse: bool
    data: np.ndarray


@dataclass(frozen=True)
class Operator:
    """kind: its name in the schema, such as FULLY_CONNECTED. name: that of its first output. options: by the schema.

    newer: it has options that the schema read here does not know.
    """

    kind: str
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: dict[str, Any]
    newer: bool


@dataclass(frozen=True)
class Graph:
    """The main graph: operators in the order in which they run. graphs: how many the file holds in all."""

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    graphs: int


def read_graph(path: Path) -> Graph:
    """The main graph of a `.tflite` file. Raises InputError for what is damaged, too large, or of another format."""
    check_size(path)
    content = path.read_bytes()
    if content[4:8] != b"TFL3":
        raise InputError(f"{path}: not a whole TensorFlow Lite file (no TFL3 at its start); convert or copy it again")
    schema = _schema(path)
    try:
        return _read(schema, content)
    except _BROKEN as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(f"{path}: not a whole TensorFlow Lite file ({reason}); convert or copy it again") from error


def _schema(path: Path) -> ModuleType:
    try:
        import tflite
    except ImportError as error:
        raise InputError(f"{path}: reading it needs the package tflite; pip install 'shrinkc[tflite]'") from error
    return tflite


def _read(schema: ModuleType, content: bytes) -> Graph:
    model = schema.Model.GetRootAs(content, 0)
    if model.Version() != 3:
        raise ValueError(f"version {model.Version()} of the format")
    graphs = _count("graphs", model.SubgraphsLength())
    if not graphs:
        raise ValueError("no graph")
    graph = model.Subgraphs(0)
    codes = _items("operator codes", model.OperatorCodesLength, model.OperatorCodes)
    buffers = _items("buffers", model.BuffersLength, model.Buffers)
    types = {value: name for name, value in vars(schema.TensorType).items() if isinstance(value, int)}
    tensors = tuple(_tensor(item, buffers, types) for item in _items("tensors", graph.TensorsLength, graph.Tensors))
    kinds = {value: name for name, value in vars(schema.BuiltinOperator).items() if isinstance(value, int)}
    names = [_kind(code, kinds) for code in codes]
    operators = tuple(
        _operator(schema, item, names, tensors) for item in _items("operators", graph.OperatorsLength, graph.Operators)
    )
    inputs, outputs = _indices(graph, "Inputs", tensors), _indices(graph, "Outputs", tensors)
    return Graph(tensors, operators, inputs, outputs, graphs)


def _count(what: str, count: int) -> int:
    if count > MOST_ITEMS:
        raise ValueError(f"{count:,} {what}")
    return count


def _items(what: str, length: Callable[[], int], item: Callable[[int], Any]) -> list[Any]:
    return [item(index) for index in range(_count(what, length()))]


def _text(raw: bytes | None) -> str:
    """A name for messages: one line, not long."""
    return printable(raw or "")[:60]


def _tensor(item: Any, buffers: list[Any], types: dict[int, str]) -> Tensor:
    if item.Buffer() >= len(buffers):
        raise ValueError(f"buffer {item.Buffer()} of {len(buffers)}")
    buffer = buffers[item.Buffer()]
    if buffer.Offset() > 1:
        raise ValueError("weights outside of the flatbuffer")
    data = buffer.DataAsNumpy() if buffer.DataLength() else np.zeros(0, np.uint8)
    shape = _vector(item.ShapeAsNumpy()) if item.ShapeLength() else ()
    signature = _vector(item.ShapeSignatureAsNumpy()) if item.ShapeSignatureLength() else shape
    if len(signature) != len(shape) or min(shape, default=0) < 0:
        raise ValueError(f"a tensor of the shape {shape[:8]}, {signature[:8]}")
    kind = types.get(item.Type(), f"type {item.Type()}")
    sparse = item.Sparsity() is not None
    return Tensor(_text(item.Name()), shape, signature, kind, item.IsVariable(), sparse, data)


def _vector(values: np.ndarray) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _kind(code: Any, kinds: dict[int, str]) -> str:
    """An operator's name. Old files keep its number in a byte, where 127 stands for all that are larger."""
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    kind = kinds.get(number, f"operator {number}")
    return f"CUSTOM {_text(code.CustomCode())}" if kind == "CUSTOM" else kind


def _indices(item: Any, what: str, tensors: tuple[Tensor, ...]) -> tuple[int, ...]:
    found = _vector(getattr(item, f"{what}AsNumpy")()) if getattr(item, f"{what}Length")() else ()
    if len(found) > MOST_ITEMS or any(not ABSENT <= index < len(tensors) for index in found):
        raise ValueError(f"{what.lower()} that are no tensors")
    return found


def _operator(schema: ModuleType, item: Any, names: list[str], tensors: tuple[Tensor, ...]) -> Operator:
    kind = names[item.OpcodeIndex()]
    inputs, outputs = _indices(item, "Inputs", tensors), _indices(item, "Outputs", tensors)
    if not outputs or ABSENT in outputs:
        raise ValueError(f"{kind} without an output")
    return Operator(kind, tensors[outputs[0]].name, inputs, outputs, *_options(schema, kind, item))


def _options(schema: ModuleType, kind: str, item: Any) -> tuple[dict[str, Any], bool]:
    """The options of an operator, with the schema's defaults, and whether it has any that the schema does not know."""
    if kind not in OPTIONS:
        return {}, False
    name, fields = OPTIONS[kind]
    table, own = item.BuiltinOptions(), item.BuiltinOptionsType()
    if table is None or own == schema.BuiltinOptions.NONE:
        return {}, False
    if own != getattr(schema.BuiltinOptions, name):
        raise ValueError(f"{kind} with options of another kind")
    options = getattr(schema, name)()
    options.Init(table.Bytes, table.Pos)
    # A table starts with the distance back to its list of fields: 2 bytes of length, 2 of size, then 2 a field.
    (distance,) = struct.unpack_from("<i", table.Bytes, table.Pos)
    (length,) = struct.unpack_from("<H", table.Bytes, table.Pos - distance)
    slots = struct.unpack_from(f"<{max(0, (length - 4) // 2)}H", table.Bytes, table.Pos - distance + 4)
    return {field.removesuffix("AsNumpy"): _option(field, getattr(options, field)()) for field in fields}, any(
        slots[len(fields) :]
    )


def _option(field: str, value: Any) -> Any:
    if field in _FUSED:
        return ACTIVATIONS.get(value, f"number {value}")
    return _vector(value) if isinstance(value, np.ndarray) else value


def values(tensor: Tensor) -> np.ndarray:
    """A constant's values in its shape; they are copied, so that nothing keeps the file in memory.

    Raises ValueError for a type that is not read, and for data whose size is not that of the shape.
    """
    if tensor.type not in DTYPES:
        raise ValueError(f"is of type {tensor.type}")
    dtype = np.dtype(DTYPES[tensor.type])
    if math.prod(tensor.shape) * dtype.itemsize != tensor.data.size:
        raise ValueError(f"has {tensor.data.size:,} bytes for the shape {tensor.shape}")
    native = dtype.newbyteorder("=")
    return np.frombuffer(tensor.data.tobytes(), dtype).astype(native).reshape(tensor.shape)
