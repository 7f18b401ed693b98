"""Send groups: which vectors are read at which width, and the grid of each."""

import math
from dataclasses import dataclass

import numpy as np

from ..calibrate import Ranges
from ..errors import InputError
from ..network import Layer, Network
from ..numbers.fixed_point import INT16_MAX, MULTIPLIER_MAX, SHIFT_MAX
from ..project import Delta, Plan
from ..project.settings import check_patterns
from .clipping import clip_vector
from .formats import LayerFormats, input_format
from .quantized import SendGroup

LIMITS = {4: 7, 8: 127, 16: 16383}
"""Largest integer of an input grid. 16-bit grids stop at 16383, so that a difference of two is a 16-bit number too."""


@dataclass(frozen=True)
class VectorFormat:
    """An int16 vector as the element-wise equations leave it: real value of one step, and its largest magnitude."""

    name: str
    scale: float
    limit: int


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
    wanted = _wanted(network, plan)
    entry = _input_format(network, ranges, plan, [one.bits for one in wanted if one.vector == INPUT])
    scales = _scales(network, formats, entry)
    return entry, tuple(_make_group(one, scales[one.vector], ranges, plan, delta) for one in wanted)


def check_names(network: Network, plan: Plan, delta: Delta) -> None:
    """Raise InputError for a pattern of the plan or of the thresholds that names nothing in the network."""
    names = [group_name(one.layer.name, one.source, one.bits) for one in _wanted(network, plan)]
    check_patterns(plan, delta, path_bits(network, plan), names)


INPUT = "input"
GIVEN = "given"
"""The clipping, in reports, of a vector whose range stands in the plan."""
RANGE_SLACK = 0.01
"""A range from the plan is met to this share of it, or refused."""


@dataclass(frozen=True)
class _Wanted:
    """A vector that a layer reads at one width."""

    layer: Layer
    source: str
    bits: int

    @property
    def vector(self) -> str:
        """Whose values the source holds when it is read: `input`, `layer.x`, or `layer.equation`."""
        if self.source == "x":
            return f"{self.layer.name}.x" if self.layer.reads else INPUT
        state = self.layer.cell.state(self.source)
        return f"{self.layer.name}.{state.next if state else self.source}"


def _wanted(network: Network, plan: Plan) -> list[_Wanted]:
    """Every vector at every width that the plan reads it at, in the order of layers and sources."""
    bits = path_bits(network, plan)
    wanted: list[_Wanted] = []
    for rank in network.ranks:
        for layer in rank:
            for source in layer.cell.sources:
                widths = {bits[f"{layer.name}.{a.gate}.{source}"] for a in layer.cell.affines if source in a.sources}
                wanted += [_Wanted(layer, source, width) for width in sorted(widths)]
    return wanted


def _scales(network: Network, formats: dict[str, LayerFormats], entry: VectorFormat) -> dict[str, float]:
    """Real value of one step of every vector that products read."""
    scales = {INPUT: entry.scale}
    for layer in network.layers:
        for name, kept in formats[layer.name].equations.items():
            scales[f"{layer.name}.{name}"] = 2.0**-kept.fraction
    outputs = {layer.name: scales[f"{layer.name}.{layer.cell.output}"] for layer in network.layers}
    return scales | {f"{layer.name}.x": outputs[layer.reads[0]] for layer in network.layers if layer.reads}


def _input_format(network: Network, ranges: Ranges, plan: Plan, widths: list[int]) -> VectorFormat:
    """The input's own grid: a power of two where equations read it element by element, else that of its send group.

    Then no precision is spent twice; with groups of several widths it is the finest.
    """
    if any(layer.cell.input_parts for layer in network.ranks[0]):
        return VectorFormat(INPUT, 2.0 ** -input_format(ranges).fraction, INT16_MAX)
    limit = LIMITS[max(widths)]
    clip, _ = _clip(f"{network.layers[0].name}.x", INPUT, limit, ranges, plan)
    return VectorFormat(INPUT, clip / limit, limit)


def _clip(vector: str, values: str, limit: int, ranges: Ranges, plan: Plan) -> tuple[float, str]:
    """Where the grid of a vector (`rnn1.h`) ends, real, and how that was found. values: whose ranges it has."""
    chosen = plan.for_group(vector)
    if chosen.range is not None:
        return chosen.range, GIVEN
    return clip_vector(ranges[values], limit, chosen.clipping, plan.percentile) or 1.0, chosen.clipping


def _make_group(wanted: _Wanted, step: float, ranges: Ranges, plan: Plan, delta: Delta) -> SendGroup:
    layer, source, bits = wanted.layer, wanted.source, wanted.bits
    width = layer.width(source)
    name = group_name(layer.name, source, bits)
    limit = LIMITS[bits]
    clip, method = _clip(f"{layer.name}.{source}", wanted.vector, limit, ranges, plan)
    multiplier, shift = grid_ratio(step / (clip / limit))
    scale = step * 2.0**shift / multiplier
    if method == GIVEN and abs(scale * limit / clip - 1) > RANGE_SLACK:
        way = "small" if scale * limit > clip else "large"
        raise InputError(
            f"plan.groups: a range of {clip:g} is too {way} for what {layer.name}.{source} holds; leave it out, and "
            "calibration finds it"
        )
    threshold = delta.for_group(name)
    if threshold is not None and not 0 <= threshold <= 2 * limit:
        raise InputError(f"threshold {threshold} of {name} is outside 0 to {2 * limit}, the range of its grid")
    return SendGroup(
        name=name,
        layer=layer.name,
        source=source,
        vector=wanted.vector,
        width=width,
        bits=bits,
        scale=scale,
        clipping=method,
        multiplier=multiplier,
        shift=shift,
        limit=limit,
        delta=threshold is not None,
        thresholds=np.full(width, threshold or 0, np.int16),
    )


def grid_ratio(ratio: float) -> tuple[int, int]:
    """The multiplier and the shift, 1 or more, with multiplier / 2^shift nearest to `ratio`, which is at most 2^14."""
    shift = min(SHIFT_MAX, max(1, 14 - math.floor(math.log2(ratio))))
    return min(MULTIPLIER_MAX, max(1, round(ratio * 2.0**shift))), shift
