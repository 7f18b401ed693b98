"""Formats of equations and of trained vectors."""

import dataclasses

import numpy as np
import pytest

from networks import both_ways, quantized, random_layer, recognizer, speech_like, with_head
from shrinkc.calibrate import Ranges, calibrate
from shrinkc.cells import _DEFINITIONS, Cell, Equation, State, define
from shrinkc.cells.expressions import Value, affine, function, mix
from shrinkc.errors import BuildError
from shrinkc.network import Network
from shrinkc.quantize.bounds import proven_bounds
from shrinkc.quantize.expressions import LayerOperations, operations_of
from shrinkc.quantize.formats import LayerFormats, choose_formats, quantize_to

x, h, c = Value("x"), Value("h"), Value("c")


def ranges_of(network: Network) -> Ranges:
    return calibrate(network, speech_like(width=network.inputs))


def formats_of(network: Network, state_bits: int = 32) -> dict[str, LayerFormats]:
    return choose_formats(network, ranges_of(network), state_bits)


def operations_in(network: Network, name: str) -> LayerOperations:
    layer = next(layer for layer in network.layers if layer.name == name)
    return operations_of(layer, ranges_of(network), formats_of(network)[name])


def test_lstm_bounds_are_what_sigmoid_and_tanh_promise():
    bounds = proven_bounds(define("lstm", {}))
    assert {name: bounds[name] for name in "ifgo"} == dict.fromkeys("ifgo", 1.0)
    assert bounds["h_new"] == 1.0
    assert bounds["c_new"] == np.inf


def test_a_mix_stays_between_what_it_mixes():
    """By induction: h starts at 0, and each step lies between h and tanh. With ReLU nothing is promised."""
    assert proven_bounds(define("gru", {}))["h_new"] == 1.0
    assert proven_bounds(define("ligru", {"candidate": "tanh"}))["h_new"] == 1.0
    assert proven_bounds(define("ligru", {}))["h_new"] == np.inf
    sru = proven_bounds(define("sru", {}))
    assert (sru["f"], sru["r"], sru["c_new"], sru["h_new"]) == (1.0, 1.0, np.inf, np.inf)


def test_a_relu_promises_nothing():
    assert proven_bounds(define("dense", {"activation": "relu"}))["y"] == np.inf


def test_lstm_formats():
    network = recognizer()
    chosen = formats_of(network)["rnn1"]
    assert chosen.equations["h_new"].fraction == 15
    assert chosen.equations["c_new"].bits == 32
    assert operations_in(network, "rnn1").gate_fractions == {"input": 11, "forget": 11, "candidate": 12, "output": 11}
    assert chosen.entry is None and chosen.vectors == {}
    room = 2.0 ** (30 - chosen.equations["c_new"].fraction)
    assert room >= 2 * ranges_of(network)["rnn1.c_new"].maximum


def test_a_16_bit_state_has_room_for_twice_what_was_seen():
    network = recognizer()
    chosen = formats_of(network, state_bits=16)["rnn1"].equations["c_new"]
    assert chosen.bits == 16
    assert 2.0 ** (15 - chosen.fraction) >= 2 * ranges_of(network)["rnn1.c_new"].maximum


@pytest.mark.parametrize("state_bits, bits", [(16, 16), (32, 32)])
def test_an_sru_keeps_c_as_the_plan_says_and_x_as_the_layer_before_gives_it(state_bits, bits):
    chosen = formats_of(recognizer("sru", inputs=7), state_bits)
    assert chosen["rnn1"].equations["c_new"].bits == chosen["rnn2"].equations["c_new"].bits == bits
    assert chosen["rnn2"].entry == chosen["rnn1"].equations["h_new"]
    entry = chosen["rnn1"].entry
    seen = ranges_of(recognizer("sru", inputs=7))["input"].maximum
    assert entry.bits == 16 and seen <= 2.0 ** (14 - entry.fraction) < 2 * seen


@pytest.mark.parametrize(
    "bound, fraction", [(0.0, 15), (0.001, 15), (0.99, 15), (1.0, 14), (1.9, 14), (5.0, 12), (70.0, 8)]
)
def test_a_trained_vector_fits_its_format_without_saturation(bound, fraction):
    network = recognizer("lstm", layers=1, peepholes="yes")
    layer = network.layers[0]
    values = np.linspace(-bound, bound, 7).astype(np.float32)
    changed = dataclasses.replace(layer, vectors=layer.vectors | {"input_peephole": values})
    network = dataclasses.replace(network, layers=(changed, network.layers[1]))
    kept = formats_of(network)["rnn1"].vectors["input_peephole"]
    assert kept.fraction == fraction
    made = next(one for one in quantized(network).layers[0].vectors if one.name == "input_peephole")
    assert made.values.dtype == np.int16 and made.fraction == fraction
    assert np.abs(made.values / 2.0**fraction - values).max() <= 2.0 ** -(fraction + 1)


def test_values_beyond_a_format_saturate():
    kept = formats_of(recognizer())["rnn1"].equations["h_new"]
    assert quantize_to(np.array([-9.0, -1.0, 0.25, 1.0]), kept).tolist() == [-32767, -32767, 8192, 32767]


@pytest.mark.parametrize("louder", [0, 1])
def test_outputs_of_two_directions_share_one_format(louder):
    """One direction has room for what the other needs: the next layer reads both as one vector."""
    network = both_ways("ligru", layers=1)
    quiet = formats_of(network)
    layers = list(network.layers)
    matrices = {name: m * (8 if name == "candidate.x" else 1) for name, m in layers[louder].matrices.items()}
    layers[louder] = dataclasses.replace(layers[louder], matrices=matrices)
    network = dataclasses.replace(network, layers=tuple(layers))
    loud = formats_of(network)
    assert loud["rnn1_f"].equations["h_new"] == loud["rnn1_b"].equations["h_new"]
    assert loud["rnn1_f"].equations["h_new"].fraction < quiet["rnn1_f"].equations["h_new"].fraction
    seen = ranges_of(network)[f"rnn1_{'fb'[louder]}.h_new"].maximum
    assert 2.0 ** (15 - loud["rnn1_f"].equations["h_new"].fraction) >= 2 * seen
    # What stays inside a direction has its own format.
    assert loud["rnn1_f"].equations["n"] != loud["rnn1_b"].equations["n"]


def made_up(*equations: Equation, output: str) -> Cell:
    return Cell("made_up", (State("c", "c_new", wide=True),), equations, output, "made up")


def of_cell(monkeypatch: pytest.MonkeyPatch, *equations: Equation, output: str) -> dict[str, LayerFormats]:
    monkeypatch.setitem(_DEFINITIONS, "made_up", lambda: made_up(*equations, output=output))
    network = recognizer("made_up", layers=1)
    ranges = calibrate(network, [u[:3] * 0.01 for u in speech_like()])
    chosen = choose_formats(network, ranges, 32)
    for layer in network.layers:
        operations_of(layer, ranges, chosen[layer.name])
    return chosen


DECAY = Equation("c_new", mix(function("sigmoid", affine("forget", x)), c, affine("candidate", x)))
GATED = Equation("y", function("sigmoid", affine("output", x)) * c)


def test_a_wide_state_that_others_read_is_kept_at_16_bits(monkeypatch):
    """The next layer and products read 16 bits."""
    assert of_cell(monkeypatch, DECAY, GATED, output="y")["rnn1"].equations["c_new"].bits == 32
    assert of_cell(monkeypatch, DECAY, output="c_new")["rnn1"].equations["c_new"].bits == 16
    reading = Equation("y", function("sigmoid", affine("output", x, c)))
    assert of_cell(monkeypatch, DECAY, reading, output="y")["rnn1"].equations["c_new"].bits == 16


def test_a_wide_state_that_is_not_scaled_by_a_gate_is_refused(monkeypatch):
    squaring = Equation("c_new", c * c + affine("input", x))
    with pytest.raises(BuildError, match="rnn1: two 32-bit vectors cannot be multiplied; keep states at 16 bits"):
        of_cell(monkeypatch, squaring, GATED, output="y")


@pytest.mark.parametrize("share", ["tanh", "relu", "identity"])
def test_a_mix_needs_a_gate(monkeypatch, share):
    mixing = Equation("c_new", mix(function(share, affine("forget", x)), c, affine("candidate", x)))
    with pytest.raises(BuildError, match=r"cell made_up: c_new = mix\(.* mixes by what is no gate from 0 to 1"):
        of_cell(monkeypatch, mixing, GATED, output="y")


def test_a_product_far_finer_than_what_it_is_made_of_saturates():
    """One side is loud, the other almost nothing: both have the loud one's steps, their product is small."""
    random = np.random.default_rng(3)
    sides = [random_layer(name, "dense", 5, 4, random) for name in ("loud", "faint")]
    sides = [
        dataclasses.replace(side, matrices={"output.x": side.matrices["output.x"] * np.float32(gain)}, biases=biases)
        for side, gain, biases in zip(sides, (1000, 1e-6), ({"output": np.zeros(4, np.float32)},) * 2, strict=True)
    ]
    place = {"reads": ("loud", "faint")}
    merge = random_layer("both", "merge", 8, 4, random, place=place, operation="multiply")
    network = with_head([*sides, merge], 5, 3, random, ("both",))
    chosen = formats_of(network)
    assert chosen["loud"].equations["y"].fraction < 4 and chosen["both"].equations["y"].fraction == 15
    product = operations_in(network, "both").equations["y"]
    assert (product.low, product.high) == (-32767, 32767)
    shifted = product.operation.arguments[0]
    assert shifted.function == "shift_left" and shifted.arguments[0].function == "saturate"
    (room,), (bits,) = shifted.arguments[0].parameters, shifted.parameters
    assert 32768 <= room << bits < 2**31
