"""Long short-term memory."""

from .cell import Cell, Equation, State
from .expressions import Expression, Parameter, Value, affine, function
from .options import chosen


def lstm(
    gate: str = "sigmoid",
    candidate: str = "tanh",
    hidden: str = "tanh",
    peepholes: str = "no",
    projection: str = "no",
    scaled: str = "no",
    clipped: str = "no",
) -> Cell:
    """LSTM with a forget gate. gate, candidate, hidden: functions of the gates, of the candidate and of c.

    With peepholes, the input and forget gates see the old c and the output gate the new one, each through a vector of
    weights. With projection, h is a product of o * hidden(c) of the width `projection`. scaled: the candidate is
    multiplied with the vector `candidate_scale`, as by trainers that scale at test for the dropout of training.
    clipped: c stays within +-10, as in the LSTMs that TensorFlow's converter fuses.
    """
    x, h, c = Value("x"), Value("h"), Value("c")
    i, f, g, o, c_new, m = (Value(name) for name in ("i", "f", "g", "o", "c_new", "m"))
    peeps, projects = chosen("peepholes", peepholes), chosen("projection", projection)

    def gated(name: str, seen: Value) -> Expression:
        product = affine(name, x, h)
        return function(gate, product + Parameter(f"{name}_peephole") * seen if peeps else product)

    new = function(candidate, affine("candidate", x, h))
    kept = f * c + i * g
    result = o * function(hidden, c_new)
    return Cell(
        name="lstm",
        states=(State("h", next="h_new"), State("c", next="c_new", wide=True)),
        equations=(
            Equation("i", gated("input", c)),
            Equation("f", gated("forget", c)),
            Equation("g", Parameter("candidate_scale") * new if chosen("scaled", scaled) else new),
            Equation("c_new", function("clip10", kept) if chosen("clipped", clipped) else kept),
            Equation("o", gated("output", c_new)),
            *(
                (Equation("m", result), Equation("h_new", affine("projection", m), width="projection"))
                if projects
                else (Equation("h_new", result),)
            ),
        ),
        output="h_new",
        source="Hochreiter and Schmidhuber 1997; forget gate, peepholes: Gers et al. 2000; projection: Sak et al. 2014",
    )
