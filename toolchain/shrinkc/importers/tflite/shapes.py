"""Operators that move no number of a frame: reshapes, slices, and the arithmetic with shapes that leads to them.

A file can leave the number of frames free. Its shapes are then computed with `PROBE` frames, a prime that no product of
other sizes gives: a reshape that keeps frames and features apart with it does so with any number.
"""

import math
from dataclasses import replace

import numpy as np

from .file import Operator
from .frames import Frames, shown

PROBE = 8191
MOST_AXES = 8

Value = Frames | np.ndarray
"""Frames, or constants: weights in float32, shapes in int32 or int64."""


def frames_of(value: Value | None) -> Frames:
    """`value` where it is frames, else ValueError."""
    if not isinstance(value, Frames):
        raise ValueError("reads constants alone, or none; only operators on the frames are supported here")
    return value


def numbers_of(value: Value | None) -> np.ndarray:
    """`value` where it is a small vector (or one number) of integers, else ValueError."""
    if not isinstance(value, np.ndarray) or value.dtype.kind != "i" or value.ndim > 1 or value.size > MOST_AXES:
        raise ValueError(
            "takes a shape that is computed from the frames or is no shape; only shapes are supported here"
        )
    return value.astype(np.int64)


def reshape(operator: Operator, values: list[Value | None]) -> Frames:
    """RESHAPE to a shape given as an input, or else as an option; -1 stands for what is left."""
    frames = frames_of(values[0])
    given = numbers_of(values[1]) if len(values) > 1 else operator.options.get("NewShape")
    if given is None or np.ndim(given) != 1:
        raise ValueError("has no new shape; convert the model again")
    shape = [int(size) for size in given]
    if shape.count(-1) == 1:
        rest = -math.prod(shape)
        size = frames.frames * frames.width
        if rest < 1 or size % rest:
            raise ValueError(f"makes {shown(tuple(shape))} of {shown(frames.shape)}")
        shape[shape.index(-1)] = size // rest
    return frames.reshaped(tuple(shape))


def expand_dims(operator: Operator, values: list[Value | None]) -> Frames:
    """EXPAND_DIMS: one more axis of size 1."""
    frames = frames_of(values[0])
    axes = numbers_of(values[1]).reshape(-1)
    rank = len(frames.shape) + 1
    if axes.size != 1 or not -rank <= axes[0] < rank:
        raise ValueError("has no axis, or one that is not there")
    shape = list(frames.shape)
    shape.insert(int(axes[0]) % rank, 1)
    return _kept(frames, shape, axes[0] % rank == rank - 1)


def squeeze(operator: Operator, values: list[Value | None]) -> Frames:
    """SQUEEZE: axes of size 1 away."""
    frames = frames_of(values[0])
    rank = len(frames.shape)
    wanted = operator.options.get("SqueezeDims") or range(rank)
    if any(not -rank <= axis < rank for axis in wanted):
        raise ValueError("takes away an axis that is not there")
    gone = {axis % rank for axis in wanted if frames.shape[axis] == 1}
    return _kept(frames, [size for axis, size in enumerate(frames.shape) if axis not in gone], rank - 1 in gone)


def _kept(frames: Frames, shape: list[int], moved: bool) -> Frames:
    if moved:
        raise ValueError(f"moves the features of {shown(frames.shape)} from the last axis; keep them there")
    return frames.reshaped(tuple(shape))


def transpose(operator: Operator, values: list[Value | None]) -> Frames:
    """TRANSPOSE of axes other than the features: all but one have the size 1."""
    frames = frames_of(values[0])
    order = [int(axis) for axis in numbers_of(values[1]).reshape(-1)]
    if sorted(order) != list(range(len(frames.shape))) or order[-1] != len(frames.shape) - 1:
        raise ValueError(f"moves the features of {shown(frames.shape)} from the last axis; keep them there")
    return frames.reshaped(tuple(frames.shape[axis] for axis in order))


def reverse(operator: Operator, values: list[Value | None]) -> Frames:
    """REVERSE_V2 of the frames."""
    frames = frames_of(values[0])
    axes = {int(axis) % len(frames.shape) for axis in numbers_of(values[1]).reshape(-1)}
    if axes != {frames.axis}:
        raise ValueError(f"reverses other axes of {shown(frames.shape)} than that of the frames; only frames can be")
    return replace(frames, backwards=not frames.backwards)


def strided_slice(operator: Operator, values: list[Value | None]) -> Value:
    """STRIDED_SLICE of the last frame, or of a shape."""
    source = values[0]
    kept = _kept_places(operator, source.shape if source is not None else (), [numbers_of(v) for v in values[1:4]])
    shape = tuple(len(places) for places, shrunk in kept if not shrunk)
    if isinstance(source, np.ndarray):
        return numbers_of(source)[list(kept[0][0])].reshape(shape)
    frames = frames_of(source)
    for axis, (places, _) in enumerate(kept):
        if axis != frames.axis and len(places) != frames.shape[axis]:
            raise ValueError(f"takes a part of the features of {shown(frames.shape)}; only whole frames can be taken")
    if kept[-1][1] and len(kept) > 1:
        raise ValueError(f"takes the last axis of {shown(frames.shape)} away; the features must stay there")
    if frames.axis is None or len(kept[frames.axis][0]) == frames.frames:
        return frames.reshaped(shape)
    if list(kept[frames.axis][0]) != [frames.frames - 1]:
        raise ValueError("takes other frames than all or the last one; only these are supported")
    frames = frames.last()
    return replace(frames, shape=shape)


def _kept_places(operator: Operator, shape: tuple[int, ...], bounds: list[np.ndarray]) -> list[tuple[range, bool]]:
    """For each axis the places that stay, and whether the axis itself goes."""
    options = operator.options
    masks = {name: options.get(f"{name}Mask", 0) for name in ("Begin", "End", "Ellipsis", "NewAxis", "ShrinkAxis")}
    if masks["Ellipsis"] or masks["NewAxis"] or options.get("Offset"):
        raise ValueError("has an ellipsis, a new axis or an offset, which are not supported; slice x[:, -1, :]")
    if not shape or len(bounds) != 3 or any(bound.shape != (len(shape),) for bound in bounds):
        raise ValueError("does not say for each axis what to take; slice x[:, -1, :]")
    found = []
    for axis, size in enumerate(shape):
        begin, end, step = (int(bound[axis]) for bound in bounds)
        if masks["ShrinkAxis"] >> axis & 1:
            if not -size <= begin < size:
                raise ValueError(f"takes the place {begin} of {size}")
            found.append((range(begin % size, begin % size + 1), True))
            continue
        if step != 1:
            raise ValueError(f"takes every {step}th; only steps of 1 are supported")
        whole = slice(None if masks["Begin"] >> axis & 1 else begin, None if masks["End"] >> axis & 1 else end, step)
        found.append((range(*whole.indices(size)), False))
    return found


def shape_of(operator: Operator, values: list[Value | None]) -> np.ndarray:
    """SHAPE of frames or of a constant."""
    if values[0] is None:
        raise ValueError("has no input")
    return np.array(values[0].shape, np.int64)


def gather(operator: Operator, values: list[Value | None]) -> np.ndarray:
    """GATHER of a shape's elements."""
    source, places = numbers_of(values[0]), numbers_of(values[1])
    if operator.options.get("Axis", 0) or operator.options.get("BatchDims", 0) or source.ndim != 1:
        raise ValueError("has an axis, which is supported in no shape")
    if (places < 0).any() or (places >= source.size).any():
        raise ValueError("takes places that are not there")
    return source[places]


def reduce_prod(operator: Operator, values: list[Value | None]) -> np.ndarray:
    """REDUCE_PROD of a shape."""
    source, axes = numbers_of(values[0]), numbers_of(values[1]).reshape(-1)
    if source.ndim != 1 or set(axes.tolist()) not in ({0}, {-1}):
        raise ValueError("reduces other axes than that of a shape")
    product = math.prod(source.tolist())
    if abs(product) >= 1 << 31:
        raise ValueError("gives a size beyond 32 bits")
    return np.array([product] if operator.options.get("KeepDims") else product, np.int64)


def pack(operator: Operator, values: list[Value | None]) -> np.ndarray:
    """PACK of sizes to a shape."""
    sizes = [numbers_of(value) for value in values]
    if any(size.ndim for size in sizes) or operator.options.get("Axis", 0) or len(sizes) > MOST_AXES:
        raise ValueError("packs more than single sizes")
    return np.array(sizes, np.int64)


def concatenate(operator: Operator, values: list[Value | None]) -> np.ndarray:
    """CONCATENATION of shapes."""
    parts = [numbers_of(value).reshape(-1) for value in values]
    if operator.options.get("Axis", 0) not in (0, -1):
        raise ValueError("joins shapes along an axis that they do not have")
    return numbers_of(np.concatenate(parts))
