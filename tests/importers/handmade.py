"""A small Keras model written by hand in both containers, so that any part of it can be spoiled."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

UNITS, WIDTH = 3, 2


def config() -> dict[str, Any]:
    lstm = {"name": "rnn", "units": UNITS, "return_sequences": True, "use_bias": True}
    dense = {"name": "head", "units": 2, "activation": "linear", "use_bias": True}
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, None, WIDTH]}},
        {"class_name": "LSTM", "config": lstm},
        {"class_name": "Dense", "config": dense},
    ]
    return {"class_name": "Sequential", "config": {"name": "m", "layers": layers}}


def arrays() -> dict[str, list[np.ndarray]]:
    random = np.random.default_rng(3)
    shapes = {"rnn": [(WIDTH, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)], "head": [(UNITS, 2), (2,)]}
    return {name: [random.normal(size=shape).astype("f4") for shape in list_] for name, list_ in shapes.items()}


def functional(order: tuple[str, ...] = ("in", "rnn", "head"), reads: dict[str, str] | None = None) -> dict[str, Any]:
    """The same model as a Functional one, with its layers in that order of the file."""
    reads = reads or {"rnn": "in", "head": "rnn"}
    entries = {entry["config"]["name"]: entry for entry in config()["config"]["layers"]}
    for name, entry in entries.items():
        entry["inbound_nodes"] = [[[reads[name], 0, 0, {}]]] if name in reads else []
    layers = [entries[name] for name in order]
    return {"class_name": "Functional", "config": {"layers": layers, "output_layers": [["head", 0, 0]]}}


def write_keras(path: Path, saved: Any = None, values=None, spoil: Callable[[h5py.File], None] | None = None) -> Path:
    values = arrays() if values is None else values
    memory = io.BytesIO()
    with h5py.File(memory, "w") as file:
        for name, folder in (("rnn", "layers/lstm/cell/vars"), ("head", "layers/dense/vars")):
            for index, array in enumerate(values[name]):
                file[f"{folder}/{index}"] = array
        if spoil:
            spoil(file)
    text = saved if isinstance(saved, str) else json.dumps(config() if saved is None else saved)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", '{"keras_version": "3"}')
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", memory.getvalue())
    return path


def write_h5(path: Path, saved: Any = None, values=None, spoil: Callable[[h5py.File], None] | None = None) -> Path:
    values = arrays() if values is None else values
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = saved if isinstance(saved, str) else json.dumps(saved or config())
        for name, parts in values.items():
            group = file.create_group(f"model_weights/{name}")
            group.attrs["weight_names"] = [f"{name}/{index}".encode() for index in range(len(parts))]
            for index, array in enumerate(parts):
                group[f"{name}/{index}"] = array
        if spoil:
            spoil(file)
    return path


WRITERS = {".keras": write_keras, ".h5": write_h5}
PLACES = {".keras": "layers/dense/vars/0", ".h5": "model_weights/head/head/0"}
