"""Formats of equations, and the proofs that none leaves 32 bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import random_layer, recognizer, speech_like
from shrinkc.calibrate import calibrate
from shrinkc.cells import define
from shrinkc.errors import BuildError
from shrinkc.numbers.operations import MEANINGS, Operation
from shrinkc.quantize.bounds import proven_bounds
from shrinkc.quantize.formats import choose_formats


def test_lstm_bounds_are_what_sigmoid_and_tanh_promise():
    bounds = proven_bounds(define("lstm", {}))
    assert {name: bounds[name] for name in "ifgo"} == dict.fromkeys("ifgo", 1.0)
    assert bounds["h_new"] == 1.0
    assert bounds["c_new"] == np.inf


def test_a_relu_promises_nothing():
    assert proven_bounds(define("dense", {"activation": "relu"}))["y"] == np.inf


def test_lstm_formats():
    network = recognizer()
    ranges = calibrate(network, speech_like())
    chosen = choose_formats(network.layers[0], ranges, state_bits=32)
    assert chosen.equations["h_new"].fraction == 15
    assert chosen.equations["c_new"].bits == 32
    assert chosen.gate_fractions == {"input": 11, "forget": 11, "candidate": 12, "output": 11}
    room = 2.0 ** (30 - chosen.equations["c_new"].fraction)
    assert room >= 2 * ranges["rnn1.c_new"].maximum


def test_a_16_bit_state_has_room_for_twice_what_was_seen():
    network = recognizer()
    ranges = calibrate(network, speech_like())
    chosen = choose_formats(network.layers[0], ranges, state_bits=16).equations["c_new"]
    assert chosen.bits == 16
    assert 2.0 ** (15 - chosen.fraction) >= 2 * ranges["rnn1.c_new"].maximum


def _evaluate(node: Operation, values: dict[str, int]) -> int:
    if node.function in ("value", "affine"):
        return values[node.name]
    arguments = [_evaluate(argument, values) for argument in node.arguments]
    result = int(MEANINGS[node.function].compute(*arguments, *node.parameters))
    assert -(2**31) <= result < 2**31, f"{node.function} leaves 32 bits"
    return result


LAYER = random_layer("rnn1", "lstm", 5, 7, np.random.default_rng(0))
RANGES = calibrate(recognizer(), speech_like())
EXTREME = st.one_of(st.sampled_from([-32768, -32767, -1, 0, 1, 32766, 32767]), st.integers(-32768, 32767))


@settings(max_examples=300)
@given(st.data(), st.sampled_from([16, 32]))
def test_no_equation_leaves_32_bits_or_its_limit(data, state_bits):
    chosen = choose_formats(LAYER, RANGES, state_bits)
    limit = chosen.equations["c_new"].limit
    values = {gate: data.draw(EXTREME) for gate in ("input", "forget", "candidate", "output")}
    values["c"] = data.draw(st.one_of(st.sampled_from([-limit - 1, -limit, limit]), st.integers(-limit, limit)))
    for name, typed in chosen.operations.items():
        values[name] = _evaluate(typed.operation, values)
        assert -chosen.equations[name].limit - 1 <= values[name] <= chosen.equations[name].limit


def test_a_wide_state_that_is_not_scaled_by_a_gate_is_refused(monkeypatch):
    from shrinkc.cells import _DEFINITIONS, Cell, Equation, State
    from shrinkc.cells.expressions import Value, affine

    x, c = Value("x"), Value("c")

    def squaring() -> Cell:
        return Cell(
            name="squaring",
            states=(State("c", "c_new", wide=True),),
            equations=(Equation("c_new", c * c + affine("input", x)),),
            output="c_new",
            source="a cell that cannot be kept in 32 bits",
        )

    monkeypatch.setitem(_DEFINITIONS, "squaring", squaring)
    network = recognizer("squaring", layers=1)
    ranges = calibrate(network, [u[:3] * 0.01 for u in speech_like()])
    with pytest.raises(BuildError, match="rnn1: a 32-bit state can only be scaled by a gate"):
        choose_formats(network.layers[0], ranges, 32)
