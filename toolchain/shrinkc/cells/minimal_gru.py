"""Minimal gated recurrent unit."""

from .cell import Cell, Equation, State
from .expressions import Parameter, Value, affine, function, mix
from .options import chosen


def minimal_gru(gate: str = "sigmoid", candidate: str = "tanh", scaled: str = "no") -> Cell:
    """A GRU whose update gate is its reset gate too, before the product of h. scaled: as in `gru`."""
    x, h, z, zh, n = (Value(name) for name in ("x", "h", "z", "zh", "n"))
    new = function(candidate, affine("candidate", x, zh))
    return Cell(
        name="minimal_gru",
        states=(State("h", next="h_new"),),
        equations=(
            Equation("z", function(gate, affine("update", x, h))),
            Equation("zh", z * h),
            Equation("n", Parameter("candidate_scale") * new if chosen("scaled", scaled) else new),
            Equation("h_new", mix(z, h, n)),
        ),
        output="h_new",
        source="Zhou et al. 2016; PyTorch-Kaldi's minimalGRU",
    )
