"""Integer operations as C expressions."""

from ..numbers.operations import MEANINGS, Operation


def write(operation: Operation, multipliers: dict[str, str]) -> str:
    """The C expression of an operation. Values are int32_t locals; sums are read at the loop's `unit`.

    multipliers: by accumulator, the name of its table of multipliers.
    """
    if operation.function == "value":
        return operation.name
    if operation.function in ("requantize", "rescale"):
        first, left, right = operation.parameters
        at = f"[{first} + unit]" if first else "[unit]"
        table = multipliers[operation.name]
        return f"shrinkc_{operation.function}({operation.name}{at}, {table}{at}, {left}, {right})"
    arguments = [write(argument, multipliers) for argument in operation.arguments]
    named = {f"p{index}": value for index, value in enumerate(operation.parameters)}
    return MEANINGS[operation.function].text.format(*arguments, **named)
