"""ONNX's operators that move elements about and compute shapes: Transpose, Reshape, Slice, Gather, Concat, ..."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import InputError
from .chain import Chain
from .file import Node
from .reshape import reshape
from .values import Extent, Size, Value, expand, join, squeeze, take, transpose, unsqueeze

Inputs = list[Value | None]

TO_THE_END = (1 << 31) - 1
"""Exporters write the largest integer of 32 or 64 bits for `up to the end`."""

_FLOAT, _INTEGERS = 1, (6, 7)
"""TensorProto's numbers of the types that Cast may name."""


def first(inputs: Inputs) -> Value:
    """The one value that an operator works on."""
    if not inputs or inputs[0] is None:
        raise InputError("lacks its input; export the model again")
    return inputs[0]


def whole_numbers(array: np.ndarray) -> Value:
    """A constant of sizes: int64 where none of them is open."""
    if all(not isinstance(element, Size) for element in array.ravel()):
        array = array.astype(np.int64)
    return Value.constant(array)


def extents_of(chain: Chain, value: Value | None) -> list[Extent]:
    """A constant list of sizes, or a single one."""
    if value is None or not value.fixed or value.arrays[0].dtype.kind not in "iO":
        raise InputError("takes sizes or axes that are no constants; export it with constant ones")
    return [chain.sizes.known(e if isinstance(e, Size) else int(e)) for e in value.arrays[0].ravel()]


def integers(chain: Chain, value: Value | None) -> list[int]:
    """A constant list of integers that are not open."""
    found = extents_of(chain, value)
    if any(isinstance(extent, Size) for extent in found):
        raise InputError("takes numbers that depend on the size of the input; export it with constant ones")
    return [int(extent) for extent in found if not isinstance(extent, Size)]


def listed(chain: Chain, node: Node, key: str, inputs: Inputs, place: int) -> list[int] | None:
    """Integers that older opsets keep in an attribute and newer ones in an input; None where there are none."""
    if key in node.attributes:
        return list(node.attributes[key])
    value = inputs[place] if place < len(inputs) else None
    return None if value is None else integers(chain, value)


def read_same(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Identity, and Dropout at inference."""
    mode = inputs[2] if len(inputs) > 2 else None
    if mode is not None and (not mode.fixed or mode.arrays[0].any()):
        raise InputError("training_mode is on; export the model for inference (model.eval())")
    return [first(inputs)]


def read_cast(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """To the same type, or between types of whole numbers."""
    value, wanted = first(inputs), node.attributes.get("to")
    kind = "f" if value.flows else value.arrays[0].dtype.kind
    if (kind == "f" and wanted == _FLOAT) or (kind in "iO" and wanted in _INTEGERS):
        return [value]
    if kind == "i" and wanted == _FLOAT:
        return [value.with_axes(value.axes, lambda array: array.astype(np.float32))]
    raise InputError("turns values into another type, not supported; export the model in float32 throughout")


def read_constant(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """A value of the file."""
    kinds = {"value_int": np.int64, "value_ints": np.int64, "value_float": np.float32, "value_floats": np.float32}
    (key,) = node.attributes or ("",)
    if key == "value":
        return [Value.constant(node.attributes[key])]
    if key not in kinds:
        raise InputError(f"holds a {key or 'value'} that is not supported; export it as a tensor")
    return [Value.constant(np.asarray(node.attributes[key], kinds[key]))]


def read_transpose(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Without perm the axes are reversed."""
    value = first(inputs)
    return [transpose(value, node.attributes.get("perm", list(range(len(value.axes)))[::-1]))]


def read_squeeze(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Axes of size 1 out."""
    return [squeeze(first(inputs), listed(chain, node, "axes", inputs, 1), chain.sizes)]


def read_unsqueeze(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Axes of size 1 in."""
    axes = listed(chain, node, "axes", inputs, 1)
    return [unsqueeze(first(inputs), axes or [])]


def read_reshape(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """0 copies the size of the input's axis, unless allowzero is set; -1 is what is left."""
    value = first(inputs)
    target = extents_of(chain, inputs[1] if len(inputs) > 1 else None)
    own = value.extents(chain.sizes)
    if not node.attributes.get("allowzero", 0):
        target = [own[value.axis(k)] if extent == 0 else extent for k, extent in enumerate(target)]
    return [reshape(value, target, chain.sizes)]


def read_flatten(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Two axes: all before `axis`, all from it on."""
    value = first(inputs)
    at = node.attributes.get("axis", 1)
    at = at + len(value.axes) if at < 0 else at
    sides: list[Extent] = [1, 1]
    for number, extent in enumerate(value.extents(chain.sizes)):
        sides[number >= at] = sides[number >= at] * extent
    return [reshape(value, sides, chain.sizes)]


def read_shape(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Sizes of the axes; the open ones stay open."""
    found = first(inputs).extents(chain.sizes)[node.attributes.get("start", 0) : node.attributes.get("end")]
    return [whole_numbers(_objects(found))]


def read_expand(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """A constant repeated."""
    return [expand(first(inputs), extents_of(chain, inputs[1] if len(inputs) > 1 else None), chain.sizes)]


def read_constant_of_shape(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """One value repeated; 0 by default."""
    value = node.attributes.get("value", np.zeros(1, np.float32))
    if value.size != 1:
        raise InputError(f"repeats {value.size} values, not one; export the model again")
    target = extents_of(chain, first(inputs))
    return [expand(Value.constant(value.reshape([1] * len(target))), target, chain.sizes)]


def read_concat(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Along an axis whose elements are told apart."""
    values = [value for value in inputs if value is not None]
    axis = first(inputs).axis(node.attributes.get("axis", 0))
    joined = values[0] if len(values) == 1 else join(values, axis)
    return [whole_numbers(joined.arrays[0]) if joined.fixed and joined.arrays[0].dtype == object else joined]


def read_split(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Pieces of the sizes given, or as many equal ones as there are outputs."""
    value = first(inputs)
    axis = value.axis(node.attributes.get("axis", 0))
    sizes = listed(chain, node, "split", inputs, 1)
    count = len(node.outputs)
    if sizes is None:
        each = -(-value.shape[axis] // count)
        sizes = [max(0, min(each, value.shape[axis] - k * each)) for k in range(count)]
    if sum(sizes) != value.shape[axis] or len(sizes) != count or min(sizes) < 1:
        raise InputError(f"splits an axis of {value.shape[axis]} into {sizes}; split features evenly")
    ends = np.cumsum([0, *sizes])
    return [take(value, axis, np.arange(ends[k], ends[k + 1])) for k in range(count)]


def read_gather(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Elements by number; of the frames the first or the last alone."""
    value = first(inputs)
    axis = value.axis(node.attributes.get("axis", 0))
    places = np.asarray(integers(chain, inputs[1] if len(inputs) > 1 else None), np.int64)
    places = places.reshape(inputs[1].shape)
    if value.axes[axis] is None:
        taken = take(value, axis, places)
        return [whole_numbers(taken.arrays[0]) if taken.fixed and taken.arrays[0].dtype == object else taken]
    if places.size != 1 or places.ndim > 1:
        raise InputError("takes some of the frames, or of the batch; only each direction's last frame can be taken")
    taken = _single(chain, value, axis, int(places.ravel()[0]))
    return [unsqueeze(taken, [axis]) if places.ndim else taken]


def read_slice(chain: Chain, node: Node, inputs: Inputs) -> list[Value]:
    """Stretches of axes; of the frames all, or the first or the last alone."""
    value = first(inputs)
    if "starts" in node.attributes:
        starts, ends = (list(node.attributes[key]) for key in ("starts", "ends"))
    else:
        starts, ends = (extents_of(chain, inputs[k] if k < len(inputs) else None) for k in (1, 2))
    axes = listed(chain, node, "axes", inputs, 3)
    steps = listed(chain, node, "steps", inputs, 4) or [1] * len(starts)
    axes = list(range(len(starts))) if axes is None else axes
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise InputError("has starts, ends, axes and steps of different lengths; export the model again")
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        value = _stretch(chain, value, value.axis(axis), start, end, step)
    return [value]


def _stretch(chain: Chain, value: Value, axis: int, start: Extent, end: Extent, step: int) -> Value:
    full = value.extents(chain.sizes)[axis]
    if start == 0 and step == 1 and (end == full or (isinstance(end, int) and end >= TO_THE_END)):
        return value
    if isinstance(start, Size) or isinstance(end, Size) or step == 0:
        raise InputError("takes stretches that depend on the size of the input; export it with constant ones")
    if value.axes[axis] is None:
        places = np.arange(value.shape[axis])[start:end:step]
        if not places.size:
            raise InputError("takes nothing of an axis; export the model again")
        taken = take(value, axis, places)
        return whole_numbers(taken.arrays[0]) if taken.fixed and taken.arrays[0].dtype == object else taken
    if isinstance(full, int):
        start, end, _ = slice(start, end).indices(full)
    # From -1 to 0 is nothing where the size is open: 0 is the first frame, not what comes behind the last.
    single = step == 1 and (end >= TO_THE_END if start == -1 else end == start + 1)
    if not single:
        raise InputError("takes some of the frames, or of the batch; only each direction's last frame can be taken")
    return unsqueeze(_single(chain, value, axis, start), [axis])


def _single(chain: Chain, value: Value, axis: int, place: int) -> Value:
    """One element of a free axis: a frame at either end, or the only one there is."""
    full = value.extents(chain.sizes)[axis]
    if value.flows and chain.time is not None and value.axes[axis] == (chain.time,):
        if place in (-1, full - 1 if isinstance(full, int) else -1):
            return chain.step(value, axis, at_end=True)
        if place == 0:
            return chain.step(value, axis, at_end=False)
    elif full == 1 and place in (0, -1):
        return squeeze(value, [axis], chain.sizes)
    raise InputError(
        "takes single frames, or utterances of a batch; only the last frame of a recurrent layer can be taken "
        "(PyTorch's newer exporter unrolls nn.RNN: use dynamo=False)"
    )


def _objects(elements: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(elements), object)
    array[:] = elements
    return array
