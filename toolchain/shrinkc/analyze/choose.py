"""Choosing a plan: bits for each path from what it does alone, then by trying whole plans on the dev set.

Alone, each path at each width moves the outputs by some divergence (`sensitivity.py`). Divergences of small errors
nearly add up, so the plan with the least sum within a budget of bytes is close to the best one, and a greedy order of
upgrades from the coarsest plan on, best divergence per byte first, runs through all of them. That order gives one plan
for each size. Where the budget is in points of PER, the size is found by bisection with real PER. Then exchanges of
single paths are tried whole, and kept where the divergence on the dev set says so: it is finer than the PER.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..errors import LimitError
from ..lower import lower, plain_modes
from ..lower.kernels import Family
from ..lower.tables import table_bytes
from ..numbers.functions import tanh_table
from ..project import Delta, Plan, Rule
from .sensitivity import Progress, Sensitivities, sensitivities
from .trials import Outcome, Trials

SCREEN_UTTERANCES = 120
"""Of the dev set, for the sensitivities and the exchanges; the points of PER are taken on all of it."""
WIDTHS = (2, 4, 8)
FLOAT_BYTES = 4
EXCHANGES, ROUNDS = 6, 3
"""Exchanges that are tried in a round, and rounds at most."""
GAIN = 0.98
"""An exchange is kept if it leaves at most this share of the divergence."""

Bits = Mapping[str, int]


@dataclass(frozen=True)
class Budget:
    """What a plan may cost. compression: least per cent off the float parameters, of all that the model keeps in flash
    as constants. table_bytes: most bytes of these. increase: most points of PER.
    """

    compression: float | None = None
    table_bytes: int | None = None
    increase: float | None = None

    def bytes_for(self, parameters: int) -> int | None:
        """The most bytes of tables that both limits allow a model of so many parameters; None for any number."""
        limits = [] if self.table_bytes is None else [self.table_bytes]
        if self.compression is not None:
            limits.append(math.floor(FLOAT_BYTES * parameters * (1 - self.compression / 100)))
        return min(limits, default=None)


@dataclass(frozen=True)
class Choice:
    """A plan with what it came to. sensitivities: by which it was chosen; outcome: on the whole dev set.

    table_bytes: of what the model keeps in flash as constants. compression: per cent off the float parameters.
    """

    plan: Plan
    bits: Bits
    sensitivities: Sensitivities
    outcome: Outcome
    table_bytes: int
    compression: float


def choose(
    trials: Trials, base: Plan, family: Family, budget: Budget, jobs: int | None, progress: Progress = lambda *_: None
) -> Choice:
    """The best plan within a budget. base: how to clip and round. Raises LimitError where no plan keeps the budget."""
    found = sensitivities(trials, base, SCREEN_UTTERANCES, jobs, progress)
    chooser = _Chooser(trials, base, family, found, jobs, progress)
    order = chooser.order()
    limit = budget.bytes_for(trials.network.parameters)
    if limit is None:
        bits = chooser.smallest(order, budget.increase or 0.0)
        limit = chooser.bytes_of(bits)
    else:
        bits = chooser.largest(order, limit)
    bits = chooser.exchanged(bits, limit)
    plan = chooser.plan(bits)
    progress("trying the plan on the whole dev set", 0, 0)
    outcome = trials.outcome(trials.quantized(plan, Delta()))
    if budget.increase is not None and outcome.increase is not None and outcome.increase > budget.increase:
        raise LimitError(
            f"--plan auto: the best plan found raises the dev set's PER by {outcome.increase:.2f} points, above the "
            f"limit of {budget.increase:g}: allow more flash, or more points"
        )
    size = chooser.bytes_of(bits)
    return Choice(plan, bits, found, outcome, size, 100 * (1 - size / (FLOAT_BYTES * trials.network.parameters)))


class _Chooser:
    """The search over bits of paths."""

    def __init__(
        self,
        trials: Trials,
        base: Plan,
        family: Family,
        found: Sensitivities,
        jobs: int | None,
        progress: Progress,
    ) -> None:
        self.trials, self.base, self.family, self.found = trials, base, family, found
        self.jobs, self.progress = jobs, progress
        self.weights = {
            f"{layer.name}.{name}": array.size
            for layer in trials.network.layers
            for name, array in layer.matrices.items()
        }
        self._bytes: dict[tuple, int] = {}

    def harm(self, path: str, bits: int) -> float:
        """Divergence that a path adds alone at a width."""
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

    def largest(self, order: Sequence[Bits], limit: int) -> Bits:
        """The plan within a number of bytes that is expected to do the least harm."""
        within = [bits for bits in order if self.bytes_of(bits) <= limit]
        if not within:
            raise LimitError(
                f"--plan auto: even at {WIDTHS[0]} bits the model's tables take {self.bytes_of(order[0]):,} bytes, "
                f"above the {limit:,} allowed"
            )
        return min(within, key=self.total_harm)

    def smallest(self, order: Sequence[Bits], increase: float) -> Bits:
        """The plan of the fewest bytes whose PER rises by no more than `increase` points, by bisection."""
        low, high = 0, len(order) - 1
        while low < high:
            middle = (low + high) // 2
            self.progress("looking for the smallest plan", 0, 0)
            outcome = self.trials.outcome(self.trials.quantized(self.plan(order[middle]), Delta()))
            rise = outcome.increase if outcome.increase is not None else 0.0
            low, high = (low, middle) if rise <= increase else (middle + 1, high)
        return order[low]

    def exchanged(self, bits: Bits, limit: int) -> Bits:
        """The plan after exchanges of single paths, within the bytes, each tried whole."""
        best = next(self.trials.outcomes([self.plan(bits)], Delta(), SCREEN_UTTERANCES, 1)).divergence
        for _ in range(ROUNDS):
            tried = self._exchanges(bits, limit)
            if not tried:
                break
            found = []
            plans = [self.plan(each) for each in tried]
            for outcome in self.trials.outcomes(plans, Delta(), SCREEN_UTTERANCES, self.jobs):
                found.append(outcome.divergence)
                self.progress("trying exchanges of paths", len(found), len(plans))
            place = min(range(len(found)), key=found.__getitem__)
            if found[place] > best * GAIN:
                break
            bits, best = tried[place], found[place]
        return bits

    def _exchanges(self, bits: Bits, limit: int) -> list[Bits]:
        """Plans within the bytes with one path finer, and others coarser to make room: the most promising ones."""
        made: dict[tuple, Bits] = {}
        for path, width in bits.items():
            for finer in (each for each in WIDTHS if each > width):
                changed = self._fitted(dict(bits) | {path: finer}, path, limit)
                if changed is not None:
                    made[tuple(sorted(changed.items()))] = changed
        return sorted(made.values(), key=self.total_harm)[:EXCHANGES]

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
        return replace(self.base, weights=common, paths=rules)

    def bytes_of(self, bits: Bits) -> int:
        """What the model's tables take in flash: their size depends on the bits alone."""
        key = tuple(sorted(bits.items()))
        if key not in self._bytes:
            plan = replace(self.plan(bits), rounding="nearest", clipping="max")
            quantized = self.trials.quantized(plan, Delta())
            frames = None if quantized.streams else 1  # their number takes RAM, not flash
            program = lower(quantized, self.family, plain_modes(quantized), frames)
            self._bytes[key] = table_bytes(program) + tanh_table().nbytes
        return self._bytes[key]
