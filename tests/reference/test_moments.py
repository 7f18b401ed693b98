"""What products read on a calibration set: against plain loops over the frames, however they are batched."""

import dataclasses

import numpy as np
import plain_loops
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.project import Delta, Plan, Rule
from shrinkc.quantize import QuantizedNetwork
from shrinkc.quantize.moments import Moments
from shrinkc.quantize.quantized import SendGroup
from shrinkc.reference import integer, measurer, moments, run

UTTERANCES = speech_like()
TWO_WIDTHS = Plan(paths=(Rule("rnn1.candidate.*", activations=16),))


def held(group: SendGroup, vectors: np.ndarray) -> list[list[int]]:
    """What the products of a group see at each step of a direction, frame by frame and element by element."""
    last, seen = [0] * group.width, []
    for vector in vectors:
        for column in range(group.width):
            step = plain_loops.rounded(int(vector[column]) * group.multiplier, group.shift)
            step = max(-group.limit, min(group.limit, step))
            if not group.delta or abs(step - last[column]) > group.thresholds[column]:
                last[column] = step
        seen.append(list(last))
    return seen


def outputs_of_the_first_layer(network: QuantizedNetwork, utterance: np.ndarray) -> np.ndarray:
    return run(dataclasses.replace(network, layers=network.layers[:1]), [utterance]).outputs[0]


def vectors_of(network: QuantizedNetwork, utterance: np.ndarray) -> list[dict[str, np.ndarray]]:
    """By source of the first layer, the vectors of each direction in the order in which they are read."""
    layer = network.layers[0]
    outputs = np.split(outputs_of_the_first_layer(network, utterance), len(layer.directions), axis=1)
    found = []
    for direction, made in zip(layer.directions, outputs, strict=True):
        order = slice(None, None, 1 if direction == "forward" else -1)
        ordered = made[order]
        found.append({"x": utterance[order], "h": np.concatenate([np.zeros_like(ordered[:1]), ordered[:-1]])})
    return found


def rows_of(network: QuantizedNetwork, name: str, utterances: list[np.ndarray]) -> np.ndarray:
    """Every vector that a layer's products see, its send groups side by side, in real values."""
    groups = [group for group in network.groups if group.layer == name]
    rows = []
    for utterance in (network.quantize_input(one) for one in utterances):
        if name == "head":
            directions = [{"x": outputs_of_the_first_layer(network, utterance)}]
        else:
            directions = vectors_of(network, utterance)
        for one in directions:
            parts = [held(group, one[group.source]) for group in groups]
            rows += [np.concatenate(at_a_step) for at_a_step in zip(*parts, strict=True)]
    scales = [group.scale for group in groups for _ in range(group.width)]
    return np.array(rows) * scales


@pytest.mark.parametrize("layer", ["rnn1", "head"])
@pytest.mark.parametrize(
    ("make", "plan", "delta"),
    [
        (recognizer, Plan(), Delta()),
        (recognizer, Plan(4, 4), Delta(threshold=None)),
        (recognizer, Plan(), Delta(threshold=3, groups=(("rnn1.h", 9),))),
        (recognizer, TWO_WIDTHS, Delta(threshold=2)),
        (lambda **sizes: both_ways(tied=True, **sizes), TWO_WIDTHS, Delta(threshold=4)),
    ],
    ids=["dense", "4 bits", "thresholds", "two widths", "tied directions"],
)
def test_against_plain_loops(make, plan, delta, layer):
    network = quantized(make(layers=1), plan, delta)
    found = measurer(UTTERANCES)(network, [layer])[layer]
    rows = rows_of(network, layer, UTTERANCES)
    assert len(rows) == sum(map(len, UTTERANCES)) * (len(network.layers[0].directions) if layer == "rnn1" else 1)
    mean, second = np.zeros(rows.shape[1]), np.zeros((rows.shape[1], rows.shape[1]))
    for row in rows:
        mean += row / len(rows)
        second += np.outer(row, row) / len(rows)
    assert np.allclose(found.mean, mean, rtol=1e-12, atol=1e-12)
    assert np.allclose(found.second, second, rtol=1e-12, atol=1e-12)
    widths = {group.name: group.width for group in network.groups if group.layer == layer}
    assert {name: place.stop - place.start for name, place in found.places.items()} == widths
    if plan is TWO_WIDTHS and layer == "rnn1":
        assert list(widths) == ["rnn1.x@8", "rnn1.x@16", "rnn1.h@8", "rnn1.h@16"]


def test_a_layer_behind_the_last_step_reads_one_vector_an_utterance():
    network = quantized(recognizer(layers=1, last=True))
    found = measurer(UTTERANCES)(network, ["head"])["head"]
    group = network.group("head.x@8")
    lasts = [
        outputs_of_the_first_layer(network, network.quantize_input(utterance))[-1].astype(int)
        for utterance in UTTERANCES
    ]
    rows = np.array([held(group, [last])[0] for last in lasts]) * group.scale
    assert np.allclose(found.mean, rows.mean(axis=0), rtol=1e-12)
    assert np.allclose(found.second, rows.T @ rows / len(rows), rtol=1e-12)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 5), st.integers(1, 60))
def test_batches_do_not_matter(order, size, rows):
    """Not by a bit: all sums are of integers."""
    network = quantized(both_ways(layers=1), delta=Delta(threshold=3))
    utterances, names = speech_like(5), [layer.name for layer in network.layers]
    expected = measurer(utterances)(network, names)
    before = integer.BATCH, moments.ROWS
    integer.BATCH, moments.ROWS = size, rows
    try:
        found = measurer([utterances[k] for k in order])(network, names)
    finally:
        integer.BATCH, moments.ROWS = before
    for name in names:
        assert np.array_equal(found[name].mean, expected[name].mean)
        assert np.array_equal(found[name].second, expected[name].second)


def test_only_what_is_asked_for_is_measured():
    network = quantized(recognizer())
    measure = measurer(UTTERANCES)
    assert list(measure(network, ["rnn1"])) == ["rnn1"]
    assert list(measure(network, ["head", "rnn2"])) == ["head", "rnn2"]
    assert np.array_equal(measure(network, ["rnn1"])["rnn1"].mean, measure(network, ["rnn1", "head"])["rnn1"].mean)


@pytest.mark.parametrize("frames", [0, 1])
def test_utterances_of_no_frame_count_for_nothing(frames):
    network = quantized(recognizer())
    short = [UTTERANCES[0][:0], UTTERANCES[0][:frames], UTTERANCES[1][:0]]
    found = measurer(short)(network, ["rnn1"])["rnn1"]
    alone = np.concatenate([[network.quantize_input(one[:1])[0] for one in short if len(one)] or np.zeros((1, 5))])
    assert np.allclose(found.mean[found.places["rnn1.x@8"]], alone[0] * network.group("rnn1.x@8").scale, rtol=1e-4)
    assert not found.mean[found.places["rnn1.h@8"]].any()


def test_groups_are_given_in_the_order_asked_for():
    second = np.arange(9.0).reshape(3, 3)
    kept = Moments({"a": slice(0, 1), "b": slice(1, 3)}, np.array([10.0, 20.0, 30.0]), second)
    mean, found = kept.of(["b", "a"])
    assert mean.tolist() == [20, 30, 10]
    assert found.tolist() == [[4, 5, 3], [7, 8, 6], [1, 2, 0]]


def test_a_large_set_is_thinned_evenly(monkeypatch):
    network = quantized(recognizer())
    utterances = speech_like(count=7)
    monkeypatch.setattr(moments, "UTTERANCES", 3)
    found = measurer(utterances)(network, ["head"])["head"]
    monkeypatch.undo()
    assert np.array_equal(found.second, measurer(utterances[::3])(network, ["head"])["head"].second)
    assert not np.allclose(found.second, measurer(utterances)(network, ["head"])["head"].second)
