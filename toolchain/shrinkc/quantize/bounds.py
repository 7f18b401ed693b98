"""Real bounds of a cell's equations: what sigmoid and tanh promise, without looking at any data."""

import math

from ..cells import Cell, Equation
from ..cells.expressions import Affine, Call, Expression, Parameter, Value, walk
from ..cells.functions import FUNCTIONS, Interval
from ..errors import BuildError

EVERYTHING: Interval = (-math.inf, math.inf)


def proven_bounds(cell: Cell) -> dict[str, float]:
    """The largest magnitude that each equation can reach, by name; infinite where nothing is promised.

    A state is first taken to lie in [-1, 1]; if its update then stays there, that is a proof by induction, since
    states start at 0. Otherwise the state is taken to be unbounded. Raises BuildError for a mix whose share could leave
    0 to 1: its result would not stay between what it mixes.
    """
    unit = {state.name: (-1.0, 1.0) for state in cell.states}
    while True:
        results = _evaluate_all(cell, unit)
        broken = [
            state.name for state in cell.states if unit[state.name] == (-1.0, 1.0) and _size(results[state.next]) > 1
        ]
        if not broken:
            return {name: _size(interval) for name, interval in results.items()}
        unit |= dict.fromkeys(broken, EVERYTHING)


def _evaluate_all(cell: Cell, states: dict[str, Interval]) -> dict[str, Interval]:
    known = dict(states)
    for equation in cell.equations:
        _check_shares(cell, equation, known)
        known[equation.name] = _evaluate(equation.expression, known)
    return {equation.name: known[equation.name] for equation in cell.equations}


def _check_shares(cell: Cell, equation: Equation, known: dict[str, Interval]) -> None:
    for node in walk(equation.expression):
        if isinstance(node, Call) and node.function == "mix":
            low, high = _evaluate(node.arguments[0], known)
            if low < 0 or high > 1:
                raise BuildError(f"cell {cell.name}: {equation} mixes by what is no gate from 0 to 1; use a sigmoid")


def _evaluate(node: Expression, known: dict[str, Interval]) -> Interval:
    match node:
        case Value("x") | Affine() | Parameter():
            return EVERYTHING
        case Value(name):
            return known[name]
        case Call(function, arguments):
            return FUNCTIONS[function].bounds(*(_evaluate(argument, known) for argument in arguments))
    raise TypeError(f"{node!r} is no expression")


def _size(interval: Interval) -> float:
    return max(-interval[0], interval[1])
