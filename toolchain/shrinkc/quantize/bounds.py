"""Real bounds of a cell's equations: what sigmoid and tanh promise, without looking at any data."""

import math

from ..cells import Cell
from ..cells.expressions import Affine, Call, Expression, Value

Interval = tuple[float, float]
EVERYTHING: Interval = (-math.inf, math.inf)


def proven_bounds(cell: Cell) -> dict[str, float]:
    """The largest magnitude that each equation can reach, by name; infinite where nothing is promised.

    A state is first taken to lie in [-1, 1]; if its update then stays there, that is a proof by induction, since
    states start at 0. Otherwise the state is taken to be unbounded.
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
        known[equation.name] = _evaluate(equation.expression, known)
    return {equation.name: known[equation.name] for equation in cell.equations}


def _evaluate(node: Expression, known: dict[str, Interval]) -> Interval:
    match node:
        case Value(name):
            return known[name]
        case Affine():
            return EVERYTHING
        case Call(function, arguments):
            return _RULES[function](*(_evaluate(argument, known) for argument in arguments))
    raise TypeError(f"{node!r} is no expression")


def _size(interval: Interval) -> float:
    return max(-interval[0], interval[1])


def _product(a: Interval, b: Interval) -> Interval:
    corners = [x * y if x and y else 0.0 for x in a for y in b]
    return min(corners), max(corners)


_RULES = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "multiply": _product,
    "one_minus": lambda a: (1 - a[1], 1 - a[0]),
    "sigmoid": lambda a: (0.0, 1.0),
    "tanh": lambda a: (-1.0, 1.0),
    "relu": lambda a: (max(a[0], 0.0), max(a[1], 0.0)),
    "identity": lambda a: a,
}
