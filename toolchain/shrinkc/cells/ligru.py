"""Light gated recurrent unit."""

from .cell import Cell, Equation, State
from .expressions import Value, affine, function, mix


def ligru(gate: str = "sigmoid", candidate: str = "relu") -> Cell:
    """LiGRU: a GRU without the reset gate, with ReLU. Its batch norm is affine on W x and stands in W and the bias."""
    x, h, z, n = (Value(name) for name in ("x", "h", "z", "n"))
    return Cell(
        name="ligru",
        states=(State("h", next="h_new"),),
        equations=(
            Equation("z", function(gate, affine("update", x, h))),
            Equation("n", function(candidate, affine("candidate", x, h))),
            Equation("h_new", mix(z, h, n)),
        ),
        output="h_new",
        source="Ravanelli et al. 2018",
    )
