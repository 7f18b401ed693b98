"""Reads the two containers that Keras saves to, with h5py, zipfile and JSON alone; nothing in them is executed.

Both give the same noun, `SavedModel`: the model's configuration and each layer's arrays in the order Keras keeps them.
"""

import io
import json
import lzma
import zipfile
import zlib
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError
from .keras_store import DAMAGE, WEIGHTS_LIMIT, ArraysOf, Store, by_class_name, by_layer_name, text

TEXT_LIMIT = 1 << 24
"""Bytes of JSON that are read; a model's configuration has thousands."""

MODELS = ("Sequential", "Functional", "Model")

HDF5_MAGIC, ZIP_MAGIC = b"\x89HDF\r\n\x1a\n", b"PK"


@dataclass(frozen=True)
class SavedLayer:
    """One layer of the configuration, and its arrays in Keras' order (() where it has none).

    inbound: in a Functional model, the layers it reads; None in a Sequential one. call: what it is called with beside.
    A class that is not Keras' own has its registered name or module before its name, e.g. Custom>LSTM.
    """

    class_name: str
    name: str
    config: dict[str, Any]
    inbound: tuple[str, ...] | None
    call: dict[str, Any]
    weights: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class SavedModel:
    """A Sequential or Functional model as saved. outputs: names of the layers it returns (() in a Sequential model)."""

    keras_version: str
    layers: tuple[SavedLayer, ...]
    outputs: tuple[str, ...]


def open_keras(path: Path, with_weights: Container[str]) -> SavedModel:
    """A `.keras` zip archive; arrays are read for the layer classes `with_weights` only.

    Raises InputError if it is not one, is damaged, or lacks a part.
    """
    try:
        if _starts_with(path, HDF5_MAGIC):
            raise InputError(f"{path}: is an HDF5 file, not a .keras archive; rename it to end in .h5")
        with zipfile.ZipFile(path) as archive:
            config = json.loads(_member(path, archive, "config.json", TEXT_LIMIT))
            metadata = json.loads(_member(path, archive, "metadata.json", TEXT_LIMIT))
            weights = _member(path, archive, "model.weights.h5", WEIGHTS_LIMIT)
        with h5py.File(io.BytesIO(weights), "r") as file:
            arrays_of = by_class_name(Store(file, f"{path}: model.weights.h5"))
            return _model(path, config, str(metadata.get("keras_version", "")), arrays_of, with_weights)
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, *DAMAGE) as error:
        raise InputError(f"{path}: not a whole .keras archive ({_line(error)}); save the model again") from error


def open_h5(path: Path, with_weights: Container[str]) -> SavedModel:
    """A Keras HDF5 file of Keras 3 or tf_keras 2; arrays are read for the layer classes `with_weights` only.

    Raises InputError if it is not one, is damaged, or holds weights alone.
    """
    try:
        if _starts_with(path, ZIP_MAGIC):
            raise InputError(f"{path}: is a zip archive, not an HDF5 file; rename it to end in .keras")
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                raise InputError(
                    f"{path}: holds no whole Keras model (no model_config); use model.save(), not save_weights()"
                )
            config = json.loads(file.attrs["model_config"])
            version = text(file.attrs.get("keras_version", ""))
            return _model(path, config, version, by_layer_name(Store(file, str(path))), with_weights)
    except DAMAGE as error:
        raise InputError(f"{path}: not a whole Keras HDF5 file ({_line(error)}); save the model again") from error


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _member(path: Path, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """A member of the archive; its size is checked before, and never more than that is unpacked."""
    if name not in archive.namelist():
        raise InputError(f"{path}: the .keras archive lacks {name}; save the whole model with model.save()")
    size = archive.getinfo(name).file_size
    if size > limit:
        raise InputError(f"{path}: {name} claims {size} bytes, over {limit}; too large for a microcontroller")
    with archive.open(name) as member:
        return member.read(size)


def _model(path: Path, saved: Any, version: str, arrays_of: ArraysOf, with_weights: Container[str]) -> SavedModel:
    if not isinstance(saved, dict) or not isinstance(saved.get("class_name"), str):
        raise InputError(f"{path}: its configuration is not that of a Keras model; save it with model.save()")
    kind, config = _class_name(saved), saved.get("config")
    if kind not in MODELS:
        raise InputError(f"{path}: a {kind} model cannot be imported; rebuild it as a Sequential or Functional model")
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise InputError(f"{path}: its configuration has no list of layers; save the model again")
    functional = kind != "Sequential"
    layers = [_layer(path, entry, functional, arrays_of, with_weights) for entry in config["layers"]]
    for name, count in Counter(layer.name for layer in layers).items():
        if count > 1:
            raise InputError(f"{path}: {count} layers are called {name!r}; give each its own name")
    outputs = tuple(name for name, _, _ in _histories(config.get("output_layers"))) if functional else ()
    return SavedModel(version, tuple(layers), outputs)


def _layer(path: Path, entry: Any, functional: bool, arrays_of: ArraysOf, with_weights: Container[str]) -> SavedLayer:
    config = entry.get("config") if isinstance(entry, dict) else None
    if not isinstance(config, dict) or not isinstance(entry.get("class_name"), str):
        raise InputError(f"{path}: its configuration has a layer without class and settings; save the model again")
    kind, name = _class_name(entry), str(config.get("name", entry.get("name", "")))
    weights = arrays_of(kind, name) if kind in with_weights else ()
    inbound, call = None, {}
    if functional:
        nodes = entry.get("inbound_nodes", [])
        inbound, call = tuple(name for name, _, _ in _histories(nodes)), _call(nodes)
    return SavedLayer(kind, name, config, inbound, call, weights)


def _class_name(entry: dict[str, Any]) -> str:
    """The class, marked with its origin where it is not one of Keras' own."""
    registered, module = str(entry.get("registered_name") or ""), str(entry.get("module") or "keras")
    if ">" in registered:
        return registered
    if module.split(".")[0] not in ("keras", "tf_keras"):
        return f"{module}>{entry['class_name']}"
    return entry["class_name"]


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


def _line(error: BaseException) -> str:
    """An error's message on one line."""
    message = " ".join(str(error).replace('"', "'").split())[:120]
    return message or type(error).__name__
