"""Puts a network together, whatever file it comes from: layers in a row, batch norms folded, names made good for C.

An importer reads its file's layers in the order of the data and calls `add`, `add_both`, `merge`, `normalize`, `scale`,
`activate` and `leave_off` here; `finish` gives the Network. All weights are float32, in the network's own order: see
`cells/` for each cell's gates.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..cells.intervals import loose_share
from ..errors import InputError
from ..network import BACKWARD, FORWARD, Layer, Network
from ..printable import printable
from .error_places import layer_at
from .folding import Weights, activated, scaled
from .names import unique_name

UNLIKE = (
    "its two directions differ in width, and Keras takes both to be as wide as the first: give them the same units, "
    "and train again"
)
"""What to do about a layer behind a Bidirectional whose backward_layer has other units."""


@dataclass(frozen=True)
class _Scaling:
    """x * factor + offset, not yet folded into what reads it: (width,) each."""

    name: str
    what: str
    factor: np.ndarray
    offset: np.ndarray


class Assembly:
    """The layers read so far. `where` names the file and a layer in every refusal."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.layers: list[Layer] = []
        self.notes: list[str] = []
        self.ended_by = ""
        self.left_off = ""
        self.input_width: int | None = None
        self._reads: tuple[str, ...] = ()
        self._ended_at_last = False
        self._mean: np.ndarray | None = None
        self._scale: np.ndarray | None = None
        self._scaling: _Scaling | None = None

    def refuse(self, name: str, kind: str, reason: str) -> InputError:
        """The one-line error that names the file and the layer; `kind` is what the framework calls it."""
        return InputError(f"{layer_at(self.path, name, kind)}: {reason}")

    @property
    def width(self) -> int | None:
        """Values a frame that the next layer reads, None while nothing says."""
        if not self._reads:
            return self.input_width
        return sum(layer.outputs for layer in self.layers if layer.name in self._reads)

    def add(
        self, name: str, weights: Weights, direction: str = FORWARD, last: bool = False, both: bool = False
    ) -> None:
        """One layer that reads what is there. both: it runs in both directions with these weights (tied)."""
        directions = (FORWARD, BACKWARD) if both else (direction,)
        self._append([(name, weights, directions)], last)

    def add_both(self, name: str, forward: Weights, backward: Weights, last: bool = False) -> None:
        """A bidirectional layer with weights of its own for each direction; the outputs stand side by side."""
        sides = [(f"{name}_forward", forward, (FORWARD,)), (f"{name}_backward", backward, (BACKWARD,))]
        self._append(sides, last)

    def merge(self, name: str, operation: str = "add") -> None:
        """The two halves of what is there made one: their sum ("add") or product ("multiply")."""
        width = self.width
        if width is None or width % 2:
            raise InputError(f"{self.path}: {name} merges directions of {width} values in all; save the model again")
        self._append([(name, Weights("merge", {"operation": operation}, width, width // 2, {}, {}), (FORWARD,))], False)

    def normalize(self, mean: np.ndarray, scale: np.ndarray) -> None:
        """(x - mean) * scale on the network's input, kept as its normalisation: one value, or one a feature."""
        self._mean, self._scale = np.asarray(mean, np.float32), np.asarray(scale, np.float32)

    @property
    def normalized(self) -> bool:
        """Whether the input has its normalisation already."""
        return self._mean is not None

    def scale(self, name: str, factor: np.ndarray, offset: np.ndarray, what: str = "batch norm") -> None:
        """x * factor + offset on what is there, (width,) each in float64: a batch norm at inference, or `what` it is.

        It is folded into a linear dense layer before it, else into the products of what comes next.
        """
        linear = self._newest_linear()
        if self._scaling is None and linear:
            self._change_newest(scaled(linear, (factor, offset)))
        elif self._scaling is None:
            self._scaling = _Scaling(name, what, np.asarray(factor, np.float64), np.asarray(offset, np.float64))
        else:
            own = self._scaling
            self._scaling = _Scaling(name, what, own.factor * factor, own.offset * factor + offset)
        self.notes.append(f"the {what} of {name} is folded into the weights beside it")

    def activate(self, function: str, slope: float | None = None) -> None:
        """Give the linear dense layer just read its function, as `folding.activated`. Raises InputError without one."""
        linear = self._newest_linear()
        if self._scaling or not linear:
            raise InputError("must stand behind a linear dense layer")
        self._change_newest(activated(linear, function, slope))

    def leave_off(self, function: str, name: str = "") -> None:
        """A softmax or log-softmax at the end, of the layer `name` if it has one: outputs are logits, and all ends."""
        where = f"of layer {name}" if name else "at the end"
        self.notes.append(f"the {function} {where} is left off: the outputs are logits, with the same order")
        self.ended_by, self.left_off = f"the {function} of {name!r}", function

    def _newest_linear(self) -> Weights | None:
        """The layer just read, where it is dense and has no activation."""
        if not self.layers:
            return None
        newest = self.layers[-1]
        arrays = (newest.matrices, newest.biases, newest.vectors, newest.sizes)
        weights = Weights(newest.cell_name, newest.cell_options, newest.inputs, newest.units, *arrays)
        return weights if weights.linear else None

    def _change_newest(self, made: Weights) -> None:
        self.layers[-1] = replace(
            self.layers[-1], cell_options=dict(made.options), matrices=made.matrices, biases=made.biases
        )

    def finish(self) -> Network:
        """The Network, named `model`. Raises InputError where the file's parts do not fit together."""
        if self._scaling:
            raise self.refuse(
                self._scaling.name,
                self._scaling.what,
                "stands at the end; put a Dense layer behind it, which it folds into",
            )
        if not self.layers:
            raise InputError(f"{self.path}: the model has no recurrent and no dense layer; nothing to compile")
        inputs = self.layers[0].inputs
        if self.input_width not in (None, inputs):
            raise InputError(
                f"{self.path}: the input has {self.input_width} features, layer {self.layers[0].name} reads {inputs}; "
                "save the model again"
            )
        mean = np.zeros(1, np.float32) if self._mean is None else self._mean
        scale = np.ones(1, np.float32) if self._scale is None else self._scale
        if mean.size not in (1, inputs):
            raise InputError(
                f"{self.path}: the normalisation has {mean.size} features, layer {self.layers[0].name} reads {inputs}; "
                "save the model again"
            )
        vectors = (np.broadcast_to(vector, inputs).copy() for vector in (mean, scale))
        try:
            return Network("model", tuple(self.layers), *vectors, tuple(map(printable, self.notes)), self.left_off)
        except InputError as error:
            raise InputError(f"{self.path}: {error}; save the model again") from error

    def _append(self, sides: list[tuple[str, Weights, tuple[str, ...]]], last: bool) -> None:
        made = [self._layer(name, weights, directions, last) for name, weights, directions in sides]
        self.layers += made
        self._reads = tuple(layer.name for layer in made)
        self._scaling = None

    def _layer(self, wanted: str, weights: Weights, directions: tuple[str, ...], last: bool) -> Layer:
        name = unique_name(wanted, {layer.name for layer in self.layers})
        if name != wanted:
            self.notes.append(f"the layer {wanted!r} is called {name}: names reach C")
        if self.width is not None and weights.inputs != self.width:
            sides = {layer.outputs for layer in self.layers if layer.name in self._reads}
            raise InputError(
                f"{self.path}: layer {wanted!r} reads {weights.inputs} values, what stands before it gives "
                f"{self.width}; {'save the model again' if len(sides) < 2 else UNLIKE}"
            )
        layer = Layer(
            name=name,
            cell_name=weights.cell,
            cell_options=dict(weights.options),
            inputs=weights.inputs,
            units=weights.units,
            matrices=dict(weights.matrices),
            biases=dict(weights.biases),
            vectors=dict(weights.vectors),
            sizes=dict(weights.sizes),
            reads=self._reads,
            directions=directions,
            last=last,
        )
        loose = loose_share(layer.cell)
        if loose is not None:
            options = ", ".join(f"{key} = {value}" for key, value in layer.cell_options.items() if key == "gate")
            raise InputError(
                f"{layer_at(self.path, wanted, weights.cell)}: {options or loose} is not supported: {loose} mixes by "
                "a gate that can leave 0 to 1; train it with a sigmoid or hard sigmoid there"
            )
        return self._fold(layer) if self._scaling else layer

    def _fold(self, layer: Layer) -> Layer:
        """W (x * factor + offset) + b = (W * factor) x + (W offset + b), for every product of x."""
        scaling = self._scaling
        assert scaling is not None
        if layer.cell.input_parts:
            raise self.refuse(
                scaling.name,
                scaling.what,
                f"stands before {layer.name}, which reads its input also outside of products; remove it there",
            )
        matrices, biases = dict(layer.matrices), dict(layer.biases)
        for affine in layer.cell.affines:
            if "x" in affine.sources:
                weights = layer.matrices[f"{affine.gate}.x"].astype(np.float64)
                matrices[f"{affine.gate}.x"] = (weights * scaling.factor).astype(np.float32)
                biases[affine.gate] = (weights @ scaling.offset + layer.bias(affine.gate)).astype(np.float32)
        return replace(layer, matrices=matrices, biases=biases)
