"""Model files of other frameworks to a Network. `FORMATS` lists them; each importer refuses what it does not know.

What they share stands here: `assembly` puts the layers together, `folding` makes their weights; `frameworks` and
`cross_check` hold the result against the framework.
"""

import dataclasses
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..network import Network
from .names import c_name, unique_name


@dataclasses.dataclass(frozen=True)
class Format:
    """One kind of model file. reader: the function here that imports it, as module.name, loaded on use. opener: the one
    that loads it in its framework, to run it as a reference; "" where nothing can.
    """

    reader: str
    opener: str = ""


FORMATS = {
    ".keras": Format("keras.reader.read_keras", "frameworks.open_keras"),
    ".h5": Format("keras.reader.read_h5", "frameworks.open_keras"),
    ".tflite": Format("tflite.reader.read", "frameworks.open_tflite"),
    ".onnx": Format("onnx.reader.read", "frameworks.open_onnx"),
    ".safetensors": Format("pytorch.reader.read"),
}
"""By the ending of the file's name."""

PICKLES = dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".pkl"), Format("pytorch.reader.read_pickle"))
"""Files of torch.save: refused with what to do instead."""

FOLDER = Format("keras.saved_model.read", "frameworks.open_saved_model")
"""A folder can be TensorFlow's SavedModel."""


def load(path: Path, name: str | None = None) -> Network:
    """Import the model at `path`; `name` replaces the model's own name (checked, since it reaches C).

    Raises InputError for a file that is missing, empty, truncated, of another format, or holds what is not supported.
    """
    path = Path(path)
    network = function(format_of(path).reader)(path)
    return dataclasses.replace(network, name=name or c_name(path.stem))


def format_of(path: Path) -> Format:
    """The format of a folder or of a file's ending, once the file is known to be there and to hold something."""
    if path.is_dir():
        return FOLDER
    known = (FORMATS | PICKLES).get(path.suffix.lower())
    if known is None:
        raise InputError(
            f"{path}: cannot import {path.suffix or 'a file without an ending'}; known: {', '.join(FORMATS)}, "
            "and the folder of a SavedModel"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such model file; check the path, or see `shrinkc zoo` for the bundled models")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the model file is empty; save or copy it again")
    return known


def function(name: str) -> Callable[..., Any]:
    """A function of this package, as module.name."""
    module, _, own = name.rpartition(".")
    return getattr(import_module(f".{module}", __name__), own)


__all__ = ["FORMATS", "c_name", "load", "unique_name"]
