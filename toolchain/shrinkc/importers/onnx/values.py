"""What flows through an ONNX graph, followed symbolically: which axis is which, and where each element comes from.

A Value has axes that are free (an axis of the network's input, such as frames or batch, or several made one, the first
the slowest) and axes whose elements are told apart. Its arrays have size 1 on the free axes. So every way to transpose,
reshape, cut and join is carried out on the elements themselves, and none has to be recognised as a pattern.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import InputError

ELEMENTS = 1 << 24
"""The most elements of a value that is computed here; those of weights stand in the file and are limited there."""

Free = tuple[str, ...]


@dataclass(frozen=True)
class Size:
    """An open size: factor times the sizes of the named axes, sorted."""

    names: Free
    factor: int = 1

    def __mul__(self, other: Size | int) -> Size:
        if isinstance(other, Size):
            return Size(tuple(sorted(self.names + other.names)), self.factor * other.factor)
        return Size(self.names, self.factor * int(other))

    __rmul__ = __mul__

    def __add__(self, other: object) -> Size:
        raise InputError("computes with a size that is open; export it with fixed sizes")

    __radd__ = __sub__ = __rsub__ = __add__


Extent = int | Size


def over(whole: Extent, part: Extent) -> Extent | None:
    """whole / part, or None where that is no whole number whatever the open sizes."""
    names, left = list(whole.names) if isinstance(whole, Size) else [], factor_of(whole)
    for name in part.names if isinstance(part, Size) else ():
        if name not in names:
            return None
        names.remove(name)
    if factor_of(part) == 0 or left % factor_of(part):
        return None
    left //= factor_of(part)
    return Size(tuple(names), left) if names else left


def factor_of(extent: Extent) -> int:
    """The number in a size."""
    return extent.factor if isinstance(extent, Size) else int(extent)


class Sizes(dict[str, int | None]):
    """What the file declares of the free axes' sizes; None where it leaves them open."""

    def of(self, names: Iterable[str]) -> Extent:
        """The size of free axes made one."""
        result: Extent = 1
        for name in names:
            known = self[name]
            result = result * (Size((name,)) if known is None else known)
        return result

    def known(self, extent: Extent) -> Extent:
        """The same size with all that is known put in."""
        return self.of(extent.names) * extent.factor if isinstance(extent, Size) else int(extent)


@dataclass(frozen=True)
class Value:
    """axes: for each axis the names of what is free there, or None. arrays: one for a constant; for what flows through
    the network three of one shape: ids, factor, offset (an element is that of its id, times factor, plus offset).
    """

    axes: tuple[Free | None, ...]
    arrays: tuple[np.ndarray, ...]

    @classmethod
    def constant(cls, array: np.ndarray) -> Value:
        """A value that the file holds."""
        return cls((None,) * array.ndim, (array,))

    @property
    def flows(self) -> bool:
        """Whether it depends on the network's input."""
        return len(self.arrays) == 3

    @property
    def fixed(self) -> bool:
        """Whether it is a constant without free axes."""
        return not self.flows and not any(self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of the axes, 1 for the free ones."""
        return self.arrays[0].shape

    def axis(self, number: int, rank: int | None = None) -> int:
        """An axis counted from 0, given from either end."""
        rank = len(self.axes) if rank is None else rank
        if not -rank <= number < rank:
            raise InputError(f"names axis {number} of {rank}; export the model again")
        return number % rank

    def extents(self, sizes: Sizes) -> list[Extent]:
        """The sizes of all axes."""
        return [sizes.of(free) if free else size for free, size in zip(self.axes, self.shape, strict=True)]

    def with_axes(self, axes: Sequence[Free | None], change: Callable[[np.ndarray], np.ndarray]) -> Value:
        """Each array changed in the same way."""
        return Value(tuple(axes), tuple(change(array) for array in self.arrays))


def transpose(value: Value, order: Sequence[int]) -> Value:
    """Axes in another order."""
    if sorted(order) != list(range(len(value.axes))):
        raise InputError(f"perm = {list(order)} does not order {len(value.axes)} axes; export the model again")
    return value.with_axes([value.axes[axis] for axis in order], lambda array: array.transpose(order))


def unsqueeze(value: Value, axes: Sequence[int]) -> Value:
    """Axes of size 1 put in, numbered as in the result."""
    rank = len(value.axes) + len(axes)
    places = sorted(value.axis(axis, rank) for axis in axes)
    if len(set(places)) != len(places):
        raise InputError("names an axis twice; export the model again")
    names = list(value.axes)
    for place in places:
        names.insert(place, None)
    return value.with_axes(names, lambda array: np.expand_dims(array, tuple(places)))


def squeeze(value: Value, axes: Sequence[int] | None, sizes: Sizes) -> Value:
    """Axes of size 1 taken out; None: all of them."""
    extents = value.extents(sizes)
    if axes is None:
        if any(isinstance(extent, Size) for extent in extents):
            raise InputError("takes out every axis of size 1, and the sizes are open; name the axes")
        axes = [place for place, extent in enumerate(extents) if extent == 1]
    places = {value.axis(axis) for axis in axes}
    if any(extents[place] != 1 for place in places):
        raise InputError(f"takes out an axis that is not known to be of size 1: {shown(extents)}; {FIXED}")
    names = [name for place, name in enumerate(value.axes) if place not in places]
    return value.with_axes(names, lambda array: array.squeeze(tuple(places)))


FIXED = "export the model with such an input, or keep frames and batch apart"


def take(value: Value, axis: int, places: np.ndarray) -> Value:
    """Elements of one axis that is not free, by number; a number alone takes the axis out."""
    if value.axes[axis]:
        raise InputError("takes single frames, or utterances of a batch; only each direction's last frame can be taken")
    size = value.shape[axis]
    if places.dtype.kind != "i" or ((places < -size) | (places >= size)).any():
        raise InputError(f"takes elements that an axis of {size} does not have; export the model again")
    _check_elements(value.arrays[0].size // max(size, 1) * max(places.size, 1))
    names = [*value.axes[:axis], *[None] * places.ndim, *value.axes[axis + 1 :]]
    return value.with_axes(names, lambda array: np.asarray(np.take(array, places, axis), array.dtype))


def join(values: Sequence[Value], axis: int) -> Value:
    """Values of like axes one behind the other, along an axis that is not free."""
    first = values[0]
    if any(value.axes != first.axes or len(value.arrays) != len(first.arrays) for value in values):
        raise InputError(
            "joins values of different axes, or a constant; only parts of one layer's output can be joined"
        )
    if first.axes[axis]:
        raise InputError("joins along the frames or the batch; join features alone")
    rest = {value.shape[:axis] + value.shape[axis + 1 :] for value in values}
    if len(rest) != 1:
        raise InputError("joins values of different shapes; export the model again")
    _check_elements(sum(value.arrays[0].size for value in values))
    columns = zip(*(value.arrays for value in values), strict=True)
    return Value(first.axes, tuple(np.concatenate(column, axis) for column in columns))


def expand(value: Value, target: Sequence[Extent], sizes: Sizes) -> Value:
    """A constant repeated to a shape, whose open sizes become free axes."""
    if value.flows:
        raise InputError("repeats the network's values; export the model without it")
    value = unsqueeze(value, range(max(0, len(target) - len(value.axes))))
    wanted: list[Extent] = [1] * (len(value.axes) - len(target)) + [sizes.known(extent) for extent in target]
    names: list[Free | None] = []
    shape = []
    for free, own, extent in zip(value.axes, value.extents(sizes), wanted, strict=True):
        if own != 1 and extent not in (1, own):
            raise InputError(f"repeats {shown([own])} to {shown([extent])}; export the model again")
        open_ = extent if isinstance(extent, Size) else own if isinstance(own, Size) else None
        if open_ and open_.factor != 1:
            raise InputError(f"makes a shape of {shown(wanted)}; export it with fixed sizes")
        names.append(open_.names if open_ else free)
        shape.append(1 if open_ or free else max(int(own), int(extent)))
    _check_elements(math.prod(shape))
    return value.with_axes(names, lambda array: np.broadcast_to(array, shape))


def shown(extents: Iterable[Extent]) -> str:
    """Sizes for an error message."""
    parts = []
    for extent in extents:
        named = "*".join(extent.names) if isinstance(extent, Size) else ""
        parts.append(f"{named}*{factor_of(extent)}" if named and factor_of(extent) != 1 else named or str(extent))
    return f"({', '.join(parts)})"


def _check_elements(count: int) -> None:
    if count > ELEMENTS:
        raise InputError(f"makes {count} values, over {ELEMENTS}; too large for a microcontroller")
