"""Real bounds of a cell's equations: what sigmoid and tanh promise, without looking at any data."""

from ..cells import Cell
from ..cells.functions import Interval
from ..cells.intervals import EVERYTHING, intervals, loose_share
from ..errors import BuildError


def proven_bounds(cell: Cell) -> dict[str, float]:
    """The largest magnitude that each equation can reach, by name; infinite where nothing is promised.

    A state is first taken to lie in [-1, 1]; if its update then stays there, that is a proof by induction, since
    states start at 0. Otherwise the state is taken to be unbounded. Raises BuildError for a cell with a loose share:
    the result of its mix would not stay between what it mixes.
    """
    loose = loose_share(cell)
    if loose is not None:
        raise BuildError(f"cell {cell.name}: {loose} mixes by what is no gate from 0 to 1; use a sigmoid")
    unit = {state.name: (-1.0, 1.0) for state in cell.states}
    while True:
        results = intervals(cell, unit)
        broken = [
            state.name for state in cell.states if unit[state.name] == (-1.0, 1.0) and _size(results[state.next]) > 1
        ]
        if not broken:
            return {name: _size(interval) for name, interval in results.items()}
        unit |= dict.fromkeys(broken, EVERYTHING)


def _size(interval: Interval) -> float:
    return max(-interval[0], interval[1])
