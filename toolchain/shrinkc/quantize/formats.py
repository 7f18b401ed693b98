"""Fixed-point formats of a cell's equations, and the integer operations that compute them.

Every node gets a fraction (real = integer / 2^fraction) and an interval of integers; a node whose interval does not
fit 32 bits is never made, which proves that the element-wise C cannot overflow.
"""

import math
from dataclasses import dataclass

import numpy as np

from ..calibrate import Ranges
from ..cells import Cell
from ..cells.expressions import Affine, Call, Expression, Parameter, Value
from ..cells.functions import CLIP
from ..errors import BuildError
from ..network import Layer, Network
from ..numbers.fixed_point import INT16_MAX, STATE32_MAX
from ..numbers.functions import CLAMP_FRACTION, RESULT_FRACTION, SIGMOID_FRACTION, TANH_FRACTION
from ..numbers.operations import Operation
from .bounds import proven_bounds

MARGIN = 2.0
"""A vector without a proven bound gets room for twice what calibration saw; beyond it saturates."""
INT32_MAX = (1 << 31) - 1
WIDE_FRACTION_MAX = 24
SHIFT_MAX = 30
UNBOUNDED = ("relu", "identity")
"""Functions whose results grow with their arguments."""
ARGUMENT_FRACTION = {"sigmoid": SIGMOID_FRACTION, "tanh": TANH_FRACTION, "clamp": CLAMP_FRACTION}


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
class Typed:
    """An operation with its fraction and the interval of its integers."""

    operation: Operation
    fraction: int
    low: int
    high: int

    @property
    def size(self) -> int:
        return max(-self.low, self.high)


@dataclass(frozen=True)
class LayerFormats:
    """Formats of one layer.

    equations: of every equation's result. operations: what computes it; the leaves "affine" name gates, not yet
    accumulators. gate_fractions: what every gate's sum is requantised to. vectors: of the cell's trained vectors,
    int16. entry: of x where equations read it element by element, else None.
    """

    equations: dict[str, Format]
    operations: dict[str, Typed]
    gate_fractions: dict[str, int]
    vectors: dict[str, Format]
    entry: Format | None


def choose_formats(network: Network, ranges: Ranges, state_bits: int) -> dict[str, LayerFormats]:
    """Formats and operations of every layer. Layers side by side give their outputs in one format."""
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
    return Format(min(RESULT_FRACTION, 15 - _integer_bits(bound)), INT16_MAX)


def _layer_formats(layer: Layer, ranges: Ranges, state_bits: int, output_bound: float, given: Format) -> LayerFormats:
    cell = layer.cell
    bounds = {e.name: _bound(layer, e.name, ranges) for e in cell.equations} | {cell.output: output_bound}
    formats = {name: _equation_format(cell, name, bound, state_bits) for name, bound in bounds.items()}
    entry = given if cell.input_parts else None
    vectors = {name: _vector_format(values) for name, values in layer.vectors.items()}
    builder = _Builder(layer, ranges, formats, vectors, entry)
    operations = {equation.name: builder.equation(equation.name, equation.expression) for equation in cell.equations}
    return LayerFormats(formats, operations, builder.gate_fractions, vectors, entry)


def _bound(layer: Layer, name: str, ranges: Ranges) -> float:
    """The largest magnitude that an equation's format must hold: what is proven, or what was seen with a margin."""
    return min(proven_bounds(layer.cell)[name], MARGIN * ranges[f"{layer.name}.{name}"].maximum) or 1.0


def _equation_format(cell: Cell, name: str, bound: float, state_bits: int) -> Format:
    """16 bits, or 32 for a wide state that neither a product nor the next layer reads: those read 16 bits."""
    states = {state.name: state.next for state in cell.states}
    narrow = {cell.output, *(states.get(source, source) for source in cell.sources)}
    wide = any(state.next == name and state.wide for state in cell.states)
    if wide and state_bits == 32 and name not in narrow:
        return Format(min(WIDE_FRACTION_MAX, 30 - _integer_bits(bound)), STATE32_MAX)
    return Format(min(RESULT_FRACTION, 15 - _integer_bits(bound)), INT16_MAX)


def _vector_format(values: np.ndarray) -> Format:
    largest = float(np.abs(values).max(initial=0.0))
    # A power of two itself would be one step too large for its sign's side.
    return Format(min(RESULT_FRACTION, 15 - _integer_bits(np.nextafter(largest, np.inf) or 1.0)), INT16_MAX)


def quantize_to(values: np.ndarray, kept: Format) -> np.ndarray:
    """Real values to int32 in a format, rounded to nearest and saturated."""
    return np.clip(np.rint(values.astype(np.float64) * 2.0**kept.fraction), -kept.limit, kept.limit).astype(np.int32)


def _integer_bits(bound: float) -> int:
    """Bits in front of the point for magnitudes up to `bound`: 0 for 1.0, 3 for 5.0, -1 for 0.5."""
    return math.ceil(math.log2(bound))


def _read(name: str, kept: Format) -> Typed:
    """A state as it was kept: any integer of its format."""
    return Typed(Operation("value", name=name), kept.fraction, -kept.limit - 1, kept.limit)


class _Builder:
    """Turns expressions into operations, one layer's worth."""

    def __init__(
        self,
        layer: Layer,
        ranges: Ranges,
        formats: dict[str, Format],
        vectors: dict[str, Format],
        entry: Format | None,
    ) -> None:
        self.layer = layer
        self.ranges = ranges
        self.vectors = vectors
        self.entry = entry
        self.gate_fractions: dict[str, int] = {}
        self.known: dict[str, Typed] = {
            state.name: _read(state.name, formats[state.next]) for state in layer.cell.states
        }
        self.formats = formats

    def equation(self, name: str, expression: Expression) -> Typed:
        """The operation of an equation, in its format, saturated to its limit where the interval exceeds it."""
        wanted = self.formats[name]
        result = self._align(self._convert(expression, wanted.fraction), wanted.fraction)
        if result.high > wanted.limit or result.low < -wanted.limit - 1:
            result = Typed(
                Operation("saturate", (result.operation,), (wanted.limit,)),
                result.fraction,
                -wanted.limit,
                wanted.limit,
            )
        self.known[name] = Typed(Operation("value", name=name), result.fraction, result.low, result.high)
        return result

    def _convert(self, node: Expression, wanted: int | None) -> Typed:
        match node:
            case Value("x", part):
                assert self.entry is not None
                operation = Operation("input", parameters=(part * self.layer.units, self.layer.units), name="x")
                return Typed(operation, self.entry.fraction, -self.entry.limit - 1, self.entry.limit)
            case Value(name):
                return self.known[name]
            case Parameter(name):
                steps = quantize_to(self.layer.vectors[name], self.vectors[name])
                operation = Operation("parameter", name=name)
                return Typed(operation, self.vectors[name].fraction, int(steps.min()), int(steps.max()))
            case Affine(gate):
                return self._affine(gate, wanted)
            case Call("add", (a, b)):
                return self._add(a, b, wanted)
            case Call("multiply", (a, b)):
                return self._multiply(a, b, wanted)
            case Call("mix", (share, a, b)):
                return self._mix(share, a, b, wanted)
            case Call("one_minus", (a,)):
                return self._one_minus(self._convert(a, None))
            case Call("identity", (a,)):
                return self._convert(a, wanted)
            case Call("relu", (a,)):
                inner = self._convert(a, wanted)
                return Typed(Operation("relu", (inner.operation,)), inner.fraction, 0, max(inner.high, 0))
            case Call("clip10", (a,)):
                return self._clip(self._convert(a, wanted))
            case Call(("sigmoid" | "tanh" | "clamp") as function, (a,)):
                return self._function(function, a)
        raise TypeError(f"{node!r} is no expression")

    def _clip(self, inner: Typed) -> Typed:
        """Within +-10; nothing is left to do where the interval lies there already."""
        limit = round(CLIP * 2.0**inner.fraction)
        if inner.size <= limit:
            return inner
        operation = Operation("saturate", (inner.operation,), (limit,))
        return Typed(operation, inner.fraction, max(inner.low, -limit), min(inner.high, limit))

    def _affine(self, gate: str, wanted: int | None) -> Typed:
        """A gate's requantised sum; where nothing asks for a fraction, the calibrated range of the sum gives it."""
        if wanted is None or wanted > RESULT_FRACTION:
            bound = MARGIN * self.ranges[f"{self.layer.name}.affine.{gate}"].maximum or 1.0
            wanted = min(RESULT_FRACTION, 15 - _integer_bits(bound))
        self.gate_fractions[gate] = wanted
        return Typed(Operation("affine", name=gate), wanted, -INT16_MAX - 1, INT16_MAX)

    def _function(self, function: str, argument: Expression) -> Typed:
        fraction = ARGUMENT_FRACTION[function]
        inner = self._align(self._convert(argument, fraction), fraction)
        operation = inner.operation
        if inner.size > INT16_MAX + (inner.low < 0):
            operation = Operation("saturate_s16", (operation,))
        low = -INT16_MAX if function == "tanh" else 0
        return Typed(Operation(function, (operation,)), RESULT_FRACTION, low, INT16_MAX)

    def _add(self, a: Expression, b: Expression, wanted: int | None) -> Typed:
        left, right = self._convert(a, wanted), self._convert(b, wanted)
        fraction = min(left.fraction, right.fraction) if wanted is None else wanted
        left, right = self._align(left, fraction), self._align(right, fraction)
        operation = Operation("add", (left.operation, right.operation))
        return self._checked(Typed(operation, fraction, left.low + right.low, left.high + right.high))

    def _multiply(self, a: Expression, b: Expression, wanted: int | None) -> Typed:
        left, right = self._convert(a, None), self._convert(b, None)
        if left.size < right.size:
            left, right = right, left
        if left.size > INT16_MAX + 1:
            return self._multiply_wide(left, right)
        product = left.fraction + right.fraction
        fraction = min(product, RESULT_FRACTION if wanted is None else wanted)
        shift = product - fraction
        corners = [x * y for x in (left.low, left.high) for y in (right.low, right.high)]
        operation = Operation("multiply_shift", (left.operation, right.operation), (shift,))
        half = 1 << shift >> 1
        self._checked(Typed(operation, product, min(corners), max(corners) + half))
        return Typed(operation, fraction, (min(corners) + half) >> shift, (max(corners) + half) >> shift)

    def _multiply_wide(self, left: Typed, right: Typed) -> Typed:
        """32 bits times 16 bits, without the lower half of the product."""
        if right.size > INT16_MAX + 1:
            raise BuildError(
                f"layer {self.layer.name}: two 32-bit vectors cannot be multiplied; keep states at 16 bits"
            )
        self._checked(left)
        if right.fraction == RESULT_FRACTION:
            operation = Operation("scale_state", (left.operation, right.operation))
            return self._checked(Typed(operation, left.fraction, -left.size - 2, left.size))
        operation = Operation("multiply_wide", (left.operation, right.operation))
        size = (left.size * right.size >> 16) + 1
        return Typed(operation, left.fraction + right.fraction - 16, -size, size)

    def _mix(self, share: Expression, a: Expression, b: Expression, wanted: int | None) -> Typed:
        """b + share * (a - b): in integers too it lies between a and b, since a share is below 1."""
        gate = self._convert(share, RESULT_FRACTION)
        if gate.fraction != RESULT_FRACTION or gate.low < 0 or gate.high > INT16_MAX:
            raise BuildError(f"layer {self.layer.name}: mix takes a gate from 0 to 1 as its share")
        left, right = self._convert(a, wanted), self._convert(b, wanted)
        fraction = min(left.fraction, right.fraction) if wanted is None else wanted
        left, right = self._align(left, fraction), self._align(right, fraction)
        low, high = min(left.low, right.low), max(left.high, right.high)
        operation = Operation("mix", (gate.operation, left.operation, right.operation))
        if (high - low) * INT16_MAX + (1 << 14) > INT32_MAX:
            self._checked(Typed(operation, fraction, 0, high - low))
            operation, low = Operation("mix_wide", operation.arguments), low - 2
        return self._checked(Typed(operation, fraction, low, high))

    def _one_minus(self, inner: Typed) -> Typed:
        one = 1 << inner.fraction
        operation = Operation("one_minus", (inner.operation,), (one,))
        return self._checked(Typed(operation, inner.fraction, one - inner.high, one - inner.low))

    def _align(self, value: Typed, fraction: int) -> Typed:
        """The same value at another fraction."""
        shift = value.fraction - fraction
        if shift == 0:
            return value
        if abs(shift) > SHIFT_MAX:
            raise BuildError(
                f"layer {self.layer.name}: two vectors are {abs(shift)} bits apart; scale the model's input"
            )
        if shift > 0:
            half = 1 << shift >> 1
            low, high = (value.low + half) >> shift, (value.high + half) >> shift
            self._checked(Typed(value.operation, value.fraction, value.low, value.high + half))
            return Typed(Operation("rounding_shift", (value.operation,), (shift,)), fraction, low, high)
        if value.size > INT32_MAX >> -shift:  # beyond every format of that fraction, and with room to add to it
            room = STATE32_MAX >> -shift
            saturated = Operation("saturate", (value.operation,), (room,))
            value = Typed(saturated, value.fraction, max(value.low, -room), min(value.high, room))
        operation = Operation("shift_left", (value.operation,), (-shift,))
        return self._checked(Typed(operation, fraction, value.low << -shift, value.high << -shift))

    def _checked(self, value: Typed) -> Typed:
        if value.size > INT32_MAX:
            function = value.operation.function
            raise BuildError(
                f"layer {self.layer.name}: {function} could reach {value.size:.2g}, beyond 32 bits; {self._remedy()}"
            )
        return value

    def _remedy(self) -> str:
        """What keeps the layer's values smaller: a bound where an option of its cell has none."""
        unbounded = [f"{key} = {name}" for key, name in self.layer.cell_options.items() if name in UNBOUNDED]
        if not unbounded:
            return "scale the model's input, or train it with smaller weights"
        return f"{' and '.join(unbounded)} has no bound: train it with sigmoid, hard sigmoid or tanh there"
