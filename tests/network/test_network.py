"""Networks that do not fit together are refused; those that do, know their ranks."""

import dataclasses
import re

import numpy as np
import pytest

from networks import both_ways, recognizer
from shrinkc.errors import InputError
from shrinkc.network import BACKWARD, FORWARD, Layer, Network

NETWORK = recognizer(inputs=5, units=7)
FIRST, SECOND, HEAD = NETWORK.layers
SIDES = both_ways(layers=1)
LEFT, RIGHT, TOP = SIDES.layers


def refused(words: str, *layers: Layer, mean: np.ndarray = NETWORK.mean) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        Network("toy", layers, mean, NETWORK.scale)


def test_ranks_and_widths() -> None:
    assert NETWORK.ranks == ((FIRST,), (SECOND,), (HEAD,))
    assert SIDES.ranks == ((LEFT, RIGHT), (TOP,))
    assert (SIDES.inputs, SIDES.outputs, TOP.inputs) == (5, 3, 14)
    assert SIDES.parameters == LEFT.parameters + RIGHT.parameters + TOP.parameters
    assert NETWORK.streams and not SIDES.streams and not both_ways(tied=True).streams
    assert (LEFT.directions, RIGHT.directions) == ((FORWARD,), (BACKWARD,))
    without_head = Network("toy", (LEFT, RIGHT), NETWORK.mean, NETWORK.scale)
    assert without_head.outputs == 14


def test_a_matrix_of_both_directions_counts_once() -> None:
    one = LEFT.matrices["input.x"]
    right = dataclasses.replace(RIGHT, matrices=RIGHT.matrices | {"input.x": one})
    shared = Network("toy", (LEFT, right, TOP), NETWORK.mean, NETWORK.scale)
    assert shared.parameters == SIDES.parameters - one.size


@pytest.mark.parametrize("name", ["2nd", "a b", "größe", "int", "class", "", "x" * 64, "a\n"])
def test_names_that_c_cannot_have(name: str) -> None:
    with pytest.raises(InputError, match=r"model name .* (is|starts)"):
        Network(name, NETWORK.layers, NETWORK.mean, NETWORK.scale)


def test_no_layer_with_weights() -> None:
    refused("has no layer with weights")
    merge = Layer("sum", "merge", {}, 10, 5, {}, {})
    refused("has no layer with weights", merge)


def test_two_layers_of_one_name() -> None:
    refused("two layers of one name", FIRST, SECOND, SECOND)
    refused("two layers of one name: rnn1, RNN1", FIRST, dataclasses.replace(SECOND, name="RNN1"))


def test_layers_that_do_not_read_what_is_before_them() -> None:
    refused("layer rnn2 does not read the layers before it, but ('rnn1',)", SECOND, HEAD)
    refused("layer head does not read the layers before it, but ('rnn2',)", FIRST, HEAD)
    refused("layer head does not read the layers before it, but ('rnn2',)", HEAD, FIRST)
    # Half of a rank, or its halves in another order, is not the rank.
    for reads in (("rnn1_f",), ("rnn1_b",), ("rnn1_b", "rnn1_f"), ("rnn1_f", "rnn1_b", "rnn1_f")):
        refused("layer head does not read the layers before it", LEFT, RIGHT, dataclasses.replace(TOP, reads=reads))
    # A layer that skips one rank reads what is there, but not what stands before it.
    skipping = dataclasses.replace(SECOND, name="rnn3")
    refused("layer head does not read the layers before it", FIRST, SECOND, skipping, HEAD)


def test_widths_that_do_not_fit() -> None:
    wide = recognizer(inputs=5, units=8)
    refused("layer rnn2 reads 7 values, rnn1 gives 8", wide.layers[0], SECOND, HEAD)
    narrow = dataclasses.replace(recognizer(units=13).layers[-1], reads=("rnn1_f", "rnn1_b"))
    refused("layer head reads 13 values, rnn1_f and rnn1_b gives 14", LEFT, RIGHT, narrow)
    other = recognizer(inputs=6).layers[0]
    refused("layer other reads 6 values, the input gives 5", FIRST, dataclasses.replace(other, name="other"))


@pytest.mark.parametrize("which", [LEFT, RIGHT])
def test_both_directions_give_their_last_step_or_none(which: Layer) -> None:
    sides = [dataclasses.replace(side, last=side is which) for side in (LEFT, RIGHT)]
    refused("layer rnn1_b and rnn1_f must both give all steps or both the last", *sides, TOP)
    assert both_ways(layers=1, last=True).ranks[0][0].last


def test_normalisations_that_do_not_fit() -> None:
    refused("the mean of its normalisation is not 5 finite values", *NETWORK.layers, mean=NETWORK.mean[:4])
    refused("the mean of its normalisation is not 5 finite values", *NETWORK.layers, mean=NETWORK.mean * np.nan)
    with pytest.raises(InputError, match="the scale of its normalisation is not 5 finite values"):
        Network("toy", NETWORK.layers, NETWORK.mean, NETWORK.scale * np.inf)
