"""Simple recurrent unit."""

from .cell import Cell, Equation, State
from .expressions import Expression, Parameter, Value, affine, function, mix
from .options import chosen, one_of, whole


def sru(
    skip: str = "input",
    recurrent: str = "yes",
    activation: str = "identity",
    projection: str = "no",
    part: str = "0",
) -> Cell:
    """SRU: all products are of the input, and the recurrence is element-wise.

    skip: what h mixes with c: `input` (a vector of weights, `alpha`, times the stretch `part` of x), `matrix` (a fourth
    product), or `none`. recurrent: whether the gates see the old c through the vectors `forget_recurrent` and
    `reset_recurrent`. activation: of c in h. projection: the products read p = P x, of the width `projection`.
    """
    x, c, f, r, p, c_new = (Value(name) for name in ("x", "c", "f", "r", "p", "c_new"))
    projects, sees = chosen("projection", projection), chosen("recurrent", recurrent)
    entry = p if projects else x
    index = whole("part", part)

    def gated(name: str) -> Expression:
        product = affine(name, entry)
        return function("sigmoid", product + Parameter(f"{name}_recurrent") * c if sees else product)

    result = function(activation, c_new)
    skips = {
        "input": lambda: mix(r, result, Parameter("alpha") * Value("x", index)),
        "matrix": lambda: mix(r, result, affine("skip", entry)),
        "none": lambda: r * result,
    }
    return Cell(
        name="sru",
        states=(State("c", next="c_new", wide=True),),
        equations=(
            *((Equation("p", affine("projection", x), width="projection"),) if projects else ()),
            Equation("f", gated("forget")),
            Equation("r", gated("reset")),
            Equation("c_new", mix(f, c, affine("candidate", entry))),
            Equation("h_new", skips[one_of("skip", skip, tuple(skips))]()),
        ),
        output="h_new",
        source="Lei et al. 2018",
    )
