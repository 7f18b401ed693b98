"""Integer operations as C expressions."""

from ..numbers.operations import MEANINGS, Operation


def write(operation: Operation, prefix: str, layer: str) -> str:
    """The C expression of an operation in the loop of `layer`. Values are int32_t locals; arrays are read at `unit`.

    prefix: the model's name, which its tables begin with.
    """
    if operation.function == "value":
        return operation.name
    if operation.function == "input":
        first, _ = operation.parameters
        return f"input[{first} + unit]" if first else "input[unit]"
    if operation.function == "parameter":
        return f"{prefix}_{layer}_{operation.name}[unit]"
    if operation.function in ("requantize", "rescale"):
        first, left, right = operation.parameters
        at = f"[{first} + unit]" if first else "[unit]"
        table = f"{prefix}_{operation.name}_multipliers"
        return f"shrinkc_{operation.function}({operation.name}{at}, {table}{at}, {left}, {right})"
    arguments = [write(argument, prefix, layer) for argument in operation.arguments]
    named = {f"p{index}": value for index, value in enumerate(operation.parameters)}
    return MEANINGS[operation.function].text.format(*arguments, **named)
