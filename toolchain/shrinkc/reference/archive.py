"""What a build folder keeps for `shrinkc verify`: the float Network and the QuantizedNetwork, in one npz.

The structure is JSON (written and checked by msgspec from the dataclasses themselves), the arrays stand beside it.
"""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from .. import npz
from ..errors import InputError
from ..network import Network
from ..quantize import QuantizedNetwork

FILE_NAME = "reference.npz"
FORMAT = "shrinkc-reference-3"


@dataclass(frozen=True)
class Reference:
    """Both sides that a device is held against. digest: that of the sources built from `quantized`.

    modes: how each send group's products are computed there, "delta" or "dense". decode and blank: of the decoder in
    the sources, "none", "argmax" or "ctc", and the index of CTC's blank, or -1.
    """

    format: str
    digest: str
    network: Network
    quantized: QuantizedNetwork
    modes: dict[str, str]
    decode: str
    blank: int


def to_bytes(reference: Reference) -> bytes:
    """The archive; equal references give equal bytes."""
    arrays: dict[str, np.ndarray] = {}

    def keep(value: object) -> object:
        if isinstance(value, np.ndarray):
            arrays[f"a{len(arrays)}"] = value
            return {"array": f"a{len(arrays) - 1}"}
        raise NotImplementedError(f"{type(value)} cannot be kept")

    structure = msgspec.json.encode(reference, enc_hook=keep)
    return npz.pack({"structure": np.frombuffer(structure, np.uint8), **arrays})


def load(folder: Path) -> Reference:
    """The archive of a build folder. Raises InputError if it is missing, damaged, or of another version."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise InputError(f"{path}: missing; build the folder again with `shrinkc build`")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            structure = arrays["structure"].tobytes()

            def bring(kind: type, value: object) -> object:
                if kind is np.ndarray and isinstance(value, dict):
                    return arrays[str(value.get("array"))]
                raise ValueError(f"{kind} cannot be read")

            reference = msgspec.json.decode(structure, type=Reference, dec_hook=bring)
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        ValueError,
        KeyError,
        EOFError,
        RuntimeError,
        msgspec.MsgspecError,
    ) as error:
        raise InputError(f"{path}: damaged or of another version ({error}); build the folder again") from error
    if reference.format != FORMAT:
        raise InputError(f"{path}: is of the format {reference.format}, not {FORMAT}; build the folder again")
    return reference
