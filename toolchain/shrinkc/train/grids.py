"""Fine-tuning for a plan: the grid of every weight, and the trained model without batch norm that stands on it.

In the forward pass each weight is what it will be on the device, round(w / step) * step within the grid's range; the
gradient passes as if it were not rounded (straight-through estimator, Bengio et al. 2013). The steps are those that the
quantiser itself chooses for the trained model. Inputs of products and the state stay in float.

Where a weight of the Keras model ends up in the quantiser's matrices is not written down a second time: a model whose
weights are all different numbers is imported, and the numbers are looked for.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import importers
from ..calibrate import calibrate
from ..errors import InputError
from ..network import Layer, Network
from ..project import Delta, Plan
from ..quantize import check_names, quantize
from ..quantize.formats import choose_formats
from ..quantize.gates import WEIGHT_RANGES
from ..quantize.groups import group_name, make_groups, path_bits
from ..quantize.quantized import SendGroup
from ..reference import measurer
from .state import MODEL, write_model

CALIBRATION = 256
"""Training utterances that ranges are measured on."""


@dataclass(frozen=True)
class Grid:
    """Of one variable, all of its shape: each element's step, least and largest integer; both 0 are off the grid."""

    step: np.ndarray
    least: np.ndarray
    largest: np.ndarray


def snapped(value: Any, grid: Grid | None) -> Any:
    """A variable's value on its grid, as a tensor whose gradient is that of the value; None leaves it."""
    import tensorflow as tf

    value = tf.convert_to_tensor(value)
    if grid is None:
        return value
    rounded = tf.clip_by_value(tf.round(value / grid.step), grid.least, grid.largest) * grid.step
    return value + tf.stop_gradient(tf.where(grid.largest > 0, rounded - value, tf.zeros_like(value)))


def normalisation(trained: Path, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation, (width,) each, by which a trained model normalises its features.

    Its folded weights belong to them, whatever those of the data at hand are.
    """
    network = importers.load(trained, "trained")
    if network.inputs != width:
        raise InputError(f"{trained}: takes {network.inputs} features, the data has {width}")
    return network.mean, 1 / network.scale


def without_batch_norm(plain: Any, trained: Path) -> None:
    """Give `plain`, the network of a trained model without its batch norm, weights that compute the same.

    Raises InputError where they cannot: the trained model is of other settings, or a weight has no place.
    """
    network = importers.load(trained, "trained")
    own = _imported(plain)
    if [_shape(layer) for layer in own.layers] != [_shape(layer) for layer in network.layers]:
        raise InputError(
            f"{trained}: its weights are not those of the network of these settings; give the same settings"
        )
    if not (np.allclose(network.mean, own.mean, 1e-4) and np.allclose(network.scale, own.scale, 1e-4)):
        raise InputError(f"{trained}: its normalisation is not that of the network that is to take its weights")
    places = _Places(plain)
    values = [np.zeros(variable.shape, np.float32) for variable in plain.trainable_variables]
    for layer in network.layers:
        for name, array in layer.matrices.items():
            places.put(values, f"{layer.name}.{name}", array)
        for gate, bias in layer.biases.items():
            places.put(values, f"{layer.name}.{gate}", bias)
        constants = next(each.vectors for each in own.layers if each.name == layer.name)
        for name, vector in layer.vectors.items():
            if f"{layer.name}.{name}" in places.found:
                places.put(values, f"{layer.name}.{name}", vector)
            elif not np.allclose(vector, constants[name]):  # of the cell, such as SRU's alpha
                raise InputError(f"{trained}: {layer.name}.{name} is not what the network of these settings has")
    for variable, value in zip(plain.trainable_variables, values, strict=True):
        variable.assign(value)


def ranges_of(model: Any, plan: Plan, utterances: Sequence[np.ndarray]) -> dict[str, float]:
    """The range of every vector that a product of the model reads, `rnn1.h`: the real value of the largest integer.

    utterances: as for `grids_of`. A vector that is read at several widths has the widest of their ranges.
    """
    found: dict[str, float] = {}
    for group, _ in groups_of(model, plan, Delta(), utterances):
        vector = f"{group.layer}.{group.source}"
        found[vector] = max(group.scale * group.limit, found.get(vector, 0.0))
    return found


def groups_of(model: Any, plan: Plan, delta: Delta, utterances: Sequence[np.ndarray]) -> list[tuple[SendGroup, int]]:
    """The send groups of a model, as the quantiser makes them, and the rows that read each. utterances: as for
    `grids_of`. Raises InputError for a pattern that names nothing.
    """
    network = _imported(model)
    check_names(network, plan, delta)
    ranges = calibrate(network, list(utterances[:CALIBRATION]))
    _, groups = make_groups(network, ranges, choose_formats(network, ranges, plan.state), plan, delta)
    rows: Counter[str] = Counter()
    for path, bits in path_bits(network, plan).items():
        layer, _, source = path.split(".")
        rows[group_name(layer, source, bits)] += len(network.matrices[path])
    return [(group, rows[group.name]) for group in groups]


def grids_of(model: Any, plan: Plan, utterances: Sequence[np.ndarray]) -> list[Grid | None]:
    """The grid of each trainable variable of a model, as `plan` and the quantiser choose it; None where it has none.

    utterances: raw features that ranges are measured on, (frames, width) each; the first `CALIBRATION` are taken.
    """
    network, calibration = _imported(model), list(utterances[:CALIBRATION])
    made = quantize(network, calibrate(network, calibration), plan, Delta(), measurer(calibration))
    steps = [np.ones(variable.shape, np.float32) for variable in model.trainable_variables]
    ends = [[np.zeros(variable.shape, np.float32) for variable in model.trainable_variables] for _ in range(2)]
    places = _Places(model)
    for layer in made.layers:
        for accumulator in layer.accumulators:
            for matrix in accumulator.matrices:
                group = made.group(matrix.group)
                for index, gate in enumerate(accumulator.gates):
                    rows = slice(index * accumulator.units, (index + 1) * accumulator.units)
                    step = np.repeat((accumulator.scales[rows] / group.scale)[:, None], group.width, axis=1)
                    name = f"{layer.name}.{gate}.{group.source}"
                    places.put(steps, name, step)
                    for end, integer in zip(ends, WEIGHT_RANGES[matrix.bits], strict=True):
                        places.put(end, name, np.full(step.shape, integer))
    return [
        Grid(step, least, largest) if largest.any() else None for step, least, largest in zip(steps, *ends, strict=True)
    ]


def _shape(layer: Layer) -> tuple[Any, ...]:
    """What two layers must share for the weights of one to be those of the other."""
    shapes = {name: array.shape for name, array in layer.matrices.items()}
    return layer.name, layer.cell_name, layer.cell_options, shapes


def _imported(model: Any) -> Network:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        write_model(model, path)
        return importers.load(path, "model")


def _bias_rows(value: np.ndarray) -> Sequence[Any]:
    """The rows of a variable that can be a bias or a trained vector: a vector itself, or each of two."""
    if value.ndim == 1:
        return [slice(None)]
    return range(len(value)) if len(value) <= 2 else ()


class _Places:
    """Where each matrix and each bias of the imported network lies in the variables of the Keras model.

    found: by `layer.gate.source` or `layer.gate`, the variable's index and the flat places in it.
    """

    def __init__(self, model: Any) -> None:
        self.model, self.found = model, {}
        kept = [variable.numpy() for variable in model.trainable_variables]
        sizes = [value.size for value in kept]
        firsts = np.cumsum([1, *sizes])
        numbered = [
            np.arange(first, first + size, dtype=np.float32).reshape(value.shape)
            for first, size, value in zip(firsts, sizes, kept, strict=False)
        ]
        try:
            self._assign(numbered)
            network = _imported(model)
            for layer in network.layers:
                for name, array in layer.matrices.items():
                    if not self._place(f"{layer.name}.{name}", array, firsts, numbered):
                        raise InputError(f"{layer.name}.{name}: its weights are not plain parts of a variable")
            # A bias may be the sum of several: each of its rows is numbered alone, and the first that is found counts.
            for index, value in enumerate(kept):
                for row in _bias_rows(value):
                    alone = [np.zeros_like(each) for each in kept]
                    alone[index][row] = numbered[index][row]
                    self._assign(alone)
                    for layer in _imported(model).layers:
                        for name, array in (layer.biases | layer.vectors).items():
                            self._place(f"{layer.name}.{name}", array, firsts, alone)
        finally:
            self._assign(kept)

    def _assign(self, values: Sequence[np.ndarray]) -> None:
        for variable, value in zip(self.model.trainable_variables, values, strict=True):
            variable.assign(value)

    def _place(self, name: str, array: np.ndarray, firsts: np.ndarray, values: Sequence[np.ndarray]) -> bool:
        """Note where an array of the network comes from; False where not all of its numbers stand in one variable."""
        numbers = np.rint(array).astype(np.int64)
        index = int(np.searchsorted(firsts, numbers.flat[0], side="right")) - 1
        if not 0 <= index < len(values):
            return False
        places = numbers - firsts[index]
        if places.min() < 0 or places.max() >= values[index].size:
            return False
        if not np.array_equal(values[index].ravel()[places.ravel()], array.ravel()):
            return False
        self.found.setdefault(name, (index, places))
        return True

    def put(self, values: Sequence[np.ndarray], name: str, array: np.ndarray) -> None:
        """Write one matrix or bias of the network into the arrays of the variables. Raises InputError without place."""
        if name not in self.found:
            if not np.any(array):
                return
            raise InputError(f"{name}: has no place among the variables of the network without batch norm")
        index, places = self.found[name]
        values[index].flat[places.ravel()] = np.asarray(array, np.float32).ravel()
