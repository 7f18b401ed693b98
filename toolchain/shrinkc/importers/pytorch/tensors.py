"""The tensors of a `.safetensors` file, read with nothing trusted, and which of them a layer has used.

The format: https://huggingface.co/docs/safetensors (a JSON header, then bytes; no code). numpy alone reads it.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..limits import check_size

SAVE = (
    "from safetensors.torch import save_file; "
    'save_file({k: v.cpu().contiguous().clone() for k, v in model.float().state_dict().items()}, "model.safetensors")'
)
"""What makes such a file of a trained model, in two lines of Python."""

_COUNTER = "num_batches_tracked"
_SHOWN = 6


def pickled(path: Path) -> InputError:
    """The refusal of a file that torch.save wrote: it is a pickle, and reading one can run any code."""
    return InputError(
        f"{path}: a pickle, which can run code and is never opened; load it where you trust it, and write its "
        f"state dict with safetensors: {SAVE}"
    )


class Tensors:
    """The float32 tensors of one file by their names. Each that a layer takes, or that is known to be idle, is used."""

    def __init__(self, path: Path) -> None:
        """Raises InputError for a file that is too large, damaged, or no safetensors file."""
        from safetensors import SafetensorError, safe_open

        self.path = path
        check_size(path)
        try:
            self._file = safe_open(path, framework="numpy")
            self.shapes = {name: tuple(self._file.get_slice(name).get_shape()) for name in self._file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError, ValueError) as error:
            raise self._damaged(str(error)) from error
        self._used: set[str] = set()

    def _damaged(self, why: str) -> InputError:
        with self.path.open("rb") as file:
            start = file.read(2)
        if start in (b"PK", b"\x80\x02"):
            return pickled(self.path)
        return InputError(f"{self.path}: not a whole safetensors file ({why}); save or copy it again")

    def __contains__(self, name: str) -> bool:
        return name in self.shapes

    def take(self, name: str, *shape: int | None) -> np.ndarray:
        """The tensor of that name, which must have this shape (None: any size) and hold finite float32 numbers."""
        self._expect(name, shape)
        values = np.array(self._file.get_tensor(name))
        if not np.isfinite(values).all():
            raise InputError(f"{self.path}: tensor {name!r} holds NaN or infinite numbers; train the model again")
        self._used.add(name)
        return values

    def _expect(self, name: str, shape: tuple[int | None, ...]) -> None:
        if name not in self.shapes:
            raise self._missing(name)
        kind, found = self._file.get_slice(name).get_dtype(), self.shapes[name]
        if kind != "F32":
            raise InputError(
                f"{self.path}: tensor {name!r} is {kind}, only float32 is read; save the state dict of model.float()"
            )
        if len(found) != len(shape) or any(want not in (None, got) for want, got in zip(shape, found, strict=True)):
            wanted = " x ".join("any" if size is None else str(size) for size in shape)
            shown = " x ".join(map(str, found)) or "none"
            raise InputError(
                f"{self.path}: tensor {name!r} has the shape {shown}, this layer needs {wanted}; "
                "check the layer's kind, prefix and options in the TOML"
            )
        if 0 in found:
            raise InputError(f"{self.path}: tensor {name!r} is empty; save the model again")

    def _missing(self, name: str) -> InputError:
        """Names the tensors whose names end alike: mostly the prefix is wrong."""
        ending = name.rsplit(".", 1)[-1]
        near = [other for other in sorted(self.shapes) if other.rsplit(".", 1)[-1] == ending]
        hint = f"there are {listed(near)}" if near else f"the file holds {listed(sorted(self.shapes))}"
        return InputError(f"{self.path}: has no tensor {name!r}; {hint}: check the layer's kind and prefix in the TOML")

    def has(self, pattern: str) -> list[str]:
        """The names that fit the pattern, sorted."""
        return sorted(name for name in self.shapes if fnmatchcase(name, pattern))

    def ignore(self, *names: str) -> None:
        """Count these as used, where they are there: inference reads none of them."""
        self._used.update(name for name in names if name in self.shapes)

    def left_over(self) -> list[str]:
        """Names that no layer has used; a batch norm's counter is never needed."""
        return [name for name in sorted(self.shapes) if name not in self._used and name.split(".")[-1] != _COUNTER]

    def check_all_used(self, unused: Iterable[str]) -> None:
        """Refuse tensors that neither a layer nor a pattern of `unused` accounts for, and patterns that are wrong."""
        left = self.left_over()
        for pattern in unused:
            fits = self.has(pattern)
            taken = [name for name in fits if name in self._used]
            if not fits or taken:
                fault = f"names {taken[0]!r}, which a layer uses" if taken else "names no tensor"
                raise InputError(f"{self.path}: unused {pattern!r} of the TOML {fault}; correct it")
            left = [name for name in left if name not in fits]
        if left:
            raise InputError(
                f"{self.path}: no layer uses {listed(left)}; describe the layer in the TOML, or name it in `unused`"
            )


def listed(names: list[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(map(repr, names[:_SHOWN])) + more if names else "no tensor"
