"""The integer reference against a plain loop over integers, and what must hold of every delta network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import quantized, recognizer, speech_like
from shrinkc.numbers import fixed_point, functions
from shrinkc.project import Delta, Plan
from shrinkc.reference import integer, run

NETWORK = recognizer()


def plain_lstm(network, inputs):
    """One utterance through one LSTM layer and the head, written out by hand: outputs and columns sent."""
    lstm, head = network.layers
    sums = {a.name: a.bias.astype(np.int64) for a in network.accumulators}
    held = {g.name: np.zeros(g.width, np.int64) for g in network.groups}
    h, c = np.zeros(lstm.units, np.int64), np.zeros(lstm.units, np.int64)
    outputs, counts = [], []

    def send(accumulator, matrix, vector):
        group = network.group(matrix.group)
        sent = 0
        for j in range(group.width):
            grid = int(fixed_point.quantize_vector(int(vector[j]), group.multiplier, group.shift, group.limit))
            d = grid - held[group.name][j]
            if abs(d) > group.thresholds[j]:
                held[group.name][j] = grid
                sums[accumulator.name] = sums[accumulator.name] + matrix.weights[:, j].astype(np.int64) * d
                sent += 1
        return sent

    for frame in inputs:
        (one,) = lstm.accumulators
        row = [send(one, matrix, vector) for matrix, vector in zip(one.matrices, (frame, h), strict=True)]
        gates = [
            fixed_point.requantize(
                sums[one.name][k * lstm.units : (k + 1) * lstm.units],
                one.multipliers[k * lstm.units : (k + 1) * lstm.units].astype(np.int64),
                one.left[k],
                one.right[k],
            )
            for k in range(4)
        ]
        i, f, o = (functions.sigmoid_q15(gates[k]).astype(np.int64) for k in (0, 1, 3))
        g = functions.tanh_q15(gates[2]).astype(np.int64)
        fraction = lstm.states[1].fraction
        c = 2 * ((c * f) >> 16) + ((i * g + (1 << (30 - fraction - 1))) >> (30 - fraction))
        argument = np.clip((c + (1 << (fraction - 13))) >> (fraction - 12), -32768, 32767)
        h = (o * functions.tanh_q15(argument).astype(np.int64) + (1 << 14)) >> 15
        (last,) = head.accumulators
        row.append(send(last, last.matrices[0], h))
        outputs.append(
            fixed_point.requantize(sums[last.name], last.multipliers.astype(np.int64), last.left[0], last.right[0])
        )
        counts.append(row)
    return np.array(outputs), np.array(counts)


@pytest.mark.parametrize("threshold", [0, 1, 5, 40])
def test_against_a_plain_loop(threshold):
    network = quantized(recognizer(layers=1), delta=Delta(threshold=threshold))
    inputs = [network.quantize_input(u) for u in speech_like()]
    execution = run(network, inputs)
    for utterance, outputs, sent in zip(inputs, execution.outputs, execution.sent, strict=True):
        expected, counts = plain_lstm(network, utterance)
        assert np.array_equal(outputs, expected)
        assert np.array_equal(sent, counts)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([2, 4, 8, 16]), st.sampled_from([4, 8, 16]), st.integers(0, 2**31))
def test_threshold_0_equals_dense(weights, activations, seed):
    plan = Plan(weights, activations)
    sparse, dense = (quantized(NETWORK, plan, Delta(threshold=t)) for t in (0, None))
    inputs = [sparse.quantize_input(u) for u in speech_like(seed=seed)]
    ours, theirs = run(sparse, inputs), run(dense, inputs)
    for a, b in zip(ours.outputs, theirs.outputs, strict=True):
        assert np.array_equal(a, b)
    assert all((counts == [5, 7, 7, 7, 7]).all() for counts in theirs.sent)
    assert sum(counts.sum() for counts in ours.sent) < sum(counts.sum() for counts in theirs.sent)


def test_shared_and_separate_accumulators_agree_with_float_alike():
    utterances = speech_like()
    outputs = []
    for accumulators in ("shared", "separate"):
        network = quantized(NETWORK, Plan(16, 16, accumulators=accumulators))
        made = run(network, [network.quantize_input(u) for u in utterances]).outputs
        outputs.append(np.concatenate(made) * network.output_scale)
    assert np.abs(outputs[0] - outputs[1]).max() < 3e-3


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 5), st.sampled_from([0, 3]))
def test_no_utterance_knows_of_another(order, size, threshold):
    network = quantized(NETWORK, delta=Delta(threshold=threshold))
    inputs = [network.quantize_input(u) for u in speech_like(5)]
    alone = [run(network, [one]) for one in inputs]
    before, integer.BATCH = integer.BATCH, size
    try:
        together = run(network, [inputs[k] for k in order])
    finally:
        integer.BATCH = before
    for place, k in enumerate(order):
        assert np.array_equal(together.outputs[place], alone[k].outputs[0])
        assert np.array_equal(together.sent[place], alone[k].sent[0])


def test_a_larger_threshold_sends_less_and_the_largest_sends_nothing():
    inputs = None
    shares = []
    for threshold in (0, 4, 16, 254):
        network = quantized(NETWORK, delta=Delta(threshold=threshold))
        inputs = inputs or [network.quantize_input(u) for u in speech_like()]
        shares.append(sum(int(counts.sum()) for counts in run(network, inputs).sent))
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] == 0


def test_states_are_kept_where_asked_for():
    network = quantized(NETWORK)
    inputs = [network.quantize_input(u) for u in speech_like()]
    execution = run(network, inputs, keep_states=True)
    assert execution.states.keys() == {"rnn1.h", "rnn1.c", "rnn2.h", "rnn2.c"}
    assert execution.states["rnn1.c"][0].dtype == np.int32
    assert execution.states["rnn2.h"][1].shape == (len(inputs[1]), 7)
    assert run(network, inputs).states == {}


def test_large_sums_go_through_float64():
    """16 x 16 bits exceed what float32 holds exactly; the plain loop says the same."""
    network = quantized(recognizer(layers=1), Plan(16, 16, accumulators="shared"))
    assert max(int(a.bounds.max()) for a in network.accumulators) > 2**24
    inputs = [network.quantize_input(u) for u in speech_like(2)]
    for utterance, outputs in zip(inputs, run(network, inputs).outputs, strict=True):
        assert np.array_equal(outputs, plain_lstm(network, utterance)[0])
