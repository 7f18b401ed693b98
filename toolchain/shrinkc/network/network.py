"""Network: what an importer gives and every later stage reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np

from ..errors import InputError
from .layer import FORWARD, Layer, check_identifier


class Placed(Protocol):
    """A layer, in float or as integers, as far as its place in the network goes."""

    name: str
    reads: tuple[str, ...]
    directions: tuple[str, ...]
    last: bool


Any = TypeVar("Any", bound=Placed)
FLOAT_BYTES = 4
"""Of a 32-bit float."""


def ranks(layers: Sequence[Any]) -> tuple[tuple[Any, ...], ...]:
    """Layers that read the same vector, rank after rank: each reads all outputs of the rank before, side by side."""
    found: list[list[Any]] = []
    for layer in layers:
        if found and found[-1][0].reads == layer.reads:
            found[-1].append(layer)
        else:
            found.append([layer])
    return tuple(tuple(rank) for rank in found)


def streams(layers: Sequence[Placed]) -> bool:
    """Whether the network can go frame by frame: no layer looks back from the end of the utterance."""
    return all(layer.directions == (FORWARD,) for layer in layers)


@dataclass(frozen=True)
class Network:
    """Layers in ranks, each rank reading the outputs of the one before.

    mean, scale: (inputs,) float32; the first rank reads (features - mean) * scale, the model's own normalisation.
    notes: what the importer left off or folded, for the report. left_off: "softmax" or "log-softmax" where the model
    ends with one, which this network does not compute; else "".
    """

    name: str
    layers: tuple[Layer, ...]
    mean: np.ndarray
    scale: np.ndarray
    notes: tuple[str, ...] = field(default=())
    left_off: str = ""

    def __post_init__(self) -> None:
        check_identifier(self.name, "model name")
        if not any(layer.parameters for layer in self.layers):
            raise InputError(f"model {self.name} has no layer with weights")
        names = [layer.name for layer in self.layers]
        if len({name.lower() for name in names}) != len(names):
            raise InputError(f"model {self.name} has two layers of one name: {', '.join(names)}")
        self._check_ranks()
        for what, vector in (("mean", self.mean), ("scale", self.scale)):
            if vector.shape != (self.inputs,) or not np.isfinite(vector).all():
                raise InputError(
                    f"model {self.name}: the {what} of its normalisation is not {self.inputs} finite values"
                )

    def _check_ranks(self) -> None:
        before: tuple[Layer, ...] = ()
        for rank in self.ranks:
            given = sum(layer.outputs for layer in before) if before else rank[0].inputs
            for layer in rank:
                if layer.reads != tuple(one.name for one in before):
                    raise InputError(f"layer {layer.name} does not read the layers before it, but {layer.reads}")
                if layer.inputs != given:
                    what = " and ".join(one.name for one in before) if before else "the input"
                    raise InputError(f"layer {layer.name} reads {layer.inputs} values, {what} gives {given}")
                if layer.last != rank[0].last:
                    raise InputError(f"layer {layer.name} and {rank[0].name} must both give all steps or both the last")
            before = rank

    @property
    def ranks(self) -> tuple[tuple[Layer, ...], ...]:
        """The layers, those side by side together."""
        return ranks(self.layers)

    @property
    def inputs(self) -> int:
        """Width of a frame of features."""
        return self.layers[0].inputs

    @property
    def outputs(self) -> int:
        """Width of a frame of outputs."""
        return sum(layer.outputs for layer in self.ranks[-1])

    @property
    def streams(self) -> bool:
        """Whether it goes frame by frame; otherwise it takes whole utterances."""
        return streams(self.layers)

    @property
    def matrices(self) -> dict[str, np.ndarray]:
        """All matrices by path, `layer.gate.source`, in the order of the equations."""
        return {
            f"{layer.name}.{affine.gate}.{source}": layer.matrices[f"{affine.gate}.{source}"]
            for layer in self.layers
            for affine in layer.cell.affines
            for source in affine.sources
        }

    @property
    def float_bytes(self) -> int:
        """Of the parameters as 32-bit floats."""
        return FLOAT_BYTES * self.parameters

    @property
    def parameters(self) -> int:
        """Float weights and biases of all layers; normalisation statistics are not counted.

        A matrix that layers side by side have in common counts once (an SRU's projection, in both directions).
        """
        total = sum(layer.parameters for layer in self.layers)
        return total - sum(_shared(rank[0], layer) for rank in self.ranks for layer in rank[1:])


def _shared(one: Layer, other: Layer) -> int:
    """Elements of the matrices that `other` has just as `one` has them."""
    return sum(
        matrix.size
        for path, matrix in other.matrices.items()
        if path in one.matrices and np.array_equal(matrix, one.matrices[path])
    )
