"""Every cell with every option, one way and both ways: the C on this machine against the integer reference, bit for
bit, and the integers against the float reference.
"""

from dataclasses import replace

import numpy as np
import pytest

from bits import check_against_reference
from networks import CELL_OPTIONS, both_ways, quantized, recognizer, speech_like
from shrinkc.errors import BuildError
from shrinkc.network import Network, floating
from shrinkc.project import Delta, Plan
from shrinkc.reference import run

CELLS = {
    "lstm": {},
    "lstm peepholes": {"peepholes": "yes"},
    "lstm projection": {"projection": "yes", "sizes": {"projection": 4}},
    "lstm all": {"peepholes": "yes", "projection": "yes", "gate": "clamp", "sizes": {"projection": 9}},
    "lstm relu": {"candidate": "relu", "hidden": "relu"},
    "lstm scaled": {"scaled": "yes"},
    "gru": {},
    "gru before": {"reset": "before"},
    "gru clamp": {"gate": "clamp"},
    "gru before scaled": {"reset": "before", "scaled": "yes"},
    "gru before relu": {"reset": "before", "candidate": "relu"},
    "ligru": {},
    "ligru tanh": {"candidate": "tanh"},
    "sru input": {"inputs": 7},
    "sru matrix": {"skip": "matrix"},
    "sru none": {"skip": "none"},
    "sru plain tanh": {"skip": "matrix", "recurrent": "no", "activation": "tanh"},
    "sru projection": {"skip": "matrix", "projection": "yes", "sizes": {"projection": 4}},
    "sru projection input": {"projection": "yes", "inputs": 7, "sizes": {"projection": 3}},
    "minimal_gru": {},
    "minimal_gru scaled": {"scaled": "yes"},
    "minimal_gru relu": {"candidate": "relu"},
    "simple_rnn": {},
    "simple_rnn relu": {"activation": "relu"},
}
ACCEPTED = {
    **{f"lstm gate {name}": {"gate": name} for name in ("tanh", "relu", "identity")},
    **{f"lstm of {name}": {"candidate": name, "hidden": name} for name in ("sigmoid", "identity")},
    "lstm clamp candidate": {"candidate": "clamp"},
    "lstm clipped relu": {"clipped": "yes", "peepholes": "yes", "gate": "tanh", "candidate": "relu", "hidden": "relu"},
    **{f"gru after {name}": {"candidate": name} for name in ("relu", "sigmoid", "identity", "clamp")},
    **{f"gru before {name}": {"reset": "before", "candidate": name} for name in ("sigmoid", "identity", "clamp")},
    "gru before clamp gate": {"reset": "before", "gate": "clamp"},
    "ligru clamp gate": {"gate": "clamp"},
    **{f"ligru {name}": {"candidate": name} for name in ("sigmoid", "identity", "clamp")},
    **{f"minimal_gru {name}": {"candidate": name} for name in ("sigmoid", "identity")},
    "minimal_gru clamp": {"gate": "clamp"},
    "sru relu": {"skip": "matrix", "activation": "relu"},
    **{f"simple_rnn {name}": {"activation": name} for name in ("sigmoid", "identity", "clamp")},
}
"""What importers accept beside: functions without a bound keep finite with small weights alone."""
PARTS = {f"sru part {part}": {"inputs": 14, "units": 7, "layers": 1, "part": part} for part in "01"}
"""An SRU whose directions skip with halves of the input of their own."""
BOTH = {
    "untied": {},
    "tied": {"tied": True},
    "sum": {"merge": "add"},
    "product": {"merge": "multiply"},
    "last": {"last": True},
    "tied last sum": {"tied": True, "last": True, "merge": "add"},
}
EXACT = Plan(weights=16, activations=16)


def worst_error(network: Network, plan: Plan = EXACT) -> float:
    """Largest error of the integer reference over the calibration set, as a share of the largest output."""
    utterances = speech_like(width=network.inputs)
    real = np.concatenate(floating.run(network, utterances))
    made = quantized(network, plan, Delta(threshold=0))
    outputs = np.concatenate(run(made, [made.quantize_input(u) for u in utterances]).outputs) * made.output_scale
    return float(np.abs(outputs - real).max() / np.abs(real).max())


def make(name: str) -> Network:
    return recognizer(name.split()[0], **CELLS[name])


def small(name: str) -> Network:
    """A network of `ACCEPTED` with weights of a quarter, in which nothing grows without end."""
    network = recognizer(name.split()[0], **ACCEPTED[name])
    layers = (
        replace(layer, matrices={path: matrix / 4 for path, matrix in layer.matrices.items()})
        for layer in network.layers
    )
    return replace(network, layers=tuple(layers))


@pytest.mark.parametrize(
    ("cell", "option"), [(cell, option) for cell, options in CELL_OPTIONS.items() for option in options]
)
def test_every_value_of_every_option_is_in_a_case_above(cell, option):
    """What a case leaves out has its default, which is the first of the values."""
    first, *_ = values = CELL_OPTIONS[cell][option]
    cases = {name: case for name, case in (CELLS | ACCEPTED | PARTS).items() if name.split()[0] == cell}
    assert {case.get(option, first) for case in cases.values()} >= set(values)


@pytest.mark.parametrize("name", CELLS)
def test_at_sixteen_bits_integers_follow_the_float_reference(name):
    assert worst_error(make(name)) < 6e-3


@pytest.mark.parametrize("name", ACCEPTED)
def test_functions_that_importers_accept_too(on_host, name):
    assert worst_error(small(name)) < 6e-3
    check_against_reference(quantized(small(name), Plan(), Delta(threshold=2)), on_host)


@pytest.mark.parametrize(("gate", "remedy"), [("relu", "gate = relu has no bound: train it with sigmoid, hard")])
def test_gates_without_a_bound_are_refused_with_a_remedy(gate, remedy):
    with pytest.raises(BuildError, match=rf"layer rnn1: multiply_shift could reach 1.5e\+20, beyond 32 bits; {remedy}"):
        quantized(recognizer("lstm", gate=gate))


@pytest.mark.parametrize("ways", BOTH)
@pytest.mark.parametrize("cell", ["lstm", "gru", "ligru"])
def test_both_ways_too(cell, ways):
    assert worst_error(both_ways(cell, **BOTH[ways])) < 6e-3


@pytest.mark.parametrize("name", CELLS)
def test_c_gives_the_same_bits(on_host, name):
    """The first layer sends every change, the second is dense."""
    delta = Delta(threshold=0, groups=(("rnn2.*", None),))
    check_against_reference(quantized(make(name), Plan(), delta), on_host)


@pytest.mark.parametrize("name", CELLS)
def test_c_gives_the_same_bits_with_narrow_weights_under_sanitizers(on_host, name):
    plan = Plan(weights=4, state=16, accumulators="separate")
    check_against_reference(quantized(make(name), plan, Delta(threshold=3)), on_host, sanitize=True)


@pytest.mark.parametrize("ways", BOTH)
@pytest.mark.parametrize("cell", ["lstm", "gru", "ligru", "simple_rnn"])
def test_c_gives_the_same_bits_both_ways(on_host, cell, ways):
    """The first rank leaves small changes out, the second is dense; one cell runs under sanitizers."""
    made = quantized(both_ways(cell, **BOTH[ways]), Plan(), Delta(threshold=2, groups=(("rnn2*", None),)))
    check_against_reference(made, on_host, sanitize=cell == "ligru")


@pytest.mark.parametrize("name", PARTS)
def test_each_direction_of_an_sru_may_skip_with_its_own_half_of_the_input(on_host, name):
    check_against_reference(quantized(recognizer("sru", **PARTS[name])), on_host)


@pytest.mark.parametrize("cell", ["lstm", "gru", "sru"])
def test_last_step_of_a_stream(on_host, cell):
    network = recognizer(cell, inputs=7, last=True)
    assert [len(outputs) for outputs in floating.run(network, speech_like(width=7))] == [1] * 4
    assert worst_error(network) < 6e-3
    check_against_reference(quantized(network), on_host)


@pytest.mark.parametrize("name", [name for name in CELLS if "relu" not in name])
def test_threshold_nought_equals_dense(name):
    utterances = speech_like(width=make(name).inputs)
    made = [quantized(make(name), delta=Delta(threshold=threshold)) for threshold in (0, None)]
    delta, dense = (run(one, [one.quantize_input(u) for u in utterances]).outputs for one in made)
    assert all(np.array_equal(a, b) for a, b in zip(delta, dense, strict=True))
