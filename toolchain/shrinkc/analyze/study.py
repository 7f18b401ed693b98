"""The study's way to choose thresholds, as a baseline (Rezk, Nordström and Ul-Abdin 2022).

Vectors are put into three groups: x, h, and what the head reads. One threshold, as a share of each vector's range,
holds for all groups that are switched on; the others, and all vectors of the first layer, stay at 0. Of all thresholds
and switches the one is taken that eliminates the most multiplications within the limit on the error rate.
"""

from itertools import combinations

from ..quantize import QuantizedNetwork
from ..quantize.quantized import SendGroup
from .elimination import Elimination, InFull, rise
from .sending import Sending, Sendings, at_zero
from .thresholds import STEPS, Cost, work_eliminated
from .trials import Held
from .tried import Confirm, Tried

HEAD = "head"
HOPEFUL = 3.0
"""Points above the limit from which on a higher threshold on the same groups is not tried."""


def switches(network: QuantizedNetwork) -> list[tuple[str, ...]]:
    """Every choice of send groups that can be switched on together."""
    first, last = network.layers[0].name, network.layers[-1].name
    groups: dict[str, list[str]] = {}
    for group in network.groups:
        if group.layer != first:
            groups.setdefault(HEAD if group.layer == last else group.source, []).append(group.name)
    together = (names for count in range(1, len(groups) + 1) for names in combinations(groups, count))
    return [tuple(each for name in names for each in groups[name]) for names in together]


def threshold_at(group: SendGroup, step: int) -> int:
    """A threshold of so many steps of an 8-bit grid, in steps of the group's own."""
    return round(step * group.limit / 127)


def switched_on(tried: Tried, increase: float) -> list[tuple[Sendings, Held]]:
    """Every choice of the study's that keeps the limit on the whole dev set, before its weights are rounded for it."""
    zero = at_zero(tried.network)
    found: list[tuple[Sendings, Held]] = []
    rising = switches(tried.network)
    for step in STEPS[1:]:
        at = {group.name: Sending(threshold_at(group, step)) for group in tried.network.groups}
        wanted = [zero | {name: at[name] for name in names} for names in rising]
        helds = tried.held(wanted, None, "trying the study's thresholds")
        found += zip(wanted, helds, strict=True)
        rising = [names for names, held in zip(rising, helds, strict=True) if rise(held) <= increase + HOPEFUL]
        if not rising:
            break
    return [(sendings, held) for sendings, held in found if rise(held) <= increase]


def study(tried: Tried, cost: Cost, increase: float, confirm: Confirm) -> Elimination:
    """The thresholds by the study's way. Raises LimitError where even thresholds of 0 break the limit."""
    in_full = InFull(tried, cost, increase, confirm)
    within = switched_on(tried, increase)
    within.sort(key=lambda each: -work_eliminated(tried.network, each[1].shares))
    return in_full.first([sendings for sendings, _ in within]) or in_full.nothing()
