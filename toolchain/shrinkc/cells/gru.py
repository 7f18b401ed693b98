"""Gated recurrent unit."""

from .cell import Cell, Equation, State
from .expressions import Value, affine, function, mix
from .options import one_of


def gru(reset: str = "after", gate: str = "sigmoid", candidate: str = "tanh") -> Cell:
    """GRU that resets after the product of h (Keras' default, PyTorch, cuDNN) or before it (Cho et al.).

    The two are different functions: weights trained for one do not serve the other. After: `recurrent` is the gate of
    the candidate's product of h, with its own bias.
    """
    x, h = Value("x"), Value("h")
    z, r, rh, n = (Value(name) for name in ("z", "r", "rh", "n"))
    gates = (
        Equation("z", function(gate, affine("update", x, h))),
        Equation("r", function(gate, affine("reset", x, h))),
    )
    if one_of("reset", reset, ("after", "before")) == "after":
        inner = (Equation("n", function(candidate, affine("candidate", x) + r * affine("recurrent", h))),)
    else:
        inner = (Equation("rh", r * h), Equation("n", function(candidate, affine("candidate", x, rh))))
    return Cell(
        name="gru",
        states=(State("h", next="h_new"),),
        equations=(*gates, *inner, Equation("h_new", mix(z, h, n))),
        output="h_new",
        source="Cho et al. 2014; reset after: cuDNN, Keras' reset_after",
    )
