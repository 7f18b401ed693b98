"""The small language that cells are written in: element-wise expressions over vectors and affine products.

An expression is a tree of three kinds of node. All vectors of one cell have `units` elements, but for the layer's
input x (and what a cell projects), which appear in products only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

FUNCTIONS = {"add": 2, "multiply": 2, "one_minus": 1, "sigmoid": 1, "tanh": 1, "relu": 1, "identity": 1}
"""The element-wise functions and how many arguments each takes."""

SYMBOLS = {"add": "{} + {}", "multiply": "{} * {}", "one_minus": "(1 - {})"}


class Expression:
    """Base of the nodes; gives them the operators + and *."""

    def __add__(self, other: Expression) -> Expression:
        return Call("add", (self, other))

    def __mul__(self, other: Expression) -> Expression:
        return Call("multiply", (self, other))


@dataclass(frozen=True)
class Value(Expression):
    """A named vector: a state as it was before the step, or the result of an earlier equation."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Affine(Expression):
    """sum over sources s of W_{gate.s} s + b_gate. Each W_{gate.s} is a path, named `layer.gate.source`."""

    gate: str
    sources: tuple[str, ...]

    def __str__(self) -> str:
        products = " + ".join(f"W[{self.gate}.{source}] {source}" for source in self.sources)
        return f"{products} + b[{self.gate}]"


@dataclass(frozen=True)
class Call(Expression):
    """An element-wise function of FUNCTIONS over expressions."""

    function: str
    arguments: tuple[Expression, ...]

    def __post_init__(self) -> None:
        if FUNCTIONS.get(self.function) != len(self.arguments):
            raise ValueError(f"{self.function} with {len(self.arguments)} arguments is not in the language")

    def __str__(self) -> str:
        texts = []
        for argument in self.arguments:
            is_sum = isinstance(argument, Call) and argument.function == "add"
            texts.append(f"({argument})" if self.function in ("multiply", "one_minus") and is_sum else str(argument))
        return SYMBOLS.get(self.function, f"{self.function}({{}})").format(*texts)


def function(name: str, argument: Expression) -> Expression:
    """The one-argument function `name`, as chosen by an option of a cell."""
    return Call(name, (argument,))


def affine(gate: str, *sources: Value) -> Affine:
    """The affine product of a gate over the vectors named."""
    return Affine(gate, tuple(source.name for source in sources))


def sigmoid(argument: Expression) -> Expression:
    """The logistic function."""
    return function("sigmoid", argument)


def tanh(argument: Expression) -> Expression:
    """The hyperbolic tangent."""
    return function("tanh", argument)


def walk(expression: Expression) -> Iterator[Expression]:
    """The node itself and all below it, depth first."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)
