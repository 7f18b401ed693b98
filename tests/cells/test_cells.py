"""Cells as data: how they read, and what a definition may not do."""

import pytest

from shrinkc.cells import Cell, Equation, State, define
from shrinkc.cells.expressions import Call, Value, affine, sigmoid, tanh
from shrinkc.errors import InputError


def cell(equations: tuple[Equation, ...], states: tuple[State, ...] = (), output: str = "y") -> Cell:
    return Cell("test", states, equations, output, "a test")


def test_the_lstm_reads_like_its_equations() -> None:
    lstm = define("lstm", {})
    assert [str(equation) for equation in lstm.equations] == [
        "i = sigmoid(W[input.x] x + W[input.h] h + b[input])",
        "f = sigmoid(W[forget.x] x + W[forget.h] h + b[forget])",
        "g = tanh(W[candidate.x] x + W[candidate.h] h + b[candidate])",
        "o = sigmoid(W[output.x] x + W[output.h] h + b[output])",
        "c_new = f * c + i * g",
        "h_new = o * tanh(c_new)",
    ]
    assert lstm.sources == ("x", "h") and lstm.output == "h_new"
    assert [node.gate for node in lstm.affines] == ["input", "forget", "candidate", "output"]
    assert lstm.state("c").wide and not lstm.state("h").wide and lstm.state("g") is None


def test_options() -> None:
    assert str(define("dense", {"activation": "relu"}).equations[0]) == "y = relu(W[output.x] x + b[output])"
    assert "g = relu(" in str(define("lstm", {"activation": "relu"}).equations[2])


def test_sums_inside_products_keep_their_brackets() -> None:
    a, b = Value("a"), Value("b")
    assert str((a + b) * b) == "(a + b) * b"
    assert str(a + b * sigmoid(a)) == "a + b * sigmoid(a)"
    assert str(Call("one_minus", (a,)) * tanh(b)) == "(1 - a) * tanh(b)"


def test_unknown_names_and_options() -> None:
    with pytest.raises(InputError, match="cell 'gruu' is unknown; known cells: dense, lstm"):
        define("gruu", {})
    with pytest.raises(InputError, match="cell 'lstm' does not take the options"):
        define("lstm", {"peepholes": "yes"})
    with pytest.raises((InputError, ValueError), match="elu"):
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


@pytest.mark.parametrize(("name", "count"), [("add", 1), ("sigmoid", 2), ("softplus", 1)])
def test_functions_outside_the_language(name: str, count: int) -> None:
    with pytest.raises(ValueError, match=f"{name} with {count} arguments is not in the language"):
        Call(name, (Value("a"),) * count)
