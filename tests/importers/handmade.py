"""A small Keras model written by hand in each container, so that any part of it can be spoiled."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load

UNITS, WIDTH = 3, 2
ENDINGS = (".keras", ".h5")
both = pytest.mark.parametrize("ending", ENDINGS)
VARIABLES = ("kernel", "recurrent_kernel", "bias")


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


def varint(value: int) -> bytes:
    """An integer as protocol buffers write it."""
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def message(*fields: tuple[int, int | bytes]) -> bytes:
    """A protocol buffer of integers and texts or messages."""
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value)
        else:
            found += varint(number << 3 | 2) + varint(len(value)) + value
    return found


def entry(array: np.ndarray, offset: int, kind: int = 1, size: int | None = None) -> bytes:
    """A checkpoint's note of an array: its type, shape, place and size in bytes."""
    shape = message(*((2, message((1, length))) for length in array.shape))
    return message((1, kind), (2, shape), (4, offset), (5, array.nbytes if size is None else size))


def table(entries: dict[str, bytes]) -> bytes:
    """A LevelDB table of one block."""

    def block(items: list[tuple[bytes, bytes]]) -> bytes:
        text = b"".join(varint(0) + varint(len(key)) + varint(len(value)) + key + value for key, value in items)
        return text + bytes(4) + (1).to_bytes(4, "little")

    data = block([(key.encode(), value) for key, value in sorted(entries.items())])
    top = block([(b"~", varint(0) + varint(len(data)))])
    footer = varint(0) + varint(0) + varint(len(data) + 5) + varint(len(top))
    return data + bytes(5) + top + bytes(5) + footer.ljust(40, b"\0") + bytes.fromhex("57fb808b247547db")


def write_saved_model(
    path: Path, saved: Any = None, values=None, spoil: Callable[[dict[str, bytes]], None] | None = None
) -> Path:
    """As tf_keras writes it: the root holds both layers, the LSTM its cell, these the variables."""
    values = arrays() if values is None else values
    names = [f"{layer}/{name}" for layer, count in (("rnn", 3), ("head", 2)) for name in VARIABLES[:count]]
    names[4] = "head/bias"
    entries, data, nodes = {"": message((1, 1))}, b"", []
    for name, array in zip(names, [*values["rnn"], *values["head"]], strict=True):
        entries[name] = entry(array, len(data))
        data += array.tobytes()
        nodes.append(message((2, message((1, b"VARIABLE_VALUE"), (3, name.encode())))))

    def holder(**children: int) -> bytes:
        return message(*((1, message((1, number), (2, name.encode()))) for name, number in children.items()))

    first = [
        holder(**{"layer-0": 1, "layer-1": 2}),
        holder(cell=3),
        holder(kernel=7, bias=8),
        holder(kernel=4, recurrent_kernel=5, bias=6),
    ]
    graph = message(*((1, node) for node in first + nodes))
    graph = varint(len(graph)) + bytes(4) + graph
    entries["_CHECKPOINTABLE_OBJECT_GRAPH"] = entry(np.zeros(()), len(data), 7, len(graph))
    if spoil:
        spoil(entries)
    (path / "variables").mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(b"")
    (path / "variables" / "variables.index").write_bytes(table(entries))
    (path / "variables" / "variables.data-00000-of-00001").write_bytes(data + graph)
    described = {"root": saved or config(), "root.layer-0": {"name": "rnn"}, "root.layer-1": {"name": "head"}}
    metadata = message(
        *((1, message((3, where.encode()), (5, json.dumps(what).encode()))) for where, what in described.items())
    )
    (path / "keras_metadata.pb").write_bytes(metadata)
    return path


WRITERS = {".keras": write_keras, ".h5": write_h5}
PLACES = {".keras": "layers/dense/vars/0", ".h5": "model_weights/head/head/0"}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 600
    return message
