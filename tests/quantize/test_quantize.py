"""Scales, shared accumulators, and the proof that no sum overflows."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from networks import quantized, recognizer, speech_like
from shrinkc.calibrate import calibrate
from shrinkc.errors import InputError
from shrinkc.project import Delta, Plan
from shrinkc.project.settings import Rule
from shrinkc.quantize import quantize
from shrinkc.quantize.gates import _multipliers
from shrinkc.reference import measurer, run

BITS = st.sampled_from([2, 4, 8, 16])
ACTIVATIONS = st.sampled_from([4, 8, 16])
CLIPPING = st.sampled_from(["max", "mmse", "percentile"])
NETWORK = recognizer()
RANGES = {2: (-2, 1), 4: (-8, 7), 8: (-127, 127), 16: (-32767, 32767)}


def test_paths_name_every_matrix_once():
    names = [path.name for path in quantized(NETWORK).paths]
    expected = [f"rnn{i}.{g}.{s}" for i in (1, 2) for g in ("input", "forget", "candidate", "output") for s in "xh"]
    assert names == [*expected, "head.output.x"]


def test_groups_are_vectors_at_a_width():
    groups = quantized(NETWORK).groups
    assert [group.name for group in groups] == ["rnn1.x@8", "rnn1.h@8", "rnn2.x@8", "rnn2.h@8", "head.x@8"]
    assert [group.vector for group in groups] == ["input", "rnn1.h_new", "rnn2.x", "rnn2.h_new", "head.x"]


def test_a_range_of_the_plan_stands_in_place_of_what_calibration_finds():
    """Of a state, of the input, and of one vector that two patterns name: the last one that says something of it."""
    rules = (
        Rule("*.x", range=3.0),
        Rule("rnn1.h", range=0.4),
        Rule("rnn2.x", activations=16),
        Rule("head.x", clipping="max"),
    )
    plain, found = quantized(NETWORK), quantized(NETWORK, Plan(groups=rules))
    reached = {group.name: group.scale * group.limit for group in found.groups}
    expected = {"rnn1.x@8": 3.0, "rnn1.h@8": 0.4, "rnn2.x@16": 3.0}
    assert {name: reached[name] for name in expected} == pytest.approx(expected, rel=1e-3)
    assert reached["rnn2.h@8"] == pytest.approx(plain.group("rnn2.h@8").scale * 127)
    assert reached["head.x@8"] == pytest.approx(
        quantized(NETWORK, Plan(activation_clipping="max")).group("head.x@8").scale * 127
    )
    assert [group.clipping for group in found.groups] == ["given", "given", "given", "mmse", "max"]


@pytest.mark.parametrize(("value", "way"), [(1e-9, "small"), (1e12, "large")])
def test_a_range_that_no_multiplier_reaches_is_refused(value, way):
    with pytest.raises(InputError, match=f"a range of 1e.* is too {way} for what rnn1.h holds; leave it out"):
        quantized(NETWORK, Plan(groups=(Rule("rnn1.h", range=value),)))


def test_weights_are_within_half_a_step_of_the_float_ones():
    network = quantized(NETWORK, Plan(clipping="max"))
    for layer, made in zip(NETWORK.layers, network.layers, strict=True):
        for accumulator in made.accumulators:
            for matrix in accumulator.matrices:
                group = network.group(matrix.group)
                keys = [f"{gate}.{group.source}" for gate in accumulator.gates]
                floats = np.concatenate([layer.matrices[key] for key in keys])
                step = (accumulator.scales / group.scale)[:, None]
                assert np.abs(matrix.weights * step - floats).max() <= (step / 2).max() * 1.001


def test_requantisation_has_no_scale_error():
    """A row's scale is exactly what its multiplier and shifts do."""
    network = quantized(NETWORK)
    for layer in network.layers:
        for one in layer.accumulators:
            for index, gate in enumerate(one.gates):
                rows = slice(index * one.units, (index + 1) * one.units)
                fraction = {"candidate": 12}.get(gate, 11) if layer.name != "head" else layer.equations[0].fraction
                exact = one.multipliers[rows] * 2.0 ** (one.left[index] - 16 - one.right[index] - fraction)
                assert np.array_equal(exact, one.scales[rows])


@given(st.lists(st.floats(1e-9, 1e4), min_size=1, max_size=5))
def test_multipliers_reach_each_ratio_from_above(ratios):
    left, right, multipliers = _multipliers(np.array(ratios))
    reached = multipliers.astype(float) * 2.0 ** (left - 16 - right)
    assert 1 <= right <= 30 and left >= 0
    assert (multipliers >= 1).all()
    assert (reached >= np.array(ratios) * (1 - 1e-12)).all()
    assert reached.max() <= max(max(ratios) * 1.001, 2.0**-46)


PLANS = st.builds(
    Plan,
    weights=BITS,
    activations=ACTIVATIONS,
    clipping=CLIPPING,
    activation_clipping=CLIPPING,
    percentile=st.sampled_from([50.0, 99.0, 100.0]),
    rounding=st.sampled_from(["nearest", "compensated"]),
    bias_correction=st.booleans(),
    accumulators=st.sampled_from(["auto", "shared", "separate"]),
    per_row=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(PLANS)
@example(Plan(16, 16, rounding="compensated", bias_correction=True, accumulators="shared"))
@example(Plan(16, 16, rounding="compensated", bias_correction=True, accumulators="separate"))
def test_no_sum_exceeds_its_proof_even_on_the_worst_input(plan):
    network = quantized(NETWORK, plan)
    for one in network.accumulators:
        worst = np.abs(one.bias.astype(np.int64))
        for matrix in one.matrices:
            limit = network.group(matrix.group).limit
            worst = worst + np.abs(matrix.weights.astype(np.int64) * limit).sum(axis=1)
            least, largest = RANGES[matrix.bits]
            assert matrix.weights.min() >= least and matrix.weights.max() <= largest
        assert np.array_equal(worst, one.bounds)
        for index in range(len(one.gates)):
            rows = slice(index * one.units, (index + 1) * one.units)
            assert one.bounds[rows].max() << one.left[index] < 2**31


def test_16_x_16_lowers_the_resolution_of_rows_that_would_overflow():
    wide = recognizer(inputs=200, units=4, layers=1)
    for rounding in ("nearest", "compensated"):
        network = quantized(wide, Plan(16, 16, rounding=rounding))
        one = network.accumulators[0]
        assert one.bounds.max() < 2**31
        assert np.abs(one.matrices[0].weights).max() < 32767 / 2


@pytest.mark.parametrize("accumulators, count", [("shared", 3), ("separate", 5)])
def test_accumulators_are_shared_or_apart_as_the_plan_says(accumulators, count):
    network = quantized(NETWORK, Plan(accumulators=accumulators))
    assert len(network.accumulators) == count
    biased = sum(int(np.any(one.bias)) for one in network.accumulators)
    assert biased == 3, "a gate's bias stands in exactly one accumulator"


def test_auto_shares_between_like_grids_and_keeps_unlike_ones_apart():
    """On x at 16 bits and h at 8, one common row scale would leave x's weights almost no resolution."""

    def count(plan):
        return len({path.accumulator for path in quantized(NETWORK, plan).paths if path.name.startswith("rnn1")})

    assert count(Plan()) == 1
    assert count(Plan(groups=(Rule("rnn1.x", activations=16),))) == 2
    assert count(Plan(groups=(Rule("rnn1.x", activations=16),), accumulators="shared")) == 1


def test_a_skipped_path_has_its_own_group_and_accumulator():
    rule = Rule("*.candidate.h", weights=16, activations=16)
    network = quantized(NETWORK, Plan(paths=(rule,)))
    path = next(path for path in network.paths if path.name == "rnn1.candidate.h")
    assert (path.group, path.weight_bits, path.activation_bits) == ("rnn1.h@16", 16, 16)
    others = {p.accumulator for p in network.paths if p.name != "rnn1.candidate.h" and p.name.startswith("rnn1")}
    assert path.accumulator not in others


def test_more_bits_come_closer_to_float():
    utterances = speech_like()
    from shrinkc.network import floating

    real = np.concatenate(floating.run(NETWORK, utterances))
    errors = []
    for weights, activations in [(2, 4), (4, 8), (8, 8), (8, 16), (16, 16)]:
        network = quantized(NETWORK, Plan(weights, activations))
        outputs = run(network, [network.quantize_input(u) for u in utterances]).outputs
        errors.append(np.abs(np.concatenate(outputs) * network.output_scale - real).max())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 2e-3


def test_a_threshold_outside_its_grid_is_refused():
    with pytest.raises(InputError, match=r"threshold 300 of rnn1.x@8 is outside 0 to 254"):
        quantized(NETWORK, delta=Delta(threshold=300))


def test_input_is_quantised_with_the_models_normalisation():
    network = quantized(NETWORK)
    features = speech_like()[0]
    real = (features - NETWORK.mean) * NETWORK.scale
    steps = network.quantize_input(features)
    inside = np.abs(steps) < network.input_limit
    assert np.abs(steps * network.input_scale - real)[inside].max() <= network.input_scale * 0.501


@pytest.mark.parametrize("frames", [20, 0])
@pytest.mark.parametrize("plan", [Plan(), Plan(4, bias_correction=True)], ids=["nearest", "compensated"])
def test_silent_calibration_still_quantises(plan, frames):
    silent = [np.broadcast_to(NETWORK.mean, (frames, 5)).copy() for _ in range(3)]
    ranges = calibrate(NETWORK, silent)
    network = quantize(NETWORK, ranges, plan, Delta(), measurer(silent))
    assert all(np.isfinite(one.scales).all() and (one.scales > 0).all() for one in network.accumulators)
