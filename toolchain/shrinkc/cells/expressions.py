"""The small language that cells are written in: element-wise expressions over vectors and affine products.

An expression is a tree of four kinds of node. All vectors of one equation have the same width; products alone lead
from one width to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .functions import FUNCTIONS


class Expression:
    """Base of the nodes; gives them the operators + and *."""

    def __add__(self, other: Expression) -> Expression:
        return Call("add", (self, other))

    def __mul__(self, other: Expression) -> Expression:
        return Call("multiply", (self, other))


@dataclass(frozen=True)
class Value(Expression):
    """A named vector: a state as it was before the step, the result of an earlier equation, or the layer's input x.

    x may be wider than the equation that reads it element by element: `part` says which of its stretches of `units`
    elements is meant.
    """

    name: str
    part: int = 0

    def __str__(self) -> str:
        return f"{self.name}[{self.part}]" if self.part else self.name


@dataclass(frozen=True)
class Parameter(Expression):
    """A vector of trained weights, one a unit: a peephole, SRU's v."""

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
        if self.function not in FUNCTIONS or FUNCTIONS[self.function].arity != len(self.arguments):
            raise ValueError(f"{self.function} with {len(self.arguments)} arguments is not in the language")

    def __str__(self) -> str:
        texts = []
        for argument in self.arguments:
            is_sum = isinstance(argument, Affine) or (isinstance(argument, Call) and argument.function == "add")
            texts.append(f"({argument})" if self.function in ("multiply", "one_minus") and is_sum else str(argument))
        return FUNCTIONS[self.function].text.format(*texts)


def function(name: str, argument: Expression) -> Expression:
    """The one-argument function `name`, as chosen by an option of a cell."""
    return Call(name, (argument,))


def affine(gate: str, *sources: Value) -> Affine:
    """The affine product of a gate over the vectors named."""
    return Affine(gate, tuple(source.name for source in sources))


def mix(share: Expression, a: Expression, b: Expression) -> Expression:
    """share * a + (1 - share) * b, with a share from 0 to 1."""
    return Call("mix", (share, a, b))


def walk(expression: Expression) -> Iterator[Expression]:
    """The node itself and all below it, depth first."""
    yield expression
    if isinstance(expression, Call):
        for argument in expression.arguments:
            yield from walk(argument)
