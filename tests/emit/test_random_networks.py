"""Networks drawn at random, of every cell, shape and width: the C and the reference, delta and dense."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from bits import check_against_reference
from networks import CELL_OPTIONS, both_ways, quantized, random_layer, recognizer, speech_like, with_head
from shrinkc.errors import BuildError
from shrinkc.network import Network
from shrinkc.project import Delta, Plan, Rule
from shrinkc.quantize import QuantizedNetwork
from shrinkc.reference import run

widths = st.integers(1, 9)
lengths = st.lists(st.integers(0, 25), min_size=1, max_size=4).filter(any)
plans = st.builds(
    Plan,
    weights=st.sampled_from([2, 4, 8, 16]),
    activations=st.sampled_from([4, 8, 16]),
    clipping=st.sampled_from(["mmse", "max", "percentile"]),
    rounding=st.sampled_from(["auto", "nearest", "compensated"]),
    bias_correction=st.booleans(),
    state=st.sampled_from([16, 32]),
    accumulators=st.sampled_from(["auto", "separate", "shared"]),
    per_row=st.booleans(),
)
thresholds = st.sampled_from([0, 1, 5, None])
deltas = st.builds(lambda all_of_it, first: Delta(all_of_it, (("rnn1*", first),)), thresholds, thresholds)


@st.composite
def networks(draw) -> Network:
    """One way or both ways, tied or not, merged or not, with all steps or the last one."""
    cell = draw(st.sampled_from(sorted(CELL_OPTIONS)))
    options = {name: draw(st.sampled_from(choices)) for name, choices in CELL_OPTIONS[cell].items()}
    units, layers = draw(widths), draw(st.integers(1, 3))
    # An SRU that skips its input reads it unit by unit; a second stretch of it is there in the first layer alone.
    if layers > 1 or options.get("skip") != "input":
        options.pop("part", None)
    shape = {
        "inputs": units * (1 + int(options.get("part", 0))) if options.get("skip") == "input" else draw(widths),
        "units": units,
        "outputs": draw(widths),
        "layers": layers,
        "seed": draw(st.integers(0, 1000)),
        "last": draw(st.booleans()),
    }
    if options.get("projection") == "yes":
        shape["sizes"] = {"projection": draw(widths)}
    if draw(st.booleans()):
        return recognizer(cell, **shape, **options)
    merge = draw(st.sampled_from([None, "add", "multiply"]))
    return both_ways(cell, **shape, tied=draw(st.booleans()), merge=merge, **options)


def integers_of(network: Network, plan: Plan, delta: Delta) -> QuantizedNetwork:
    """A network whose vectors explode or die out (about one in a hundred, with random weights) is refused by rule."""
    try:
        return quantized(network, plan, delta)
    except BuildError:
        reject()


def utterances_of(network: Network, counts: list[int]) -> list[np.ndarray]:
    return [speech_like(1, 25, network.inputs, seed)[0][:count] for seed, count in enumerate(counts)]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(network=networks(), plan=plans, delta=deltas, counts=lengths, sanitize=st.booleans())
def test_c_gives_the_same_bits(on_host, network, plan, delta, counts, sanitize):
    made = integers_of(network, plan, delta)
    check_against_reference(made, on_host, utterances=utterances_of(network, counts), sanitize=sanitize)


@settings(max_examples=40, deadline=None)
@given(network=networks(), plan=plans, counts=lengths)
def test_threshold_nought_equals_dense(network, plan, counts):
    delta, dense = (integers_of(network, plan, Delta(threshold=threshold)) for threshold in (0, None))
    inputs = [delta.quantize_input(utterance) for utterance in utterances_of(network, counts)]
    ours, theirs = run(delta, inputs, keep_states=True), run(dense, inputs, keep_states=True)
    for a, b in zip(ours.outputs, theirs.outputs, strict=True):
        assert np.array_equal(a, b)
    for name, series in ours.states.items():
        assert all(np.array_equal(a, b) for a, b in zip(series, theirs.states[name], strict=True)), name
    for a, b in zip(ours.sent, theirs.sent, strict=True):
        assert (a <= b).all()


@pytest.mark.parametrize("bits", [2, 4])
@pytest.mark.parametrize("make", [recognizer, both_ways])
def test_compensated_weights_and_corrected_biases_give_the_same_bits(on_host, make, bits):
    """With one matrix of four bits to the nearest, and one of 8 compensated all the same."""
    rules = (Rule("rnn1*.input.x", weights=4, rounding="nearest"), Rule("head.*", weights=8, rounding="compensated"))
    made = quantized(make(), Plan(bits, rounding="auto", bias_correction=True, paths=rules), Delta(threshold=2))
    assert {path.rounding for path in made.paths if path.weight_bits == bits} >= {"compensated"}
    check_against_reference(made, on_host, sanitize=True)


@pytest.mark.parametrize("merge", [None, "multiply"])
@pytest.mark.parametrize("last", [False, True])
def test_layers_side_by_side_that_stream(on_host, merge, last):
    """Two cells of different width read one input, frame by frame; the next reads both, or their product."""
    random = np.random.default_rng(5)
    place = {"last": last and merge is None}
    wide = 6 if merge else 4
    stack = [
        random_layer("left", "lstm", 5, 6, random, place=place),
        random_layer("right", "gru", 5, wide, random, place=place, reset="before"),
    ]
    reads = ("left", "right")
    if merge:
        stack.append(
            random_layer("both", "merge", 12, 6, random, place={"reads": reads, "last": last}, operation=merge)
        )
        reads = ("both",)
    network = with_head(stack, 5, 3, random, reads)
    assert network.streams and len(network.ranks[0]) == 2
    check_against_reference(quantized(network, delta=Delta(threshold=2)), on_host, sanitize=True)


@pytest.mark.parametrize("last", [False, True])
def test_no_head_is_needed(on_host, last):
    """The outputs are the two directions themselves."""
    network = both_ways("gru", layers=1, last=last)
    bare = dataclasses.replace(network, layers=network.layers[:-1])
    assert bare.outputs == 14
    check_against_reference(quantized(bare), on_host, utterances=utterances_of(bare, [6, 0, 1]))
