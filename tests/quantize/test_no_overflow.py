"""No equation of any cell leaves 32 bits, whatever its sums, its states and its input hold."""

import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from networks import louder, recognizer, speech_like
from shrinkc.calibrate import calibrate
from shrinkc.network import Layer
from shrinkc.numbers.operations import MEANINGS, Operation
from shrinkc.quantize.expressions import LayerOperations, operations_of
from shrinkc.quantize.formats import Format, LayerFormats, choose_formats, quantize_to

CELLS = {
    "lstm": {},
    "lstm clipped": {"clipped": "yes"},
    "lstm all": {"peepholes": "yes", "projection": "yes", "sizes": {"projection": 7}, "scaled": "yes"},
    "lstm relu": {"candidate": "relu", "hidden": "relu"},
    "gru": {},
    "gru relu": {"reset": "before", "candidate": "relu"},
    "ligru": {},
    "gru loud": {},
    "sru": {"inputs": 7},
    "sru loud": {"inputs": 7},
    "sru matrix": {"skip": "matrix", "activation": "tanh"},
    "sru none": {"skip": "none"},
    "simple_rnn": {},
}
EXTREME = st.one_of(st.sampled_from([-32768, -32767, -1, 0, 1, 32766, 32767]), st.integers(-32768, 32767))


def fits(value: int) -> None:
    assert -(2**31) <= value < 2**31


def inside(operation: Operation, arguments: list[int]) -> list[int]:
    """What the C of an operation computes on its way to the result."""
    match operation.function, arguments:
        case "multiply_shift", [a, b]:
            return [a * b, a * b + (1 << operation.parameters[0] >> 1)]
        case "rounding_shift", [a]:
            return [a + (1 << operation.parameters[0] >> 1)]
        case "mix", [share, a, b]:
            return [a - b, (a - b) * share + (1 << 14)]
        case "mix_wide", [share, a, b]:
            return [a - b, 2 * ((a - b) * share >> 16)]
        case _:
            return []


class Values:
    """One unit's numbers: sums and states as drawn, trained vectors as quantised."""

    def __init__(self, layer: Layer, chosen: LayerFormats, draw, unit: int) -> None:
        self.layer, self.chosen, self.draw, self.unit = layer, chosen, draw, unit
        self.known: dict[str, int] = {}
        for state in layer.cell.states:
            self.known[state.name] = draw(self.any_of(chosen.equations[state.next]))

    @staticmethod
    def any_of(kept: Format) -> st.SearchStrategy[int]:
        limits = st.sampled_from([-kept.limit - 1, -kept.limit, -1, 0, 1, kept.limit])
        return st.one_of(limits, st.integers(-kept.limit - 1, kept.limit))

    def of(self, node: Operation) -> int:
        if node.function == "value":
            return self.known[node.name]
        if node.function in ("affine", "input"):
            return self.draw(EXTREME)
        if node.function == "affine_wide":
            most = sum(len(affine.sources) for affine in self.layer.cell.affines if affine.gate == node.name) << 29
            return self.draw(st.sampled_from([-most, -1, 0, 1, most]) | st.integers(-most, most))
        if node.function == "parameter":
            steps = quantize_to(self.layer.vectors[node.name], self.chosen.vectors[node.name])
            return int(steps[self.unit])
        arguments = [self.of(argument) for argument in node.arguments]
        for value in inside(node, arguments):
            fits(value)
        result = int(MEANINGS[node.function].compute(*arguments, *node.parameters))
        fits(result)
        return result


@functools.cache
def layer_and_formats(name: str, state_bits: int) -> tuple[Layer, LayerFormats, LayerOperations]:
    network = recognizer(name.split()[0], layers=1, **CELLS[name])
    if "loud" in name:
        network = louder(network, 60)
    ranges = calibrate(network, speech_like(width=network.inputs))
    layer, chosen = network.layers[0], choose_formats(network, ranges, state_bits)["rnn1"]
    return layer, chosen, operations_of(layer, ranges, chosen)


@pytest.mark.parametrize("name", CELLS)
@settings(max_examples=60)
@given(st.data(), st.sampled_from([16, 32]), st.integers(0, 6))
def test_no_equation_leaves_32_bits_or_its_limit(name, data, state_bits, unit):
    layer, chosen, operations = layer_and_formats(name, state_bits)
    values = Values(layer, chosen, data.draw, unit)
    for equation, typed in operations.equations.items():
        values.known[equation] = value = values.of(typed.operation)
        assert -chosen.equations[equation].limit - 1 <= value <= chosen.equations[equation].limit
        assert typed.low <= value <= typed.high, "the interval that the proof rests on"


@settings(max_examples=100)
@given(st.data(), st.sampled_from(["gru", "ligru", "sru matrix"]), st.sampled_from([16, 32]))
def test_a_mix_of_integers_stays_between_what_it_mixes(data, name, state_bits):
    """In the layer's own formats, whatever the gate: a state that is mixed never drifts out by rounding."""
    layer, chosen, operations = layer_and_formats(name, state_bits)
    values = Values(layer, chosen, data.draw, 0)
    state = layer.cell.states[0]
    mixing = operations.equations[state.next].operation
    while mixing.function not in ("mix", "mix_wide"):
        (mixing,) = mixing.arguments
    share = data.draw(st.one_of(st.sampled_from([0, 1, 32766, 32767]), st.integers(0, 32767)))
    old = values.known[state.name]
    new = values.of(mixing.arguments[2]) if name != "gru" and name != "ligru" else data.draw(EXTREME)
    mixed = int(MEANINGS[mixing.function].compute(share, old, new))
    slack = 2 if mixing.function == "mix_wide" else 0
    assert min(old, new) - slack <= mixed <= max(old, new)
    if share == 0:
        assert mixed == new
