"""What is the same for every recurrent kind: where its directions, its last step and their sum go, and its norms."""

from dataclasses import dataclass, replace

import numpy as np

from ...cells import options_of
from ...errors import InputError
from ..assembly import Assembly
from ..folding import Affine, Weights, norm
from .description import Spec
from .tensors import Tensors


@dataclass(frozen=True)
class Reading:
    """What a reader of one layer works on."""

    assembly: Assembly
    tensors: Tensors
    spec: Spec

    def refuse(self, reason: str) -> InputError:
        """The one-line error that names the file and the layer."""
        return self.assembly.refuse(self.spec.name, self.spec.kind, reason)

    def option(self, key: str) -> object:
        """The value of one of the layer's keys."""
        return self.spec.options[key]


@dataclass(frozen=True)
class Stacked:
    """One layer of a stack: the weights of its directions; `both`: one set serves both."""

    directions: tuple[Weights, ...]
    both: bool = False


def place(reading: Reading, layers: list[Stacked]) -> None:
    """Add a stack of layers; `last` and `merge` hold for its topmost."""
    bidirectional = layers[-1].both or len(layers[-1].directions) == 2
    _check_place(reading, bidirectional)
    assembly, spec = reading.assembly, reading.spec
    for number, layer in enumerate(layers):
        name = f"{spec.name}_l{number}" if len(layers) > 1 else spec.name
        last = number == len(layers) - 1 and spec.options["last"] is not None
        if len(layer.directions) == 2:
            assembly.add_both(name, *layer.directions, last=last)
        else:
            assembly.add(name, layer.directions[0], last=last, both=layer.both)
    if spec.options["merge"] == "sum":
        assembly.merge(f"{spec.name}_sum", "add")


def _check_place(reading: Reading, bidirectional: bool) -> None:
    if reading.option("merge") == "sum" and not bidirectional:
        raise reading.refuse('merge = "sum" needs two directions, it has one; leave merge out')
    if reading.option("last") == "output" and bidirectional:
        raise reading.refuse(
            'last = "output" takes the backward direction after one frame only, which is not supported; '
            'train with the last step of each direction, last = "h_n"'
        )


def read_norm(tensors: Tensors, prefix: str, width: int | None, eps: float = 1e-5) -> Affine:
    """nn.BatchNorm1d at inference as (factor, offset), float64: y = x * factor + offset. Learnt weights may be missing.

    y = (x - running_mean) / sqrt(running_var + eps) * weight + bias (PyTorch's documentation of BatchNorm1d).
    """
    mean = tensors.take(f"{prefix}running_mean", width).astype(np.float64)
    variance = tensors.take(f"{prefix}running_var", mean.size).astype(np.float64)
    if (variance < 0).any():
        raise InputError(f"{tensors.path}: tensor {prefix + 'running_var'!r} holds a variance below 0; train it again")
    learnt = (f"{prefix}weight", f"{prefix}bias")
    return norm(mean, variance + eps, *(tensors.take(name, mean.size) if name in tensors else None for name in learnt))


def scale_candidate(reading: Reading, weights: Weights, gate: str, activation: str, factor: float) -> Weights:
    """Weights whose candidate is multiplied with `factor`, the layer's `candidate_scale`.

    s * f(a) = f(s * a) holds for s > 0 where f is relu or identity: the scale goes into the weights. For other
    functions the cell must have a place for it.
    """
    scale = np.float32(factor)
    if scale == 1:
        return weights
    if activation in ("relu", "identity"):
        factors = {path: scale if path.split(".")[0] == gate else np.float32(1) for path in weights.matrices}
        matrices = {path: array * factors[path] for path, array in weights.matrices.items()}
        return replace(weights, matrices=matrices, biases={**weights.biases, gate: weights.biases[gate] * scale})
    if "scaled" not in options_of(weights.cell):
        raise reading.refuse(
            f"candidate_scale = {factor:g} with {activation} does not fold into the weights; "
            "train with relu, or with dropout that is scaled in training (candidate_scale = 1)"
        )
    vectors = {**weights.vectors, "candidate_scale": np.full(weights.units, scale)}
    return replace(weights, options={**weights.options, "scaled": "yes"}, vectors=vectors)
