"""What thresholds do to each send group alone, and the order in which thresholds are worth raising.

Alone, each group at each threshold moves the outputs by some divergence and sends some share of its columns, which is
worth instructions on a core. Divergences of small errors nearly add up. So from all thresholds at 0, raising the one
that saves the most instructions for its divergence, again and again, gives one choice for each amount of work.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..lower import products_cost
from ..lower.kernels import Family
from ..lower.modes import matrices_of
from ..quantize import QuantizedNetwork
from ..quantize.quantized import SendGroup
from ..target import Costs
from .trials import Held
from .tried import Thresholds, Tried

STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Thresholds that are tried, in steps of an 8-bit grid. A 4-bit grid has fewer, a 16-bit one finer ones too."""
FINER = (0.125, 0.25, 0.5)
CEILING = 0.3
"""Of a group, thresholds are raised as long as the divergence that it adds alone is below this, in nats."""
LEAST_HARM = 1e-6
"""What is taken for the divergence of a step that adds none that can be seen."""

Alone = Mapping[str, Mapping[int, Held]]
"""By send group and threshold, all other thresholds at 0."""
Cost = Callable[[Thresholds, Mapping[str, float]], float]
"""cost(thresholds, shares): instructions a step of all scans and products, where `shares` of the columns are sent."""


def cost_on(network: QuantizedNetwork, family: Family, costs: Costs, delta_alone: bool = False) -> Cost:
    """The cost on a core, each group's products computed as is cheapest there, or all by delta."""
    return lambda thresholds, shares: products_cost(
        network.with_thresholds(thresholds), family, costs, shares, delta_alone
    )


def ladder(group: SendGroup) -> tuple[int, ...]:
    """The thresholds that are tried for a group, in steps of its grid."""
    unit = max(1, group.limit // 127)
    finer = [int(unit * share) for share in FINER if unit * share >= 1]
    return tuple(sorted({0, *finer, *(unit * step for step in STEPS if step and unit * step <= group.limit)}))


def rows_reading(network: QuantizedNetwork) -> dict[str, int]:
    """By send group, the multiplications that one of its columns costs: the rows of all matrices that read it."""
    return {group.name: sum(len(one.weights) for one in matrices_of(network, group)) for group in network.groups}


def work_eliminated(network: QuantizedNetwork, shares: Mapping[str, float]) -> float:
    """Of the multiplications of all products, the share that is saved where all are computed from the columns sent."""
    whole = {group.name: rows_reading(network)[group.name] * group.width for group in network.groups}
    return 1 - sum(whole[name] * shares[name] for name in whole) / sum(whole.values())


def at_zero(network: QuantizedNetwork) -> dict[str, int]:
    """Thresholds that lose nothing."""
    return {group.name: 0 for group in network.groups}


def each_alone(tried: Tried, limit: int | None) -> Alone:
    """Each group at one threshold after the other, as long as it does not pass the ceiling."""
    zero = at_zero(tried.network)
    base = tried.held([zero], limit, "trying thresholds of 0")[0]
    found: dict[str, dict[int, Held]] = {name: {0: base} for name in zero}
    ladders = {group.name: list(ladder(group)[1:]) for group in tried.network.groups}
    while any(ladders.values()):
        steps = [(name, left.pop(0)) for name, left in ladders.items() if left]
        helds = tried.held([zero | {name: step} for name, step in steps], limit, "trying each threshold alone")
        for (name, step), held in zip(steps, helds, strict=True):
            found[name][step] = held
            if held.outcome.divergence - base.outcome.divergence > CEILING:
                ladders[name].clear()
    return found


@dataclass(frozen=True)
class _Raise:
    """A higher threshold of a group. saved: instructions a step; harm: divergence that it is expected to add."""

    name: str
    step: int
    saved: float
    harm: float

    @property
    def worth(self) -> float:
        return self.saved / max(self.harm, LEAST_HARM)


def order(network: QuantizedNetwork, alone: Alone, cost: Cost) -> list[dict[str, int]]:
    """Thresholds from all at 0 on, one group's higher each time: the most instructions for the divergence first."""
    thresholds = at_zero(network)
    plans = [dict(thresholds)]
    while True:
        now = cost(thresholds, _shares(alone, thresholds))
        raises = []
        for name, helds in alone.items():
            for step in (step for step in helds if step > thresholds[name]):
                tried = thresholds | {name: step}
                harm = helds[step].outcome.divergence - helds[thresholds[name]].outcome.divergence
                raises.append(_Raise(name, step, now - cost(tried, _shares(alone, tried)), harm))
        best = max((each for each in raises if each.saved > 0), key=lambda each: each.worth, default=None)
        if best is None:
            return plans
        thresholds[best.name] = best.step
        plans.append(dict(thresholds))


def expected_harm(alone: Alone, thresholds: Thresholds) -> float:
    """Divergence that thresholds are expected to add: the sum of what each adds alone."""
    return sum(
        max(0.0, alone[name][step].outcome.divergence - alone[name][0].outcome.divergence)
        for name, step in thresholds.items()
    )


def _shares(alone: Alone, thresholds: Thresholds) -> dict[str, float]:
    """Of the columns that each group sends, as if each were alone."""
    return {name: alone[name][step].shares[name] for name, step in thresholds.items()}
