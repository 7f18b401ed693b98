"""Networks with random weights for tests: small, with non-zero biases, deterministic."""

import numpy as np

from shrinkc.calibrate import calibrate
from shrinkc.cells import define
from shrinkc.network import Layer, Network
from shrinkc.project import Delta, Plan
from shrinkc.quantize import QuantizedNetwork, quantize


def random_layer(name: str, cell: str, inputs: int, units: int, random: np.random.Generator, **options: str) -> Layer:
    """A layer of any cell that is defined, with weights of a trained network's size."""
    matrices, biases = {}, {}
    for affine in define(cell, options).affines:
        for source in affine.sources:
            width = inputs if source == "x" else units
            values = random.normal(0, 1.5 / np.sqrt(width), (units, width))
            matrices[f"{affine.gate}.{source}"] = values.astype(np.float32)
        biases[affine.gate] = random.normal(0, 0.5, units).astype(np.float32)
    return Layer(name, cell, dict(options), inputs, units, matrices, biases)


def recognizer(cell: str = "lstm", inputs: int = 5, units: int = 7, outputs: int = 3, layers: int = 2, seed: int = 1):
    """`layers` layers of `cell`, then a linear head: the shape of the zoo's models, in small."""
    random = np.random.default_rng(seed)
    stack = [random_layer(f"rnn{i + 1}", cell, units if i else inputs, units, random) for i in range(layers)]
    stack.append(random_layer("head", "dense", units if layers else inputs, outputs, random))
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
    ranges = calibrate(network, speech_like(width=network.inputs))
    return quantize(network, ranges, plan or Plan(), delta or Delta())
