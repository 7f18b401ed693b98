"""Networks with random weights for tests: small, with non-zero biases, deterministic."""

from dataclasses import replace

import numpy as np

from shrinkc.calibrate import calibrate
from shrinkc.cells import UNITS, define
from shrinkc.network import BACKWARD, FORWARD, Layer, Network
from shrinkc.project import Delta, Plan
from shrinkc.quantize import QuantizedNetwork, quantize
from shrinkc.reference import measurer

_YES_OR_NO = ("no", "yes")
_GATES = ("sigmoid", "clamp")
_FUNCTIONS = ("tanh", "relu", "identity")
CELL_OPTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "lstm": {
        "gate": _GATES,
        "candidate": _FUNCTIONS,
        "hidden": _FUNCTIONS,
        "peepholes": _YES_OR_NO,
        "projection": _YES_OR_NO,
        "scaled": _YES_OR_NO,
        "clipped": _YES_OR_NO,
    },
    "gru": {"reset": ("after", "before"), "gate": _GATES, "candidate": _FUNCTIONS, "scaled": _YES_OR_NO},
    "ligru": {"gate": _GATES, "candidate": ("relu", "tanh", "identity")},
    "minimal_gru": {"gate": _GATES, "candidate": _FUNCTIONS, "scaled": _YES_OR_NO},
    "sru": {
        "skip": ("input", "matrix", "none"),
        "recurrent": ("yes", "no"),
        "activation": ("identity", "tanh", "relu"),
        "projection": _YES_OR_NO,
        "part": ("0", "1"),
    },
    "simple_rnn": {"activation": _FUNCTIONS},
}
"""Every option of every recurrent cell, and the values that random weights stay finite with, the default first."""


def random_layer(
    name: str,
    cell: str,
    inputs: int,
    units: int,
    random: np.random.Generator,
    sizes: dict[str, int] | None = None,
    place: dict | None = None,
    **options: str,
) -> Layer:
    """A layer of any cell that is defined, with weights of a trained network's size.

    sizes: the widths that the cell names beside its units. place: reads, directions and last of the layer.
    """
    defined, sizes = define(cell, options), sizes or {}

    def size(width: str) -> int:
        return units if width == UNITS else sizes[width]

    matrices, biases = {}, {}
    for affine in defined.affines:
        rows = size(defined.gate_widths[affine.gate])
        for source in affine.sources:
            columns = inputs if source == "x" else size(defined.width_of(source))
            values = random.normal(0, 1.5 / np.sqrt(columns), (rows, columns))
            matrices[f"{affine.gate}.{source}"] = values.astype(np.float32)
        biases[affine.gate] = random.normal(0, 0.5, rows).astype(np.float32)
    vectors = {name: random.normal(0, 0.7, units).astype(np.float32) for name in defined.parameters}
    return Layer(name, cell, dict(options), inputs, units, matrices, biases, vectors, sizes, **(place or {}))


def recognizer(
    cell: str = "lstm",
    inputs: int = 5,
    units: int = 7,
    outputs: int = 3,
    layers: int = 2,
    seed: int = 1,
    sizes: dict[str, int] | None = None,
    last: bool = False,
    **options: str,
) -> Network:
    """`layers` layers of `cell`, then a linear head: the shape of the zoo's models, in small."""
    random = np.random.default_rng(seed)
    stack: list[Layer] = []
    for index in range(layers):
        width, reads = (stack[-1].outputs, (stack[-1].name,)) if stack else (inputs, ())
        place = {"reads": reads, "last": last and index == layers - 1}
        stack.append(random_layer(f"rnn{index + 1}", cell, width, units, random, sizes, place, **options))
    return with_head(stack, inputs, outputs, random)


def louder(network: Network, factor: float) -> Network:
    """The network with larger matrices in its first layer: sums of gates far beyond what their functions tell apart."""
    first = network.layers[0]
    matrices = {name: np.float32(factor) * array for name, array in first.matrices.items()}
    return replace(network, layers=(replace(first, matrices=matrices), *network.layers[1:]))


def both_ways(
    cell: str = "lstm",
    inputs: int = 5,
    units: int = 7,
    outputs: int = 3,
    layers: int = 2,
    seed: int = 1,
    tied: bool = False,
    merge: str | None = None,
    last: bool = False,
    sizes: dict[str, int] | None = None,
    **options: str,
) -> Network:
    """Bidirectional layers and a head. tied: both directions have the same weights. merge: their sum or product."""
    random = np.random.default_rng(seed)
    stack: list[Layer] = []
    reads: tuple[str, ...] = ()
    width = inputs
    for index in range(layers):
        ends = last and index == layers - 1
        sides = [("", (FORWARD, BACKWARD))] if tied else [("_f", (FORWARD,)), ("_b", (BACKWARD,))]
        made = [
            random_layer(
                f"rnn{index + 1}{ending}",
                cell,
                width,
                units,
                random,
                sizes,
                place={"reads": reads, "directions": directions, "last": ends},
                **options,
            )
            for ending, directions in sides
        ]
        stack += made
        reads, width = tuple(layer.name for layer in made), sum(layer.outputs for layer in made)
        if merge:
            stack.append(
                random_layer(
                    f"sum{index + 1}", "merge", width, width // 2, random, place={"reads": reads}, operation=merge
                )
            )
            reads, width = (stack[-1].name,), width // 2
    return with_head(stack, inputs, outputs, random, reads)


def with_head(
    stack: list[Layer], inputs: int, outputs: int, random: np.random.Generator, reads: tuple[str, ...] | None = None
) -> Network:
    """`stack`, a linear head over it, and a normalisation."""
    reads = tuple(layer.name for layer in stack[-1:]) if reads is None else reads
    width = sum(layer.outputs for layer in stack if layer.name in reads) or inputs
    stack = [*stack, random_layer("head", "dense", width, outputs, random, place={"reads": reads})]
    mean = random.normal(0, 1, inputs).astype(np.float32)
    scale = random.uniform(0.5, 2, inputs).astype(np.float32)
    return Network("toy", tuple(stack), mean, scale)


def speech_like(count: int = 4, frames: int = 30, width: int = 5, seed: int = 2) -> list[np.ndarray]:
    """Utterances of different lengths whose values wander slowly, as features of speech do."""
    random = np.random.default_rng(seed)
    return [
        np.cumsum(random.normal(0, 0.4, (frames + 3 * i, width)), axis=0).astype(np.float32) * 0.5 for i in range(count)
    ]


def quantized(network: Network, plan: Plan | None = None, delta: Delta | None = None) -> QuantizedNetwork:
    """`network` quantised with ranges from random utterances of its width."""
    calibration = speech_like(width=network.inputs)
    return quantize(network, calibrate(network, calibration), plan or Plan(), delta or Delta(), measurer(calibration))
