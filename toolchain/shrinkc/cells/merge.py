"""Both directions of a layer made one vector: a cell without states or weights."""

from .cell import Cell, Equation
from .expressions import Call, Value
from .options import one_of


def merge(operation: str = "add") -> Cell:
    """y = x[0] + x[1], or their product: the two halves of a vector, element by element."""
    name = one_of("operation", operation, ("add", "multiply"))
    return Cell(
        name="merge",
        states=(),
        equations=(Equation("y", Call(name, (Value("x", 0), Value("x", 1)))),),
        output="y",
        source="Schuster and Paliwal 1997",
    )
