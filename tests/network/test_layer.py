"""Layers whose weights are not whole, and names that C cannot have."""

import dataclasses

import numpy as np
import pytest

from networks import random_layer
from shrinkc.errors import InputError
from shrinkc.network import BACKWARD, FORWARD, Layer

RANDOM = np.random.default_rng(1)
LSTM = random_layer("rnn1", "lstm", 5, 7, RANDOM, {"projection": 4}, peepholes="yes", projection="yes")
SRU = random_layer("rnn1", "sru", 7, 7, RANDOM)
MATRIX = LSTM.matrices["input.x"]


def test_widths_follow_from_the_cell_and_the_sizes() -> None:
    assert (LSTM.width("x"), LSTM.width("h"), LSTM.width("c"), LSTM.width("m")) == (5, 4, 7, 7)
    assert (LSTM.rows("projection"), LSTM.rows("input"), LSTM.outputs) == (4, 7, 4)
    assert dataclasses.replace(LSTM, directions=(FORWARD, BACKWARD)).outputs == 8
    # Four gates of x, h and a bias, the projection of m, and three peepholes.
    assert LSTM.parameters == 4 * 7 * (5 + 4 + 1) + 4 * (7 + 1) + 3 * 7
    assert dataclasses.replace(LSTM, directions=(FORWARD, BACKWARD)).parameters == LSTM.parameters


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"matrices": {}}, "lacks a matrix, input.x"),
        ({"matrices": {n: m for n, m in LSTM.matrices.items() if n != "projection.m"}}, "lacks a matrix, projection.m"),
        ({"matrices": LSTM.matrices | {"input.x": MATRIX[:, 1:]}}, r"input.x has the shape \(7, 4\), not \(7, 5\)"),
        ({"matrices": LSTM.matrices | {"input.x": MATRIX.T}}, r"input.x has the shape \(5, 7\)"),
        ({"matrices": LSTM.matrices | {"input.c": MATRIX}}, "has a matrix that its cell does not know, input.c"),
        ({"matrices": LSTM.matrices | {"input.x": MATRIX * np.inf}}, "input.x holds NaN or infinite weights"),
        (
            {"biases": LSTM.biases | {"projection": np.zeros(7, np.float32)}},
            r"projection has the shape \(7,\), not \(4,",
        ),
        ({"biases": LSTM.biases | {"reset": np.zeros(7)}}, "has a bias that its cell does not know, reset"),
        ({"vectors": {}}, "lacks a vector, input_peephole"),
        ({"vectors": LSTM.vectors | {"alpha": np.zeros(7)}}, "has a vector that its cell does not know, alpha"),
        ({"vectors": LSTM.vectors | {"input_peephole": np.full(7, np.nan)}}, "input_peephole holds NaN"),
        ({"sizes": {}}, r"needs the sizes \('projection',\), not \(\)"),
        ({"sizes": {"projection": 4, "skip": 2}}, r"needs the sizes \('projection',\), not \('projection', 'skip'\)"),
        ({"sizes": {"projection": 0}}, "at least"),
        ({"sizes": {"projection": 5}}, r"input.h has the shape \(7, 4\), not \(7, 5\)"),
        ({"inputs": 6}, r"input.x has the shape \(7, 5\), not \(7, 6\)"),
        ({"inputs": 0}, "0 inputs"),
        ({"units": 8}, r"input.x has the shape \(7, 5\), not \(8, 5\)"),
        ({"directions": ()}, "the directions"),
        ({"directions": (BACKWARD, FORWARD)}, "the directions"),
        ({"cell_name": "lstn"}, "cell 'lstn' is unknown"),
    ],
)
def test_what_is_not_whole_is_refused(changes: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        dataclasses.replace(LSTM, **changes)


def test_a_cell_that_reads_x_by_element_needs_stretches_of_units() -> None:
    assert random_layer("rnn1", "sru", 14, 7, RANDOM, part="1").cell.input_parts == 2
    for inputs, part in ((8, "0"), (7, "1"), (15, "1")):
        with pytest.raises(InputError, match=f"layer rnn1: reads its {inputs} inputs unit by unit.* 7 units"):
            random_layer("rnn1", "sru", inputs, 7, RANDOM, part=part)


@pytest.mark.parametrize("name", ["2nd", "a b", "größe", "int", "class", "", "x" * 64, "a\n"])
def test_names_that_c_cannot_have(name: str) -> None:
    with pytest.raises(InputError, match=r"layer name .* (is|starts)"):
        Layer(name, "sru", {}, 7, 7, SRU.matrices, SRU.biases, SRU.vectors)
