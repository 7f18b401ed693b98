"""Choosing how vectors are sent: the fewest instructions on a core within a limit on the error rate.

First each send group alone, at thresholds and on coarser grids, which gives an order of changes (`thresholds.py`).
Some choices of that order run over the whole dev set. Their PER rises with their divergence, but for chance: a
parabola is laid through them, and says which divergence the limit allows. Up to there a local search goes on, on a
part of the dev set, by divergence and instructions: one group sends less, or one less and another more. The cheapest
choice is then made in full, its weights rounded for its grids and thresholds, and run over the whole dev set; if it
breaks the limit after all, the next one takes its place. Where a choice of the study's way costs less within the limit,
it is taken instead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .elimination import Elimination, InFull, rise
from .sending import Sending, Sendings, at_zero
from .study import switched_on
from .thresholds import Alone, Cost, each_alone, expected_harm, frontier, order
from .trials import Held
from .tried import Confirm, Tried

SCREEN_UTTERANCES = 120
"""Of the dev set, for all but the points of PER."""
POINTS, MOST_HARM, BEYOND = 12, 0.25, 3.0
"""Choices whose PER is taken on the whole dev set, up to so much expected divergence (for one point of PER, or for each
that is allowed); and points above the limit up to which they count."""
ROUNDS, SWAPS = 10, 4
"""Of the local search at most, and swaps that are tried in one."""
CHOICES, CAREFUL = 4, (1.0, 0.9, 0.8, 0.6, 0.4, 0.2)
"""So many of the cheapest choices are made in full, one after the other, until one keeps the limit: within the
divergence that is expected to be allowed, and then within less and less of it. Then those that are known to keep it."""


@dataclass(frozen=True)
class _Candidate:
    """A choice with what it came to on the screen."""

    wanted: dict[str, Sending]
    divergence: float
    cost: float


def eliminate(tried: Tried, cost: Cost, increase: float, confirm: Confirm) -> Elimination:
    """The choice that saves the most where the error rate rises by no more than `increase` points above float.

    Thresholds alone are searched, and then with coarser grids beside them: what a divergence is worth in PER differs.
    What the study's way finds is taken where it costs less. Raises LimitError where even thresholds of 0 break it.
    """
    in_full = InFull(tried, cost, increase, confirm)
    found = in_full.first(_searched(tried, cost, increase)) or in_full.nothing()
    costs = [(cost(wanted, held.shares), wanted) for wanted, held in switched_on(tried, increase)]
    cheaper = sorted((each for each in costs if each[0] < found.instructions), key=lambda each: each[0])
    return in_full.first([wanted for _, wanted in cheaper], found.instructions) or found


def _searched(tried: Tried, cost: Cost, increase: float) -> list[Sendings]:
    """What the search would take, the best first; a choice may stand there more than once."""
    alone = each_alone(tried, SCREEN_UTTERANCES)
    searches = [_Search.of(tried, cost, kinds, increase) for kinds in _kinds(alone)]
    nearest = [
        each.wanted
        for share in CAREFUL
        for each in sorted((one for search in searches for one in search.cheapest(share)), key=lambda one: one.cost)
    ]
    within = [(cost(each, held.shares), each) for one in searches for each, held in one.known if rise(held) <= increase]
    safest = [each for _, each in sorted(within, key=lambda one: one[0])]
    return [each for each in [*nearest, *safest] if each != at_zero(tried.network)]


def _kinds(alone: Alone) -> list[Alone]:
    """What thresholds do, and what all ways do, if there are others."""
    thresholds = {name: {way: held for way, held in helds.items() if way.coarse == 1} for name, helds in alone.items()}
    return [thresholds] if thresholds == alone else [thresholds, alone]


def _on_the_whole(
    tried: Tried, plans: Sequence[Sendings], alone: Alone, increase: float
) -> list[tuple[Sendings, Held]]:
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
    """The local search: by divergence and instructions on the screen.

    ways: of each group, each sends less than the one before. known: choices that ran over the whole dev set. goal: the
    divergence that they say is allowed.
    """

    def __init__(
        self,
        tried: Tried,
        cost: Cost,
        ways: Mapping[str, Sequence[Sending]],
        known: Sequence[tuple[Sendings, Held]],
        goal: float,
    ) -> None:
        self.tried, self.cost, self.ways, self.known, self.goal = tried, cost, ways, known, goal
        self.seen: list[_Candidate] = []

    @classmethod
    def of(cls, tried: Tried, cost: Cost, alone: Alone, increase: float) -> "_Search":
        """A search that is at its end."""
        plans = order(tried.network, alone, cost)
        known = _on_the_whole(tried, plans, alone, increase)
        goal = allowed([(held.outcome.divergence, rise(held)) for _, held in known], increase)
        search = cls(tried, cost, {name: frontier(name, helds) for name, helds in alone.items()}, known, goal)
        search.climb(plans)
        return search

    def add(self, wanted: Sequence[Sendings]) -> list[_Candidate]:
        """What each comes to."""
        helds = self.tried.held(wanted, SCREEN_UTTERANCES, "trying whole choices")
        found = [
            _Candidate(dict(each), held.outcome.divergence, self.cost(each, held.shares))
            for each, held in zip(wanted, helds, strict=True)
        ]
        self.seen += found
        return found

    def best(self) -> _Candidate:
        """Of all that were tried the one of fewest instructions within the goal; else that of the least divergence."""
        return next(iter(self.cheapest()), min(self.seen, key=lambda each: each.divergence))

    def cheapest(self, share: float = 1.0) -> list[_Candidate]:
        """The few of fewest instructions within a share of the goal, the best first."""
        goal = share * self.goal
        within = {tuple(each.wanted.items()): each for each in self.seen if each.divergence <= goal}
        return sorted(within.values(), key=lambda each: (each.cost, each.divergence))[:CHOICES]

    def climb(self, plans: Sequence[Sendings]) -> None:
        """Along an order of plans up to the goal, and from there on by single steps and swaps."""
        self.add([plans[0]])
        low, high = 0, len(plans) - 1
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if self.add([plans[middle]])[0].divergence <= self.goal else (low, middle - 1)
        for _ in range(ROUNDS):
            best = self.best()
            ups, downs = self._steps(best, 1), self._steps(best, -1)
            found = self.add([*ups, *downs])
            self.add(self._swaps(best, found[: len(ups)], found[len(ups) :], self.goal))
            if self.best() == best:
                break

    def _steps(self, at: _Candidate, by: int) -> list[dict[str, Sending]]:
        """One group's next way that sends less, or the one before it."""
        made = []
        for name, ways in self.ways.items():
            place = ways.index(at.wanted[name]) + by
            if 0 <= place < len(ways):
                made.append(at.wanted | {name: ways[place]})
        return made

    @staticmethod
    def _swaps(
        at: _Candidate, less: Sequence[_Candidate], more: Sequence[_Candidate], goal: float
    ) -> list[dict[str, Sending]]:
        """One group sends less and another more, the most promising: expected to save within the goal."""
        made: list[tuple[float, dict[str, Sending]]] = []
        for one in less:
            for other in more:
                cost = one.cost + other.cost - at.cost
                divergence = one.divergence + other.divergence - at.divergence
                if cost < at.cost and divergence <= goal:
                    name = next(name for name, way in other.wanted.items() if way != at.wanted[name])
                    if one.wanted[name] == at.wanted[name]:
                        made.append((cost, one.wanted | {name: other.wanted[name]}))
        return [wanted for _, wanted in sorted(made, key=lambda each: each[0])[:SWAPS]]
