"""Thresholds of each send group alone, and the order in which they are raised."""

import dataclasses

import numpy as np
import pytest

from labelled import labelled
from networks import both_ways, recognizer
from shrinkc.analyze import thresholds
from shrinkc.analyze.deltas import moves
from shrinkc.analyze.sending import ZERO, Sending, at_zero
from shrinkc.analyze.thresholds import (
    coarser,
    cost_on,
    each_alone,
    expected_harm,
    frontier,
    ladder,
    order,
    work_eliminated,
)
from shrinkc.analyze.trials import Held, Outcome, Trials
from shrinkc.analyze.tried import Tried
from shrinkc.lower import FAMILIES
from shrinkc.project import Delta, Metric, Plan
from shrinkc.reference import stream
from shrinkc.target import load_target

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)
QUICK = Plan(rounding="nearest")


def tried_of(network=NETWORK, metric: Metric | None = None, plan: Plan = QUICK) -> Tried:
    trials = Trials.of(network, labelled(network, 3, seed=9), labelled(network, labels=metric is None),
                       metric or Metric())  # fmt: skip
    return Tried(trials, trials.quantized(plan, Delta()), jobs=1)


def held(divergence: float, **shares: float) -> Held:
    return Held(Outcome(divergence, 0.0, 0.0, None), shares)


def test_ladders_are_of_the_grid() -> None:
    group = tried_of().network.groups[0]
    assert ladder(group)[:5] == (0, 1, 2, 3, 4) and ladder(group)[-1] == 64
    assert ladder(dataclasses.replace(group, limit=7)) == (0, 1, 2, 3, 4, 6)
    wide = ladder(dataclasses.replace(group, limit=16383))
    assert wide[:5] == (0, 16, 32, 64, 129) and wide[-1] == 64 * 129


def test_coarser_grids_have_steps_left() -> None:
    group = tried_of().network.groups[0]
    assert coarser(group) == (2, 3, 4, 6, 8, 12, 16, 24, 32)
    assert coarser(dataclasses.replace(group, limit=7)) == (2, 3)
    wide = coarser(dataclasses.replace(group, limit=16383))
    assert wide[:2] == (129, 258) and wide[-1] == 32 * 129


def test_what_another_way_beats_is_not_on_the_frontier() -> None:
    """Grid 4 sends less than threshold 2 for less harm; threshold 1 sends as much as the plan's own way."""
    helds = {
        ZERO: held(1.0, a=0.9),
        Sending(1): held(1.1, a=0.9), Sending(2): held(1.5, a=0.6), Sending(8): held(9.0, a=0.2),
        Sending(coarse=2): held(0.9, a=0.8), Sending(coarse=4): held(1.4, a=0.5), Sending(coarse=8): held(9.1, a=0.3),
    }  # fmt: skip
    assert frontier("a", helds) == [ZERO, Sending(coarse=2), Sending(coarse=4), Sending(8)]


def test_the_most_saved_for_the_divergence_comes_first() -> None:
    """By hand: a column of a costs 100, one of b 10. a's step to 2 saves less for its harm than b's first."""
    network = tried_of().network
    a, b, c = (group.name for group in network.groups)
    base = held(1.0, **{a: 1.0, b: 1.0, c: 1.0})
    one, two = Sending(1), Sending(coarse=2)
    alone = {
        a: {ZERO: base, one: held(1.5, **{a: 0.8}), two: held(5.0, **{a: 0.7})},
        b: {ZERO: base, one: held(1.1, **{b: 0.5})},
        c: {ZERO: base, one: held(1.1, **{c: 1.0})},
    }

    def cost(wanted, shares) -> float:
        return 100 * shares[a] + 10 * shares[b] + 5 * shares[c]

    plans = order(network, alone, cost)
    ways = [(ZERO, ZERO, ZERO), (ZERO, one, ZERO), (one, one, ZERO), (two, one, ZERO)]
    assert [(each[a], each[b], each[c]) for each in plans] == ways
    assert expected_harm(alone, plans[-1]) == pytest.approx(4.1)


def test_work_by_hand() -> None:
    """rnn1.x has 5 columns and 18 rows, rnn1.h 6 and 18, head.x 6 and 4: 90 + 108 + 24 multiplications."""
    network = tried_of().network
    shares = {"rnn1.x@8": 1.0, "rnn1.h@8": 0.5, "head.x@8": 0.0}
    assert work_eliminated(network, shares) == pytest.approx((54 + 24) / 222)


def test_each_group_alone_up_to_the_ceiling(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = tried_of()
    alone = each_alone(tried, 3)
    assert list(alone) == [group.name for group in tried.network.groups]
    for name, helds in alone.items():
        group = tried.network.group(name)
        steps = [way.threshold for way in helds if way.coarse == 1]
        grids = [way.coarse for way in helds if way.coarse != 1]
        assert steps == list(ladder(group))[: len(steps)] and grids == list(coarser(group))[: len(grids)]
        assert all(
            helds[ZERO].shares[name] > helds[way].shares[name] for way in (Sending(steps[-1]), Sending(coarse=8))
        )
    monkeypatch.setattr(thresholds, "CEILING", -1.0)
    expected = {ZERO, Sending(1), Sending(coarse=2)}
    assert all(set(helds) == expected for helds in each_alone(tried, 3).values())


def test_the_cost_is_of_the_cheaper_way_or_of_delta_alone() -> None:
    network = tried_of().network
    target = load_target("cortex-m4")
    wanted, family = at_zero(network), FAMILIES[target.kernels]
    every = dict.fromkeys(wanted, 1.0)
    either, delta = (cost_on(network, family, target.core.costs, alone) for alone in (False, True))
    assert either(wanted, every) < delta(wanted, every)
    none = dict.fromkeys(wanted, 0.0)
    assert either(wanted, none) == delta(wanted, none) < either(wanted, every)


@pytest.mark.parametrize("network", [NETWORK, both_ways("lstm", units=4, layers=1)])
def test_moves_are_those_of_each_utterance_and_direction(network) -> None:
    """Counted again utterance after utterance, where a direction begins after as many steps as there are frames."""
    tried = tried_of(network, Metric("outputs"))
    utterances = [tried.network.quantize_input(features) for features, _ in tried.trials.dev]
    utterances[1] = utterances[1][:7]
    counted = {group.name: np.zeros(2 * group.limit + 1, int) for group in tried.network.groups}
    for one in utterances:
        seen: dict[str, list[np.ndarray]] = {}

        def observe(layer, vectors, seen=seen) -> None:
            for name, vector in vectors.items():
                seen.setdefault(name, []).append(vector[0].astype(int))

        list(stream(tried.network, [one], observe=observe))
        for name, vectors in seen.items():
            for index, vector in enumerate(vectors):
                if index % len(one):
                    np.add.at(counted[name], np.abs(vector - vectors[index - 1]), 1)
    found = moves(tried.network, utterances)
    assert found.keys() == counted.keys()
    assert all(np.array_equal(found[name], counted[name]) for name in found)
