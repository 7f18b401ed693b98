"""Model files of other frameworks to a Network. One file a format; each refuses by name what it does not know."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..network import Network
from . import keras
from .names import c_name, unique_name

READERS: dict[str, Callable[[Path], Network]] = {".keras": keras.read_keras, ".h5": keras.read_h5}
"""By the ending of the file's name."""


def load(path: Path, name: str | None = None) -> Network:
    """Import the model file at `path`; `name` replaces the model's own name (checked, since it reaches C).

    Raises InputError for a file that is missing, empty, truncated, of another format, or holds what is not supported.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, not a model file; give a file that ends in {' or '.join(READERS)}")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            f"{path}: cannot import {path.suffix or 'a file without an ending'}; known: {', '.join(READERS)}"
        )
    if not path.is_file():
        raise InputError(f"{path}: no such model file; check the path, or see `shrinkc zoo` for the bundled models")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the model file is empty; save or copy it again")
    network = reader(path)
    return dataclasses.replace(network, name=name or c_name(path.stem))


__all__ = ["READERS", "c_name", "load", "unique_name"]
