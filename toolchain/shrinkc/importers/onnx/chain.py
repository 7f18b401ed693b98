"""The chain of layers that an ONNX graph is read into, and where in it each element of a Value comes from.

Every layer gives its outputs fresh ids. A later operation may move, cut, join, scale and shift them as it likes; what
the next layer reads is then a list of the outputs it uses, in its order, each with a factor and an offset, which are
folded into the weights beside them. Only the newest layer's outputs can be read: the network is a chain.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...network import BACKWARD, FORWARD, Network
from ..assembly import Assembly
from ..folding import Weights, activated, scaled
from .file import Node
from .values import ELEMENTS, Free, Sizes, Value

ALL, LAST, OTHER = 0, 1, 2
"""Which step of a unit an id speaks of: every one, its direction's last, or another single one."""

_VERSION, _STEP = 40, 32
"""Where in an id the layer's number and the step stand, in bits; the output's number is below."""


@dataclass
class Pending:
    """The newest layer, which later nodes may still change. sides: its weights, one a direction."""

    name: str
    sides: list[Weights]
    direction: str = FORWARD
    last: bool = False

    @property
    def linear(self) -> bool:
        """A dense layer that has no activation yet."""
        return self.sides[0].linear


@dataclass(frozen=True)
class Reading:
    """What a layer reads of the outputs before it: for each input, in any shape, the output's number, a factor and an
    offset, all of the Value's shape."""

    index: np.ndarray
    factor: np.ndarray
    offset: np.ndarray

    def columns(self, matrix: np.ndarray, bias: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
        """(rows, inputs) weights and (rows,) bias on what is read, as weights and bias on all `width` outputs."""
        if len(matrix) * width > ELEMENTS * 8:
            raise InputError(f"has {len(matrix)} rows of {width} values; too large for a microcontroller")
        index = self.index.ravel()
        whole = np.zeros((width, len(matrix)))
        weights = matrix.astype(np.float64)
        np.add.at(whole, index, (weights * self.factor.ravel()).T)
        return whole.T.astype(np.float32), (bias + weights @ self.offset.ravel()).astype(np.float32)

    @property
    def plain(self) -> bool:
        """Whether nothing is scaled or shifted."""
        return bool((self.factor == 1).all() and (self.offset == 0).all())

    def covers(self, width: int) -> bool:
        """Whether every output is read, and once."""
        return np.array_equal(np.sort(self.index.ravel()), np.arange(width))


@dataclass
class Chain:
    """The layers read so far.

    width: outputs of the newest layer, or of the input. opset: the version of the operators. time: the free axis that
    recurrent layers run along, once one has. stepped: whether a single step is all that is left. ended: the name of
    what nothing may follow.
    """

    path: Path
    width: int
    sizes: Sizes
    opset: int
    assembly: Assembly = field(init=False)
    time: str | None = None
    stepped: bool = False
    ended: str = ""
    _version: int = 0
    _pending: Pending | None = None

    def __post_init__(self) -> None:
        self.assembly = Assembly(self.path)

    @property
    def newest(self) -> Pending | None:
        """The layer that gave the newest outputs; None while only the input is there."""
        return self._pending

    def outputs(self, axes: tuple[Free | None, ...], index: np.ndarray, step: int = ALL) -> Value:
        """The newest layer's outputs, by number, as a Value."""
        ids = (self._version << _VERSION) + (step << _STEP) + index.astype(np.int64)
        return Value(axes, (ids, np.ones(index.shape), np.zeros(index.shape)))

    def put(self, pending: Pending, width: int) -> None:
        """One more layer; what was the newest is done."""
        self._flush()
        self._pending, self.width = pending, width
        self._version += 1

    def read(self, value: Value) -> Reading:
        """The newest outputs that make up a value. Factors and offsets go where they belong, as far as they can: into
        the input's normalisation, or a linear dense layer; the Reading has what is left."""
        reading = Reading(self._numbers(value), value.arrays[1], value.arrays[2])
        if reading.plain:
            return reading
        if self._pending is None and reading.covers(self.width) and (reading.factor != 0).all():
            self.assembly.normalize(
                _placed(-reading.offset / reading.factor, reading.index), _placed(reading.factor, reading.index)
            )
        elif self._pending and self._pending.linear and reading.covers(self.width):
            self._scale_dense(_placed(reading.factor, reading.index), _placed(reading.offset, reading.index))
        else:
            return reading
        return Reading(reading.index, np.ones(reading.index.shape), np.zeros(reading.index.shape))

    def activate(self, value: Value, function: str) -> Value:
        """An element-wise function on the newest outputs: the activation of the linear dense layer that gave them."""
        reading = self.read(value)
        if not (self._pending and self._pending.linear and reading.covers(self.width)):
            raise InputError(f"{function} on its own is not supported; put it right behind a linear dense layer")
        (weights,) = self._pending.sides
        self._pending.sides = [activated(weights, function)]
        return self.again(value, reading.index)

    def again(self, value: Value, index: np.ndarray) -> Value:
        """The newest layer's outputs once more, under new ids: what was read before is behind us."""
        self._version += 1
        return self.outputs(value.axes, index)

    def step(self, value: Value, axis: int, at_end: bool) -> Value:
        """One frame of a value, its axis of frames gone. The forward halves end at the last frame, the backward ones at
        the first; any other step gets an id that cannot be read."""
        directions = [self._pending.direction] if self._pending else []
        if self._pending and len(self._pending.sides) == 2:
            directions = [FORWARD, BACKWARD]
        ids, factor, offset = (array.squeeze(axis) for array in value.arrays)
        units = self.width // max(len(directions), 1)
        newest = (ids >> _VERSION == self._version) & (ids >> _STEP & 0xFF == ALL)
        steps = np.full(ids.shape, OTHER, np.int64)
        for number, direction in enumerate(directions):
            mine = newest & ((ids & (1 << _STEP) - 1) // units == number)
            steps[mine & ((direction == FORWARD) == at_end)] = LAST
        moved = (ids & ~(0xFF << _STEP)) + (steps << _STEP)
        return Value(value.axes[:axis] + value.axes[axis + 1 :], (moved, factor, offset))

    def finish(self) -> Network:
        """The Network. Raises InputError where nothing was read."""
        self._flush()
        return self.assembly.finish()

    def _numbers(self, value: Value) -> np.ndarray:
        """The outputs' numbers; refuses what is not of the newest layer, or of single steps that are not its last."""
        ids = value.arrays[0]
        if self.ended:
            raise InputError(f"stands after {self.ended}, which must be the end of the model; remove it")
        if (ids >> _VERSION != self._version).any():
            raise InputError("reads what another layer has read already; only a chain is supported, without branches")
        steps = set(np.unique(ids >> _STEP & 0xFF).tolist())
        if OTHER in steps:
            raise InputError(
                "reads a single frame that is not the last step of its direction (backward, that is the first frame); "
                "use the recurrent layer's second output (Y_h; PyTorch's h_n)"
            )
        if len(steps) > 1:
            raise InputError("reads all frames together with a single one; only a chain is supported")
        if steps == {LAST} and self._pending:
            self._pending.last = self.stepped = True
        return ids & (1 << _STEP) - 1

    def _scale_dense(self, factor: np.ndarray, offset: np.ndarray) -> None:
        assert self._pending is not None
        (weights,) = self._pending.sides
        self._pending.sides = [scaled(weights, (factor, offset))]

    def _flush(self) -> None:
        pending = self._pending
        if pending is None:
            return
        if len(pending.sides) == 2:
            self.assembly.add_both(pending.name, *pending.sides, last=pending.last)
        else:
            self.assembly.add(pending.name, pending.sides[0], pending.direction, pending.last)
        self._pending = None


def _placed(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """values[k] at place index[k]."""
    result = np.empty(index.size)
    result[index.ravel()] = values.ravel()
    return result


def name_of(node: Node) -> str:
    """A layer's name from a node's, without what exporters put around it."""
    parts = [part for part in node.name.removeprefix("node_").split("/") if part]
    parts = [part for part in parts if part not in ("Tensordot", "StatefulPartitionedCall")]
    if len(parts) > 1 and parts[-1].partition("_")[0] == node.kind:
        number = parts.pop().partition("_")[1:]
        parts[-1] += "".join(number)
    return "_".join(parts) or node.kind
