"""Reads the two containers that Keras saves to, with h5py, zipfile and JSON alone; nothing in them is executed.

Both give the same noun, `SavedModel`: the model's configuration and each layer's arrays in the order Keras keeps them.
"""

import io
import json
import lzma
import zipfile
import zlib
from collections.abc import Container
from pathlib import Path

import h5py

from ...errors import InputError
from ..limits import WEIGHTS_LIMIT
from .config import read_config
from .saved import SavedModel
from .store import Store, by_class_name, by_layer_name, whole

TEXT_LIMIT = 1 << 24
"""Bytes of JSON that are read; a model's configuration has thousands."""

ARCHIVE, HDF5 = ".keras archive", "Keras HDF5 file"
_OF_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError)
HDF5_MAGIC, ZIP_MAGIC = b"\x89HDF\r\n\x1a\n", b"PK"


def open_keras(path: Path, with_weights: Container[str]) -> SavedModel:
    """A `.keras` zip archive; arrays are read for the layer classes `with_weights` only.

    Raises InputError if it is not one, is damaged, or lacks a part.
    """
    if _starts_with(path, HDF5_MAGIC, ARCHIVE):
        raise InputError(f"{path}: is an HDF5 file, not a .keras archive; rename it to end in .h5")
    with whole(path, ARCHIVE, *_OF_ZIP), zipfile.ZipFile(path) as archive:
        config = json.loads(_member(path, archive, "config.json", TEXT_LIMIT))
        metadata = json.loads(_member(path, archive, "metadata.json", TEXT_LIMIT))
        weights = _member(path, archive, "model.weights.h5", WEIGHTS_LIMIT)
    version = str(metadata.get("keras_version", "")) if isinstance(metadata, dict) else ""
    with whole(path, ARCHIVE):
        file = h5py.File(io.BytesIO(weights), "r")
    with file:
        place_of = by_class_name(Store(file, f"{path}: model.weights.h5", path, ARCHIVE))
        return read_config(path, config, version, place_of, with_weights)


def open_h5(path: Path, with_weights: Container[str]) -> SavedModel:
    """A Keras HDF5 file of Keras 3 or tf_keras 2; arrays are read for the layer classes `with_weights` only.

    Raises InputError if it is not one, is damaged, or holds weights alone.
    """
    if _starts_with(path, ZIP_MAGIC, HDF5):
        raise InputError(f"{path}: is a zip archive, not an HDF5 file; rename it to end in .keras")
    with whole(path, HDF5):
        file = h5py.File(path, "r")
    with file:
        store = Store(file, str(path), path, HDF5)
        configuration = store.texts("model_config", "/")
        if not configuration:
            raise InputError(
                f"{path}: holds no whole Keras model (no model_config); use model.save(), not save_weights()"
            )
        with whole(path, HDF5):
            config = json.loads(configuration[0])
        (version,) = store.texts("keras_version", "/") or ("",)
        return read_config(path, config, version, by_layer_name(store), with_weights)


def _starts_with(path: Path, magic: bytes, what: str) -> bool:
    with whole(path, what), path.open("rb") as file:
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
