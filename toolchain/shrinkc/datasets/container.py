"""The npz file under a dataset: which arrays stand in it, how they are read, and how they become the same bytes.

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
from ..markdown import table


@dataclass(frozen=True)
class Field:
    """One array of the file: the dtype kinds it may have, what lies along its axes, and its type in memory."""

    kinds: str
    axes: tuple[str, ...]
    memory: type | None
    required: bool
    meaning: str


FIELDS = {
    "features": Field("f", ("frames", "width"), np.float32, True,
                      "raw features, not normalised; on disk float16 or float32, float32 once loaded"),
    "lengths": Field("iu", ("utterances",), np.int64, True, "frames of each utterance, 1 or more"),
    "labels": Field("iu", ("all labels",), np.int32, True,
                    "indices into `symbols`, never 0; empty when the set has no labels"),
    "label_lengths": Field("iu", ("utterances",), np.int64, True,
                           "labels of each utterance (may be empty when `labels` is)"),
    "symbols": Field("U", ("outputs of the model",), None, True, "names; the first is silence and the blank of CTC"),
    "speakers": Field("U", ("utterances",), None, True, "who speaks; equal names are one person"),
    "names": Field("U", ("utterances",), None, False, "what the corpus calls the utterance"),
    "frame_labels": Field("iu", ("frames",), np.int16, False,
                          "symbol spoken at each frame's centre, -1 unknown; for training, and for `metric.kind` "
                          '"accuracy"'),
    "mean": Field("f", ("width",), np.float32, False, "mean of each feature over the corpus' **train** side"),
    "std": Field("f", ("width",), np.float32, False, "standard deviation of each feature over the **train** side"),
    "meta": Field("U", (), None, False, "a JSON object, below"),
}  # fmt: skip
"""The arrays of a file, in their order. Utterances lie end to end along frames and labels."""

_KIND_NAMES = {"f": "real numbers", "iu": "integers", "U": "text"}
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, ValueError, EOFError, KeyError, OSError, RuntimeError)


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read the arrays of `FIELDS` from an npz, each checked for kind and axes and brought to its type in memory."""
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
    if values.ndim != len(field.axes):
        raise InputError(f"{path}: '{name}' has shape {values.shape}, not {len(field.axes)} axes")
    if field.memory is None or values.dtype == field.memory:
        return values
    if field.kinds == "iu" and values.size and values.max() > np.iinfo(field.memory).max:
        raise InputError(f"{path}: '{name}' holds {values.max()}, which is too large")
    return values.astype(field.memory)


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """The arrays as the bytes of a file, in the order of `FIELDS`: equal arrays give equal bytes."""
    return npz.pack({name: arrays[name] for name in FIELDS if name in arrays}, npz.SMALL)


def markdown_table() -> str:
    """The table of docs/data.md, one row an array."""
    rows = []
    for name, field in FIELDS.items():
        kind = _KIND_NAMES[field.kinds] + ("" if field.required else ", optional")
        rows.append((f"`{name}`", kind, " x ".join(field.axes) or "one", field.meaning))
    return table(("array", "holds", "shape", "meaning"), rows)
