"""TensorFlow's SavedModel folders that Keras 2 (tf_keras) wrote, without tensorflow.

Keras leaves its layers' configuration in keras_metadata.pb and their variables in a checkpoint. The functions in
saved_model.pb are never read, let alone run; a SavedModel that has nothing else (model.export(), tf.saved_model.save)
is refused.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...network import Network
from .archive import TEXT_LIMIT
from .checkpoint import Checkpoint, TrackedObject
from .config import read_config
from .reader import WITH_WEIGHTS, network_of
from .saved import Part, Place
from .store import whole
from .wire import message, parts, text

METADATA = "keras_metadata.pb"
WHAT = "SavedModel of Keras"
WRITTEN_BY = "2"
"""The main version of the only Keras that writes such folders with its layers in them."""

VARIABLES = (
    *("kernel", "recurrent_kernel", "bias"),
    *("gamma", "beta", "moving_mean", "moving_variance"),
    *("mean", "variance"),
)
"""The names of layers' variables, in the order in which Keras keeps those of one layer."""


def read(path: Path) -> Network:
    """A SavedModel folder of tf_keras 2. Raises InputError for what is damaged, not supported, or only an export."""
    if not (path / "saved_model.pb").is_file():
        raise InputError(f"{path}: is a folder, and no SavedModel (no saved_model.pb); give the model's file")
    if not (path / METADATA).is_file():
        raise InputError(
            f"{path}: is a SavedModel without Keras' layers (no {METADATA}), as model.export() writes it; "
            "save the model with model.save('model.keras')"
        )
    with whole(path, WHAT):
        root, places = _metadata(path)
        checkpoint = Checkpoint(path)
        objects = checkpoint.objects()

    def place_of(_class_name: str, name: str) -> Place:
        with whole(path, WHAT):
            return _Node(checkpoint, objects, _follow(objects, places.get(name, "")))

    model = read_config(path, root, str(root.get("keras_version", WRITTEN_BY)), place_of, WITH_WEIGHTS)
    return network_of(path, model)


def _metadata(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """The model's configuration, and where in the graph of objects each of its layers stands.

    keras_metadata.pb is a SavedMetadata: nodes (1) of a path such as root.layer_with_weights-0 (3) and JSON (5).
    """
    if (path / METADATA).stat().st_size > TEXT_LIMIT:
        raise InputError(f"{path}: {METADATA} takes over {TEXT_LIMIT >> 20} MiB; too large for a microcontroller")
    root: Any = None
    places: dict[str, str] = {}
    for node in map(message, parts(message((path / METADATA).read_bytes()), 1)):
        where = text(node, 3)
        if where == "root":
            root = _plain(json.loads(text(node, 5)))
        elif where.startswith("root.layer") and where.count(".") == 1:
            places[str(json.loads(text(node, 5))["name"])] = where.removeprefix("root.")
    if not isinstance(root, dict):
        raise ValueError("it describes no model")
    return root, places


def _plain(value: Any) -> Any:
    """JSON with Keras' marks for tuples and shapes taken off: {"class_name": "__tuple__", "items": [...]}."""
    if isinstance(value, dict):
        if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
            return _plain(value["items"])
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _follow(objects: list[TrackedObject], path: str, start: int | None = 0) -> int | None:
    """The number of the object at a path of names from another one, None where there is none."""
    for name in path.split("."):
        start = None if start is None else objects[start].children.get(name)
    return start


@dataclass(frozen=True)
class _Node:
    """A layer's object in the graph; an RNN's weights stand in its cell's."""

    checkpoint: Checkpoint
    objects: list[TrackedObject]
    number: int | None

    def arrays(self) -> tuple[np.ndarray, ...]:
        if self.number is None:
            return ()
        with whole(self.checkpoint.folder, WHAT):
            children = self.objects[self.number].children
            holder = self.objects[children["cell"]].children if "cell" in children else children
            keys = (self.objects[holder[name]].key for name in VARIABLES if name in holder)
            return tuple(self.checkpoint.array(key) for key in keys if key)

    def part(self, part: Part) -> Place:
        with whole(self.checkpoint.folder, WHAT):
            return _Node(self.checkpoint, self.objects, _follow(self.objects, part.node, self.number))
