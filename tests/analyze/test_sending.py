"""Coarser grids as the search tries them, and as a plan has them."""

import dataclasses

import numpy as np
import pytest

from labelled import labelled
from networks import recognizer
from shrinkc.analyze.sending import (
    Sending,
    at_zero,
    can_be_coarser,
    delta_of,
    plan_with,
    ranges_of,
    with_sendings,
)
from shrinkc.analyze.trials import Trials
from shrinkc.numbers.fixed_point import quantize_vector
from shrinkc.project import Delta, Metric, Plan
from shrinkc.project.settings import Rule
from shrinkc.reference import run

NETWORK = recognizer("ligru", units=6, outputs=4, layers=2)
PLAN = Plan(rounding="nearest", accumulators="separate")
TRIALS = Trials.of(NETWORK, labelled(NETWORK, 3, seed=9), labelled(NETWORK, 6), Metric())
QUANTIZED = TRIALS.quantized(PLAN, Delta())


def wanted(**ways: Sending) -> dict[str, Sending]:
    return at_zero(QUANTIZED) | {f"{name.replace('_', '.')}@8": way for name, way in ways.items()}


def made(choice: dict[str, Sending]):
    return TRIALS.quantized(plan_with(PLAN, ranges_of(QUANTIZED, choice)), delta_of(choice))


def test_as_the_plan_has_it_nothing_changes() -> None:
    inputs = [QUANTIZED.quantize_input(features) for features, _ in TRIALS.dev]
    plain, same = (run(each, inputs) for each in (QUANTIZED, with_sendings(QUANTIZED, at_zero(QUANTIZED))))
    assert all(map(np.array_equal, plain.outputs, same.outputs))
    assert ranges_of(QUANTIZED, at_zero(QUANTIZED)) == {} and plan_with(PLAN, {}) == PLAN


def test_a_coarser_grid_by_hand() -> None:
    """Four steps are one: 1.4, 1.6 and -2.6 of them are 1, 2 and -3."""
    group = with_sendings(QUANTIZED, wanted(rnn2_x=Sending(3, coarse=4))).group("rnn2.x@8")
    own = QUANTIZED.group("rnn2.x@8")
    assert group.scale == 4 * own.scale and group.limit == own.limit and set(group.thresholds) == {3}
    vector_step = own.scale * own.multiplier / 2.0**own.shift  # real, of the int16 vector
    vector = np.round(np.array([1.4, 1.6, -2.6]) * 4 * own.scale / vector_step).astype(np.int64)
    assert list(quantize_vector(vector, group.multiplier, group.shift, group.limit)) == [1, 2, -3]
    assert group.multiplier / 2.0**group.shift == pytest.approx(own.multiplier / 2.0**own.shift / 4, rel=1e-4)


def test_a_build_does_what_was_tried() -> None:
    """The same grids and the same columns sent, but for weights that are rounded once more."""
    choice = wanted(rnn1_h=Sending(coarse=4), rnn2_x=Sending(2), rnn2_h=Sending(coarse=8))
    tried, built = with_sendings(QUANTIZED, choice), made(choice)
    for one, other in zip(tried.groups, built.groups, strict=True):
        assert one.scale == pytest.approx(other.scale, rel=1e-3) and np.array_equal(one.thresholds, other.thresholds)
    first, second = TRIALS.held(tried), TRIALS.held(built)
    assert first.shares == pytest.approx(second.shares, abs=0.02)
    assert first.outcome.rmse == pytest.approx(second.outcome.rmse, rel=0.2)
    assert first.shares["rnn2.h@8"] < TRIALS.held(QUANTIZED).shares["rnn2.h@8"]


def test_sums_of_a_coarser_grid_stay_exact() -> None:
    """The bounds, by which the reference picks its float type, grow with the weights."""
    tried = with_sendings(QUANTIZED, wanted(rnn1_h=Sending(coarse=32)))
    for one, other in zip(QUANTIZED.accumulators, tried.accumulators, strict=True):
        factor = 32 if any(matrix.group == "rnn1.h@8" for matrix in one.matrices) else 1
        assert np.array_equal(other.bounds, one.bounds * factor)
        assert all(
            np.array_equal(b.weights, a.weights * factor) for a, b in zip(one.matrices, other.matrices, strict=True)
        )


def test_a_vector_that_is_read_at_two_widths_keeps_its_grid() -> None:
    plan = dataclasses.replace(PLAN, paths=(Rule("rnn1.candidate.h", activations=16),))
    network = TRIALS.quantized(plan, Delta())
    able = {group.name: can_be_coarser(network, group) for group in network.groups}
    assert not able["rnn1.h@8"] and not able["rnn1.h@16"] and able["rnn2.h@8"]
