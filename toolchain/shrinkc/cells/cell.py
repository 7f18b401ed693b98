"""What a cell is: its states, its equations in order, and which result the next layer reads."""

from dataclasses import dataclass

from .expressions import Affine, Expression, Value, walk


@dataclass(frozen=True)
class State:
    """A vector kept from step to step; it starts at 0.

    `next` names the equation that gives its value after the step. A `wide` state is a memory that is only ever added
    to and scaled (an LSTM's c): it may be kept at 32 bits.
    """

    name: str
    next: str
    wide: bool = False


@dataclass(frozen=True)
class Equation:
    """`name` = `expression`, for every unit."""

    name: str
    expression: Expression

    def __str__(self) -> str:
        return f"{self.name} = {self.expression}"


@dataclass(frozen=True)
class Cell:
    """One recurrent (or stateless) cell as data.

    The layer's input is the vector x. A state's name is its value before the step; the results of equations are read
    by their own names by later equations. `output` names the equation whose result the next layer reads.
    """

    name: str
    states: tuple[State, ...]
    equations: tuple[Equation, ...]
    output: str
    source: str

    def __post_init__(self) -> None:
        known = {"x"} | {state.name for state in self.states}
        for equation in self.equations:
            for node in walk(equation.expression):
                reads = node.sources if isinstance(node, Affine) else (node.name,) if isinstance(node, Value) else ()
                unknown = set(reads) - known
                if unknown:
                    raise ValueError(f"cell {self.name}: {equation.name} reads {sorted(unknown)} before it is there")
            known.add(equation.name)
        results = {equation.name for equation in self.equations}
        missing = {self.output, *(state.next for state in self.states)} - results
        if missing:
            raise ValueError(f"cell {self.name}: no equation gives {sorted(missing)}")

    @property
    def affines(self) -> tuple[Affine, ...]:
        """Every affine product, in the order of the equations: the order of gates in the stacked matrices."""
        return tuple(
            node for equation in self.equations for node in walk(equation.expression) if isinstance(node, Affine)
        )

    @property
    def sources(self) -> tuple[str, ...]:
        """The vectors that products read, each once, in order of first use."""
        return tuple(dict.fromkeys(source for node in self.affines for source in node.sources))

    def state(self, name: str) -> State | None:
        """The state of that name, or None."""
        return next((state for state in self.states if state.name == name), None)
