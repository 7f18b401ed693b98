"""The standard shapes: one layer each, with random weights, of whose columns a known share stays unsent.

A share of the units is made quiet: no product reaches their candidate, so their h stays 0. Every other unit is driven
by an input that changes its sign each step, and moves by many steps of the grid. The same share of the input's
elements is constant.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from ..cells import define
from ..network import Layer, Network

INPUTS = 40
CELLS = {"lstm": {}, "gru": {"reset": "after"}, "ligru": {}, "sru": {"skip": "matrix"}}
UNITS = (64, 128, 256)
WEIGHTS = (8, 4)
UNSENT = (None, 0, 60, 80)
"""Percent of the columns, to the nearest whole column; None: dense, without thresholds."""

CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55")
"""Those that the shapes are counted on. The M0 is left out: its code is the M0+'s."""

WARM_UP = 4
_CALIBRATION_FRAMES = 60
_DRIVE = 3.0  # of the input in the sum of each candidate
_NOISE = 0.25  # of random weights in every sum
_QUIET = ("candidate", "recurrent")  # gates that feed a new state


@dataclass(frozen=True)
class StandardShape:
    """One of the standard shapes; unsent in percent, or None."""

    cell: str
    units: int
    weights: int
    unsent: int | None

    @property
    def name(self) -> str:
        """Such as lstm-40-128-w8-dense, or lstm-40-128-w8-unsent60."""
        way = "dense" if self.unsent is None else f"unsent{self.unsent}"
        return f"{self.cell}-{INPUTS}-{self.units}-w{self.weights}-{way}"

    def matches(self, pattern: str) -> bool:
        """Whether a shell pattern names it, as a whole or in its beginning."""
        return fnmatchcase(self.name, pattern) or fnmatchcase(self.name, f"{pattern}-*")


def standard_shapes(weights: tuple[int, ...] = WEIGHTS) -> Iterator[StandardShape]:
    """All of them: cells, units, weights and shares in their order."""
    for cell in CELLS:
        for units in UNITS:
            for bits in weights:
                yield from (StandardShape(cell, units, bits, unsent) for unsent in UNSENT)


def unsent_columns(width: int, unsent: int | None) -> int:
    """How many of `width` columns stay unsent: 38 of 64 at 60 %."""
    return round(width * (unsent or 0) / 100)


def _constant(width: int, unsent: int | None) -> np.ndarray:
    """Which of `width` elements never move, bool (width,): spread evenly."""
    count = unsent_columns(width, unsent)
    places = np.arange(width) * count // width
    return np.diff(places, append=count) > 0


def network_of(shape: StandardShape) -> Network:
    """The float network. The weights depend on cell and units alone, but for those of quiet units."""
    random = np.random.default_rng([list(CELLS).index(shape.cell), shape.units])
    options = CELLS[shape.cell]
    cell = define(shape.cell, options)
    quiet = _constant(shape.units, shape.unsent)
    moving = ~_constant(INPUTS, shape.unsent)
    signs = random.choice([-1.0, 1.0], shape.units)
    matrices, biases = {}, {}
    for affine in cell.affines:
        for source in affine.sources:
            columns = INPUTS if source == "x" else shape.units
            values = random.normal(0, _NOISE / np.sqrt(columns), (shape.units, columns))
            if affine.gate in _QUIET and source == "x":
                values += _DRIVE / moving.sum() * np.outer(signs, moving)
            matrices[f"{affine.gate}.{source}"] = values
        biases[affine.gate] = random.normal(0, 0.2, shape.units)
    for name, values in [*matrices.items(), *biases.items()]:
        if name.partition(".")[0] in _QUIET:
            values[quiet] = 0
    vectors = {name: random.normal(0, 0.3, shape.units) for name in cell.parameters}
    layer = Layer(
        "rnn", shape.cell, dict(options), INPUTS, shape.units, _floats(matrices), _floats(biases), _floats(vectors)
    )
    return Network("bench", (layer,), np.zeros(INPUTS, np.float32), np.ones(INPUTS, np.float32))


def _floats(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: values.astype(np.float32) for name, values in arrays.items()}


def features_of(shape: StandardShape, frames: int, seed: int) -> np.ndarray:
    """Input that changes its sign each step, but for the constant elements: float32 (frames, INPUTS), at most 1."""
    random = np.random.default_rng(seed)
    signs = np.where(np.arange(frames) % 2, -1.0, 1.0)[:, None]
    values = signs * random.uniform(0.4, 1.0, (frames, INPUTS))
    values[0] = 1.0  # the largest, so that the grid of the input is the same for all shapes
    values[:, _constant(INPUTS, shape.unsent)] = 0.5
    return values.astype(np.float32)


def calibration_of(shape: StandardShape) -> list[np.ndarray]:
    """What ranges are measured on."""
    return [features_of(shape, _CALIBRATION_FRAMES, seed) for seed in (1, 2)]
