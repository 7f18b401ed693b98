"""Equations in integers where 16 bits would not do: sums of which one part takes back what the other gave."""

from dataclasses import replace

import numpy as np
import pytest

from networks import louder, quantized, recognizer, speech_like
from shrinkc.network import Network, floating
from shrinkc.numbers.operations import Operation
from shrinkc.project import Plan
from shrinkc.reference import run


def functions(operation: Operation) -> set[str]:
    return {operation.function}.union(*map(functions, operation.arguments))


def opposed() -> Network:
    """An SRU whose forget gate reads 20 c - 20 W x, with c following W x: far beyond 16 each, little in sum."""
    network = recognizer("sru", inputs=7, units=7, layers=1)
    layer = network.layers[0]
    matrices = dict(layer.matrices)
    matrices["forget.x"] = -20 * matrices["candidate.x"]
    vectors = layer.vectors | {"forget_recurrent": np.full(7, 20, np.float32)}
    return replace(network, layers=(replace(layer, matrices=matrices, vectors=vectors), *network.layers[1:]))


def test_parts_of_a_sum_beyond_16_bits_take_each_other_back():
    network, fine = opposed(), Plan(16, 16)
    heard = speech_like(width=7)
    seen: list[np.ndarray] = []
    floats = np.concatenate(
        floating.run(network, heard, lambda name, values: seen.append(values) if name == "rnn1.affine.forget" else None)
    )
    assert np.abs(np.concatenate(seen)).max() > 17, "beyond the 16 that a sigmoid's argument has room for"
    made = quantized(network, fine)
    found = np.concatenate(run(made, [made.quantize_input(each) for each in heard]).outputs) * made.output_scale
    assert np.abs(found - floats).max() < 0.01 * np.abs(floats).max()


@pytest.mark.parametrize(
    ("network", "kept"),
    [(recognizer("sru", inputs=7), "requantize"), (louder(recognizer("sru", inputs=7), 60), "rescale")],
)
def test_32_bits_only_where_16_could_be_left(network, kept):
    forget = next(each for each in quantized(network).layers[0].equations if each.name == "f")
    assert functions(forget.operation) & {"requantize", "rescale"} == {kept}
