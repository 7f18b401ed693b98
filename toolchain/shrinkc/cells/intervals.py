"""What a cell's equations promise of their results whatever the weights: intervals of real numbers."""

import math

from .cell import Cell, Equation
from .expressions import Affine, Call, Expression, Parameter, Value, walk
from .functions import FUNCTIONS, Interval

EVERYTHING: Interval = (-math.inf, math.inf)


def interval(node: Expression, known: dict[str, Interval]) -> Interval:
    """The interval of an expression; `known` has those of the states and of earlier equations."""
    match node:
        case Value("x") | Affine() | Parameter():
            return EVERYTHING
        case Value(name):
            return known[name]
        case Call(function, arguments):
            return FUNCTIONS[function].bounds(*(interval(argument, known) for argument in arguments))
    raise TypeError(f"{node!r} is no expression")


def intervals(cell: Cell, states: dict[str, Interval]) -> dict[str, Interval]:
    """The interval of every equation's result, where the states lie in these."""
    known = dict(states)
    for equation in cell.equations:
        known[equation.name] = interval(equation.expression, known)
    return {equation.name: known[equation.name] for equation in cell.equations}


def loose_share(cell: Cell) -> Equation | None:
    """The first equation with a mix whose share could leave 0 to 1; None in a sound cell.

    A mix is taken to lie between what it mixes, and needs a share that is a gate.
    """
    known = dict.fromkeys((state.name for state in cell.states), EVERYTHING)
    for equation in cell.equations:
        for node in walk(equation.expression):
            if isinstance(node, Call) and node.function == "mix":
                low, high = interval(node.arguments[0], known)
                if low < 0 or high > 1:
                    return equation
        known[equation.name] = interval(equation.expression, known)
    return None
