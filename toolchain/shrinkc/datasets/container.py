"""The npz file under a dataset: which arrays stand in it, how they are read, and how they become the same
bytes.

Nothing here knows what the arrays mean; the contract between them is checked in `dataset.py`.
"""

import lzma
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import npz
from ..errors import InputError


@dataclass(frozen=True)
class Field:
    """One array of the file: the dtype kinds it may have, its axes, and its type in memory."""

    kinds: str
    axes: int
    memory: type | None
    required: bool
    meaning: str


FIELDS = {
    "features": Field("f", 2, np.float32, True, "frames x width, utterances end to end, raw (not normalised)"),
    "lengths": Field("iu", 1, np.int64, True, "frames of each utterance"),
    "labels": Field("iu", 1, np.int32, True, "indices into symbols, utterances end to end; empty: unlabelled"),
    "label_lengths": Field("iu", 1, np.int64, True, "labels of each utterance"),
    "symbols": Field("U", 1, None, True, "names of the outputs; the first is silence and never a label"),
    "speakers": Field("U", 1, None, True, "who speaks each utterance"),
    "names": Field("U", 1, None, False, "name of each utterance"),
    "frame_labels": Field("iu", 1, np.int16, False, "symbol of each frame, -1 unknown; for training"),
    "mean": Field("f", 1, np.float32, False, "mean of each feature over the corpus' train side"),
    "std": Field("f", 1, np.float32, False, "standard deviation of each feature over the train side"),
    "meta": Field("U", 0, None, False, "JSON object: name, frame_shift_ms, credit, licence, split_rule ..."),
}

_KIND_NAMES = {"f": "real numbers", "iu": "integers", "U": "text"}
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, EOFError, KeyError, OSError, RuntimeError)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of `FIELDS` from an npz, each checked for kind and axes and brought to its type in
    memory.
    """
    if not path.exists():
        raise InputError(f"{path}: no such dataset; make one with 'shrinkc corpus'")
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name the .npz file in it")
    if path.stat().st_size == 0:
        raise InputError(f"{path}: the file is empty; make the dataset again with 'shrinkc corpus'")
    if not zipfile.is_zipfile(path):
        raise InputError(f"{path}: not a dataset, or truncated: an .npz file was expected")
    try:
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise InputError(f"{path}: not a dataset, or damaged ({error}): an .npz file was expected") from None
    with archive:
        stored = {name.removesuffix(".npy") for name in archive.namelist()}
        for name in stored - set(FIELDS):
            raise InputError(f"{path}: unknown array '{name}'; known: {', '.join(FIELDS)}")
        for name, field in FIELDS.items():
            if field.required and name not in stored:
                raise InputError(f"{path}: the array '{name}' is missing")
        return {name: _read(archive, name, path) for name in FIELDS if name in stored}


def _read(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    """One array, or a one-line error that names it."""
    field = FIELDS[name]
    try:
        with archive.open(f"{name}.npy") as stream:
            values = np.lib.format.read_array(stream, allow_pickle=False)
    except _BROKEN as error:
        if "Object arrays" in str(error):
            raise InputError(
                f"{path}: '{name}' is a pickled array, which is never loaded; save it as plain numbers"
            ) from None
        raise InputError(f"{path}: '{name}' cannot be read (damaged file?): {error}") from None
    if values.dtype.kind not in field.kinds:
        raise InputError(f"{path}: '{name}' holds {values.dtype}, not {_KIND_NAMES[field.kinds]}")
    if values.ndim != field.axes:
        raise InputError(f"{path}: '{name}' has shape {values.shape}, not {field.axes} axes")
    if field.memory is None or values.dtype == field.memory:
        return values
    if field.kinds == "iu" and values.size and values.max() > np.iinfo(field.memory).max:
        raise InputError(f"{path}: '{name}' holds {values.max()}, which is too large")
    return values.astype(field.memory)


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """The arrays as the bytes of a file, in the order of `FIELDS`: equal arrays give equal bytes."""
    return npz.pack({name: arrays[name] for name in FIELDS if name in arrays}, npz.SMALL)
