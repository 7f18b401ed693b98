"""The nouns between Keras' containers and the readers of its layers: what a file says of a model and of each layer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ...errors import InputError
from ..error_places import layer_at


@dataclass(frozen=True)
class Part:
    """A layer inside a layer: its entry in the configuration, and how to find its arrays among the outer layer's.

    folder: in archives, below the outer layer's. node: in a graph of objects, the path from the outer layer's. owns:
    in lists of names, says of the first part of an array's name that differs within the outer layer whether the array
    is this part's; None where all are.
    """

    entry: dict[str, Any]
    folder: str
    node: str
    owns: Callable[[str], bool] | None = None


class Place(Protocol):
    """Where the arrays of one layer stand in a container."""

    def arrays(self) -> tuple[np.ndarray, ...]:
        """The layer's arrays in Keras' order; () where it has none."""

    def part(self, part: Part) -> "Place":
        """The place of a layer inside this one."""


@dataclass(frozen=True)
class SavedLayer:
    """One layer of the configuration, and its arrays in Keras' order (() where it has none, or has parts).

    path: the model's file. version: of the Keras that wrote it, "" where the file does not say. inbound: in a
    Functional model, the layers it reads; None in a Sequential one. call: what it is called with beside its input.
    parts: the layers inside (a wrapper's layer, a Bidirectional's two, the cells of an RNN), under the outer layer's
    name. A class that is not Keras' own has its registered name or module before its name, e.g. Custom>LSTM.
    """

    path: Path
    version: str
    class_name: str
    name: str
    config: dict[str, Any]
    weights: tuple[np.ndarray, ...] = ()
    parts: tuple["SavedLayer", ...] = ()
    inbound: tuple[str, ...] | None = None
    call: dict[str, Any] = field(default_factory=dict)
    inside: str = ""

    @property
    def place(self) -> str:
        """The file and the layer, for errors."""
        return layer_at(self.path, self.name, f"{self.class_name} in {self.inside}" if self.inside else self.class_name)

    def refuse(self, reason: str) -> InputError:
        """The one-line error that names the file and the layer."""
        return InputError(f"{self.place}: {reason}")


@dataclass(frozen=True)
class SavedModel:
    """A Sequential or Functional model as saved. outputs: names of the layers it returns (() in a Sequential model)."""

    layers: tuple[SavedLayer, ...]
    outputs: tuple[str, ...]


def short(value: Any) -> str:
    """A value of the configuration for an error message: one line, whatever the file holds."""
    if isinstance(value, dict):
        return "a function of your own" if value.get("class_name") in ("function", "__lambda__") else "{...}"
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of over 4300 digits
        text = "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:57]}..."
