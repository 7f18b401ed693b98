"""Long short-term memory."""

from .cell import Cell, Equation, State
from .expressions import Value, affine, function, sigmoid


def lstm(activation: str = "tanh") -> Cell:
    """LSTM with a forget gate, without peepholes.

    Source: Hochreiter and Schmidhuber 1997; forget gate from Gers et al. 2000.
    """
    x, h, c = Value("x"), Value("h"), Value("c")
    i, f, g, o, c_new = (Value(name) for name in ("i", "f", "g", "o", "c_new"))
    return Cell(
        name="lstm",
        states=(State("h", next="h_new"), State("c", next="c_new", wide=True)),
        equations=(
            Equation("i", sigmoid(affine("input", x, h))),
            Equation("f", sigmoid(affine("forget", x, h))),
            Equation("g", function(activation, affine("candidate", x, h))),
            Equation("o", sigmoid(affine("output", x, h))),
            Equation("c_new", f * c + i * g),
            Equation("h_new", o * function(activation, c_new)),
        ),
        output="h_new",
        source="Hochreiter and Schmidhuber 1997; Gers et al. 2000",
    )
