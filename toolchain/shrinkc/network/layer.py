"""Layer: one cell with its float weights, and how it stands in its network."""

import functools
from dataclasses import dataclass, field

import numpy as np

from ..c_names import name_problem
from ..cells import UNITS, Cell, define
from ..errors import InputError

FORWARD, BACKWARD = "forward", "backward"


def check_identifier(name: str, what: str) -> None:
    """Raise InputError that names `what` unless `name` can stand in C as it is."""
    problem = name_problem(name)
    if problem:
        raise InputError(f"{what} {name!r} {problem}")


@dataclass(frozen=True)
class Layer:
    """One layer: a cell, its float32 weights, and how it stands in its network.

    inputs: width of x. units: width of the cell's vectors. sizes: other widths that the cell names, such as
    `projection`. matrices: path's "gate.source" -> (rows, width of the source). biases: gate -> (rows,), of those
    that have one. vectors: parameter -> (units,). Rows are as many as the equation is wide that the gate stands in.

    reads: the layers whose outputs, side by side, are x; none for those that read the network's input. directions: in
    which order of time the layer runs; with two, the same weights serve both, and the outputs stand side by side.
    last: the layer gives only the result of its last step (backward: that is the first frame).
    """

    name: str
    cell_name: str
    cell_options: dict[str, str]
    inputs: int
    units: int
    matrices: dict[str, np.ndarray]
    biases: dict[str, np.ndarray]
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    directions: tuple[str, ...] = (FORWARD,)
    last: bool = False

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        if self.directions not in ((FORWARD,), (BACKWARD,), (FORWARD, BACKWARD)):
            raise InputError(f"layer {self.name}: the directions {self.directions} are not in the network's language")
        if set(self.sizes) != set(self.cell.widths):
            raise InputError(f"layer {self.name}: its cell needs the sizes {self.cell.widths}, not {tuple(self.sizes)}")
        if min(self.inputs, self.units, *self.sizes.values()) < 1:
            raise InputError(
                f"layer {self.name}: has {self.inputs} inputs and {self.units} units; it needs one at least"
            )
        parts = self.cell.input_parts
        if parts and (self.inputs % self.units or self.inputs < parts * self.units):
            raise InputError(
                f"layer {self.name}: reads its {self.inputs} inputs unit by unit, and has {self.units} units"
            )
        self._check_arrays()

    def _check_arrays(self) -> None:
        wanted: dict[str, tuple[int, ...]] = {}
        for affine in self.cell.affines:
            rows = self.rows(affine.gate)
            wanted |= {f"{affine.gate}.{source}": (rows, self.width(source)) for source in affine.sources}
        self._check("a matrix", self.matrices, wanted)
        self._check("a bias", self.biases, {gate: (self.rows(gate),) for gate in self.cell.gate_widths}, optional=True)
        self._check("a vector", self.vectors, {name: (self.size(w),) for name, w in self.cell.parameters.items()})

    def _check(
        self, what: str, arrays: dict[str, np.ndarray], wanted: dict[str, tuple[int, ...]], optional: bool = False
    ) -> None:
        for name, shape in wanted.items():
            if name not in arrays:
                if optional:
                    continue
                raise InputError(f"layer {self.name}: lacks {what}, {name}")
            if arrays[name].shape != shape:
                raise InputError(f"layer {self.name}: {name} has the shape {arrays[name].shape}, not {shape}")
            if not np.isfinite(arrays[name]).all():
                raise InputError(f"layer {self.name}: {name} holds NaN or infinite weights; train it again")
        surplus = arrays.keys() - wanted.keys()
        if surplus:
            raise InputError(f"layer {self.name}: has {what} that its cell does not know, {sorted(surplus)[0]}")

    @functools.cached_property
    def cell(self) -> Cell:
        """The definition that every stage reads."""
        return define(self.cell_name, self.cell_options)

    def size(self, width: str) -> int:
        """Elements of a width that the cell names."""
        return self.units if width == UNITS else self.sizes[width]

    def rows(self, gate: str) -> int:
        """Rows of a gate's matrices."""
        return self.size(self.cell.gate_widths[gate])

    def bias(self, gate: str) -> np.ndarray:
        """A gate's bias, (rows,): zeros where it has none."""
        return self.biases[gate] if gate in self.biases else np.zeros(self.rows(gate), np.float32)

    def width(self, name: str) -> int:
        """Elements of the vector `name`: x, a state, or the result of an equation."""
        return self.inputs if name == "x" else self.size(self.cell.width_of(name))

    @property
    def outputs(self) -> int:
        """Elements that the layer gives the next: those of its cell's output, for each direction."""
        return self.width(self.cell.output) * len(self.directions)

    @property
    def parameters(self) -> int:
        """How many float weights and biases the layer has; weights that serve both directions count once."""
        arrays = (*self.matrices.values(), *self.biases.values(), *self.vectors.values())
        return sum(array.size for array in arrays)
