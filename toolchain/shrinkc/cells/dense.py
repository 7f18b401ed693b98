"""A fully connected layer: a cell without states."""

from .cell import Cell, Equation
from .expressions import Value, affine, function


def dense(activation: str = "identity") -> Cell:
    """y = activation(W x + b)."""
    x = Value("x")
    return Cell(
        name="dense",
        states=(),
        equations=(Equation("y", function(activation, affine("output", x))),),
        output="y",
        source="textbook",
    )
