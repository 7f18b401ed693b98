"""The integer reference against a plain loop over integers, and what must hold of every delta network."""

import numpy as np
import plain_loops
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.project import Delta, Plan
from shrinkc.reference import integer, run

NETWORK = recognizer()


@pytest.mark.parametrize("threshold", [0, 1, 5, 40])
@pytest.mark.parametrize(
    "cell, options, step",
    [
        ("lstm", {}, plain_loops.lstm),
        ("gru", {"reset": "before"}, plain_loops.gru_before),
        ("sru", {"inputs": 7}, plain_loops.sru),
    ],
)
def test_against_a_plain_loop(cell, options, step, threshold):
    network = quantized(recognizer(cell, layers=1, **options), delta=Delta(threshold=threshold))
    inputs = [network.quantize_input(u) for u in speech_like(width=network.inputs)]
    execution = run(network, inputs)
    for utterance, outputs, sent in zip(inputs, execution.outputs, execution.sent, strict=True):
        expected, counts = plain_loops.run(network, utterance, step)
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


@pytest.mark.parametrize("make", [recognizer, both_ways])
@pytest.mark.parametrize("last", [False, True])
def test_utterances_of_no_frame_and_of_one(make, last):
    network = quantized(make(last=last), delta=Delta(threshold=2))
    lengths = [0, 5, 1, 0]
    inputs = [network.quantize_input(speech_like()[0][:length]) for length in lengths]
    together = run(network, inputs, keep_states=True)
    assert [len(outputs) for outputs in together.outputs] == [min(n, 1) if last else n for n in lengths]
    assert [len(sent) for sent in together.sent] == lengths
    for place, one in enumerate(inputs):
        alone = run(network, [one], keep_states=True)
        assert np.array_equal(alone.outputs[0], together.outputs[place])
        assert np.array_equal(alone.sent[0], together.sent[place])
        assert all(np.array_equal(series[0], together.states[name][place]) for name, series in alone.states.items())


def test_whole_utterances_give_their_counts_with_the_last_frame():
    """Those of both directions together."""
    tied = quantized(both_ways(layers=1, tied=True), delta=Delta(threshold=2))
    inputs = [tied.quantize_input(u) for u in speech_like()]
    execution = run(tied, inputs)
    for utterance, sent in zip(inputs, execution.sent, strict=True):
        assert sent.dtype == np.uint32 and not sent[:-1].any()
        (turned,) = run(tied, [utterance[::-1]]).sent
        x = next(index for index, group in enumerate(tied.groups) if group.name == "rnn1.x@8")
        forward, backward = (_sent_by_hand(tied.groups[x], frames) for frames in (utterance, utterance[::-1]))
        assert sent[-1, x] == forward + backward == turned[-1, x]
        assert forward != backward


def _sent_by_hand(group, frames):
    held, count = np.zeros(group.width, np.int64), 0
    for frame in frames:
        grid = np.clip(plain_loops.rounded(frame.astype(np.int64) * group.multiplier, group.shift), -127, 127)
        moved = np.abs(grid - held) > group.thresholds
        held, count = np.where(moved, grid, held), count + int(moved.sum())
    return count


def test_large_sums_go_through_float64():
    """16 x 16 bits exceed what float32 holds exactly; the plain loop says the same."""
    network = quantized(recognizer(layers=1), Plan(16, 16, accumulators="shared"))
    assert max(int(a.bounds.max()) for a in network.accumulators) > 2**24
    inputs = [network.quantize_input(u) for u in speech_like(2)]
    for utterance, outputs in zip(inputs, run(network, inputs).outputs, strict=True):
        assert np.array_equal(outputs, plain_loops.run(network, utterance, plain_loops.lstm)[0])
