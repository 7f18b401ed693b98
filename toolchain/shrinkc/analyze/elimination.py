"""How vectors are sent, as it was chosen: what a choice does on the dev set, and what is said where none will do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import LimitError
from .sending import Sendings, at_zero, ranges_of
from .trials import Held
from .tried import Tried


@dataclass(frozen=True)
class Made:
    """A choice made in full, on the whole dev set. instructions: a step, of all its scans and products."""

    held: Held
    instructions: float


Confirm = Callable[[Sendings], Made]
"""confirm(sendings): what the whole plan does, quantised with them in force."""


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


def chosen(tried: Tried, wanted: Sendings, made: Made, before: float) -> Elimination:
    """A choice that was made in full, against what products cost at threshold 0."""
    ranges = ranges_of(tried.network, wanted)
    return Elimination(wanted, ranges, made.held, len(tried.trials.dev), made.instructions, before)


def at_no_threshold(tried: Tried, increase: float) -> Held:
    """What thresholds of 0 do on the whole dev set. Raises LimitError where they break the limit already."""
    held = tried.held([at_zero(tried.network)], None, "trying thresholds of 0")[0]
    if rise(held) > increase:
        raise hopeless(held, increase)
    return held


def hopeless(held: Held, increase: float) -> LimitError:
    """Says that even thresholds of 0, which gave `held`, break the limit."""
    return LimitError(
        f"--delta: without any threshold the plan raises the error rate on the dev set by {rise(held):.2f} points, "
        f"above the limit of {increase:g}: allow more points, or more bits"
    )


def rise(held: Held) -> float:
    """Of the error rate, in points; the dev set is known to have labels."""
    assert held.outcome.increase is not None
    return held.outcome.increase
