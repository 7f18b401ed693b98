"""What a cell is: its states, its equations in order, and which result the next layer reads."""

from dataclasses import dataclass

from .expressions import Affine, Expression, Parameter, Value, walk

UNITS = "units"
"""The width of most vectors of a cell: the layer's units."""


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
    """`name` = `expression`, element by element. `width` names its length: units, or one of the layer's sizes."""

    name: str
    expression: Expression
    width: str = UNITS

    def __str__(self) -> str:
        return f"{self.name} = {self.expression}"


@dataclass(frozen=True)
class Cell:
    """One recurrent (or stateless) cell as data.

    The layer's input is the vector x. A state's name is its value before the step; the results of equations are read
    by their own names by later equations. `output` names the equation whose result the next layer reads. `source`
    says where the equations come from.
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
        self._check_widths()

    def _check_widths(self) -> None:
        for equation in self.equations:
            for node in walk(equation.expression):
                if isinstance(node, Value) and node.name != "x" and self.width_of(node.name) != equation.width:
                    raise ValueError(f"cell {self.name}: {equation.name} and {node.name} are of different widths")

    @property
    def affines(self) -> tuple[Affine, ...]:
        """Every affine product, in the order of the equations: the order of gates in the stacked matrices."""
        return tuple(
            node for equation in self.equations for node in walk(equation.expression) if isinstance(node, Affine)
        )

    @property
    def gate_widths(self) -> dict[str, str]:
        """The width of every gate, by its name: that of the equation it stands in."""
        return {
            node.gate: equation.width
            for equation in self.equations
            for node in walk(equation.expression)
            if isinstance(node, Affine)
        }

    @property
    def parameters(self) -> dict[str, str]:
        """The width of every trained vector beside the biases, by its name."""
        return {
            node.name: equation.width
            for equation in self.equations
            for node in walk(equation.expression)
            if isinstance(node, Parameter)
        }

    @property
    def input_parts(self) -> int:
        """How many stretches of x equations read element by element; 0 where products alone read it."""
        parts = [
            node.part + 1
            for equation in self.equations
            for node in walk(equation.expression)
            if isinstance(node, Value) and node.name == "x"
        ]
        return max(parts, default=0)

    @property
    def sources(self) -> tuple[str, ...]:
        """The vectors that products read, each once, in order of first use."""
        return tuple(dict.fromkeys(source for node in self.affines for source in node.sources))

    @property
    def widths(self) -> tuple[str, ...]:
        """The names of widths that a layer of this cell must give beside its units."""
        return tuple(dict.fromkeys(e.width for e in self.equations if e.width != UNITS))

    def width_of(self, name: str) -> str:
        """The width of an equation's result, or of a state (that of the equation that gives it next)."""
        state = self.state(name)
        wanted = state.next if state else name
        return next(equation.width for equation in self.equations if equation.name == wanted)

    def state(self, name: str) -> State | None:
        """The state of that name, or None."""
        return next((state for state in self.states if state.name == name), None)
