"""The float reference: steps worked by hand, independence of the batch, and what observers see."""

import re

import numpy as np
import pytest

from networks import recognizer, speech_like
from shrinkc.errors import InputError
from shrinkc.network import Layer, Network, floating

GATES = ("input", "forget", "candidate", "output")


def one_unit_lstm(x: dict[str, float], h: dict[str, float], b: dict[str, float]) -> Network:
    """An LSTM of one unit and one input, with the weights of each gate."""
    matrices = {f"{gate}.x": np.array([[x[gate]]], np.float32) for gate in GATES}
    matrices |= {f"{gate}.h": np.array([[h[gate]]], np.float32) for gate in GATES}
    biases = {gate: np.array([b[gate]], np.float32) for gate in GATES}
    layer = Layer("rnn", "lstm", {}, 1, 1, matrices, biases)
    return Network("one", (layer,), np.zeros(1, np.float32), np.ones(1, np.float32))


def test_an_lstm_step_worked_by_hand() -> None:
    zero = dict.fromkeys(GATES, 0.0)
    network = one_unit_lstm({**zero, "candidate": 1.0}, zero, zero)
    (outputs,) = floating.run(network, [np.array([[1.0], [0.0]], np.float32)])
    # i = f = o = 1/2; g = tanh(1) = 0.761594; c = 0.380797; h = tanh(c) / 2
    assert outputs[0, 0] == pytest.approx(0.181700, abs=1e-6)
    # g = 0; c = 0.190399; h = tanh(c) / 2
    assert outputs[1, 0] == pytest.approx(0.094065, abs=1e-6)


def test_the_recurrent_weights_and_biases_worked_by_hand() -> None:
    network = one_unit_lstm(
        x=dict(zip(GATES, (0.0, 0.0, 2.0, 0.0), strict=True)),
        h=dict(zip(GATES, (1.0, -1.0, 0.5, 2.0), strict=True)),
        b=dict(zip(GATES, (100.0, 1.0, 0.0, -1.0), strict=True)),
    )
    (outputs,) = floating.run(network, [np.array([[0.5], [-0.5]], np.float32)])
    c, h = np.tanh(1.0), np.tanh(np.tanh(1.0)) / (1 + np.e)
    assert outputs[0, 0] == pytest.approx(h, abs=1e-6)
    c = c / (1 + np.exp(h - 1)) + np.tanh(0.5 * h - 1)
    assert outputs[1, 0] == pytest.approx(np.tanh(c) / (1 + np.exp(1 - 2 * h)), abs=1e-6)


def test_any_batch_gives_the_same() -> None:
    network, utterances = recognizer(), speech_like(count=9)
    together = floating.run(network, utterances)
    reverse = floating.run(network, utterances[::-1])[::-1]
    for place, utterance in enumerate(utterances):
        (alone,) = floating.run(network, [utterance])
        assert together[place].shape == (len(utterance), network.outputs)
        np.testing.assert_allclose(together[place], alone, atol=1e-6)
        np.testing.assert_allclose(together[place], reverse[place], atol=1e-6)


def test_more_utterances_than_a_batch_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    network, utterances = recognizer(), speech_like(count=7)
    whole = floating.run(network, utterances)
    monkeypatch.setattr(floating, "BATCH", 3)
    for first, second in zip(whole, floating.run(network, iter(utterances)), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-6)


def test_observers_see_each_real_frame_once() -> None:
    network, utterances = recognizer(layers=1), speech_like(count=4)
    seen: dict[str, np.ndarray] = {}
    outputs = floating.run(network, utterances, lambda name, values: seen.update({name: values}))
    frames = sum(map(len, utterances))
    assert {values.shape[0] for values in seen.values()} == {frames}
    assert {"input", "rnn1.i", "rnn1.c_new", "rnn1.h_new", "rnn1.affine.forget", "head.y"} <= seen.keys()
    expected = np.concatenate([floating.normalize(network, utterance) for utterance in utterances])
    by_rows = lambda values: values[np.lexsort(values.T)]  # noqa: E731
    np.testing.assert_array_equal(by_rows(seen["input"]), by_rows(expected))
    np.testing.assert_array_equal(by_rows(seen["head.y"]), by_rows(np.concatenate(outputs)))


@pytest.mark.parametrize("name", ["2nd", "a b", "größe", "int", "class", "", "x" * 64, "a\n"])
def test_names_that_c_cannot_have(name: str) -> None:
    network = recognizer()
    with pytest.raises(InputError, match=r"model name .* (is|starts)"):
        Network(name, network.layers, network.mean, network.scale)


def test_networks_that_do_not_fit_together() -> None:
    network = recognizer(inputs=5, units=7)
    first, second, head = network.layers

    def refused(words: str, layers: tuple[Layer, ...], mean: np.ndarray = network.mean) -> None:
        with pytest.raises(InputError, match=re.escape(words)):
            Network("toy", layers, mean, network.scale)

    refused("has no layer", ())
    refused("two layers of one name", (first, second, second))
    refused("layer rnn1 reads 5 values, head gives 3", (head, first))
    refused("not 5 finite values", network.layers, network.mean[:4])
    refused("not 5 finite values", network.layers, network.mean * np.nan)
    broken = {**first.matrices, "input.x": first.matrices["input.x"] * np.inf}
    spoiled = Layer("rnn1", "lstm", {}, 5, 7, broken, first.biases)
    refused("input.x holds NaN or infinite weights", (spoiled, second, head))


def test_layers_whose_weights_are_not_whole() -> None:
    layer = recognizer(inputs=5, units=7).layers[0]
    with pytest.raises(InputError, match="the gate input lacks a matrix"):
        Layer("rnn1", "lstm", {}, 5, 7, {}, layer.biases)
    with pytest.raises(InputError, match="shape"):
        Layer("rnn1", "lstm", {}, 6, 7, layer.matrices, layer.biases)
    with pytest.raises(InputError, match="is not of 8 units"):
        Layer("rnn1", "lstm", {}, 5, 8, layer.matrices, layer.biases)
    with pytest.raises(InputError, match="0 inputs"):
        Layer("rnn1", "lstm", {}, 0, 7, layer.matrices, layer.biases)
