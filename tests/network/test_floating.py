"""The float reference: steps worked by hand, independence of the batch, and what observers see."""

import numpy as np
import pytest

from networks import both_ways, recognizer, speech_like
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


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def lstm_by_hand(layer: Layer, frames: np.ndarray) -> np.ndarray:
    """One utterance through one LSTM, first frame first; float64."""
    h, c, outputs = np.zeros(layer.units), np.zeros(layer.units), []
    for x in frames:
        total = {
            gate: layer.matrices[f"{gate}.x"] @ x + layer.matrices[f"{gate}.h"] @ h + layer.biases[gate]
            for gate in GATES
        }
        c = sigmoid(total["forget"]) * c + sigmoid(total["input"]) * np.tanh(total["candidate"])
        h = sigmoid(total["output"]) * np.tanh(c)
        outputs.append(h)
    return np.array(outputs)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("tied", [False, True])
def test_both_directions_against_a_plain_loop(tied: bool, last: bool) -> None:
    network, utterances = both_ways(layers=2, tied=tied, last=last), speech_like(count=3)
    first, second, (head,) = network.ranks

    def both(rank: tuple[Layer, ...], frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Forward, and backward turned round again: the state at frame t has seen the frames from the last to t."""
        return lstm_by_hand(rank[0], frames), lstm_by_hand(rank[-1], frames[::-1])[::-1]

    for utterance, outputs in zip(utterances, floating.run(network, utterances), strict=True):
        frames = np.concatenate(both(first, (utterance - network.mean) * network.scale), axis=1)
        forward, backward = both(second, frames)
        if last:  # each direction's last step: backward that is the first frame
            forward, backward = forward[-1:], backward[:1]
        together = np.concatenate([forward, backward], axis=1)
        expected = together @ head.matrices["output.x"].T + head.biases["output"]
        assert outputs.shape == expected.shape
        np.testing.assert_allclose(outputs, expected, atol=1e-5)


@pytest.mark.parametrize("network", [recognizer(), recognizer(last=True), both_ways(), both_ways(last=True, tied=True)])
def test_utterances_of_no_frame_and_of_one(network: Network) -> None:
    utterances = [speech_like()[0][:length] for length in (0, 5, 1, 0)]
    together = floating.run(network, utterances)
    ends = network.ranks[-2][0].last
    assert [outputs.shape for outputs in together] == [(min(n, 1) if ends else n, 3) for n in (0, 5, 1, 0)]
    for utterance, outputs in zip(utterances, together, strict=True):
        (alone,) = floating.run(network, [utterance])
        assert alone.shape == outputs.shape
        np.testing.assert_allclose(outputs, alone, atol=1e-6)
    assert floating.run(network, []) == []


def test_observers_of_a_layer_that_runs_both_ways_see_both() -> None:
    network, utterances = both_ways(layers=1, tied=True), speech_like(count=3)
    seen: dict[str, list[np.ndarray]] = {}
    floating.run(network, utterances, lambda name, values: seen.setdefault(name, []).append(values))
    frames = sum(map(len, utterances))
    assert [len(values) for values in seen["rnn1.h_new"]] == [frames, frames]
    assert [len(values) for values in seen["head.y"]] == [frames]
