"""Choosing a plan: from the plans that a search over bits gives (`chooser.py`), by the error rate on the whole dev set.

Where the budget is in bytes, the finalists are the plan of the least expected harm within them, with exchanges and
refinements and without, and the finest even one; the least divergence wins, unless the PER says otherwise by more
than chance: tenths of a point on a dev set tell nothing of another. Where it is in points of PER alone, the size is
found by bisection with real PER, once before the refinements and once with them; the smallest finalist that keeps the
limit wins.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import LimitError
from ..lower.tables import percent_off
from ..project import Plan
from .budget import Budget
from .chooser import Bits, Chooser, Search, rise
from .refine import Refinement
from .sensitivity import Sensitivities
from .trials import Outcome

Finalist = tuple[Chooser, Bits]


@dataclass(frozen=True)
class Choice:
    """A plan with what it came to. refinements: what it has beside the bits. sensitivities: by which it was chosen.
    outcome: on the whole dev set, of so many utterances.

    table_bytes: of what the model keeps in flash as constants. compression: per cent off the float parameters.
    """

    plan: Plan
    bits: Bits
    refinements: tuple[Refinement, ...]
    sensitivities: Sensitivities
    outcome: Outcome
    utterances: int
    table_bytes: int
    compression: float


def choose(search: Search, found: Sensitivities, budget: Budget) -> Choice:
    """The best plan within a budget. found: what `search.sensitivities` gave.

    Raises LimitError where no plan keeps the budget.
    """
    trials, chooser = search.trials, Chooser(search, found)
    order = chooser.order()
    limit = budget.bytes_for(trials.network.parameters)
    if limit is None:
        finalists = _smallest(chooser, order, budget.increase or 0.0)
    else:
        finalists = _finest(chooser, order, budget, limit)
    chooser, bits, outcome = _best(search, budget, finalists)
    size = chooser.bytes_of(bits)
    off = percent_off(size, trials.network.float_bytes)
    return Choice(chooser.plan(bits), bits, chooser.changes, found, outcome, len(trials.dev), size, off)


def _finest(chooser: Chooser, order: Sequence[Bits], budget: Budget, limit: int) -> list[Finalist]:
    """Plans within so many bytes: after exchanges and refinements, without them, and with one width for all paths."""
    bits = chooser.largest(order, budget, limit)
    exchanged = chooser.exchanged(bits, limit)
    refined = chooser.refined(exchanged, limit)
    even = [each for each in chooser.even() if chooser.bytes_of(each) <= limit][-1:]
    return [
        (each, plan) for each in (refined, chooser) for plan in (exchanged, bits, *even) if each.bytes_of(plan) <= limit
    ]


def _smallest(chooser: Chooser, order: Sequence[Bits], increase: float) -> list[Finalist]:
    """The smallest plan by bisection, refined and then made smaller again; and one width for all paths."""
    bits = chooser.smallest(order, increase)
    limit = chooser.bytes_of(bits)
    exchanged = chooser.exchanged(bits, limit)
    refined = chooser.refined(exchanged, limit)
    smaller = [refined.smallest(order, increase)] if refined.changes else []
    return [(each, plan) for each in (refined, chooser) for plan in (exchanged, bits, *smaller, *chooser.even())]


def largest(search: Search, found: Sensitivities, budget: Budget) -> Plan:
    """The plan within the bytes of a budget that is expected to do the least harm; nothing is tried for it."""
    chooser, limit = Chooser(search, found), budget.bytes_for(search.trials.network.parameters)
    assert limit is not None
    return chooser.plan(chooser.largest(chooser.order(), budget, limit))


def _best(search: Search, budget: Budget, finalists: Sequence[Finalist]) -> tuple[Chooser, Bits, Outcome]:
    """The best of some plans on the whole dev set, and what it does there.

    With a limit in bytes that of the least divergence, or of a PER lower by more than chance; else the smallest.
    Raises LimitError where the PER of all rises by more than the budget allows.
    """
    smallest = budget.bytes_for(search.trials.network.parameters) is None
    if smallest:
        finalists = sorted(finalists, key=lambda one: one[0].bytes_of(one[1]))
    tried: dict[Plan, tuple[Chooser, Bits, Outcome]] = {}
    for chooser, bits in finalists:
        plan = chooser.plan(bits)
        if plan not in tried:
            search.progress("trying the plan on the whole dev set", 0, 0)
            tried[plan] = chooser, bits, chooser.outcome(bits)
            if smallest and rise(tried[plan][2]) <= (budget.increase or 0.0):
                return tried[plan]
    within = [one for one in tried.values() if budget.increase is None or rise(one[2]) <= budget.increase]
    if smallest or not within:
        least = min(rise(one[2]) for one in tried.values())
        more = "points" if smallest else "points, or more bytes"
        raise LimitError(
            f"--plan auto: the best plan found raises the error rate on the dev set by {least:.2f} points, above the "
            f"limit of {budget.increase:g}: allow more {more}"
        )
    return _better_beyond_chance(within) or min(within, key=lambda one: one[2].divergence)


def _better_beyond_chance(found: Sequence[tuple[Chooser, Bits, Outcome]]) -> tuple[Chooser, Bits, Outcome] | None:
    """The one of the least PER, where its whole interval lies below the PER of the one of the least divergence."""
    nearest = min((one[2] for one in found), key=lambda outcome: outcome.divergence)
    if nearest.increase is None:
        return None
    better = [one for one in found if one[2].interval is not None and one[2].interval.high < nearest.increase]
    return min(better, key=lambda one: rise(one[2]), default=None)
