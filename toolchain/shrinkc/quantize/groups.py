"""Send groups: which vectors are read at which width, and the grid of each."""

import math
from dataclasses import dataclass

import numpy as np

from ..calibrate import Ranges
from ..errors import InputError
from ..network import Network
from ..project import Delta, Plan
from .clipping import clip_vector
from .formats import LayerFormats
from .quantized import SendGroup

LIMITS = {4: 7, 8: 127, 16: 16383}
"""Largest integer of an input grid. 16-bit grids stop at 16383, so that a difference of two is a 16-bit number too."""


@dataclass(frozen=True)
class VectorFormat:
    """An int16 vector as the element-wise equations leave it: real value of one step."""

    name: str
    scale: float


def group_name(layer: str, source: str, bits: int) -> str:
    """`rnn1.h@8`: the vector h of layer rnn1, at 8 bits."""
    return f"{layer}.{source}@{bits}"


def path_bits(network: Network, plan: Plan) -> dict[str, int]:
    """Activation bits of every path, by its name."""
    bits = {}
    for layer in network.layers:
        for affine in layer.cell.affines:
            for source in affine.sources:
                path = f"{layer.name}.{affine.gate}.{source}"
                bits[path] = plan.for_path(path, f"{layer.name}.{source}").activations
    return bits


def make_groups(
    network: Network, ranges: Ranges, formats: dict[str, LayerFormats], plan: Plan, delta: Delta
) -> tuple[VectorFormat, tuple[SendGroup, ...]]:
    """The format of the network's input, and every send group in the order of layers and sources."""
    bits = path_bits(network, plan)
    wanted: list[tuple[str, str, str, int, int]] = []
    for index, layer in enumerate(network.layers):
        for source in layer.cell.sources:
            widths = {bits[f"{layer.name}.{a.gate}.{source}"] for a in layer.cell.affines if source in a.sources}
            vector = _producer(network, index, source)
            wanted += [(layer.name, source, vector, layer.width(source), width) for width in sorted(widths)]
    entry = _input_format(network, ranges, plan, [w[4] for w in wanted if w[2] == "input"])
    groups = tuple(_make_group(item, entry, ranges, formats, plan, delta) for item in wanted)
    return entry, groups


def _producer(network: Network, index: int, source: str) -> str:
    """The `layer.equation` (or `input`) whose values the source holds when it is read."""
    layer = network.layers[index]
    state = layer.cell.state(source)
    if state is not None:
        return f"{layer.name}.{state.next}"
    return network.source_vector(index, source)


def _input_format(network: Network, ranges: Ranges, plan: Plan, widths: list[int]) -> VectorFormat:
    """The input's own grid: that of its send group where there is one, else the finest."""
    limit = LIMITS[max(widths)]
    method = plan.for_group(f"{network.layers[0].name}.x").clipping
    clip = clip_vector(ranges["input"], limit, method) or 1.0
    return VectorFormat("input", clip / limit)


def _make_group(item, entry: VectorFormat, ranges: Ranges, formats, plan: Plan, delta: Delta) -> SendGroup:
    layer, source, vector, width, bits = item
    name = group_name(layer, source, bits)
    limit = LIMITS[bits]
    method = plan.for_group(f"{layer}.{source}").clipping
    if vector == "input":
        step = entry.scale
    else:
        producer, equation = vector.split(".")
        step = 2.0 ** -formats[producer].equations[equation].fraction
    clip = clip_vector(ranges[vector], limit, method) or 1.0
    multiplier, shift = _ratio(step / (clip / limit))
    threshold = delta.for_group(name)
    if threshold is not None and not 0 <= threshold <= 2 * limit:
        raise InputError(f"threshold {threshold} of {name} is outside 0 to {2 * limit}, the range of its grid")
    return SendGroup(
        name=name,
        layer=layer,
        source=source,
        vector=vector,
        width=width,
        bits=bits,
        scale=step * 2.0**shift / multiplier,
        clipping=method,
        multiplier=multiplier,
        shift=shift,
        limit=limit,
        delta=threshold is not None,
        thresholds=np.full(width, threshold or 0, np.int16),
    )


def _ratio(ratio: float) -> tuple[int, int]:
    """The multiplier (at most 32767) and shift (1 to 30) with multiplier / 2^shift nearest to `ratio`, at most 2^14."""
    shift = min(30, max(1, 14 - math.floor(math.log2(ratio))))
    return min(32767, max(1, round(ratio * 2.0**shift))), shift
