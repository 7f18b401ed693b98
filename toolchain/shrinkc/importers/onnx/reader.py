"""ONNX models to a Network: walks the graph in order, each node's reader taking Values and giving Values.

Only what a microcontroller can run is read, and what exporters put around it: see docs/models-onnx.md.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...network import Network
from ..error_places import layer_at, named
from . import layers, shapes
from .chain import Chain
from .file import Graph, Node, open_graph
from .recurrent import read_recurrent
from .values import ELEMENTS, Sizes, Value

Reader = Callable[[Chain, Node, list[Value | None]], list[Value]]

_RECURRENT = "activation_alpha activation_beta activations clip direction hidden_size layout"

READERS: dict[str, tuple[Reader, str]] = {
    "LSTM": (read_recurrent, f"{_RECURRENT} input_forget"),
    "GRU": (read_recurrent, f"{_RECURRENT} linear_before_reset"),
    "RNN": (read_recurrent, _RECURRENT),
    "MatMul": (layers.read_matmul, ""),
    "Gemm": (layers.read_gemm, "alpha beta transA transB"),
    "BatchNormalization": (layers.read_batch_norm, "epsilon momentum training_mode spatial"),
    "Add": (layers.read_arithmetic, ""),
    "Sub": (layers.read_arithmetic, ""),
    "Mul": (layers.read_arithmetic, ""),
    "Div": (layers.read_arithmetic, ""),
    "Sqrt": (layers.read_unary, ""),
    "Neg": (layers.read_unary, ""),
    "ReduceSum": (layers.read_reduce, "axes keepdims noop_with_empty_axes"),
    "ReduceMean": (layers.read_reduce, "axes keepdims noop_with_empty_axes"),
    "ReduceProd": (layers.read_reduce, "axes keepdims noop_with_empty_axes"),
    "Relu": (layers.read_activation, ""),
    "Tanh": (layers.read_activation, ""),
    "Sigmoid": (layers.read_activation, ""),
    "HardSigmoid": (layers.read_activation, "alpha beta"),
    "Clip": (layers.read_activation, "min max"),
    "Softmax": (layers.read_softmax, "axis"),
    "LogSoftmax": (layers.read_softmax, "axis"),
    "Identity": (shapes.read_same, ""),
    "Dropout": (shapes.read_same, "ratio seed"),
    "Cast": (shapes.read_cast, "to saturate"),
    "Constant": (shapes.read_constant, "value value_int value_ints value_float value_floats"),
    "Transpose": (shapes.read_transpose, "perm"),
    "Squeeze": (shapes.read_squeeze, "axes"),
    "Unsqueeze": (shapes.read_unsqueeze, "axes"),
    "Reshape": (shapes.read_reshape, "allowzero"),
    "Flatten": (shapes.read_flatten, "axis"),
    "Shape": (shapes.read_shape, "start end"),
    "Expand": (shapes.read_expand, ""),
    "ConstantOfShape": (shapes.read_constant_of_shape, "value"),
    "Concat": (shapes.read_concat, "axis"),
    "Split": (shapes.read_split, "axis split num_outputs"),
    "Gather": (shapes.read_gather, "axis"),
    "Slice": (shapes.read_slice, "axes starts ends"),
}
"""By the operator: its reader, and the attributes that the reader knows."""

ATTRIBUTE_TYPES: dict[type, str] = {
    int: "allowzero axes axis end ends hidden_size input_forget keepdims layout linear_before_reset "
    "noop_with_empty_axes num_outputs perm saturate seed spatial split start starts to training_mode transA transB "
    "value_int value_ints",
    float: "activation_alpha activation_beta alpha beta clip epsilon max min momentum ratio value_float value_floats",
    str: "activations direction",
    np.ndarray: "value",
}
LISTS = "activation_alpha activation_beta activations axes ends perm split starts value_floats value_ints"
"""The types of attributes, the same wherever they stand: their elements', and which are lists."""

_QUANTIZED = "works on quantised values; export the float32 model, quantising is done here"
_STEPS = "is not supported; export the recurrent layer as LSTM, GRU or RNN, or import the framework's own file"

REMEDIES = {
    "Loop": _STEPS,
    "Scan": _STEPS,
    "If": "is not supported; export the model for one way alone (model.eval(), fixed sizes)",
    "com.microsoft.DynamicQuantizeLSTM": _QUANTIZED,
    "DynamicQuantizeLinear": _QUANTIZED,
    "QuantizeLinear": _QUANTIZED,
    "DequantizeLinear": _QUANTIZED,
    "QLinearMatMul": _QUANTIZED,
    "MatMulInteger": _QUANTIZED,
    "Einsum": "is not supported; write the product as a Linear layer",
    "Conv": "is not supported; only recurrent and dense layers are",
    "LayerNormalization": "needs the mean of every frame, not supported; use batch norm",
    "InstanceNormalization": "needs the mean of every utterance, not supported; use batch norm",
    "Attention": "is not supported; only recurrent and dense layers are",
    "ReverseSequence": "turns the frames around, not supported; use direction = reverse",
    "ArgMax": "is not supported; leave it off, the order of the outputs stays",
    "TopK": "is not supported; leave it off, the order of the outputs stays",
}
"""What to do about operators that users meet first; one that is not ONNX's own has its domain before it."""

WIDTH_LIMIT = 1 << 16
"""Features of a frame; what runs on a microcontroller has tens."""


def read(path: Path) -> Network:
    """An ONNX file. Raises InputError for what is damaged or not supported."""
    graph = open_graph(path)
    with named(path, str(path), "; export the model again"):
        return _network(path, graph)


def _network(path: Path, graph: Graph) -> Network:
    chain, source = _start(path, graph)
    values = {name: Value.constant(array) for name, array in graph.constants.items()} | {graph.input: source}
    _check_kinds(chain, graph)
    for node in graph.nodes:
        results = _read(chain, node, values)
        values |= {name: value for name, value in zip(node.outputs, results, strict=False) if name}
    value = values.get(graph.output)
    if value is None or not value.flows:
        raise InputError(f"{path}: its output {graph.output!r} is not computed from the input; export the model again")
    return _finish(chain, graph, value)


def _check_kinds(chain: Chain, graph: Graph) -> None:
    """Refuse operators that are not known, first those that say what the matter is."""
    unknown = [node for node in graph.nodes if node.full_kind not in READERS]
    for node in sorted(unknown, key=lambda node: node.full_kind not in REMEDIES):
        foreign = f"is of the domain {node.domain!r}; export it with ONNX's own operators alone"
        remedy = foreign if node.domain else f"is not supported; known: {', '.join(sorted(READERS))}"
        raise chain.assembly.refuse(node.name, node.kind, REMEDIES.get(node.full_kind, remedy))


def _start(path: Path, graph: Graph) -> tuple[Chain, Value]:
    """The chain before its first layer, and the input: its last axis of fixed size is the features."""
    fixed = [axis for axis, dim in enumerate(graph.input_dims) if dim is not None and axis > 0]
    if not fixed:
        raise InputError(
            f"{path}: its input {graph.input!r} does not say how many features it has; export it with a fixed number"
        )
    at = fixed[-1]
    width = graph.input_dims[at] or 1
    if width > min(WIDTH_LIMIT, ELEMENTS):
        raise InputError(f"{path}: its input {graph.input!r} has {width} features; too many for a microcontroller")
    names = {axis: f"axis {axis}" for axis in range(len(graph.input_dims)) if axis != at}
    sizes = Sizes({name: graph.input_dims[axis] for axis, name in names.items()})
    chain = Chain(path, width, sizes, graph.opset)
    shape = [width if axis == at else 1 for axis in range(len(graph.input_dims))]
    axes = tuple((names[axis],) if axis in names else None for axis in range(len(graph.input_dims)))
    return chain, chain.outputs(axes, np.arange(width).reshape(shape))


def _read(chain: Chain, node: Node, values: dict[str, Value]) -> list[Value]:
    """One node's results. Every refusal names the node."""
    try:
        with named(chain.path, layer_at(chain.path, node.name, node.kind)):
            reader, known = READERS[node.kind]
            _check_attributes(node, known.split())
            return reader(chain, node, [_value(values, name) for name in node.inputs])
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise chain.assembly.refuse(node.name, node.kind, "is not well formed; export the model again") from error


def _check_attributes(node: Node, known: list[str]) -> None:
    for name, value in node.attributes.items():
        if name not in known:
            raise InputError(f"has the attribute {name}, which is not known; export it without")
        wanted = next(kind for kind, names in ATTRIBUTE_TYPES.items() if name in names.split())
        elements = value if isinstance(value, list) else [value]
        if isinstance(value, list) != (name in LISTS.split()) or not all(type(e) is wanted for e in elements):
            raise InputError(f"its attribute {name} is not of ONNX's type; export the model again")


def _value(values: dict[str, Value], name: str) -> Value | None:
    if name and name not in values:
        raise InputError(f"reads {name!r}, which no node before it gives (an LSTM's cell state, Dropout's mask)")
    return values[name] if name else None


def _finish(chain: Chain, graph: Graph, value: Value) -> Network:
    chain.ended = ""
    with named(chain.path, f"{chain.path}: output {graph.output!r}"):
        reading = chain.read(value)
        if not reading.plain:
            raise InputError(
                "scales its output behind the last layer; put a dense layer behind it, which it folds into"
            )
        if not np.array_equal(reading.index.ravel(), np.arange(chain.width)):
            raise InputError("returns some of the last layer's outputs, or in another order; return all of them")
    fixed = chain.sizes[chain.time] if chain.time else None
    if fixed is not None:
        chain.assembly.notes.append(f"the file was saved for {fixed} frames; the network takes any number")
    if graph.unread:
        chain.assembly.notes.append(f"nodes that the output does not need are left off: {', '.join(graph.unread)}")
    return chain.finish()
