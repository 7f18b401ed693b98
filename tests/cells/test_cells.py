"""Cells as data: how they read, and what a definition may not do."""

import pytest

from networks import CELL_OPTIONS
from shrinkc.cells import _DEFINITIONS, UNITS, Cell, Equation, State, define, options_of
from shrinkc.cells.expressions import Call, Value, affine, function, mix
from shrinkc.errors import InputError


def cell(equations: tuple[Equation, ...], states: tuple[State, ...] = (), output: str = "y") -> Cell:
    return Cell("test", states, equations, output, "a test")


LSTM = [
    "i = sigmoid(W[input.x] x + W[input.h] h + b[input])",
    "f = sigmoid(W[forget.x] x + W[forget.h] h + b[forget])",
    "g = tanh(W[candidate.x] x + W[candidate.h] h + b[candidate])",
    "c_new = f * c + i * g",
    "o = sigmoid(W[output.x] x + W[output.h] h + b[output])",
    "h_new = o * tanh(c_new)",
]
GRU = [
    "z = sigmoid(W[update.x] x + W[update.h] h + b[update])",
    "r = sigmoid(W[reset.x] x + W[reset.h] h + b[reset])",
    "n = tanh(W[candidate.x] x + b[candidate] + r * (W[recurrent.h] h + b[recurrent]))",
    "h_new = mix(z: h, n)",
]
SRU = [
    "f = sigmoid(W[forget.x] x + b[forget] + forget_recurrent * c)",
    "r = sigmoid(W[reset.x] x + b[reset] + reset_recurrent * c)",
    "c_new = mix(f: c, W[candidate.x] x + b[candidate])",
    "h_new = mix(r: c_new, alpha * x)",
]
TEXTS = {
    "lstm": ({}, LSTM),
    "lstm all": (
        {"peepholes": "yes", "projection": "yes", "gate": "clamp", "candidate": "relu", "hidden": "identity"},
        [
            "i = clamp(W[input.x] x + W[input.h] h + b[input] + input_peephole * c)",
            "f = clamp(W[forget.x] x + W[forget.h] h + b[forget] + forget_peephole * c)",
            "g = relu(W[candidate.x] x + W[candidate.h] h + b[candidate])",
            "c_new = f * c + i * g",
            "o = clamp(W[output.x] x + W[output.h] h + b[output] + output_peephole * c_new)",
            "m = o * c_new",
            "h_new = W[projection.m] m + b[projection]",
        ],
    ),
    "lstm scaled": (
        {"scaled": "yes"},
        [*LSTM[:2], "g = candidate_scale * tanh(W[candidate.x] x + W[candidate.h] h + b[candidate])", *LSTM[3:]],
    ),
    "lstm clipped": ({"clipped": "yes"}, [*LSTM[:3], "c_new = clip10(f * c + i * g)", *LSTM[4:]]),
    "gru": ({}, GRU),
    "gru before": (
        {"reset": "before"},
        [*GRU[:2], "rh = r * h", "n = tanh(W[candidate.x] x + W[candidate.rh] rh + b[candidate])", GRU[3]],
    ),
    "minimal_gru": (
        {},
        [GRU[0], "zh = z * h", "n = tanh(W[candidate.x] x + W[candidate.zh] zh + b[candidate])", GRU[3]],
    ),
    "ligru": (
        {},
        [
            "z = sigmoid(W[update.x] x + W[update.h] h + b[update])",
            "n = relu(W[candidate.x] x + W[candidate.h] h + b[candidate])",
            "h_new = mix(z: h, n)",
        ],
    ),
    "sru": ({}, SRU),
    "sru part": ({"part": "1"}, [*SRU[:3], "h_new = mix(r: c_new, alpha * x[1])"]),
    "sru none": ({"skip": "none", "activation": "tanh"}, [*SRU[:3], "h_new = r * tanh(c_new)"]),
    "sru matrix": (
        {"skip": "matrix", "projection": "yes", "recurrent": "no"},
        [
            "p = W[projection.x] x + b[projection]",
            "f = sigmoid(W[forget.p] p + b[forget])",
            "r = sigmoid(W[reset.p] p + b[reset])",
            "c_new = mix(f: c, W[candidate.p] p + b[candidate])",
            "h_new = mix(r: c_new, W[skip.p] p + b[skip])",
        ],
    ),
    "simple_rnn": ({}, ["h_new = tanh(W[state.x] x + W[state.h] h + b[state])"]),
    "merge": ({}, ["y = x + x[1]"]),
    "merge multiply": ({"operation": "multiply"}, ["y = x * x[1]"]),
    "dense": ({"activation": "relu"}, ["y = relu(W[output.x] x + b[output])"]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_cell_reads_like_its_equations(name: str) -> None:
    options, texts = TEXTS[name]
    defined = define(name.split()[0], options)
    assert [str(equation) for equation in defined.equations] == texts
    assert defined.name == name.split()[0] and defined.source


def test_what_a_layer_of_an_lstm_must_give() -> None:
    lstm = define("lstm", {"peepholes": "yes", "projection": "yes"})
    gates = ["input", "forget", "candidate", "output", "projection"]
    assert [node.gate for node in lstm.affines] == gates
    assert lstm.gate_widths == dict.fromkeys(gates, UNITS) | {"projection": "projection"}
    assert lstm.parameters == dict.fromkeys(["input_peephole", "forget_peephole", "output_peephole"], UNITS)
    assert lstm.sources == ("x", "h", "m") and lstm.output == "h_new"
    assert lstm.widths == ("projection",)
    assert lstm.width_of("h") == lstm.width_of("h_new") == "projection" and lstm.width_of("c") == UNITS
    assert lstm.state("c").wide and not lstm.state("h").wide and lstm.state("g") is None


@pytest.mark.parametrize(
    "name, options, parts",
    [("sru", {}, 1), ("sru", {"part": "2"}, 3), ("sru", {"skip": "none"}, 0), ("merge", {}, 2), ("dense", {}, 0)],
)
def test_how_much_of_x_is_read_element_by_element(name: str, options: dict[str, str], parts: int) -> None:
    assert define(name, options).input_parts == parts


@pytest.mark.parametrize(
    "name, options, words",
    [
        ("lstm", {"peepholes": "true"}, "peepholes is 'true', it must be 'yes' or 'no'"),
        ("gru", {"reset": "never"}, "reset is 'never', it must be one of after, before"),
        ("sru", {"skip": "highway"}, "skip is 'highway', it must be one of input, matrix, none"),
        ("sru", {"part": "-1"}, "part is '-1', it must be a whole number from 0 up"),
        ("merge", {"operation": "mix"}, "operation is 'mix', it must be one of add, multiply"),
        ("lstm", {"gate": "softplus"}, "softplus with 1 arguments is not in the language"),
        ("lstm", {"gate": "add"}, "add with 1 arguments"),
        ("ligru", {"peepholes": "yes"}, "unexpected keyword argument 'peepholes'"),
    ],
)
def test_options_that_a_cell_does_not_have(name: str, options: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=f"cell '{name}' does not take the options .*{words}"):
        define(name, options)


def test_sums_inside_products_keep_their_brackets() -> None:
    a, b = Value("a"), Value("b")
    assert str((a + b) * b) == "(a + b) * b"
    assert str(a + b * function("sigmoid", a)) == "a + b * sigmoid(a)"
    assert str(Call("one_minus", (a,)) * function("tanh", b)) == "(1 - a) * tanh(b)"
    assert str(Call("one_minus", (a + b,))) == "(1 - (a + b))"
    assert str(a * affine("g", b)) == "a * (W[g.b] b + b[g])"
    assert str(mix(a, a + b, b)) == "mix(a: a + b, b)"


def test_unknown_names_and_options() -> None:
    with pytest.raises(InputError, match="cell 'gruu' is unknown; known cells: dense, gru, ligru, lstm, merge"):
        define("gruu", {})
    with pytest.raises(InputError, match="elu with 1 arguments"):
        define("dense", {"activation": "elu"})


def test_an_equation_reads_only_what_is_there() -> None:
    x = Value("x")
    with pytest.raises(ValueError, match=r"y reads \['z'\] before it is there"):
        cell((Equation("y", Value("z") + affine("a", x)), Equation("z", affine("b", x))))
    with pytest.raises(ValueError, match=r"y reads \['h'\]"):
        cell((Equation("y", affine("a", x, Value("h"))),))


def test_states_and_the_output_need_an_equation() -> None:
    equations = (Equation("y", affine("a", Value("x"))),)
    with pytest.raises(ValueError, match=r"no equation gives \['z'\]"):
        cell(equations, output="z")
    with pytest.raises(ValueError, match=r"no equation gives \['h_new'\]"):
        cell(equations, states=(State("h", next="h_new"),))


def test_an_equation_is_as_wide_as_what_it_reads() -> None:
    x, h, y = Value("x"), Value("h"), Value("y")
    narrow = Equation("y", affine("a", x), width="projection")
    with pytest.raises(ValueError, match="cell test: z and y are of different widths"):
        cell((narrow, Equation("z", y * affine("b", x))), output="z")
    # A state is as wide as what gives it next.
    with pytest.raises(ValueError, match="cell test: z and h are of different widths"):
        cell((Equation("z", h + affine("b", x)), narrow), states=(State("h", next="y"),), output="z")
    # A product leads from one width to another.
    assert cell((narrow, Equation("z", affine("b", x, y))), output="z").widths == ("projection",)


@pytest.mark.parametrize(("name", "count"), [("add", 1), ("sigmoid", 2), ("softplus", 1)])
def test_functions_outside_the_language(name: str, count: int) -> None:
    with pytest.raises(ValueError, match=f"{name} with {count} arguments is not in the language"):
        Call(name, (Value("a"),) * count)


def test_the_tests_know_every_recurrent_cell_and_option():
    """`CELL_OPTIONS` is what tests of all cells go through: each option, its default first, and every value taken."""
    found = {name: options_of(name) for name, make in _DEFINITIONS.items() if make().states}
    for cell, defaults in found.items():
        assert CELL_OPTIONS[cell].keys() == defaults.keys(), cell
        for option, values in CELL_OPTIONS[cell].items():
            assert values[0] == defaults[option]
            for value in values:
                define(cell, {option: value})
    assert CELL_OPTIONS.keys() == found.keys()
