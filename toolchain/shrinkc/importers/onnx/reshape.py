"""Reshape, followed symbolically: which of the old axes each of the new ones is made of."""

import math
from collections.abc import Iterable, Sequence

from ...errors import InputError
from .values import Extent, Free, Size, Sizes, Value, factor_of, over, shown


def reshape(value: Value, target: Sequence[Extent], sizes: Sizes) -> Value:
    """The same elements in the same order under other axes.

    target: sizes; one can be -1. Free axes stay apart from the others: a Reshape that would mix them is refused, and so
    is one that gives an open axis a number, since it would cut other sizes into pieces.
    """
    source = value.extents(sizes)
    wanted = _with_rest(source, [sizes.known(extent) for extent in target])
    names: list[Free | None] = []
    shape: list[int] = []
    left = right = 0
    while left < len(source) or right < len(wanted):
        own = source[left] if left < len(source) else None
        new = wanted[right] if right < len(wanted) else None
        if own == 1 and new != 1:
            left += 1
        elif new == 1 and own != 1:
            names.append(None)
            shape.append(1)
            right += 1
        elif own is None or new is None:
            raise _no_fit(source, wanted)
        else:
            count, more = _group(source[left:], wanted[right:])
            found = _regroup(value, left, left + count, wanted[right : right + more], sizes)
            names += [name for name, _ in found]
            shape += [size for _, size in found]
            left, right = left + count, right + more
    return value.with_axes(names, lambda array: array.reshape(shape))


def _with_rest(source: list[Extent], wanted: list[Extent]) -> list[Extent]:
    """The target with what -1 stands for."""
    rests = [place for place, extent in enumerate(wanted) if extent == -1]
    if len(rests) > 1 or any(factor_of(extent) < 1 for extent in wanted if extent != -1):
        raise _no_fit(source, wanted)
    if not rests:
        return wanted
    rest = over(_product(source), _product(extent for extent in wanted if extent != -1))
    if rest is None:
        raise _no_fit(source, wanted)
    return [rest if extent == -1 else extent for extent in wanted]


def _group(source: list[Extent], wanted: list[Extent]) -> tuple[int, int]:
    """How many axes from the first on hold as many elements as how many of the target's."""
    own, new = source[0], wanted[0]
    count = more = 1
    while own != new:
        if over(new, own) is not None and count < len(source):
            own = own * source[count]
            count += 1
        elif over(own, new) is not None and more < len(wanted):
            new = new * wanted[more]
            more += 1
        else:
            raise _no_fit(source, wanted)
    return count, more


def _regroup(
    value: Value, start: int, stop: int, wanted: Sequence[Extent], sizes: Sizes
) -> list[tuple[Free | None, int]]:
    """Axes start to stop under the sizes wanted: all free, or none."""
    if stop - start == len(wanted) == 1:
        return [(value.axes[start], value.shape[start])]
    free = [name for names in value.axes[start:stop] for name in names or () if sizes[name] != 1]
    if not free:
        return [(None, int(extent)) for extent in wanted]
    if math.prod(value.shape[start:stop]) != 1:
        raise InputError("mixes frames or batch with features; keep them apart")
    result: list[tuple[Free | None, int]] = []
    for extent in wanted:
        part: Free = ()
        while sizes.of(part) != extent:
            if not free:
                raise InputError("cuts the frames or the batch into pieces; keep them whole")
            part, free = (*part, free[0]), free[1:]
        result.append((part or None, 1))
    return result


def _product(extents: Iterable[Extent]) -> Extent:
    result: Extent = 1
    for extent in extents:
        result = result * extent
    return result


def _no_fit(source: Iterable[Extent], wanted: Iterable[Extent]) -> InputError:
    source, wanted = list(source), list(wanted)
    remedy = "keep frames, batch and features apart"
    if any(isinstance(extent, Size) for extent in source) and any(type(e) is int and e > 1 for e in wanted):
        remedy += ", or export it with fixed sizes (from PyTorch: dynamo=False)"
    return InputError(f"turns {shown(source)} into {shown(wanted)}; {remedy}")
