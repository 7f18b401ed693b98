"""Equations as integer operations.

Every node gets a fraction (real = integer / 2^fraction) and an interval of integers; a node whose interval does not
fit 32 bits is never made, which proves that the element-wise C cannot overflow.
"""

from dataclasses import dataclass

from ..calibrate import Ranges
from ..cells.expressions import Affine, Call, Expression, Parameter, Value
from ..cells.functions import CLIP
from ..errors import BuildError
from ..network import Layer
from ..numbers.fixed_point import INT16_MAX, INT32_MAX, SHIFT_MAX, STATE32_MAX
from ..numbers.functions import CLAMP_FRACTION, RESULT_FRACTION, SIGMOID_FRACTION, TANH_FRACTION
from ..numbers.operations import Operation
from .formats import MARGIN, Format, LayerFormats, integer_bits, quantize_to

UNBOUNDED = ("relu", "identity")
"""Functions whose results grow with their arguments."""
RESCALED_MAX = 1 << 29
"""The largest magnitude of a rescaled sum, of one accumulator."""
ARGUMENT_FRACTION = {"sigmoid": SIGMOID_FRACTION, "tanh": TANH_FRACTION, "clamp": CLAMP_FRACTION}


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
class LayerOperations:
    """What computes a layer.

    equations: the operation of each equation; the leaves "affine", 16 bits, and "affine_wide", 32 bits, name gates, not
    yet accumulators. gate_fractions: what every gate's sum is requantised to.
    """

    equations: dict[str, Typed]
    gate_fractions: dict[str, int]


def operations_of(layer: Layer, ranges: Ranges, formats: LayerFormats) -> LayerOperations:
    """The operations of a layer in its formats. Raises BuildError where one could leave 32 bits."""
    builder = _Builder(layer, ranges, formats)
    equations = {each.name: builder.equation(each.name, each.expression) for each in layer.cell.equations}
    return LayerOperations(equations, builder.gate_fractions)


def _read(name: str, kept: Format) -> Typed:
    """A state as it was kept: any integer of its format."""
    return Typed(Operation("value", name=name), kept.fraction, -kept.limit - 1, kept.limit)


class _Builder:
    """Turns expressions into operations, one layer's worth."""

    def __init__(self, layer: Layer, ranges: Ranges, formats: LayerFormats) -> None:
        self.layer = layer
        self.ranges = ranges
        self.formats = formats
        self.gate_fractions: dict[str, int] = {}
        self.known: dict[str, Typed] = {
            state.name: _read(state.name, formats.equations[state.next]) for state in layer.cell.states
        }

    def equation(self, name: str, expression: Expression) -> Typed:
        """The operation of an equation, in its format, saturated to its limit where the interval exceeds it."""
        wanted = self.formats.equations[name]
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
                entry = self.formats.entry
                assert entry is not None
                operation = Operation("input", parameters=(part * self.layer.units, self.layer.units), name="x")
                return Typed(operation, entry.fraction, -entry.limit - 1, entry.limit)
            case Value(name):
                return self.known[name]
            case Parameter(name):
                kept = self.formats.vectors[name]
                steps = quantize_to(self.layer.vectors[name], kept)
                operation = Operation("parameter", name=name)
                return Typed(operation, kept.fraction, int(steps.min()), int(steps.max()))
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
            wanted = min(RESULT_FRACTION, 15 - integer_bits(bound))
        self.gate_fractions[gate] = wanted
        return Typed(Operation("affine", name=gate), wanted, -INT16_MAX - 1, INT16_MAX)

    def _term(self, node: Expression, wanted: int | None) -> Typed:
        """A part of a sum. An affine product that could leave 16 bits keeps 32 there: the rest may bring it back."""
        if not isinstance(node, Affine) or wanted is None or wanted > RESULT_FRACTION:
            return self._convert(node, wanted)
        seen = self.ranges[f"{self.layer.name}.affine.{node.gate}"].maximum
        if MARGIN * seen * 2.0**wanted <= INT16_MAX:
            return self._convert(node, wanted)
        self.gate_fractions[node.gate] = wanted
        size = RESCALED_MAX * len(node.sources)
        return Typed(Operation("affine_wide", name=node.gate), wanted, -size, size)

    def _function(self, function: str, argument: Expression) -> Typed:
        fraction = ARGUMENT_FRACTION[function]
        inner = self._align(self._convert(argument, fraction), fraction)
        operation = inner.operation
        if inner.size > INT16_MAX + (inner.low < 0):
            operation = Operation("saturate_s16", (operation,))
        low = -INT16_MAX if function == "tanh" else 0
        return Typed(Operation(function, (operation,)), RESULT_FRACTION, low, INT16_MAX)

    def _add(self, a: Expression, b: Expression, wanted: int | None) -> Typed:
        left, right = self._term(a, wanted), self._term(b, wanted)
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
