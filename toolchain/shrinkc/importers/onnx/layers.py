"""ONNX's operators that compute: dense products, arithmetic with constants, sums of two directions, activations."""

import math
from collections.abc import Callable

import numpy as np

from ...errors import InputError
from ..folding import Weights, norm
from .chain import Chain, Pending, name_of
from .file import Node
from .shapes import Inputs, first, listed, whole_numbers
from .values import ELEMENTS, Extent, Value, over, take, unsqueeze

ACTIVATIONS = {"Relu": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid"}
"""Operators and the functions of cells."""


def read_matmul(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Features times a constant (inputs, units): a dense layer without bias."""
    return [_dense(chain, node, inputs, _matrix(inputs).T, None)]


def read_gemm(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """alpha * A B + beta * C with A the features."""
    settings = node.attributes
    if settings.get("transA", 0):
        raise InputError("transA = 1 is not supported; transpose the weights instead")
    matrix = _matrix(inputs)
    matrix = matrix if settings.get("transB", 0) else matrix.T
    bias = inputs[2] if len(inputs) > 2 else None
    offset = None if bias is None else _float(bias) * settings.get("beta", 1.0)
    # C of shape (units, 1) is not one bias a unit: it broadcasts to one value a row, an utterance or a frame.
    units = len(matrix)
    if offset is not None and (offset.ndim > 2 or (offset.size > 1 and offset.shape not in ((units,), (1, units)))):
        raise InputError(f"its C has the shape {offset.shape}, not ({units},); use one bias a unit")
    if len(first(inputs).axes) != 2:
        raise InputError("does not read values of two axes; export the model again")
    return [_dense(chain, node, inputs, matrix * settings.get("alpha", 1.0), offset)]


def read_batch_norm(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """(x - mean) / sqrt(variance + epsilon) * scale + offset over axis 1."""
    settings, value = node.attributes, first(inputs)
    if settings.get("training_mode", 0) or settings.get("spatial", 1) != 1 or any(node.outputs[1:]):
        raise InputError("is not at inference (training_mode, spatial or further outputs); export it with model.eval()")
    if len(inputs) != 5 or not value.flows:
        raise InputError("does not have five inputs, the first of them the network's values; export the model again")
    scale, offset, mean, variance = (_float(constant).astype(np.float64) for constant in inputs[1:])
    if len(value.axes) < 2 or value.axes[1] or {a.shape for a in (scale, offset, mean, variance)} != {value.shape[1:2]}:
        raise InputError("does not normalise the features (axis 1); transpose them there")
    variance += settings.get("epsilon", 1e-5)
    if not (variance > 0).all():
        raise InputError("has negative variances; train it again")
    shape = [1] * len(value.axes)
    shape[1] = variance.size
    return [_affine(value, *(part.reshape(shape) for part in norm(mean, variance, scale, offset)))]


def read_arithmetic(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Add, Sub, Mul, Div: of constants, of values and a constant, or of the two directions of a layer."""
    if len(inputs) != 2 or inputs[0] is None or inputs[1] is None:
        raise InputError("does not have two inputs; export the model again")
    a, b = inputs
    if a.flows and b.flows:
        if node.kind not in ("Add", "Mul") or a.axes != b.axes or a.shape != b.shape:
            raise InputError(
                "combines two values of the network; only the sum or product of two directions is supported"
            )
        return [_merge(chain, node, a, b)]
    if not a.flows and not b.flows:
        return [_of_constants(chain, node.kind, a, b)]
    value, constant = (a, b) if a.flows else (b, a)
    return [_with_constant(node.kind, value, _float(constant).astype(np.float64), constant is a)]


def read_unary(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Sqrt and Neg of constants."""
    value = first(inputs)
    if not value.fixed or value.arrays[0].dtype != np.float32:
        raise InputError("works on the network's values, not supported; only constants can be computed with")
    with np.errstate(invalid="ignore"):
        return [_finite({"Sqrt": np.sqrt, "Neg": np.negative}[node.kind](value.arrays[0]))]


def read_reduce(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """ReduceSum, ReduceMean, ReduceProd over an axis of two halves (the directions); of constant sizes over all."""
    value = first(inputs)
    axes = listed(chain, node, "axes", inputs, 1)
    if value.fixed and node.kind == "ReduceProd":
        if len(value.axes) != 1 or node.attributes.get("keepdims", 1):
            raise InputError("multiplies more than a list of sizes; export it with constant ones")
        product: Extent = math.prod(value.arrays[0].tolist())
        return [whole_numbers(np.array(product, object))]
    if not value.flows or not axes or len(axes) != 1 or value.axes[value.axis(axes[0])]:
        raise InputError("reduces more than the two directions of a layer, not supported; remove it")
    axis = value.axis(axes[0])
    if value.shape[axis] != 2:
        raise InputError(f"reduces an axis of {value.shape[axis]}, not of the two directions; remove it")
    a, b = (take(value, axis, np.array(k)) for k in (0, 1))
    merged = _merge(chain, node, a, b)
    if node.kind == "ReduceMean":
        merged = _affine(merged, np.full([1] * len(merged.axes), 0.5), np.zeros([1] * len(merged.axes)))
    return [unsqueeze(merged, [axis]) if node.attributes.get("keepdims", 1) else merged]


def read_activation(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """The activation of the dense layer before it."""
    value = first(inputs)
    if not value.flows:
        raise InputError("works on a constant, not supported; export the model with constants folded")
    if node.kind == "HardSigmoid":
        ones = np.ones([1] * len(value.axes))
        slope, offset = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
        return [chain.activate(_affine(value, ones * slope, ones * offset), "clamp")]
    if node.kind == "Clip":
        return [chain.activate(value, _clip(chain, node, inputs))]
    return [chain.activate(value, ACTIVATIONS[node.kind])]


def read_softmax(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Softmax or LogSoftmax of the features at the model's end: left off, outputs are logits."""
    value = first(inputs)
    axis = value.axis(node.attributes.get("axis", -1 if chain.opset >= 13 else 1))
    features = value.flows and not value.axes[axis] and value.arrays[0].size == value.shape[axis]
    if not features or (chain.opset < 13 and axis != len(value.axes) - 1):
        raise InputError("is not over the features alone; use axis = -1")
    reading = chain.read(value)
    if not reading.plain or not reading.covers(chain.width):
        raise InputError("is over scaled or single outputs; put it right behind a dense layer")
    what = "softmax" if node.kind == "Softmax" else "log-softmax"
    result = chain.again(value, reading.index)
    chain.ended = f"the {what} of {node.name!r}"
    chain.assembly.leave_off(what, node.name)
    return [result]


def _dense(chain: Chain, node: Node, inputs: Inputs, matrix: np.ndarray, bias: np.ndarray | None) -> Value:
    """matrix: (units, inputs). The features are the last axis; the others are frames and batch."""
    value = first(inputs)
    if not value.flows or not value.axes or value.axes[-1] or value.shape[-1] != matrix.shape[1]:
        raise InputError(f"does not read {matrix.shape[1]} features in the last axis; keep them last")
    if value.arrays[0].size != value.shape[-1]:
        raise InputError("reads the two directions one by one; join them to one vector first")
    units = len(matrix)
    reading = chain.read(value)
    start = np.zeros(units) if bias is None else np.broadcast_to(bias.ravel(), units)
    weights, biases = reading.columns(matrix, start, chain.width)
    layer = Weights("dense", {"activation": "identity"}, chain.width, units, {"output.x": weights}, {"output": biases})
    chain.put(Pending(name_of(node), [layer]), units)
    return chain.outputs(value.axes, np.arange(units).reshape(*value.shape[:-1], units))


def _merge(chain: Chain, node: Node, a: Value, b: Value) -> Value:
    """Sum or product of the two halves of a layer's outputs, element by element."""
    adds = node.kind in ("Add", "ReduceSum", "ReduceMean")
    both = Value((None, *a.axes), tuple(np.stack(pair) for pair in zip(a.arrays, b.arrays, strict=True)))
    reading = chain.read(both)
    half = chain.width // 2
    lower, upper = reading.index.min(0), reading.index.max(0)
    if chain.width != 2 * half or (upper != lower + half).any() or (chain.newest is None):
        raise InputError("combines values other than the two directions of one layer; only a chain is supported")
    (left, right), (shift, other) = reading.factor, reading.offset
    if (left != right).any() if adds else (shift.any() or other.any()):
        raise InputError("combines two directions that are scaled differently, or shifted; scale them behind it")
    layer = Weights("merge", {"operation": "add" if adds else "multiply"}, chain.width, half, {}, {})
    chain.put(Pending(name_of(node), [layer]), half)
    factor, offset = (left, shift + other) if adds else (left * right, np.zeros(left.shape))
    return _affine(chain.outputs(a.axes, lower), factor, offset)


def _with_constant(kind: str, value: Value, constant: np.ndarray, constant_first: bool) -> Value:
    value = unsqueeze(value, range(max(0, constant.ndim - len(value.axes))))
    constant = constant.reshape((1,) * (len(value.axes) - constant.ndim) + constant.shape)
    if any(free and size != 1 for free, size in zip(value.axes, constant.shape, strict=True)):
        raise InputError("its constant differs from frame to frame; use one value, or one a feature")
    try:
        shape = np.broadcast_shapes(value.shape, constant.shape)
    except ValueError as error:
        raise InputError(f"its constant has the shape {constant.shape}, not that of the features") from error
    if math.prod(shape) > ELEMENTS:
        raise InputError(f"makes {math.prod(shape)} values, over {ELEMENTS}; too large for a microcontroller")
    one, none = np.ones(constant.shape), np.zeros(constant.shape)
    if kind == "Add":
        return _affine(value, one, constant)
    if kind == "Mul":
        return _affine(value, constant, none)
    if kind == "Sub":
        return _affine(value, -one, constant) if constant_first else _affine(value, one, -constant)
    if constant_first or (constant == 0).any():
        raise InputError("divides by the network's values, or by zero; not supported")
    return _affine(value, 1 / constant, none)


def _affine(value: Value, factor: np.ndarray, offset: np.ndarray) -> Value:
    """value * factor + offset, element by element."""
    ids, own, shift = value.arrays
    arrays = np.broadcast_arrays(ids, own * factor, shift * factor + offset)
    return Value(value.axes, tuple(arrays))


def _of_constants(chain: Chain, kind: str, a: Value, b: Value) -> Value:
    if not a.fixed or not b.fixed:
        raise InputError("computes with constants whose shape is open; export it with constants folded")
    kinds = {a.arrays[0].dtype.kind, b.arrays[0].dtype.kind}
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError as error:
        raise InputError(f"its constants have the shapes {a.shape} and {b.shape}; export the model again") from error
    if math.prod(shape) > ELEMENTS or "b" in kinds or ("f" in kinds and len(kinds) > 1):
        raise InputError("computes with constants of different types, or too many; export it with constants folded")
    if "f" in kinds:
        functions = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": np.divide}
        with np.errstate(all="ignore"):
            return _finite(functions[kind](a.arrays[0], b.arrays[0]))
    operation = np.frompyfunc(_SIZES[kind], 2, 1)
    found = operation(*(_known(chain, value).astype(object) for value in (a, b)))
    return whole_numbers(np.asarray(found, object))


def _known(chain: Chain, value: Value) -> np.ndarray:
    if value.arrays[0].dtype != object:
        return value.arrays[0]
    return np.asarray(np.frompyfunc(chain.sizes.known, 1, 1)(value.arrays[0]), object)


def _divided(a: Extent, b: Extent) -> Extent:
    """ONNX's division of whole numbers cuts towards zero."""
    if isinstance(a, int) and isinstance(b, int) and b:
        return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    found = over(a, b)
    if found is None:
        raise InputError("divides an open size; export it with fixed sizes")
    return found


_SIZES: dict[str, Callable[[Extent, Extent], Extent]] = {
    "Add": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
    "Div": _divided,
}


def _finite(array: np.ndarray) -> Value:
    if not np.isfinite(array).all():
        raise InputError("makes NaN or infinite values of its constants; train the model again")
    return Value.constant(array)


def _clip(chain: Chain, node: Node, inputs: Inputs) -> str:
    low, high = (
        node.attributes.get(key, _scalar(inputs[place] if place < len(inputs) else None))
        for key, place in (("min", 1), ("max", 2))
    )
    if low == 0 and (high is None or high > 3e38):
        return "relu"
    if (low, high) == (0, 1):
        return "clamp"
    raise InputError(f"clips to {low} and {high}, not supported; use Relu, or HardSigmoid")


def _scalar(value: Value | None) -> float | None:
    return None if value is None else float(_float(value).reshape(-1)[0])


def _matrix(inputs: Inputs) -> np.ndarray:
    matrix = _float(inputs[1] if len(inputs) > 1 else None)
    if matrix.ndim != 2 or 0 in matrix.shape:
        raise InputError(f"its weights have the shape {matrix.shape}, not two axes; export the model again")
    return matrix.astype(np.float64)


def _float(value: Value | None) -> np.ndarray:
    """A constant's float32 array."""
    if value is None or not value.fixed or value.arrays[0].dtype != np.float32 or not value.arrays[0].size:
        raise InputError("takes weights that are no float32 constants of the file; export them as constants")
    return value.arrays[0]
