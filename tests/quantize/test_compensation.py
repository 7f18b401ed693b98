"""What compensated rounding, bias correction and the plan's settings of single paths do to a quantised network."""

import dataclasses
import warnings

import numpy as np
import pytest

from networks import both_ways, quantized, random_layer, recognizer, speech_like, with_head
from shrinkc.calibrate import calibrate
from shrinkc.network import Layer, Network, floating
from shrinkc.project import Delta, Plan, Rule
from shrinkc.quantize import QuantizedNetwork, quantize
from shrinkc.quantize.quantized import QuantizedLayer
from shrinkc.reference import measurer, run

NETWORK = recognizer()
CALIBRATION = speech_like(16, 30, 12, seed=3)
OTHERS = speech_like(8, 30, 12, seed=9)


def made_of(network: Network, plan: Plan) -> QuantizedNetwork:
    return quantize(network, calibrate(network, CALIBRATION), plan, Delta(), measurer(CALIBRATION))


def rmse(network: Network, plan: Plan) -> float:
    """Of the outputs, on utterances that calibration has not seen."""
    made = made_of(network, plan)
    outputs = run(made, [made.quantize_input(utterance) for utterance in OTHERS]).outputs
    return float(np.sqrt(np.mean((np.concatenate(outputs) * made.output_scale - floats_of(network)) ** 2)))


def floats_of(network: Network) -> np.ndarray:
    return np.concatenate(floating.run(network, OTHERS))


@pytest.mark.parametrize(("bits", "most"), [(4, 0.8), (2, 0.85)])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_compensated_comes_closer_to_float_than_nearest(cell, bits, most):
    networks = [recognizer(cell, inputs=12, units=24, outputs=6, seed=seed) for seed in (1, 2)]
    found = {
        rounding: np.mean([rmse(network, Plan(bits, rounding=rounding)) for network in networks])
        for rounding in ("nearest", "compensated")
    }
    assert found["compensated"] < most * found["nearest"]


def integers(made: QuantizedNetwork) -> dict[str, np.ndarray]:
    """The integer weights of every path."""
    found = {}
    for one in made.accumulators:
        for path in (path for path in made.paths if path.accumulator == one.name):
            matrix = next(matrix for matrix in one.matrices if matrix.group == path.group)
            first = one.gates.index(path.gate) * one.units
            found[path.name] = matrix.weights[first : first + one.units]
    return found


def scales(made: QuantizedNetwork, name: str) -> np.ndarray:
    """Real value of one step of each row's weights of a path."""
    path = next(path for path in made.paths if path.name == name)
    one = next(one for one in made.accumulators if one.name == path.accumulator)
    first = one.gates.index(path.gate) * one.units
    return one.scales[first : first + one.units] / made.group(path.group).scale


def test_auto_compensates_below_8_bits():
    rules = (Rule("rnn1.input.*", weights=8), Rule("rnn2.*", weights=16))
    made = quantized(NETWORK, Plan(4, paths=rules))
    for path in made.paths:
        assert path.rounding == ("compensated" if path.weight_bits == 4 else "nearest"), path.name


def test_one_path_alone_can_be_rounded_otherwise():
    """Its integers differ, and within its gate those that stand beside it; no other layer before it changes."""
    plain = integers(quantized(NETWORK, Plan(4, clipping="max", rounding="nearest")))
    rule = Rule("rnn2.forget.x", rounding="compensated")
    made = quantized(NETWORK, Plan(4, clipping="max", rounding="nearest", paths=(rule,)))
    changed = {name for name, weights in integers(made).items() if not np.array_equal(weights, plain[name])}
    assert changed == {"rnn2.forget.x"}
    assert {path.name for path in made.paths if path.rounding == "compensated"} == {"rnn2.forget.x"}


def test_a_path_rounded_to_the_nearest_stays_so_beside_one_that_is_compensated():
    plain = integers(quantized(NETWORK, Plan(4, clipping="max", rounding="nearest")))
    rule = Rule("*.h", rounding="nearest")
    made = integers(quantized(NETWORK, Plan(4, clipping="max", rounding="compensated", paths=(rule,))))
    assert all(np.array_equal(made[name], plain[name]) for name in plain if name.endswith(".h"))
    assert any(not np.array_equal(made[name], plain[name]) for name in plain)


@pytest.mark.parametrize("plan", [Plan(8), Plan(4), Plan(2, clipping="max")], ids=["8", "4", "2"])
def test_one_path_alone_can_have_one_scale(plan):
    rule = Rule("rnn1.forget.x", per_row=False)
    made = quantized(NETWORK, dataclasses.replace(plan, accumulators="separate", paths=(rule,)))
    for name in integers(made):
        alike = len(set(scales(made, name))) == 1
        assert alike == (name == "rnn1.forget.x"), name


def test_one_scale_for_the_whole_but_for_some_paths():
    rule = Rule("rnn1.forget.x", per_row=True)
    made = quantized(NETWORK, Plan(4, per_row=False, accumulators="separate", paths=(rule,)))
    for name in integers(made):
        assert (len(set(scales(made, name))) == 1) == (name != "rnn1.forget.x"), name


def errors_of_sums(layer: Layer, made: QuantizedNetwork, of: QuantizedLayer) -> tuple[np.ndarray, np.ndarray]:
    """(rows of all gates,) of a layer: what its sums miss on average on the calibration set, and half their steps."""
    found = measurer(CALIBRATION)(made, [of.name])[of.name]
    missing, steps = [], []
    for affine in layer.cell.affines:
        wrong = layer.biases[affine.gate].astype(float)
        for one in (one for one in of.accumulators if affine.gate in one.gates):
            rows = slice(one.gates.index(affine.gate) * one.units, (one.gates.index(affine.gate) + 1) * one.units)
            wrong = wrong - one.bias[rows] * one.scales[rows]
            for matrix in one.matrices:
                group = made.group(matrix.group)
                step = one.scales[rows, None] / group.scale
                real = layer.matrices[f"{affine.gate}.{group.source}"].astype(float)
                wrong = wrong + (real - matrix.weights[rows] * step) @ found.mean[found.places[group.name]]
            step_of_the_bias = one.scales[rows]
        missing.append(wrong)
        steps.append(step_of_the_bias / 2)
    return np.concatenate(missing), np.concatenate(steps)


@pytest.mark.parametrize("rounding", ["nearest", "compensated"])
@pytest.mark.parametrize("bits", [2, 4])
def test_corrected_biases_take_the_mean_error_away(rounding, bits):
    network = recognizer(inputs=12, units=16, outputs=6, layers=1)
    plan = Plan(bits, rounding=rounding, accumulators="shared")
    plain, corrected = made_of(network, plan), made_of(network, dataclasses.replace(plan, bias_correction=True))
    layer, head = network.layers
    # Of the head nothing is left but the rounding of the bias itself.
    missing, half = errors_of_sums(head, corrected, corrected.layers[1])
    assert (np.abs(missing) <= half * (1 + 1e-6)).all()
    before, half = errors_of_sums(head, plain, plain.layers[1])
    assert np.abs(before).max() > 2 * half.max()
    # A recurrent layer's own h moves with its weights and its bias, so a part stays: more where the weights move too.
    missing, _ = errors_of_sums(layer, corrected, corrected.layers[0])
    before, _ = errors_of_sums(layer, plain, plain.layers[0])
    assert np.abs(missing).mean() < {"nearest": 0.3, "compensated": 0.75}[rounding] * np.abs(before).mean()


def test_a_bias_that_is_corrected_stands_in_one_sum():
    made = quantized(NETWORK, Plan(4, bias_correction=True, accumulators="separate"))
    assert sum(int(np.any(one.bias)) for one in made.accumulators) == 3


def test_a_plan_without_compensation_asks_for_no_moments():
    def refuse(*_):
        raise AssertionError

    ranges = calibrate(NETWORK, speech_like())
    quantize(NETWORK, ranges, Plan(8), Delta(), refuse)
    quantize(NETWORK, ranges, Plan(4, rounding="nearest"), Delta(), refuse)
    for plan in (Plan(4), Plan(8, bias_correction=True), Plan(8, paths=(Rule("head.*", weights=4),))):
        with pytest.raises(AssertionError):
            quantize(NETWORK, ranges, plan, Delta(), refuse)


def test_a_layer_without_products_is_not_asked_for():
    """The sum of two directions is an equation alone."""
    asked, network = [], both_ways(layers=1, merge="add")
    measure = measurer(speech_like())

    def watch(made, names):
        asked.append(list(names))
        return measure(made, names)

    quantize(network, calibrate(network, speech_like()), Plan(8, bias_correction=True), Delta(), watch)
    assert asked == [["rnn1_f", "rnn1_b"], ["rnn1_f", "rnn1_b"], ["head"]]


def test_layers_are_asked_for_rank_after_rank_and_twice_where_they_are_recurrent():
    asked, measure = [], measurer(speech_like())

    def watch(made, names):
        asked.append(list(names))
        return measure(made, names)

    quantize(NETWORK, calibrate(NETWORK, speech_like()), Plan(4), Delta(), watch)
    assert asked == [["rnn1"], ["rnn1"], ["rnn2"], ["rnn2"], ["head"]]


def test_a_layer_is_rounded_on_what_those_before_it_give_in_integers():
    """The same head behind a layer of other bits: other integers."""
    found = [
        integers(quantized(NETWORK, Plan(4, paths=(Rule("rnn*", weights=bits, rounding="nearest"),))))["head.output.x"]
        for bits in (16, 2)
    ]
    assert not np.array_equal(*found)


def test_the_range_of_coarse_rows_is_searched_by_rounding():
    """With what is left of each row's error, as the network's own inputs weigh it, less than at the largest weight."""
    random = np.random.default_rng(8)
    stack = [random_layer("rnn1", "gru", 12, 24, random)]
    network = with_head(stack, 12, 6, random)
    for bits in (2, 4):
        searched, largest = made_of(network, Plan(bits)), made_of(network, Plan(bits, clipping="max"))
        assert _error(network, searched) < 0.8 * _error(network, largest)


def _error(network: Network, made: QuantizedNetwork) -> float:
    """Mean squared error of the head's sums, on what the head reads."""
    found = measurer(CALIBRATION)(made, ["head"])["head"]
    wrong = (
        network.layers[1].matrices["output.x"]
        - integers(made)["head.output.x"] * scales(made, "head.output.x")[:, None]
    )
    return float(np.einsum("rc,cd,rd->", wrong, found.second, wrong))


@pytest.mark.parametrize("plan", [Plan(4, 4), Plan(2, 4), Plan(4, 4, per_row=False, bias_correction=True)])
def test_a_row_of_zeros_beside_loud_ones_is_nothing_to_warn_of(plan):
    network = recognizer("ligru", layers=1)
    rnn, head = network.layers
    loud = {name: values * (1e4 if name == "candidate.x" else 1) for name, values in rnn.matrices.items()}
    dead = {name: values * (np.arange(3) > 0)[:, None] for name, values in head.matrices.items()}
    layers = (dataclasses.replace(rnn, matrices=loud), dataclasses.replace(head, matrices=dead))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = quantized(dataclasses.replace(network, layers=layers), plan)
    assert not integers(made)["head.output.x"][0].any() and integers(made)["head.output.x"][1:].any()
