"""The activations of ONNX's recurrent operators, as the cells' functions with a slope and an offset to fold."""

from collections.abc import Callable
from dataclasses import dataclass

from ...errors import InputError
from .file import Node


@dataclass(frozen=True)
class Activation:
    """function(slope * a + offset) of a sum a; text is how the file has it."""

    text: str
    function: str
    slope: float = 1.0
    offset: float = 0.0


Folded = tuple[str, float, float] | None


def _fixed(function: str) -> Callable[[float, float], Folded]:
    return lambda alpha, beta: (function, 1.0, 0.0)


def _leaky(alpha: float, beta: float) -> Folded:
    return {0.0: ("relu", 1.0, 0.0), 1.0: ("identity", 1.0, 0.0)}.get(alpha)


@dataclass(frozen=True)
class _Known:
    """takes: how many of alpha and beta. defaults: theirs, () where runtimes differ and the file must say.

    fold: their values to (function, slope, offset), or None where no function of the cells is the same.
    """

    takes: int
    fold: Callable[[float, float], Folded]
    defaults: tuple[float, ...] = ()


KNOWN = {
    "sigmoid": _Known(0, _fixed("sigmoid")),
    "tanh": _Known(0, _fixed("tanh")),
    "relu": _Known(0, _fixed("relu")),
    "hardsigmoid": _Known(2, lambda alpha, beta: ("clamp", alpha, beta), (0.2, 0.5)),
    "affine": _Known(2, lambda alpha, beta: ("identity", alpha, beta)),
    "scaledtanh": _Known(2, lambda alpha, beta: ("tanh", beta, 0.0) if alpha == 1 else None),
    "leakyrelu": _Known(1, _leaky),
    "thresholdedrelu": _Known(1, lambda alpha, beta: ("relu", 1.0, 0.0) if alpha == 0 else None),
}
"""By the name in small letters. The rest of ONNX's list (Elu, Softsign, Softplus) has no counterpart."""


def read_activations(node: Node, defaults: tuple[str, ...], directions: int) -> list[list[Activation]]:
    """For each direction the activations in ONNX's order.

    activation_alpha and activation_beta hold values for those functions alone that take them, in order; where they run
    out, the functions' defaults hold.
    """
    names = node.attributes.get("activations", list(defaults) * directions)
    if len(names) != len(defaults) * directions:
        raise InputError(f"has {len(names)} activations, not {len(defaults) * directions}; export the model again")
    alphas = list(node.attributes.get("activation_alpha", []))
    betas = list(node.attributes.get("activation_beta", []))
    found = [_activation(name, alphas, betas) for name in names]
    if alphas or betas:
        raise InputError("has more activation_alpha or activation_beta than its activations take; leave the rest out")
    return [found[k * len(defaults) : (k + 1) * len(defaults)] for k in range(directions)]


def _activation(name: str, alphas: list[float], betas: list[float]) -> Activation:
    known = KNOWN.get(name.lower())
    if known is None:
        raise InputError(f"activation {name!r} is not supported; known: Sigmoid, Tanh, Relu, HardSigmoid, Affine")
    values = [0.0, 0.0]
    for place, (key, given) in enumerate((("alpha", alphas), ("beta", betas))[: known.takes]):
        if not given and not known.defaults:
            raise InputError(f"activation {name} lacks its {key}, for which runtimes differ; give activation_{key}")
        values[place] = given.pop(0) if given else known.defaults[place]
    folded = known.fold(*values)
    alpha, beta = values
    if folded is None:
        raise InputError(f"activation {name} with alpha {alpha:g} cannot be folded into weights; use Tanh or Relu")
    return Activation(f"{name}({alpha:g}, {beta:g})", *folded)
