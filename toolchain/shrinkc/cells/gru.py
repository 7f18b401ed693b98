"""Gated recurrent unit."""

from .cell import Cell, Equation, State
from .expressions import Expression, Parameter, Value, affine, function, mix
from .options import chosen, one_of


def gru(reset: str = "after", gate: str = "sigmoid", candidate: str = "tanh", scaled: str = "no") -> Cell:
    """GRU that resets after the product of h (Keras' default, PyTorch, cuDNN) or before it (Cho et al.).

    The two are different functions: weights trained for one do not serve the other. After: `recurrent` is the gate of
    the candidate's product of h, with its own bias. scaled: the candidate is multiplied with the vector
    `candidate_scale`, as by trainers that scale at test for the dropout of training.
    """
    x, h = Value("x"), Value("h")
    z, r, rh, n = (Value(name) for name in ("z", "r", "rh", "n"))
    scales = chosen("scaled", scaled)

    def new(total: Expression) -> Expression:
        result = function(candidate, total)
        return Parameter("candidate_scale") * result if scales else result

    gates = (
        Equation("z", function(gate, affine("update", x, h))),
        Equation("r", function(gate, affine("reset", x, h))),
    )
    if one_of("reset", reset, ("after", "before")) == "after":
        inner = (Equation("n", new(affine("candidate", x) + r * affine("recurrent", h))),)
    else:
        inner = (Equation("rh", r * h), Equation("n", new(affine("candidate", x, rh))))
    return Cell(
        name="gru",
        states=(State("h", next="h_new"),),
        equations=(*gates, *inner, Equation("h_new", mix(z, h, n))),
        output="h_new",
        source="Cho et al. 2014; reset after: cuDNN, Keras' reset_after",
    )
