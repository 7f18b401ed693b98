"""How a send group sends: on its grid or a coarser one, and beyond which threshold there.

A coarser grid and a threshold both let small moves pass. A threshold leaves the last value sent in place, so what is
held lags behind. A grid rounds: it never lags, and what is small becomes 0, which suits the h of a LiGRU. A plan says a
coarser grid as a larger range at the same bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..project import Delta, Plan
from ..project.settings import Rule
from ..quantize import QuantizedNetwork
from ..quantize.groups import grid_ratio
from ..quantize.quantized import Accumulator, SendGroup


@dataclass(frozen=True, order=True)
class Sending:
    """coarse: so many steps of the plan's grid make one step here. threshold: in steps of the grid that comes out."""

    threshold: int = 0
    coarse: int = 1


ZERO = Sending()
"""Loses nothing."""

Sendings = Mapping[str, Sending]
"""By send group."""


def at_zero(network: QuantizedNetwork) -> dict[str, Sending]:
    """Each group as the plan has it, at a threshold of 0."""
    return {group.name: ZERO for group in network.groups}


def can_be_coarser(network: QuantizedNetwork, group: SendGroup) -> bool:
    """Whether no other group reads the same vector: a plan has one range for all of them."""
    return sum((one.layer, one.source) == (group.layer, group.source) for one in network.groups) == 1


def with_sendings(network: QuantizedNetwork, wanted: Sendings) -> QuantizedNetwork:
    """The same integers, sent so; weights times `coarse` stand for those that a build would round to a coarser grid."""
    factors = {name: each.coarse for name, each in wanted.items()}
    layers = tuple(
        replace(layer, accumulators=tuple(_rescaled(one, factors) for one in layer.accumulators))
        for layer in network.layers
    )
    return replace(with_groups(network, wanted), layers=layers)


def with_groups(network: QuantizedNetwork, wanted: Sendings) -> QuantizedNetwork:
    """With these send groups, but weights that do not know of them: enough to tell what products cost."""
    return replace(network, groups=tuple(_sent(group, wanted[group.name]) for group in network.groups))


def ranges_of(network: QuantizedNetwork, wanted: Sendings) -> dict[str, float]:
    """The ranges that a plan needs for the coarser grids, real, by vector (`rnn1.h`)."""
    grids = ((group, wanted[group.name].coarse) for group in network.groups)
    return {f"{one.layer}.{one.source}": one.scale * one.limit * coarse for one, coarse in grids if coarse != 1}


def plan_with(plan: Plan, ranges: Mapping[str, float]) -> Plan:
    """The plan with these ranges."""
    return replace(plan, groups=(*plan.groups, *(Rule(vector, range=value) for vector, value in ranges.items())))


def delta_of(wanted: Sendings) -> Delta:
    """The thresholds alone."""
    return Delta(groups=tuple((name, each.threshold) for name, each in wanted.items()))


def _sent(group: SendGroup, wanted: Sending) -> SendGroup:
    thresholds = np.full(group.width, wanted.threshold, np.int16)
    if wanted.coarse == 1:
        return replace(group, delta=True, thresholds=thresholds)
    multiplier, shift = grid_ratio(group.multiplier / 2.0**group.shift / wanted.coarse)
    scale = group.scale * wanted.coarse
    return replace(group, delta=True, thresholds=thresholds, scale=scale, multiplier=multiplier, shift=shift)


def _rescaled(accumulator: Accumulator, factors: Mapping[str, int]) -> Accumulator:
    largest = max(factors[matrix.group] for matrix in accumulator.matrices)
    if largest == 1:
        return accumulator
    matrices = tuple(replace(one, weights=one.weights * factors[one.group]) for one in accumulator.matrices)
    return replace(accumulator, matrices=matrices, bounds=accumulator.bounds * largest)
