"""The plain recurrent network."""

from .cell import Cell, Equation, State
from .expressions import Value, affine, function


def simple_rnn(activation: str = "tanh") -> Cell:
    """h' = activation(W x + U h + b)."""
    return Cell(
        name="simple_rnn",
        states=(State("h", next="h_new"),),
        equations=(Equation("h_new", function(activation, affine("state", Value("x"), Value("h")))),),
        output="h_new",
        source="Elman 1990",
    )
