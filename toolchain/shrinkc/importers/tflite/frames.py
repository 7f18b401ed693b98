"""What flows through a TensorFlow Lite graph: frames, and the stages that made them.

A tensor of frames carries the whole way from the input to itself, so that two tensors can be seen to start at the same
place: that is how both directions of a bidirectional layer are found again.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from ...network import BACKWARD, FORWARD
from ..assembly import Assembly
from ..error_places import layer_at, named
from ..folding import Weights, activated, scaled


@dataclass(frozen=True, eq=False)
class Scale:
    """x * factor + offset, (width,) each in float64."""

    name: str
    factor: np.ndarray
    offset: np.ndarray


@dataclass(frozen=True, eq=False)
class Dense:
    """A fully connected layer."""

    name: str
    weights: Weights


@dataclass(frozen=True, eq=False)
class Recurrent:
    """One direction of an LSTM."""

    name: str
    weights: Weights
    direction: str
    last: bool = False


@dataclass(frozen=True, eq=False)
class Both:
    """Two directions that read the same; their outputs stand side by side."""

    name: str
    forward: Weights
    backward: Weights
    last: bool


@dataclass(frozen=True, eq=False)
class Merge:
    """The two halves of what is there made one: their sum ("add") or product ("multiply")."""

    name: str
    operation: str


Stage = Scale | Dense | Recurrent | Both | Merge


@dataclass(frozen=True, eq=False)
class Frames:
    """A float tensor of one utterance: all its sizes are 1 but that of time and the last one, the features.

    axis: where time is; None where there is one frame, in one call or after the last step was taken.
    backwards: the frames stand in the reverse order of time. taken: only the last step is left.
    ended: what the model must end with: "softmax" or "log-softmax", which is left off.
    """

    shape: tuple[int, ...]
    axis: int | None
    stages: tuple[Stage, ...] = ()
    backwards: bool = False
    taken: bool = False
    ended: str = ""

    @property
    def width(self) -> int:
        """Features of a frame."""
        return self.shape[-1]

    @property
    def frames(self) -> int:
        """How many frames; where the file leaves that free, the number to try with."""
        return 1 if self.axis is None else self.shape[self.axis]

    def reshaped(self, shape: tuple[int, ...]) -> "Frames":
        """The same numbers in another shape. Raises ValueError where it would change more than where ones stand."""
        others = [index for index, size in enumerate(shape[:-1]) if size != 1]
        if not shape or shape[-1] != self.width or len(others) > 1 or math.prod(shape) != self._size:
            raise ValueError(f"makes {shown(shape)} of {shown(self.shape)}, which mixes frames and features")
        return replace(self, shape=tuple(shape), axis=others[0] if others else None)

    @property
    def _size(self) -> int:
        return self.frames * self.width

    def then(self, stage: Stage, width: int) -> "Frames":
        """The frames after one more stage."""
        return replace(self, shape=(*self.shape[:-1], width), stages=(*self.stages, stage))

    def swapped(self, stage: Stage) -> "Frames":
        """The same with another last stage."""
        return replace(self, stages=(*self.stages[:-1], stage))

    def ending(self, function: str) -> "Frames":
        """The same as the model's end; `function` is left off behind it."""
        return replace(self, ended=function)

    def scaled(self, name: str, factor: np.ndarray, offset: np.ndarray) -> "Frames":
        """x * factor + offset. Scales in a row are one; a bias is taken into the dense layer before it."""
        before = self.stages[-1] if self.stages else None
        if isinstance(before, Scale):
            return self.swapped(Scale(before.name, before.factor * factor, before.offset * factor + offset))
        if linear(before) and (factor == 1).all():
            weights = before.weights
            return self.swapped(replace(before, weights=scaled(weights, (factor, offset))))
        return self.then(Scale(name, factor, offset), self.width)

    def activated(self, function: str) -> "Frames":
        """A function behind a dense layer. Raises ValueError where no linear dense layer stands before it."""
        places = list(self.stages)
        scale = places.pop() if places and isinstance(places[-1], Scale) else None
        dense = places.pop() if places else None
        if not linear(dense):
            raise ValueError("stands behind no Dense layer without an activation; give it to a Dense layer")
        weights = scaled(dense.weights, (scale.factor, scale.offset)) if scale else dense.weights
        return replace(self, stages=(*places, replace(dense, weights=activated(weights, function))))

    def last(self) -> "Frames":
        """The last frame alone. Raises ValueError where that is not the last step of the layer that gives it."""
        direction = BACKWARD if self.backwards else FORWARD
        for place in range(len(self.stages) - 1, -1, -1):
            stage = self.stages[place]
            if isinstance(stage, Recurrent) and stage.direction == direction:
                stages = (*self.stages[:place], replace(stage, last=True), *self.stages[place + 1 :])
                return replace(self, stages=stages, axis=None, backwards=False, taken=True)
            if not isinstance(stage, Scale | Dense):
                break
        raise ValueError(
            "takes one frame that is not the last step of an LSTM; only that of one direction is supported"
        )


def linear(stage: Stage | None) -> bool:
    """Whether a stage is a dense layer without an activation."""
    return isinstance(stage, Dense) and stage.weights.linear


def joined(name: str, first: Frames, second: Frames) -> Frames:
    """Both directions side by side. Raises ValueError where the two are anything else."""
    a, b = (frames.stages[-1] if frames.stages else None for frames in (first, second))
    if not (isinstance(a, Recurrent) and isinstance(b, Recurrent)) or first.stages[:-1] != second.stages[:-1]:
        raise ValueError(
            "joins branches that are not both directions of one layer; only a chain of layers is supported"
        )
    if (a.direction, b.direction) != (FORWARD, BACKWARD):
        raise ValueError("does not join a forward LSTM (first) and a backward one; only that order is supported")
    if first.backwards or second.backwards or (a.last, first.taken) != (b.last, second.taken):
        raise ValueError("joins frames of different times; reverse the backward LSTM's output before it is joined")
    if first.shape[:-1] != second.shape[:-1]:
        raise ValueError(f"joins {shown(first.shape)} and {shown(second.shape)}")
    both = Both(name, a.weights, b.weights, a.last)
    width = first.width + second.width
    return replace(first, shape=(*first.shape[:-1], width), stages=(*first.stages[:-1], both))


def assemble(assembly: Assembly, frames: Frames) -> None:
    """Hand the stages to the assembly, in order. Layers are named by their kind and number."""
    numbers: dict[str, int] = {}
    for place, stage in enumerate(frames.stages):
        kind = "dense" if isinstance(stage, Dense) else "merge" if isinstance(stage, Merge) else "lstm"
        if not isinstance(stage, Scale):
            numbers[kind] = numbers.get(kind, 0) + 1
        name = f"{kind}{numbers.get(kind, 0)}"
        with named(assembly.path, layer_at(assembly.path, stage.name, kind), "; convert the model again"):
            _add(assembly, stage, name, first=place == 0)
    if any("clipped" in layer.cell_options for layer in assembly.layers):
        assembly.notes.append("c is clipped to +-10 as the file says; TensorFlow's converter adds that to Keras' LSTM")


def _add(assembly: Assembly, stage: Stage, name: str, first: bool) -> None:
    match stage:
        case Scale(own, factor, offset) if first and (factor != 0).all() and np.isfinite(offset / factor).all():
            assembly.normalize(-offset / factor, factor)
        case Scale(own, factor, offset):
            assembly.scale(own, factor, offset)
        case Dense(_, weights):
            assembly.add(name, weights)
        case Recurrent(_, weights, direction, last):
            assembly.add(name, weights, direction, last)
        case Both(_, forward, backward, last):
            assembly.add_both(name, forward, backward, last)
        case Merge(_, operation):
            assembly.merge(name, operation)


def shown(shape: tuple[int, ...]) -> str:
    """A shape as messages write it."""
    return " x ".join(map(str, shape[:8])) or "a single number"
