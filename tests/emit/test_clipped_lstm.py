"""An LSTM whose c is clipped to +-10, driven far beyond that: in float, as integers and as C."""

import dataclasses

import numpy as np
import pytest

from bits import check_against_reference
from networks import quantized, recognizer, speech_like
from shrinkc.network import Network, floating
from shrinkc.project import Delta, Plan
from shrinkc.reference import run


def growing(clipped: str) -> Network:
    """An LSTM that forgets nothing and always adds: its c passes 10 within 30 frames."""
    network = recognizer("lstm", layers=1, clipped=clipped)
    first = network.layers[0]
    biases = first.biases | {"forget": np.full(7, 12, np.float32), "input": np.full(7, 2, np.float32)}
    return dataclasses.replace(network, layers=(dataclasses.replace(first, biases=biases), *network.layers[1:]))


def memories(network: Network) -> np.ndarray:
    seen = []
    floating.run(network, speech_like(), lambda name, values: seen.append(values) if name == "rnn1.c_new" else None)
    return np.concatenate(seen)


def test_c_stays_within_ten() -> None:
    free, clipped = memories(growing("no")), memories(growing("yes"))
    assert np.abs(free).max() > 15
    assert np.abs(clipped).max() == 10


@pytest.mark.parametrize("state", [16, 32])
def test_integers_follow_and_c_gives_the_same_bits(on_host, state: int) -> None:
    network = growing("yes")
    made = quantized(network, Plan(weights=16, activations=16, state=state), Delta(threshold=0))
    real = np.concatenate(floating.run(network, speech_like()))
    outputs = run(made, [made.quantize_input(u) for u in speech_like()]).outputs
    error = np.abs(np.concatenate(outputs) * made.output_scale - real).max()
    assert error < 6e-3 * np.abs(real).max()
    check_against_reference(quantized(network, Plan(state=state), Delta(threshold=0)), on_host)
