"""Fixed-point formats: of the results of a cell's equations, of its trained vectors, of its input."""

import math
from dataclasses import dataclass

import numpy as np

from ..calibrate import Ranges
from ..cells import Cell
from ..network import Layer, Network
from ..numbers.fixed_point import INT16_MAX, STATE32_MAX
from ..numbers.functions import RESULT_FRACTION
from .bounds import proven_bounds

MARGIN = 2.0
"""A vector without a proven bound gets room for twice what calibration saw; beyond it saturates."""
WIDE_FRACTION_MAX = 24


@dataclass(frozen=True)
class Format:
    """real = integer / 2^fraction, -limit - 1 <= integer <= limit."""

    fraction: int
    limit: int

    @property
    def bits(self) -> int:
        """The C type that holds it: 16 or 32 bits."""
        return 16 if self.limit <= INT16_MAX else 32


@dataclass(frozen=True)
class LayerFormats:
    """Formats of one layer.

    equations: of every equation's result. vectors: of the cell's trained vectors, int16. entry: of x where equations
    read it element by element, else None.
    """

    equations: dict[str, Format]
    vectors: dict[str, Format]
    entry: Format | None


def choose_formats(network: Network, ranges: Ranges, state_bits: int) -> dict[str, LayerFormats]:
    """Formats of every layer. Layers side by side give their outputs in one format."""
    formats: dict[str, LayerFormats] = {}
    given = input_format(ranges)
    for rank in network.ranks:
        bound = max(_bound(layer, layer.cell.output, ranges) for layer in rank)
        for layer in rank:
            formats[layer.name] = _layer_formats(layer, ranges, state_bits, bound, given)
        given = formats[rank[0].name].equations[rank[0].cell.output]
    return formats


def input_format(ranges: Ranges) -> Format:
    """The network's input where equations read it element by element: a power of two, as every vector has."""
    bound = MARGIN * ranges["input"].maximum or 1.0
    return Format(min(RESULT_FRACTION, 15 - integer_bits(bound)), INT16_MAX)


def _layer_formats(layer: Layer, ranges: Ranges, state_bits: int, output_bound: float, given: Format) -> LayerFormats:
    cell = layer.cell
    bounds = {e.name: _bound(layer, e.name, ranges) for e in cell.equations} | {cell.output: output_bound}
    formats = {name: _equation_format(cell, name, bound, state_bits) for name, bound in bounds.items()}
    vectors = {name: _vector_format(values) for name, values in layer.vectors.items()}
    return LayerFormats(formats, vectors, given if cell.input_parts else None)


def _bound(layer: Layer, name: str, ranges: Ranges) -> float:
    """The largest magnitude that an equation's format must hold: what is proven, or what was seen with a margin."""
    return min(proven_bounds(layer.cell)[name], MARGIN * ranges[f"{layer.name}.{name}"].maximum) or 1.0


def _equation_format(cell: Cell, name: str, bound: float, state_bits: int) -> Format:
    """16 bits, or 32 for a wide state that neither a product nor the next layer reads: those read 16 bits."""
    states = {state.name: state.next for state in cell.states}
    narrow = {cell.output, *(states.get(source, source) for source in cell.sources)}
    wide = any(state.next == name and state.wide for state in cell.states)
    if wide and state_bits == 32 and name not in narrow:
        return Format(min(WIDE_FRACTION_MAX, 30 - integer_bits(bound)), STATE32_MAX)
    return Format(min(RESULT_FRACTION, 15 - integer_bits(bound)), INT16_MAX)


def _vector_format(values: np.ndarray) -> Format:
    largest = float(np.abs(values).max(initial=0.0))
    # A power of two itself would be one step too large for its sign's side.
    return Format(min(RESULT_FRACTION, 15 - integer_bits(np.nextafter(largest, np.inf) or 1.0)), INT16_MAX)


def quantize_to(values: np.ndarray, kept: Format) -> np.ndarray:
    """Real values to int32 in a format, rounded to nearest and saturated."""
    return np.clip(np.rint(values.astype(np.float64) * 2.0**kept.fraction), -kept.limit, kept.limit).astype(np.int32)


def integer_bits(bound: float) -> int:
    """Bits in front of the point for magnitudes up to `bound`: 0 for 1.0, 3 for 5.0, -1 for 0.5."""
    return math.ceil(math.log2(bound))
