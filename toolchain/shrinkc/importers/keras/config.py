"""A Keras model's configuration, as JSON gave it, to a `SavedModel`: Keras 3 and tf_keras 2 write it differently."""

from collections import Counter
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

from ...errors import InputError
from .saved import Part, Place, SavedLayer, SavedModel
from .store import snake_case

MODELS = ("Sequential", "Functional", "Model")
DEEPEST = 8
"""Layers in layers: a Bidirectional of an RNN of stacked cells has three."""

PlaceOf = Callable[[str, str], Place]
"""(class name, layer name) to where its arrays are. Called once a layer, in the order of the layers."""


def read_config(path: Path, saved: Any, version: str, place_of: PlaceOf, with_weights: Container[str]) -> SavedModel:
    """The model of a configuration; arrays are read for the layer classes `with_weights` only.

    Raises InputError for what is no Sequential or Functional model.
    """
    if not isinstance(saved, dict) or not isinstance(saved.get("class_name"), str):
        raise InputError(f"{path}: its configuration is not that of a Keras model; save it with model.save()")
    kind, config = _class_name(saved), saved.get("config")
    if kind not in MODELS:
        raise InputError(f"{path}: a {kind} model cannot be imported; rebuild it as a Sequential or Functional model")
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise InputError(f"{path}: its configuration has no list of layers; save the model again")
    functional = kind != "Sequential"
    reader = _Reader(path, version, place_of, with_weights)
    layers = tuple(reader.layer(entry, functional) for entry in config["layers"])
    for name, count in Counter(layer.name for layer in layers).items():
        if count > 1:
            raise InputError(f"{path}: {count} layers are called {name!r}; give each its own name")
    outputs = tuple(name for name, _, _ in _histories(config.get("output_layers"))) if functional else ()
    return SavedModel(layers, outputs)


class _Reader:
    """Reads entries of one file's list of layers."""

    def __init__(self, path: Path, version: str, place_of: PlaceOf, with_weights: Container[str]) -> None:
        self.path = path
        self.version = version
        self.place_of = place_of
        self.with_weights = with_weights

    def layer(self, entry: Any, functional: bool) -> SavedLayer:
        """A layer of the model."""
        kind, config = self._checked(entry)
        name = str(config.get("name", entry.get("name", "")))
        place = self.place_of(kind, name) if kind in self.with_weights else None
        inbound, call = None, {}
        if functional:
            nodes = entry.get("inbound_nodes", [])
            inbound, call = tuple(name for name, _, _ in _histories(nodes)), _call(nodes)
        return self._saved(kind, name, config, place, inbound=inbound, call=call)

    def _saved(
        self, kind: str, name: str, config: dict[str, Any], place: Place | None, depth: int = 0, **rest: Any
    ) -> SavedLayer:
        layer = SavedLayer(self.path, self.version, kind, name, config, **rest)
        if place is None:
            return layer
        if depth > DEEPEST:
            raise layer.refuse(f"stands in more than {DEEPEST} other layers; take the wrappers off")
        inner = []
        for part in _parts(layer):
            inner_kind, inner_config = self._checked(part.entry)
            inner.append(self._saved(inner_kind, name, inner_config, place.part(part), depth + 1, inside=kind))
        weights = () if inner else place.arrays()
        return SavedLayer(self.path, self.version, kind, name, config, weights, tuple(inner), **rest)

    def _checked(self, entry: Any) -> tuple[str, dict[str, Any]]:
        config = entry.get("config") if isinstance(entry, dict) else None
        if not isinstance(config, dict) or not isinstance(entry.get("class_name"), str):
            raise InputError(f"{self.path}: its configuration has a layer without class and settings; save it again")
        return _class_name(entry), config


def _parts(outer: SavedLayer) -> list[Part]:
    """The layers inside a layer. Folders are those of Keras' archives."""
    config = outer.config
    if outer.class_name == "TimeDistributed":
        return [Part(config.get("layer"), "layer", "layer")]
    if outer.class_name == "RNN":
        return [Part(config.get("cell"), "cell", "cell")]
    if outer.class_name == "Bidirectional":
        forward = config.get("layer")
        backward = config.get("backward_layer") or _reversed(forward)
        return [
            Part(forward, "forward_layer", "forward_layer", lambda name: name.startswith("forward_")),
            Part(backward, "backward_layer", "backward_layer", lambda name: not name.startswith("forward_")),
        ]
    if outer.class_name == "StackedRNNCells":
        return _cells(outer)
    return []


def _reversed(forward: Any) -> Any:
    """The backward layer that Keras makes itself from the forward one."""
    config = forward.get("config") if isinstance(forward, dict) else None
    if not isinstance(config, dict):
        return forward
    return {**forward, "config": {**config, "go_backwards": not config.get("go_backwards", False)}}


def _cells(outer: SavedLayer) -> list[Part]:
    """The cells of a stack: in archives by their class, numbered where it repeats; elsewhere by their own names."""
    entries = outer.config.get("cells")
    if not isinstance(entries, list) or not entries:
        raise outer.refuse("holds no cells; save the model again")
    used: Counter[str] = Counter()
    parts = []
    for place, entry in enumerate(entries):
        config = entry.get("config") if isinstance(entry, dict) else None
        name = config.get("name") if isinstance(config, dict) else None
        kind = snake_case(str(entry.get("class_name"))) if isinstance(entry, dict) else ""
        folder = f"cells/{kind}" + (f"_{used[kind]}" if used[kind] else "")
        used[kind] += 1
        parts.append(Part(entry, folder, f"cells.{place}", lambda part, name=name: part == name))
    return parts


def _class_name(entry: dict[str, Any]) -> str:
    """The class, marked with its origin where it is not one of Keras' own.

    Archives keep a module and a registered name: Keras' own classes have keras.layers and null, a Functional model
    keras.src.models.functional and its class's name. A class of the user's script has the module null. HDF5 files and
    SavedModels keep the class's name alone, with its package where it is registered (Custom>LSTM).
    """
    kind, registered = entry["class_name"], entry.get("registered_name")
    if ">" in str(registered or ""):
        return str(registered)
    if "module" not in entry:
        return kind
    module = str(entry["module"] or "__main__")
    own = module.split(".")[0] in ("keras", "tf_keras") and (registered is None or kind in MODELS)
    return kind if own else f"{module}>{kind}"


def _histories(nodes: Any) -> list[tuple[str, Any, Any]]:
    """Every (layer, node, tensor) in a piece of the configuration, in order: Keras 3 and tf_keras 2 nest them in
    different lists and dictionaries, but both write a tensor as [layer, node, tensor, ...]."""
    found, pending = [], [nodes]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pending.extend(reversed(node.values()))
        elif isinstance(node, list):
            numbers = node[1:3]
            if node and isinstance(node[0], str) and len(numbers) == 2 and all(type(n) is int for n in numbers):
                found.append((node[0], *numbers))
                node = node[3:]
            pending.extend(reversed(node))
    return found


def _call(nodes: Any) -> dict[str, Any]:
    """The keyword arguments a layer is called with, those that are None or False left out."""
    settings: dict[str, Any] = {}
    pending = [nodes]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            tf_keras = len(node) == 4 and isinstance(node[0], str) and isinstance(node[3], dict)
            settings.update(node[3] if tf_keras else {})
            pending.extend([] if tf_keras else node)
        elif isinstance(node, dict) and isinstance(node.get("kwargs"), dict):
            settings.update(node["kwargs"])
    return {key: value for key, value in settings.items() if value is not None and value is not False}
