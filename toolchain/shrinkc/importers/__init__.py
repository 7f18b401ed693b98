"""Model files of other frameworks to a Network. One file a format; each refuses by name what it does not know."""

import dataclasses
from importlib import import_module
from pathlib import Path

from ..errors import InputError
from ..network import Network
from .names import c_name, unique_name

READERS = {
    ".keras": ("keras.reader", "read_keras"),
    ".h5": ("keras.reader", "read_h5"),
    ".tflite": ("tflite.reader", "read"),
    ".onnx": ("onnx.reader", "read"),
    ".safetensors": ("pytorch.reader", "read"),
}
"""By the ending of the file's name: the module here that reads it, imported on use, and its function."""

PICKLES = dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".pkl"), ("pytorch.reader", "read_pickle"))
"""Files of torch.save: refused with what to do instead."""

FOLDER_READER = ("keras.saved_model", "read")
"""A folder can be TensorFlow's SavedModel."""


def load(path: Path, name: str | None = None) -> Network:
    """Import the model at `path`; `name` replaces the model's own name (checked, since it reaches C).

    Raises InputError for a file that is missing, empty, truncated, of another format, or holds what is not supported.
    """
    path = Path(path)
    module, function = FOLDER_READER if path.is_dir() else _reader(path)
    network = getattr(import_module(f".{module}", __name__), function)(path)
    return dataclasses.replace(network, name=name or c_name(path.stem))


def _reader(path: Path) -> tuple[str, str]:
    """The reader of a file by its ending, once the file is known to be there and to hold something."""
    reader = (READERS | PICKLES).get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: cannot import {path.suffix or 'a file without an ending'}; known: {', '.join(READERS)}, "
            "and the folder of a SavedModel"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such model file; check the path, or see `shrinkc zoo` for the bundled models")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the model file is empty; save or copy it again")
    return reader


__all__ = ["READERS", "c_name", "load", "unique_name"]
