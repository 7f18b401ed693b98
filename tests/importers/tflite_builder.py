"""Writes TensorFlow Lite files by hand, for what the converter never writes, and for what is damaged."""

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import tflite

TYPES = {
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.int32): tflite.TensorType.INT32,
    np.dtype(np.int8): tflite.TensorType.INT8,
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
}
TABLES = {
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
    "BIDIRECTIONAL_SEQUENCE_LSTM": "BidirectionalSequenceLSTMOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "DIV": "DivOptions",
    "CONCATENATION": "ConcatenationOptions",
    "SOFTMAX": "SoftmaxOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "RESHAPE": "ReshapeOptions",
    "TRANSPOSE": "TransposeOptions",
    "EXPAND_DIMS": "ExpandDimsOptions",
    "REVERSE_V2": "ReverseV2Options",
    "LOG_SOFTMAX": "LogSoftmaxOptions",
    "SQUEEZE": "SqueezeOptions",
}
RELU, TANH = tflite.ActivationFunctionType.RELU, tflite.ActivationFunctionType.TANH


class Model:
    """A graph that grows operator by operator; each method gives the index of a tensor."""

    def __init__(self, *shape: int, seed: int = 5) -> None:
        self.random = np.random.default_rng(seed)
        self.tensors: list[dict[str, Any]] = []
        self.operators: list[tuple[str, list[int], list[int], dict[str, Any]]] = []
        self.input = self.tensor(shape)
        self.graphs = 1

    def tensor(self, shape: tuple[int, ...], data: bytes = b"", kind: int = 0, variable: bool = False) -> int:
        name = f"t{len(self.tensors)}"
        self.tensors.append({"name": name, "shape": shape, "data": data, "kind": kind, "variable": variable})
        return len(self.tensors) - 1

    def constant(self, values: Any, dtype: type = np.float32) -> int:
        array = np.asarray(values, dtype)
        return self.tensor(array.shape, array.tobytes(), TYPES[array.dtype])

    def weights(self, *shape: int, deviation: float = 0.5) -> int:
        return self.constant(self.random.normal(0, deviation, shape))

    def integers(self, *values: int) -> int:
        return self.constant(values, np.int32)

    def state(self, size: int) -> int:
        return self.tensor((1, size), variable=True)

    def op(self, kind: str, inputs: list[int], *shapes: tuple[int, ...], **options: Any) -> int:
        """An operator with an output of each shape; gives the index of the first."""
        outputs = [self.tensor(shape) for shape in shapes]
        self.operators.append((kind, inputs, outputs, options))
        return outputs[0]

    def direction(self, inputs: int, units: int, peepholes: bool, projection: int, bias: bool) -> list[int]:
        """The 17 weights of one direction of an LSTM; -1 where one is left out."""
        result = projection or units
        found = [self.weights(units, inputs) for _ in range(4)] + [self.weights(units, result) for _ in range(4)]
        found += [self.weights(units) if peepholes else -1 for _ in range(3)]
        found += [self.weights(units) for _ in range(4)]
        found.append(self.weights(projection, units) if projection else -1)
        return [*found, self.weights(projection) if projection and bias else -1]

    def lstm(
        self,
        source: int,
        units: int = 6,
        peepholes: bool = False,
        projection: int = 0,
        bias: bool = True,
        spoil: dict[int, int] | None = None,
        short: bool = False,
        **options: Any,
    ) -> int:
        """UNIDIRECTIONAL_SEQUENCE_LSTM over `source`; `spoil` puts other tensors in the place of inputs; short: 20."""
        shape = self.tensors[source]["shape"]
        result = projection or units
        inputs = [source, *self.direction(shape[-1], units, peepholes, projection, bias)]
        inputs += [self.state(result), self.state(units), *[-1] * (0 if short else 4)]
        for place, tensor in (spoil or {}).items():
            inputs[place] = tensor
        options = {"FusedActivationFunction": TANH, "CellClip": 10.0, **options}
        return self.op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, (*shape[:-1], result), **options)

    def both(self, source: int, units: int = 6, peepholes: bool = False, projection: int = 0, **options: Any) -> int:
        """BIDIRECTIONAL_SEQUENCE_LSTM over `source`; gives its first output, the second is the next tensor."""
        shape = self.tensors[source]["shape"]
        result = projection or units
        sides = [self.direction(shape[-1], units, peepholes, projection, True) for _ in range(2)]
        states = [self.state(size) for _ in range(2) for size in (result, units)]
        inputs = [source, *sides[0], *sides[1], *states, *[-1] * 9]
        merged = options.setdefault("MergeOutputs", True)
        shapes = [(*shape[:-1], 2 * result)] if merged else [(*shape[:-1], result)] * 2
        options = {"FusedActivationFunction": TANH, "CellClip": 10.0, "TimeMajor": False, **options}
        return self.op("BIDIRECTIONAL_SEQUENCE_LSTM", inputs, *shapes, **options)

    def dense(self, source: int, units: int = 3, bias: bool = True, **options: Any) -> int:
        shape = self.tensors[source]["shape"]
        inputs = [source, self.weights(units, shape[-1]), self.weights(units) if bias else -1]
        return self.op("FULLY_CONNECTED", inputs, (*shape[:-1], units), **{"KeepNumDims": True, **options})

    def save(self, path: Path, *outputs: int) -> Path:
        """Write the file, with the last operator's first output as the model's, or with `outputs`."""
        path.write_bytes(self.content(*(outputs or self.operators[-1][2][:1])))
        return path

    def content(self, *outputs: int) -> bytes:
        out = flatbuffers.Builder(1024)
        kinds = list(dict.fromkeys(kind for kind, *_ in self.operators))
        codes = [_code(out, kind) for kind in kinds]
        buffers = [_buffer(out, b"")] + [_buffer(out, tensor["data"]) for tensor in self.tensors]
        tensors = [_tensor(out, tensor, place + 1) for place, tensor in enumerate(self.tensors)]
        operators = [_operator(out, kinds.index(kind), *rest, kind) for kind, *rest in self.operators]
        parts = {
            "Tensors": _offsets(out, tensors),
            "Operators": _offsets(out, operators),
            "Inputs": _integers(out, [self.input]),
            "Outputs": _integers(out, list(outputs)),
        }
        graphs = [_table(out, "SubGraph", parts) for _ in range(self.graphs)]
        listed = {
            "OperatorCodes": _offsets(out, codes),
            "Subgraphs": _offsets(out, graphs),
            "Buffers": _offsets(out, buffers),
        }
        out.Finish(_table(out, "Model", {"Version": 3, **listed}), b"TFL3")
        return bytes(out.Output())


def _table(out: flatbuffers.Builder, name: str, fields: dict[str, Any]) -> int:
    getattr(tflite, f"{name}Start")(out)
    for field, value in fields.items():
        getattr(tflite, f"{name}Add{field}")(out, value)
    return getattr(tflite, f"{name}End")(out)


def _offsets(out: flatbuffers.Builder, items: list[int]) -> int:
    out.StartVector(4, len(items), 4)
    for item in reversed(items):
        out.PrependUOffsetTRelative(item)
    return out.EndVector()


def _integers(out: flatbuffers.Builder, items: list[int]) -> int:
    return out.CreateNumpyVector(np.asarray(items, np.int32))


def _code(out: flatbuffers.Builder, kind: str) -> int:
    number = getattr(tflite.BuiltinOperator, kind)
    version = 5 if kind == "FULLY_CONNECTED" else 1
    return _table(
        out,
        "OperatorCode",
        {"DeprecatedBuiltinCode": min(number, 127), "BuiltinCode": number, "Version": version},
    )


def _buffer(out: flatbuffers.Builder, data: bytes) -> int:
    if not data:
        return _table(out, "Buffer", {})
    out.StartVector(1, len(data), 16)
    out.head -= len(data)
    out.Bytes[out.head : out.head + len(data)] = data
    return _table(out, "Buffer", {"Data": out.EndVector()})


def _tensor(out: flatbuffers.Builder, tensor: dict[str, Any], buffer: int) -> int:
    fixed = [max(size, 1) if size < 0 else size for size in tensor["shape"]]
    fields = {"Name": out.CreateString(tensor["name"]), "Shape": _integers(out, fixed)}
    if min(tensor["shape"], default=0) < 0:
        fields["ShapeSignature"] = _integers(out, list(tensor["shape"]))
    fields |= {"Type": tensor["kind"], "Buffer": buffer, "IsVariable": tensor["variable"]}
    if tensor.get("sparse"):
        fields["Sparsity"] = _table(out, "SparsityParameters", {})
    return _table(out, "Tensor", fields)


def _newer(out: flatbuffers.Builder) -> int:
    """Options with one field more than any schema has."""
    out.StartObject(12)
    out.PrependBoolSlot(11, True, False)
    return out.EndObject()


def _operator(
    out: flatbuffers.Builder, code: int, inputs: list[int], outputs: list[int], options: dict[str, Any], kind: str
) -> int:
    fields = {"OpcodeIndex": code, "Inputs": _integers(out, inputs), "Outputs": _integers(out, outputs)}
    if kind in TABLES:
        fields["BuiltinOptionsType"] = getattr(tflite.BuiltinOptions, TABLES[kind])
        fields["BuiltinOptions"] = _newer(out) if options.pop("newer", False) else _table(out, TABLES[kind], options)
    return _table(out, "Operator", fields)
