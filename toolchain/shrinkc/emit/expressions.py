"""Integer operations as C expressions, and the loop over the units that they stand in."""

from dataclasses import dataclass

from ..numbers.operations import MEANINGS, Operation

_VECTOR = "shrinkc_x4_"


@dataclass(frozen=True)
class Loop:
    """A loop over the units of an update, `lanes` of them side by side: int32_t, or vectors of shrinkc_lanes.h."""

    units: int
    lanes: int

    @property
    def type(self) -> str:
        """Of every local."""
        return "int32_t" if self.lanes == 1 else f"{_VECTOR}t"

    @property
    def _left(self) -> str:
        """Units from `unit` on; more than the lanes say the same."""
        return f"{self.units} - unit" if self.units % self.lanes else str(self.lanes)

    def load(self, array: str, type_name: str, first: int = 0) -> str:
        """An element of an array of a C type, or as many as there are lanes."""
        place = f"{array}[{first} + unit]" if first else f"{array}[unit]"
        return place if self.lanes == 1 else f"{_VECTOR}load_{_suffix(type_name)}(&{place}, {self._left})"

    def store(self, array: str, type_name: str, value: str) -> str:
        """The statement that is the opposite."""
        if self.lanes == 1:
            return f"{array}[unit] = {'(int16_t)' if type_name == 'int16_t' else ''}{value};"
        return f"{_VECTOR}store_{_suffix(type_name)}(&{array}[unit], {value}, {self._left});"

    def call(self, text: str) -> str:
        """The text of an operation, with the functions of the locals' type."""
        return text if self.lanes == 1 else text.replace("shrinkc_", _VECTOR)


def write(operation: Operation, prefix: str, layer: str, loop: Loop) -> str:
    """The C expression of an operation in the loop of `layer`. Values are locals; arrays are read at `unit`.

    prefix: the model's name, which its tables begin with.
    """
    if operation.function == "value":
        return operation.name
    if operation.function == "input":
        first, _ = operation.parameters
        return loop.load("input", "int16_t", first)
    if operation.function == "parameter":
        return loop.load(f"{prefix}_{layer}_{operation.name}", "int16_t")
    if operation.function in ("requantize", "rescale"):
        first, left, right = operation.parameters
        sums = loop.load(operation.name, "int32_t", first)
        multipliers = loop.load(f"{prefix}_{operation.name}_multipliers", "int16_t", first)
        return f"{loop.call(f'shrinkc_{operation.function}')}({sums}, {multipliers}, {left}, {right})"
    arguments = [write(argument, prefix, layer, loop) for argument in operation.arguments]
    named = {f"p{index}": value for index, value in enumerate(operation.parameters)}
    return loop.call(MEANINGS[operation.function].text).format(*arguments, **named)


def _suffix(type_name: str) -> str:
    return {"int16_t": "s16", "int32_t": "s32"}[type_name]
