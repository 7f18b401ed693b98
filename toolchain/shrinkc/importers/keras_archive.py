"""Reads the two containers that Keras saves to, with h5py, zipfile and JSON alone; nothing in them is executed.

Both give the same noun, `SavedModel`: the model's configuration and each layer's arrays in the order Keras keeps them.
"""

import io
import json
import re
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ..errors import InputError

WEIGHTS_LIMIT = 1 << 31
"""Bytes that the weights of a .keras archive may unpack to; a microcontroller's model has far less."""


@dataclass(frozen=True)
class SavedLayer:
    """One layer of the configuration, and its weights in Keras' order ([] where it has none)."""

    class_name: str
    name: str
    config: dict[str, Any]
    inbound: tuple[str, ...] | None
    weights: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class SavedModel:
    """A Sequential or Functional model as saved; class_name says which. keras_version as the writer put it."""

    class_name: str
    keras_version: str
    layers: tuple[SavedLayer, ...]


def open_keras(path: Path) -> SavedModel:
    """A `.keras` zip archive. Raises InputError if it is not one, is damaged, or lacks a part."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("model.weights.h5").file_size > WEIGHTS_LIMIT:
                raise InputError(f"{path}: model.weights.h5 is over {WEIGHTS_LIMIT} bytes, too large for a microcontroller")
            config = json.loads(archive.read("config.json"))
            metadata = json.loads(archive.read("metadata.json"))
            weights = archive.read("model.weights.h5")
        with h5py.File(io.BytesIO(weights), "r") as store:
            return _model(path, config, str(metadata.get("keras_version", "")), _by_class_name(store))
    except (zipfile.BadZipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path}: not a whole .keras archive ({error}); save the model again") from error
    except KeyError as error:
        raise InputError(f"{path}: the .keras archive lacks a part ({_text(error)}); save it with model.save()") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the .keras archive is damaged ({_text(error)}); save the model again") from error


def open_h5(path: Path) -> SavedModel:
    """A Keras HDF5 file of Keras 3 or tf_keras 2. Raises InputError if it is not one, or holds weights alone."""
    try:
        with h5py.File(path, "r") as store:
            if "model_config" not in store.attrs or "model_weights" not in store:
                raise InputError(f"{path}: holds no whole Keras model (no model_config); use model.save(), not save_weights()")
            version = store.attrs.get("keras_version", "")
            return _model(path, json.loads(store.attrs["model_config"]), _decode(version), _by_layer_name(store))
    except KeyError as error:
        raise InputError(f"{path}: the HDF5 file lacks a part ({_text(error)}); save the model again") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole HDF5 file ({_text(error)}); save the model again") from error


def _model(path: Path, config: Any, version: str, weights_of) -> SavedModel:
    try:
        layers = config["config"]["layers"]
        saved = tuple(
            SavedLayer(
                class_name=str(entry["class_name"]),
                name=str(entry["config"]["name"]),
                config=entry["config"],
                inbound=_inbound(entry),
                weights=weights_of(str(entry["class_name"]), str(entry["config"]["name"])),
            )
            for entry in layers
        )
        return SavedModel(str(config["class_name"]), version, saved)
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: its configuration is not that of a Keras model ({_text(error)})") from error


def _inbound(entry: dict[str, Any]) -> tuple[str, ...] | None:
    """The layers that a Functional model's layer reads; None in a Sequential model."""
    if "inbound_nodes" not in entry:
        return None
    found = re.findall(r'"keras_history": \["([^"]*)"', json.dumps(entry["inbound_nodes"]))
    if not found:  # tf_keras 2 writes [[["name", 0, 0, {}]]]
        found = re.findall(r'\["([^"]*)", \d+, \d+', json.dumps(entry["inbound_nodes"]))
    return tuple(found)


def _by_class_name(store: h5py.File):
    """Keras 3 archives: layers are kept as their class name in snake case, numbered where it repeats."""
    used: dict[str, int] = {}

    def weights_of(class_name: str, _name: str) -> tuple[np.ndarray, ...]:
        key = _snake_case(class_name)
        count = used.get(key, 0)
        used[key] = count + 1
        group = store.get(f"layers/{key}_{count}" if count else f"layers/{key}")
        if group is None:
            return ()
        for inner in ("cell", "layer"):
            if inner in group:
                group = group[inner]
        variables = group.get("vars", {})
        return tuple(np.asarray(variables[str(index)]) for index in range(len(variables)))

    return weights_of


def _by_layer_name(store: h5py.File):
    """HDF5 files: layers are kept by their names, each with the list of its weights."""
    root = store["model_weights"]

    def weights_of(_class_name: str, name: str) -> tuple[np.ndarray, ...]:
        if name not in root:
            return ()
        return tuple(np.asarray(root[name][_decode(weight)]) for weight in root[name].attrs["weight_names"])

    return weights_of


def _snake_case(name: str) -> str:
    """As Keras writes class names: LSTM > lstm, TimeDistributed > time_distributed, Conv1D > conv1d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _decode(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _text(error: Exception) -> str:
    """An error's message on one line."""
    return " ".join(str(error).replace('"', "'").split())[:200]
