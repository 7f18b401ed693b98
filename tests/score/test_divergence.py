"""The first difference between device and reference is named: what, where, and both values."""

import dataclasses

import numpy as np
import pytest

from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.lower import lower
from shrinkc.reference import run
from shrinkc.score import divergence
from shrinkc.score.table import describe

NETWORK = quantized(recognizer())
INPUTS = [NETWORK.quantize_input(utterance) for utterance in speech_like(3)]


@pytest.fixture
def device(on_host):
    """What the C did with each utterance, states and all."""
    return [on_host(lower(NETWORK), [one]) for one in INPUTS]


def find(device, reference):
    def rerun(utterance):
        one = {name: [series[utterance]] for name, series in reference.states.items()}
        part = dataclasses.replace(
            reference, outputs=[reference.outputs[utterance]], sent=[reference.sent[utterance]], states=one
        )
        return device[utterance], part

    outputs, sent = [one.outputs for one in device], [one.sent for one in device]
    return divergence.find(lower(NETWORK), outputs, sent, reference, rerun)


def test_a_difference_that_is_not_repeated_is_still_named(device):
    reference = run(NETWORK, INPUTS, keep_states=True)
    program, outputs = lower(NETWORK), [one.outputs.copy() for one in device]
    outputs[2][4, 1] += 7

    def agrees(utterance):
        one = {name: [series[utterance]] for name, series in reference.states.items()}
        part = dataclasses.replace(
            reference, outputs=[reference.outputs[utterance]], sent=[reference.sent[utterance]], states=one
        )
        return device[utterance], part

    found = divergence.find(program, outputs, [one.sent for one in device], reference, agrees)
    assert (found.utterance, found.frame, found.index) == (2, 4, 1)
    assert found.device - found.reference == 7
    assert "not repeated" in found.quantity


@pytest.mark.parametrize("last", [False, True])
def test_a_model_of_whole_utterances_is_compared_from_outside(last):
    """Its states are gone when its call returns, so nothing is run again."""
    network = quantized(both_ways(last=last))
    reference = run(network, INPUTS)
    program = lower(network, max_frames=max(map(len, INPUTS)))
    outputs, sent = [one.copy() for one in reference.outputs], [one.copy() for one in reference.sent]

    def rerun(utterance):
        raise AssertionError("there is nothing more to see")

    assert divergence.find(program, outputs, sent, reference, rerun) is None
    sent[2][-1, 1] += 4
    found = divergence.find(program, outputs, sent, reference, rerun)
    frame = len(INPUTS[2]) - 1
    assert (found.quantity, found.utterance, found.frame, found.index) == ("columns sent", 2, frame, 1)
    outputs[2][-1, 2] -= 3
    found = divergence.find(program, outputs, sent, reference, rerun)
    assert (found.layer, found.quantity, found.frame) == ("head", "output", 0 if last else frame)
    assert found.device - found.reference == -3


def test_the_last_step_of_a_stream_is_found_where_it_stands(on_host):
    network = quantized(recognizer(last=True))
    reference = run(network, INPUTS[:1], keep_states=True)
    trace = on_host(lower(network), INPUTS[:1])
    outputs, sent = [trace.outputs[-1:]], [trace.sent]
    program = lower(network)
    assert divergence.find(program, outputs, sent, reference, lambda _: (trace, reference)) is None
    reference.outputs[0][0, 1] += 1
    found = divergence.find(program, outputs, sent, reference, lambda _: (trace, reference))
    assert (found.layer, found.quantity, found.frame, found.index) == ("head", "output", len(INPUTS[0]) - 1, 1)


def test_differences_are_named_in_the_order_of_the_step(device):
    reference = run(NETWORK, INPUTS, keep_states=True)
    assert find(device, reference) is None

    reference.outputs[1][9, 2] += 1
    found = find(device, reference)
    assert (found.layer, found.quantity, found.utterance, found.frame, found.index) == ("head", "output", 1, 9, 2)
    assert found.reference - found.device == 1

    reference.sent[1][9, 3] += 2
    found = find(device, reference)
    value = int(device[1].sent[9, 3])
    assert describe(found) == (
        f"columns sent of rnn2.h@8 of rnn2, utterance 1, frame 9, index 0: device {value}, reference {value + 2}"
    )

    reference.states["rnn1.c"][1][9, 4] -= 5
    found = find(device, reference)
    assert (found.layer, found.quantity, found.frame, found.index) == ("rnn1", "c", 9, 4)
    assert found.reference - found.device == -5

    reference.states["rnn2.h"][1][8, 0] += 1
    assert (find(device, reference).layer, find(device, reference).frame) == ("rnn2", 8)

    reference.sent[0][3, 0] += 1
    found = find(device, reference)
    assert (found.layer, found.utterance, found.frame) == ("rnn1", 0, 3)


def test_a_decoder_that_gives_another_symbol_is_found():
    """Outputs whose best classes are 0 1 1 2, then 2 0; the blank is class 0."""
    outputs = [np.eye(3, dtype=np.int16)[[0, 1, 1, 2]], np.eye(3, dtype=np.int16)[[2, 0]]]
    decoded = [np.array([-1, 1, -1, 2]), np.array([2, -1])]
    assert divergence.find_decoded("head", outputs, decoded, "ctc", 0) is None
    decoded[1][1] = 0
    found = divergence.find_decoded("head", outputs, decoded, "ctc", 0)
    assert (found.layer, found.quantity, found.utterance, found.frame) == ("head", "decoded symbol", 1, 1)
    assert (found.device, found.reference) == (0, -1)
    assert divergence.find_decoded("head", outputs, decoded, "ctc", 2).utterance == 0
