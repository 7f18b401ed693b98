"""Choosing thresholds: the fewest instructions on a core within a limit on the error rate.

First each send group alone, which gives an order of thresholds worth raising (`thresholds.py`). Some choices of that
order run over the whole dev set. Their PER rises with their divergence, but for chance: a parabola is laid through
them, and says which divergence the limit allows. Up to there a local search goes on, on a part of the dev set, by
divergence and instructions: one group higher, or one higher and another lower. The cheapest choice is then made in
full, its weights rounded with the thresholds in force, and run over the whole dev set; if it breaks the limit after
all, the next one takes its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import LimitError
from .thresholds import Alone, Cost, at_zero, each_alone, expected_harm, ladder, order
from .trials import Held
from .tried import Thresholds, Tried

SCREEN_UTTERANCES = 120
"""Of the dev set, for all but the points of PER."""
POINTS, MOST_HARM, BEYOND = 12, 0.25, 3.0
"""Choices whose PER is taken on the whole dev set, up to so much expected divergence (for one point of PER, or for each
that is allowed); and points above the limit up to which they count."""
ROUNDS, SWAPS = 10, 4
"""Of the local search at most, and swaps that are tried in one."""
CHOICES, CAREFUL = 4, (1.0, 0.8, 0.6, 0.4, 0.2)
"""So many of the cheapest choices are made in full, one after the other, until one keeps the limit: within the
divergence that is expected to be allowed, and then within less and less of it. Then those that are known to keep it."""

Confirm = Callable[[Thresholds], Held]
"""confirm(thresholds): what the whole plan does on the whole dev set, quantised with the thresholds in force."""


@dataclass(frozen=True)
class Elimination:
    """Thresholds that were chosen. held: of the whole plan on the whole dev set, of so many utterances.

    instructions: a step, of all scans and products, by the core's measured costs; dense: the same at threshold 0.
    """

    thresholds: Thresholds
    held: Held
    utterances: int
    instructions: float
    dense: float


@dataclass(frozen=True)
class _Candidate:
    """Thresholds with what they came to on the screen."""

    thresholds: dict[str, int]
    divergence: float
    cost: float


def eliminate(tried: Tried, cost: Cost, increase: float, confirm: Confirm) -> Elimination:
    """The thresholds that save the most where the error rate rises by no more than `increase` points above float.

    Raises LimitError where even thresholds of 0 break the limit.
    """
    zero = at_zero(tried.network)
    alone = each_alone(tried, SCREEN_UTTERANCES)
    plans = order(tried.network, alone, cost)
    known = _on_the_whole(tried, plans, alone, increase)
    goal = allowed([(held.outcome.divergence, rise(held)) for _, held in known], increase)
    search = _Search(tried, cost)
    search.climb(plans, goal)
    nothing = search.add([zero])[0].cost
    nearest = [each.thresholds for share in CAREFUL for each in search.cheapest(share * goal)]
    within = [(cost(each, held.shares), each) for each, held in known if rise(held) <= increase]
    safest = [each for _, each in sorted(within, key=lambda one: one[0])]
    wanted = [each for each in [*nearest, *safest] if each != zero]
    for index, thresholds in enumerate([*wanted, zero]):
        if thresholds in wanted[:index]:
            continue
        held = confirm(thresholds)
        if rise(held) <= increase:
            spent = cost(thresholds, held.shares)
            return Elimination(thresholds, held, len(tried.trials.dev), spent, nothing)
    raise hopeless(held, increase)


def _on_the_whole(
    tried: Tried, plans: Sequence[Thresholds], alone: Alone, increase: float
) -> list[tuple[Thresholds, Held]]:
    """Some of the plans, and what they do on the whole dev set."""
    most = MOST_HARM * max(1.0, increase)
    near = [each for each in plans if expected_harm(alone, each) <= most]
    places = sorted({round(index * (len(near) - 1) / (POINTS - 1)) for index in range(POINTS)})
    sampled = [near[place] for place in places]
    return list(zip(sampled, tried.held(sampled, None, "trying thresholds on the whole dev set"), strict=True))


def allowed(points: Sequence[tuple[float, float]], increase: float) -> float:
    """The divergence at which a parabola through the points (divergence, rise) reaches `increase`.

    It goes through 0, where nothing has moved, and neither of its parts falls: rise = a * d + b * d^2, a and b >= 0, by
    least squares. Points more than `BEYOND` above the limit are left out. The answer is not beyond the last point.
    """
    near = np.array([point for point in points if point[1] <= increase + BEYOND] or [min(points)])
    last, (divergences, rises) = float(near[:, 0].max()), near.T
    terms = np.stack([divergences, divergences**2], axis=1)
    slopes = np.linalg.lstsq(terms, rises, rcond=None)[0]
    for index, slope in enumerate(slopes):
        if slope < 0:  # then the other term does best alone
            other = terms[:, 1 - index]
            slopes = np.zeros(2)
            slopes[1 - index] = max(0.0, other @ rises / (other @ other))
            break
    linear, square = slopes
    if increase <= 0 or linear * last + square * last**2 <= increase:
        return last if increase > 0 else float(divergences.min())
    if square == 0:
        return increase / linear
    return (np.sqrt(linear**2 + 4 * square * increase) - linear) / (2 * square)


class _Search:
    """The local search over thresholds: by divergence and instructions on the screen."""

    def __init__(self, tried: Tried, cost: Cost) -> None:
        self.tried, self.cost = tried, cost
        self.ladders = {group.name: ladder(group) for group in tried.network.groups}
        self.seen: list[_Candidate] = []

    def add(self, wanted: Sequence[Thresholds]) -> list[_Candidate]:
        """What each comes to."""
        helds = self.tried.held(wanted, SCREEN_UTTERANCES, "trying whole choices of thresholds")
        found = [
            _Candidate(dict(each), held.outcome.divergence, self.cost(each, held.shares))
            for each, held in zip(wanted, helds, strict=True)
        ]
        self.seen += found
        return found

    def best(self, goal: float) -> _Candidate:
        """Of all that were tried the one of fewest instructions within a divergence; else the one of the least."""
        return next(iter(self.cheapest(goal)), min(self.seen, key=lambda each: each.divergence))

    def cheapest(self, goal: float) -> list[_Candidate]:
        """The few of fewest instructions within a divergence, the best first."""
        within = {tuple(each.thresholds.items()): each for each in self.seen if each.divergence <= goal}
        return sorted(within.values(), key=lambda each: (each.cost, each.divergence))[:CHOICES]

    def climb(self, plans: Sequence[Thresholds], goal: float) -> None:
        """Along an order of plans up to a divergence, and from there on by single steps and swaps."""
        self.add([plans[0]])
        low, high = 0, len(plans) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.add([plans[middle]])[0].divergence <= goal else (low, middle - 1)
        for _ in range(ROUNDS):
            best = self.best(goal)
            ups, downs = self._steps(best, 1), self._steps(best, -1)
            found = self.add([*ups, *downs])
            self.add(self._swaps(best, found[: len(ups)], found[len(ups) :], goal))
            if self.best(goal) == best:
                break

    def _steps(self, at: _Candidate, by: int) -> list[dict[str, int]]:
        """One group a step of its ladder higher, or lower."""
        made = []
        for name, steps in self.ladders.items():
            place = steps.index(at.thresholds[name]) + by
            if 0 <= place < len(steps):
                made.append(at.thresholds | {name: steps[place]})
        return made

    @staticmethod
    def _swaps(
        at: _Candidate, ups: Sequence[_Candidate], downs: Sequence[_Candidate], goal: float
    ) -> list[dict[str, int]]:
        """One group higher and another lower, the most promising: expected to save within the goal."""
        made: list[tuple[float, dict[str, int]]] = []
        for up in ups:
            for down in downs:
                cost = up.cost + down.cost - at.cost
                divergence = up.divergence + down.divergence - at.divergence
                if cost < at.cost and divergence <= goal:
                    name = next(name for name, step in down.thresholds.items() if step != at.thresholds[name])
                    if up.thresholds[name] == at.thresholds[name]:
                        made.append((cost, up.thresholds | {name: down.thresholds[name]}))
        return [thresholds for _, thresholds in sorted(made, key=lambda each: each[0])[:SWAPS]]


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
