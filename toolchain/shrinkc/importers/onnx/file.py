"""Opens an ONNX file and checks it: sizes, types, versions. Nothing is computed here; `reader` walks the nodes.

The format is that of onnx.proto (github.com/onnx/onnx). The package onnx only parses the file's protocol buffer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ..error_places import layer_at
from ..limits import check_size

OPSETS = (7, 28)
"""Versions of ONNX's operators that the readers were written for."""


SUBGRAPH = object()
"""Stands for an attribute that is a graph of its own (of Loop, Scan, If), which is never read."""


@dataclass(frozen=True)
class Node:
    """One operation. name: as Netron shows it, or that of its first output. Left-out inputs and outputs are "".

    domain: "" for ONNX's own operators.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    domain: str = ""

    @property
    def full_kind(self) -> str:
        """The operator, behind its domain and a dot where it is not ONNX's own."""
        return f"{self.domain}.{self.kind}" if self.domain else self.kind

    def input(self, place: int) -> str:
        """The name of an input, "" where it is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""


@dataclass(frozen=True)
class Graph:
    """The nodes that the output needs, in order. input_dims: an int, or None where the size is open.

    unread: kinds of nodes that the output does not need.
    """

    nodes: tuple[Node, ...]
    constants: dict[str, np.ndarray]
    input: str
    input_dims: tuple[int | None, ...]
    output: str
    opset: int
    unread: tuple[str, ...]


def open_graph(path: Path) -> Graph:
    """Read and check a file. Raises InputError for what is damaged, too large, or not a float32 model of one chain."""
    model = _parse(path)
    opset = _opset(path, model)
    graph = model.graph
    if model.functions:
        raise InputError(f"{path}: has functions of its own ({model.functions[0].name!r}); export it without them")
    if graph.sparse_initializer:
        raise InputError(f"{path}: has sparse weights; save it with dense ones")
    output = _only_output(path, graph)
    protos = _needed(path, graph.node, output)
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    name, dims = _only_input(path, graph, tensors)
    nodes = tuple(_node(path, proto) for proto in protos)
    wanted = {name for node in nodes for name in node.inputs} | {output}
    constants = {name: _array(path, tensor) for name, tensor in tensors.items() if name in wanted}
    kept = {id(proto) for proto in protos}
    unread = tuple(p.op_type for p in graph.node if id(p) not in kept and p.op_type != "Constant")
    return Graph(nodes, constants, name, dims, output, opset, unread)


def _parse(path: Path) -> Any:
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise InputError(f"{path}: reading ONNX needs the package onnx; pip install 'shrinkc[onnx]'") from error
    check_size(path)
    model = onnx.ModelProto()
    try:
        model.ParseFromString(path.read_bytes())
    except (DecodeError, ValueError) as error:
        raise InputError(f"{path}: not a whole ONNX file; export the model again") from error
    if not model.ir_version or not model.graph.node:
        raise InputError(f"{path}: not an ONNX model, or one without nodes; export the model again")
    return model


def _opset(path: Path, model: Any) -> int:
    versions = [entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")]
    if len(versions) != 1:
        raise InputError(f"{path}: does not say which version of ONNX's operators it uses; export the model again")
    if not OPSETS[0] <= versions[0] <= OPSETS[1]:
        raise InputError(
            f"{path}: uses opset {versions[0]}, known are {OPSETS[0]} to {OPSETS[1]}; export it with opset_version=17"
        )
    return versions[0]


def _only_output(path: Path, graph: Any) -> str:
    names = [value.name for value in graph.output]
    if len(names) != 1:
        shown = ", ".join(map(repr, names)) or "nothing"
        raise InputError(f"{path}: returns {shown}; only one output is supported, export the model with that one alone")
    return names[0]


def _only_input(path: Path, graph: Any, tensors: dict[str, Any]) -> tuple[str, tuple[int | None, ...]]:
    from onnx import TensorProto

    inputs = [value for value in graph.input if value.name not in tensors]
    if len(inputs) != 1:
        shown = ", ".join(repr(value.name) for value in inputs) or "nothing"
        raise InputError(
            f"{path}: reads {shown}; only models of one input are supported (states start at zero by themselves), "
            "export it with the features alone"
        )
    (value,) = inputs
    kind = value.type.tensor_type
    if kind.elem_type != TensorProto.FLOAT:
        raise InputError(
            f"{path}: its input {value.name!r} is {_type_name(kind.elem_type)}, not float32; export it in float32"
        )
    if not kind.HasField("shape") or len(kind.shape.dim) not in (2, 3):
        raise InputError(
            f"{path}: its input {value.name!r} does not have two or three axes (batch, frames, features); "
            "export it with such an input"
        )
    dims = tuple(dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim)
    if any(dim is not None and dim < 1 for dim in dims):
        raise InputError(
            f"{path}: its input {value.name!r} has an axis of size {min(d for d in dims if d is not None)}"
        )
    return value.name, dims


def _needed(path: Path, nodes: Iterable[Any], output: str) -> list[Any]:
    """The nodes that `output` needs, in the file's order; names must be given before they are read, and once."""
    makers: dict[str, Any] = {}
    for node in nodes:
        for name in node.output:
            if name and name in makers:
                raise InputError(f"{path}: two nodes give {name!r}; export the model again")
            makers[name] = node
    found: dict[int, Any] = {}
    pending = [output]
    while pending:
        node = makers.get(pending.pop())
        if node is not None and id(node) not in found:
            found[id(node)] = node
            pending.extend(name for name in node.input if name)
    return [node for node in nodes if id(node) in found]


def _node(path: Path, proto: Any) -> Node:
    name = proto.name or next((name for name in proto.output if name), "?")
    domain = "" if proto.domain == "ai.onnx" else proto.domain
    where = layer_at(path, name, proto.op_type)
    attributes = {attribute.name: _attribute(path, where, attribute) for attribute in proto.attribute}
    return Node(proto.op_type, name, tuple(proto.input), tuple(proto.output), attributes, domain)


def _attribute(path: Path, where: str, proto: Any) -> Any:
    from onnx import AttributeProto

    if proto.ref_attr_name:
        raise InputError(f"{where}: {proto.name} refers to a function's attribute; export it without functions")
    match proto.type:
        case AttributeProto.INT:
            return proto.i
        case AttributeProto.FLOAT:
            return proto.f
        case AttributeProto.STRING:
            return proto.s.decode("utf-8", "replace")
        case AttributeProto.INTS:
            return list(proto.ints)
        case AttributeProto.FLOATS:
            return list(proto.floats)
        case AttributeProto.STRINGS:
            return [text.decode("utf-8", "replace") for text in proto.strings]
        case AttributeProto.TENSOR:
            return _array(path, proto.t)
        case AttributeProto.GRAPH | AttributeProto.GRAPHS:
            return SUBGRAPH
    raise InputError(f"{where}: {proto.name} is of a kind that is not supported; export the model again")


def _type_name(code: int) -> str:
    from onnx import TensorProto

    return TensorProto.DataType.Name(code).lower() if code in TensorProto.DataType.values() else f"type {code}"


def _array(path: Path, tensor: Any) -> np.ndarray:
    """A stored tensor, its claimed size held against its bytes before anything is made of it."""
    from onnx import TensorProto

    where = f"{path}: tensor {tensor.name!r}"
    if tensor.data_location == TensorProto.EXTERNAL or tensor.external_data:
        raise InputError(
            f"{where}: its values stand in another file, which is not followed; save the model as one file "
            "(onnx.save(onnx.load(FILE), FILE, save_as_external_data=False))"
        )
    kinds = {
        TensorProto.FLOAT: ("<f4", "float_data"),
        TensorProto.INT64: ("<i8", "int64_data"),
        TensorProto.INT32: ("<i4", "int32_data"),
        TensorProto.BOOL: ("?", "int32_data"),
    }
    if tensor.data_type not in kinds or tensor.HasField("segment"):
        raise InputError(
            f"{where}: is {_type_name(tensor.data_type)}, not float32; export the model in float32, before any "
            "quantisation"
        )
    kind, field = kinds[tensor.data_type]
    count = 1
    for dim in tensor.dims:
        count *= dim
    dtype, values = np.dtype(kind), getattr(tensor, field)
    held = len(tensor.raw_data) / dtype.itemsize if tensor.HasField("raw_data") else len(values)
    if any(dim < 0 for dim in tensor.dims) or held != count:
        raise InputError(f"{where}: has the shape {list(tensor.dims)} and {held:g} values; export the model again")
    array = np.frombuffer(tensor.raw_data, dtype) if tensor.HasField("raw_data") else np.array(values, dtype)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise InputError(f"{where}: holds NaN or infinite values; train it again")
    return array.reshape(tuple(tensor.dims))
