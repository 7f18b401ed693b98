"""How vectors are sent, as it was chosen: what a choice does on the dev set, and what is said where none will do."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import LimitError
from .sending import Sendings, at_zero, ranges_of
from .thresholds import Cost
from .trials import Held
from .tried import Confirm, Tried

MOST_IN_FULL = 24
"""Choices of a list that are made in full, one after the other: 4-bit weights are rounded anew for each."""


@dataclass(frozen=True)
class Elimination:
    """What was chosen, and what it does on the whole dev set, of so many utterances.

    ranges: of the vectors that go to a coarser grid, by name, as a plan says them. instructions: a step, of all scans
    and products, by the core's measured costs; before: the same at threshold 0.
    """

    sendings: Sendings
    ranges: Mapping[str, float]
    held: Held
    utterances: int
    instructions: float
    before: float


class InFull:
    """What choices do once they are made in full: their weights rounded for them, and on the whole dev set.

    before: instructions a step at threshold 0. Raises LimitError where even thresholds of 0 break the limit of
    `increase` points, from which a search need not begin.
    """

    def __init__(self, tried: Tried, cost: Cost, increase: float, confirm: Confirm) -> None:
        self.tried, self.cost, self.increase = tried, cost, increase
        self._confirm, self._zero = confirm, at_zero(tried.network)
        self._nothing = tried.held([self._zero], None, "trying thresholds of 0")[0]
        if rise(self._nothing) > increase:
            raise _hopeless(self._nothing, increase)
        self.before = cost(self._zero, self._nothing.shares)

    def first(self, choices: Sequence[Sendings], below: float = math.inf) -> Elimination | None:
        """The first that keeps the limit and costs fewer instructions than `below`; none of them may.

        Of more choices than `MOST_IN_FULL` so many are tried, from the first to the last.
        """
        choices = [each for index, each in enumerate(choices) if each not in choices[:index]]
        most = min(len(choices), MOST_IN_FULL)
        for number in range(most):
            wanted = choices[number * (len(choices) - 1) // max(1, most - 1)]
            held = self.tried.in_full(wanted, self._confirm, "trying plans in full", number + 1, most)
            found = self._chosen(wanted, held)
            if rise(held) <= self.increase and found.instructions < below:
                return found
        return None

    def nothing(self) -> Elimination:
        """Thresholds of 0."""
        return self._chosen(self._zero, self._nothing)

    def _chosen(self, wanted: Sendings, held: Held) -> Elimination:
        ranges, utterances = ranges_of(self.tried.network, wanted), len(self.tried.trials.dev)
        return Elimination(wanted, ranges, held, utterances, self.cost(wanted, held.shares), self.before)


def _hopeless(held: Held, increase: float) -> LimitError:
    """Says that even thresholds of 0, which gave `held`, break the limit."""
    return LimitError(
        f"--delta: without any threshold the plan raises the error rate on the dev set by {rise(held):.2f} points, "
        f"above the limit of {increase:g}: allow more points, or more bits"
    )


def rise(held: Held) -> float:
    """Of the error rate, in points; the dev set is known to have labels."""
    assert held.outcome.increase is not None
    return held.outcome.increase
