"""The search over bits of paths, a plan for each size, and what is tried beside them.

Alone, each path at each width moves the outputs by some divergence (`sensitivity.py`). Divergences of small errors
nearly add up, so the plan with the least sum within a budget of bytes is close to the best one, and a greedy order of
upgrades from the coarsest plan on, best divergence per byte first, runs through all of them. That order gives one plan
for each size. Exchanges of single paths are tried whole, and kept where the divergence on the dev set says so: it is
finer than the PER. So are refinements, settings beside the bits (`refine.py`), which help some models and not others.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import InputError
from ..lower import lower
from ..lower.kernels import Family
from ..lower.tables import constant_bytes
from ..project import Delta, Plan, Rule
from ..quantize import QuantizedNetwork
from .budget import Budget
from .refine import Refinement, with_all
from .sensitivity import REST, WEIGHTS, Progress, Sensitivities, sensitivities
from .trials import Outcome, Trials

SCREEN_UTTERANCES = 120
"""Of the dev set, for the sensitivities and the exchanges; the points of PER are taken on all of it."""
WIDTHS = WEIGHTS
"""Of which plans are made; an exchange may also leave a path at 16 bits."""
EXCHANGES, WIDE, ROUNDS = 6, 2, 3
"""Exchanges that are tried in a round, those that leave a path at 16 bits, and rounds at most."""
GAIN = 0.98
"""An exchange is kept if it leaves at most this share of the divergence."""
SLOWER = 1.02
"""A refinement may take at most so many times the instructions, in products and scans."""

Bits = Mapping[str, int]
Modes = Callable[[QuantizedNetwork], Mapping[str, str]]
"""modes(network): how the products of each send group are computed, "delta" or "dense"."""


@dataclass(frozen=True)
class Search:
    """What all choices for a model have in common. base: how to clip and round, and bits of the vectors. delta: its
    thresholds are in force in every whole plan. modes: as the build will have them, since they decide on the layout.
    instructions: of all products and scans a step, as the build will have them. refinements: what may be tried beside
    the bits.
    """

    trials: Trials
    base: Plan
    delta: Delta
    family: Family
    modes: Modes
    instructions: Callable[[QuantizedNetwork], float] = lambda _: 0.0
    jobs: int | None = None
    progress: Progress = lambda *_: None
    refinements: tuple[Refinement, ...] = ()

    def sensitivities(self) -> Sensitivities:
        """What each path does alone."""
        return sensitivities(self.trials, self.base, SCREEN_UTTERANCES, self.jobs, self.progress)


class Chooser:
    """The search over bits of paths. changes: refinements that its plans have."""

    def __init__(self, search: Search, found: Sensitivities, changes: tuple[Refinement, ...] = ()) -> None:
        self.search, self.trials, self.found, self.changes = search, search.trials, found, changes
        self.base = with_all(search.base, changes)
        self.weights = {name: array.size for name, array in self.trials.network.matrices.items()}
        self._bytes: dict[tuple, int] = {}

    def harm(self, path: str, bits: int) -> float:
        """Divergence that a path adds alone at a width."""
        if bits == REST:
            return 0.0
        return max(0.0, self.found.paths[path][bits].divergence - self.found.floor.divergence)

    def total_harm(self, bits: Bits) -> float:
        """Divergence that a plan is expected to add."""
        return sum(self.harm(path, width) for path, width in bits.items())

    def order(self) -> list[Bits]:
        """Plans from the coarsest to the finest, one path finer each time: the best divergence per byte first."""
        bits = dict.fromkeys(self.found.paths, WIDTHS[0])
        plans: list[Bits] = [dict(bits)]
        while True:
            steps = [(path, width) for path in bits for width in WIDTHS if width > bits[path]]
            if not steps:
                return plans
            path, width = max(steps, key=lambda step: self._gain(bits, *step))
            bits[path] = width
            plans.append(dict(bits))

    def _gain(self, bits: Bits, path: str, width: int) -> float:
        """Divergence saved per byte by giving a path a finer width."""
        grown = self.weights[path] * (width - bits[path]) / 8
        return (self.harm(path, bits[path]) - self.harm(path, width)) / grown

    def even(self) -> list[Bits]:
        """One width for all paths, the coarsest first."""
        return [dict.fromkeys(self.found.paths, width) for width in WIDTHS]

    def largest(self, order: Sequence[Bits], budget: Budget, limit: int) -> Bits:
        """The plan within `limit` bytes, which are the budget's, that is expected to do the least harm."""
        within = [bits for bits in order if self.bytes_of(bits) <= limit]
        if not within:
            raise budget.error(min(map(self.bytes_of, order)), limit)
        return min(within, key=self.total_harm)

    def smallest(self, order: Sequence[Bits], increase: float) -> Bits:
        """The plan of the fewest bytes whose PER rises by no more than `increase` points, by bisection."""
        low, high = 0, len(order) - 1
        while low < high:
            middle = (low + high) // 2
            self.search.progress("looking for the smallest plan", 0, 0)
            low, high = (low, middle) if rise(self.outcome(order[middle])) <= increase else (middle + 1, high)
        return order[low]

    def outcome(self, bits: Bits) -> Outcome:
        """What a plan does on the whole dev set."""
        return self.trials.outcome(self.trials.quantized(self.plan(bits), self.search.delta))

    def exchanged(self, bits: Bits, limit: int) -> Bits:
        """The plan after exchanges of single paths, within the bytes, each tried whole."""
        best = self._divergences([self.plan(bits)])[0]
        for _ in range(ROUNDS):
            tried = self._exchanges(bits, limit)
            if not tried:
                break
            found = self._divergences([self.plan(each) for each in tried])
            place = min(range(len(found)), key=found.__getitem__)
            if found[place] > best * GAIN:
                break
            bits, best = tried[place], found[place]
        return bits

    def refined(self, bits: Bits, limit: int) -> "Chooser":
        """The search with the refinements that leave a plan less divergence, within the bytes: the best one first.

        What gains nothing alone is not tried again beside another, and none may make the step much slower.
        """
        chooser, left = self, list(self.search.refinements)
        slowest = SLOWER * self.search.instructions(self.quickly(bits))
        best = self._divergences([self.plan(bits)])[0] if left else 0.0
        while left:
            others = [Chooser(self.search, self.found, (*chooser.changes, each)) for each in left]
            fitting = [
                other
                for other in others
                if other.bytes_of(bits) <= limit and self.search.instructions(other.quickly(bits)) <= slowest
            ]
            found = self._divergences([other.plan(bits) for other in fitting])
            gains = sorted(
                (each for each in zip(found, fitting, strict=True) if each[0] <= best * GAIN),
                key=lambda each: each[0],
            )
            if not gains:
                break
            best, chooser = gains[0]
            left = [other.changes[-1] for _, other in gains[1:]]
        return chooser

    def _divergences(self, plans: Sequence[Plan]) -> list[float]:
        found: list[float] = []
        for outcome in self.trials.outcomes(plans, self.search.delta, SCREEN_UTTERANCES, self.search.jobs):
            found.append(outcome.divergence)
            self.search.progress("trying whole plans", len(found), len(plans))
        return found

    def _exchanges(self, bits: Bits, limit: int) -> list[Bits]:
        """Plans within the bytes with one path finer, and others coarser to make room: the most promising ones."""
        made: dict[tuple, Bits] = {}
        for path, width in bits.items():
            for finer in (each for each in (*WIDTHS, REST) if each > width):
                changed = self._fitted(dict(bits) | {path: finer}, path, limit)
                if changed is not None:
                    made[tuple(sorted(changed.items()))] = changed
        # A path at 16 bits is expected to do no harm at all, and would crowd out the others.
        wide = [bits for bits in made.values() if REST in bits.values()]
        plain = [bits for bits in made.values() if REST not in bits.values()]
        return [*sorted(plain, key=self.total_harm)[:EXCHANGES], *sorted(wide, key=self.total_harm)[:WIDE]]

    def _fitted(self, bits: dict[str, int], keep: str, limit: int) -> Bits | None:
        """Coarser paths, the least harm per byte first, until it fits."""
        while self.bytes_of(bits) > limit:
            steps = [
                (path, width)
                for path in bits
                for width in WIDTHS
                if path != keep and width == max((each for each in WIDTHS if each < bits[path]), default=None)
            ]
            if not steps:
                return None
            path, width = min(
                steps,
                key=lambda step: (
                    (self.harm(*step) - self.harm(step[0], bits[step[0]]))
                    / (self.weights[step[0]] * (bits[step[0]] - step[1]))
                ),
            )
            bits[path] = width
        return bits

    def plan(self, bits: Bits) -> Plan:
        """The plan that gives each path its bits: the commonest width for all, and a rule for each other path."""
        common = Counter(bits.values()).most_common(1)[0][0]
        rules = tuple(Rule(path, weights=width) for path, width in bits.items() if width != common)
        return replace(self.base, weights=common, paths=(*self.base.paths, *rules))

    def bytes_of(self, bits: Bits) -> int:
        """What the model's tables take in flash: their size depends on the bits, not on the rounding."""
        key = tuple(sorted(bits.items()))
        if key not in self._bytes:
            quantized = self.quickly(bits)
            frames = None if quantized.streams else 1  # their number takes RAM, not flash
            program = lower(quantized, self.search.family, self.search.modes(quantized), frames)
            self._bytes[key] = constant_bytes(program)
        return self._bytes[key]

    def quickly(self, bits: Bits) -> QuantizedNetwork:
        """The plan's integers but for their rounding: sizes, grids and what is sent are hardly touched by that."""
        return self.trials.quantized(quickly(self.plan(bits)), self.search.delta)


def rise(outcome: Outcome) -> float:
    """Of the error rate, in points. Raises InputError where the dev set has no labels."""
    if outcome.increase is None:
        raise InputError("--plan auto: the dev set has no labels, so there is no error rate to hold a limit against")
    return outcome.increase


def quickly(plan: Plan) -> Plan:
    """The plan without what takes time and changes no size."""
    paths = tuple(replace(rule, rounding=None) for rule in plan.paths)
    return replace(plan, rounding="nearest", bias_correction=False, paths=paths)
