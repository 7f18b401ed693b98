"""Network: what an importer gives and every later stage reads."""

import functools
from dataclasses import dataclass, field

import numpy as np

from ..c_names import name_problem
from ..cells import Cell, define
from ..errors import InputError


def check_identifier(name: str, what: str) -> None:
    """Raise InputError that names `what` unless `name` can stand in C as it is."""
    problem = name_problem(name)
    if problem:
        raise InputError(f"{what} {name!r} {problem}")


@dataclass(frozen=True)
class Layer:
    """One layer: a cell and its float32 weights.

    matrices: path's "gate.source" -> (units, width of the source). biases: gate -> (units,).
    inputs: width of x. units: width of the output and of every state.
    """

    name: str
    cell_name: str
    cell_options: dict[str, str]
    inputs: int
    units: int
    matrices: dict[str, np.ndarray]
    biases: dict[str, np.ndarray]

    def __post_init__(self) -> None:
        check_identifier(self.name, "layer name")
        if self.inputs < 1 or self.units < 1:
            raise InputError(
                f"layer {self.name}: has {self.inputs} inputs and {self.units} units; it needs one at least"
            )
        for affine in self.cell.affines:
            paths = {f"{affine.gate}.{source}" for source in affine.sources}
            if not paths <= self.matrices.keys() or affine.gate not in self.biases:
                raise InputError(f"layer {self.name}: the gate {affine.gate} lacks a matrix or its bias")
            if self.biases[affine.gate].shape != (self.units,):
                raise InputError(f"layer {self.name}: the bias of {affine.gate} is not of {self.units} units")
            for source in affine.sources:
                shape = self.matrices[f"{affine.gate}.{source}"].shape
                if shape != (self.units, self.width(source)):
                    raise InputError(
                        f"layer {self.name}: {affine.gate}.{source} has the shape {shape}, "
                        f"not ({self.units}, {self.width(source)})"
                    )

    @functools.cached_property
    def cell(self) -> Cell:
        """The definition that every stage reads."""
        return define(self.cell_name, self.cell_options)

    def width(self, source: str) -> int:
        """Elements of the vector `source`: x has the layer's inputs, every other vector the layer's units."""
        return self.inputs if source == "x" else self.units

    @property
    def parameters(self) -> int:
        """How many float weights and biases the layer has."""
        return sum(array.size for array in (*self.matrices.values(), *self.biases.values()))


@dataclass(frozen=True)
class Network:
    """A stack of layers, each reading the output of the one before.

    mean, scale: (inputs,) float32; the first layer reads (features - mean) * scale, the model's own normalisation.
    notes: what the importer left off or folded, for the report.
    """

    name: str
    layers: tuple[Layer, ...]
    mean: np.ndarray
    scale: np.ndarray
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        check_identifier(self.name, "model name")
        if not self.layers:
            raise InputError(f"model {self.name} has no layer with weights")
        names = [layer.name for layer in self.layers]
        if len(set(names)) != len(names):
            raise InputError(f"model {self.name} has two layers of one name: {', '.join(names)}")
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if before.units != after.inputs:
                raise InputError(f"layer {after.name} reads {after.inputs} values, {before.name} gives {before.units}")
        for what, vector in (("mean", self.mean), ("scale", self.scale)):
            if vector.shape != (self.inputs,) or not np.isfinite(vector).all():
                raise InputError(
                    f"model {self.name}: the {what} of its normalisation is not {self.inputs} finite values"
                )
        for layer in self.layers:
            for key, array in (*layer.matrices.items(), *layer.biases.items()):
                if not np.isfinite(array).all():
                    raise InputError(f"layer {layer.name}: {key} holds NaN or infinite weights; train it again")

    @property
    def inputs(self) -> int:
        """Width of a frame of features."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Width of a frame of outputs."""
        return self.layers[-1].units

    @property
    def parameters(self) -> int:
        """Float weights and biases of all layers; normalisation statistics are not counted."""
        return sum(layer.parameters for layer in self.layers)

    def source_vector(self, index: int, source: str) -> str:
        """The vector that layer `index` reads as `source`: x is the output of the layer before, or the input."""
        layer = self.layers[index]
        if source != "x":
            return f"{layer.name}.{source}"
        if index == 0:
            return "input"
        before = self.layers[index - 1]
        return f"{before.name}.{before.cell.output}"
