"""Which products are delta and which dense: by what each costs on a core."""

import dataclasses

import numpy as np
import pytest

from networks import quantized, recognizer
from shrinkc.lower import FAMILIES, cheapest_modes, dense_modes, lower, plain_modes
from shrinkc.lower.kernels import PORTABLE, WEIGHT_BITS
from shrinkc.lower.modes import delta_cost, dense_cost
from shrinkc.project import Delta, Plan
from shrinkc.target import Costs, list_targets, load_target

NETWORK = quantized(recognizer(layers=1), Plan(accumulators="shared"), Delta(threshold=3))
COSTS = Costs(
    scan=10.0,
    send=5.0,
    quantize=8.0,
    hold=9.0,
    dense=dict.fromkeys(WEIGHT_BITS, (1.0, 4.0)),
    delta=dict.fromkeys(WEIGHT_BITS, (2.0, 6.0)),
)


def test_costs_of_a_group_by_hand():
    """rnn1.h: 7 columns into 28 rows, all rows in whole words."""
    group = NETWORK.group("rnn1.h@8")
    assert delta_cost(NETWORK, PORTABLE, COSTS, group, 0.5) == 7 * 12.5 + 28 * (6 + 0.5 * 7 * 2)
    assert dense_cost(NETWORK, PORTABLE, COSTS, group) == 7 * 9 + 28 * (4 + 7)
    still = dataclasses.replace(group, thresholds=np.zeros_like(group.thresholds))
    assert dense_cost(NETWORK, PORTABLE, COSTS, still) == 7 * 8 + 28 * (4 + 7)


@pytest.mark.parametrize("share, mode", [(0.0, "delta"), (0.3, "delta"), (0.6, "dense"), (1.0, "dense")])
def test_delta_where_few_columns_are_sent(share, mode):
    shares = {group.name: share for group in NETWORK.groups} | {"rnn1.x@8": 1.0}
    modes = cheapest_modes(NETWORK, PORTABLE, COSTS, shares)
    assert modes["rnn1.h@8"] == mode and modes["rnn1.x@8"] == "dense"


def test_a_group_without_thresholds_is_dense():
    network = quantized(recognizer(layers=1), delta=Delta(threshold=None))
    shares = {group.name: 0.0 for group in network.groups}
    assert set(cheapest_modes(network, PORTABLE, COSTS, shares).values()) == {"dense"}
    assert plain_modes(network) == dense_modes(network)


def test_groups_whose_sums_take_two_stages_have_one_mode():
    """A GRU that resets before: the candidate sums W x first, then U (r * h)."""
    network = quantized(recognizer("gru", layers=1, reset="before"), Plan(accumulators="shared"))
    shares = {"rnn1.x@8": 1.0, "rnn1.h@8": 0.0, "rnn1.rh@8": 0.1, "head.x@8": 1.0}
    modes = cheapest_modes(network, PORTABLE, COSTS, shares)
    assert modes["rnn1.x@8"] == modes["rnn1.rh@8"]
    lower(network, modes=modes)


@pytest.mark.parametrize("name", [name for name in list_targets() if name.startswith("cortex")])
def test_every_core_has_its_family_and_chooses(name):
    target = load_target(name)
    family = FAMILIES[target.kernels]
    wide = quantized(recognizer(inputs=48, units=64, layers=1), delta=Delta(threshold=3))
    few, many = ({group.name: share for group in wide.groups} for share in (0.02, 1.0))
    modes = set(cheapest_modes(wide, family, target.core.costs, many).values())
    # Without a product that adds, a column from a list costs a v6-M core no more than the next one.
    assert modes == {"dense"} or target.core.isa == "Armv6-M"
    assert cheapest_modes(wide, family, target.core.costs, few)["rnn1.h@8"] == "delta"
