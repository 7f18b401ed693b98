"""What thresholds and coarser grids do to each send group alone, and the order in which they are worth their harm.

Alone, each group sent in each way moves the outputs by some divergence and sends some share of its columns, which is
worth instructions on a core. Divergences of small errors nearly add up. So from all thresholds at 0, taking the change
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
from .sending import ZERO, Sending, Sendings, at_zero, can_be_coarser, with_groups
from .trials import Held
from .tried import Tried

STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""Thresholds that are tried, in steps of an 8-bit grid. A 4-bit grid has fewer, a 16-bit one finer ones too."""
FINER = (0.125, 0.25, 0.5)
COARSER = (2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Grids that are tried at a threshold of 0: so many steps of an 8-bit grid are one of theirs."""
LEAST_STEPS = 2
"""A grid has at least so many steps each way within the range of the plan's."""
CEILING = 0.3
"""Of a group, ways are tried as long as the divergence that they add alone is below this, in nats."""
LEAST_HARM = 1e-6
"""What is taken for the divergence of a step that adds none that can be seen."""

Alone = Mapping[str, Mapping[Sending, Held]]
"""By send group and way to send, all other groups at a threshold of 0 on their grids."""
Cost = Callable[[Sendings, Mapping[str, float]], float]
"""cost(sendings, shares): instructions a step of all scans and products, where `shares` of the columns are sent."""


def cost_on(network: QuantizedNetwork, family: Family, costs: Costs, delta_alone: bool = False) -> Cost:
    """The cost on a core, each group's products computed as is cheapest there, or all by delta."""
    return lambda wanted, shares: products_cost(with_groups(network, wanted), family, costs, shares, delta_alone)


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


def coarser(group: SendGroup) -> tuple[int, ...]:
    """The grids that are tried for a group, each as steps of its own that make one."""
    unit = max(1, group.limit // 127)
    steps = (unit * each for each in (1, *COARSER))
    return tuple(step for step in steps if 1 < step <= group.limit // LEAST_STEPS)


def ways_to_send(network: QuantizedNetwork) -> dict[str, list[list[Sending]]]:
    """By send group, the ways that are tried beside the plan's own: thresholds and grids, the mildest first."""
    return {
        group.name: [
            [Sending(threshold) for threshold in ladder(group)[1:]],
            [Sending(coarse=step) for step in coarser(group)] if can_be_coarser(network, group) else [],
        ]
        for group in network.groups
    }


def each_alone(tried: Tried, limit: int | None) -> Alone:
    """Each group sent in one way after the other, as long as it does not pass the ceiling."""
    zero = at_zero(tried.network)
    base = tried.held([zero], limit, "trying thresholds of 0")[0]
    found: dict[str, dict[Sending, Held]] = {name: {ZERO: base} for name in zero}
    left = [(name, ways) for name, lists in ways_to_send(tried.network).items() for ways in lists if ways]
    while left:
        wanted = [zero | {name: ways[0]} for name, ways in left]
        helds = tried.held(wanted, limit, "trying each group alone")
        for (name, ways), held in zip(left, helds, strict=True):
            found[name][ways.pop(0)] = held
            if held.outcome.divergence - base.outcome.divergence > CEILING:
                ways.clear()
        left = [(name, ways) for name, ways in left if ways]
    return found


def frontier(name: str, helds: Mapping[Sending, Held]) -> list[Sending]:
    """Of one group's ways to send those that no other beats, the plan's own first; each sends less than the last."""
    kept: list[Sending] = []
    # From the fewest sent up: what sends more must do less harm than all before it.
    for way, held in sorted(helds.items(), key=lambda one: (one[1].shares[name], one[1].outcome.divergence, one[0])):
        if not kept or held.outcome.divergence < helds[kept[-1]].outcome.divergence:
            kept.append(way)
    ordered = [way for way in reversed(kept) if helds[way].shares[name] < helds[ZERO].shares[name]]
    return [ZERO, *ordered]


@dataclass(frozen=True)
class _Change:
    """Another way for a group. saved: instructions a step; harm: divergence that it is expected to add."""

    name: str
    way: Sending
    saved: float
    harm: float

    @property
    def worth(self) -> float:
        return self.saved / max(self.harm, LEAST_HARM)


def order(network: QuantizedNetwork, alone: Alone, cost: Cost) -> list[dict[str, Sending]]:
    """Choices from all at a threshold of 0 on, one group sending less each time: the most instructions for the
    divergence first.
    """
    chosen = at_zero(network)
    plans = [dict(chosen)]
    frontiers = {name: frontier(name, helds) for name, helds in alone.items()}
    while True:
        now = cost(chosen, _shares(alone, chosen))
        changes = []
        for name, helds in alone.items():
            ways = frontiers[name]
            for way in ways[ways.index(chosen[name]) + 1 :]:
                tried = chosen | {name: way}
                harm = helds[way].outcome.divergence - helds[chosen[name]].outcome.divergence
                changes.append(_Change(name, way, now - cost(tried, _shares(alone, tried)), harm))
        best = max((each for each in changes if each.saved > 0), key=lambda each: each.worth, default=None)
        if best is None:
            return plans
        chosen[best.name] = best.way
        plans.append(dict(chosen))


def expected_harm(alone: Alone, wanted: Sendings) -> float:
    """Divergence that a choice is expected to add: the sum of what each group adds alone."""
    return sum(
        max(0.0, alone[name][way].outcome.divergence - alone[name][ZERO].outcome.divergence)
        for name, way in wanted.items()
    )


def _shares(alone: Alone, wanted: Sendings) -> dict[str, float]:
    """Of the columns that each group sends, as if each were alone."""
    return {name: alone[name][way].shares[name] for name, way in wanted.items()}
