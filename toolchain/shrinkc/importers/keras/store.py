"""The arrays of a Keras HDF5 file, read with nothing trusted: no link is followed, and sizes are checked first."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from ...errors import InputError
from ..limits import WEIGHTS_LIMIT
from .saved import Part, Place

DAMAGE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    RuntimeError,
    OverflowError,
    MemoryError,
    IndexError,
)
"""What h5py and json raise on damaged files (RuntimeError stands for RecursionError and NotImplementedError too)."""


@contextmanager
def whole(path: Path, what: str, *more: type[Exception]) -> Iterator[None]:
    """Around calls of the libraries alone: what they raise on damage, `more` included, becomes one line on the file."""
    try:
        yield
    except (*DAMAGE, *more) as error:
        raise InputError(f"{path}: not a whole {what} ({one_line(error)}); save the model again") from error


def one_line(error: BaseException) -> str:
    """An error's message on one line."""
    message = " ".join(str(error).replace('"', "'").split())[:120]
    return message or type(error).__name__


class Store:
    """One open HDF5 file, and how many bytes of arrays may still be read from it. path, what: the file it stands in."""

    def __init__(self, file: h5py.File, label: str, path: Path, what: str) -> None:
        self.file = file
        self.label = label
        self.path, self.what = path, what
        self.left = WEIGHTS_LIMIT

    def find(self, *parts: str) -> Any:
        """The group or dataset at a path, None where nothing is. Refuses links: they may lead out of the file."""
        node: Any = self.file
        for part in filter(None, "/".join(parts).split("/")):
            with whole(self.path, self.what):
                link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise InputError(f"{self.label}: {part!r} is a link to elsewhere, which is not followed; save it again")
            with whole(self.path, self.what):
                node = node[part]
        return node

    def count(self, *parts: str) -> int:
        """How many members the group at a path has; 0 where there is none."""
        with whole(self.path, self.what):
            group = self.find(*parts)
            return len(group) if isinstance(group, h5py.Group) else 0

    def texts(self, name: str, *parts: str) -> tuple[str, ...] | None:
        """The attribute `name`, one text or a list, of what stands at a path; None where there is neither."""
        with whole(self.path, self.what):
            node = self.find(*parts)
            value = None if node is None else node.attrs.get(name)
            if value is None:
                return None
            return (text(value),) if isinstance(value, bytes | str) else tuple(text(one) for one in value)

    def read(self, *parts: str) -> np.ndarray:
        """The numbers of the dataset at a path."""
        dataset = self.find(*parts)
        path = "/".join(parts)
        if not isinstance(dataset, h5py.Dataset):
            raise InputError(f"{self.label}: holds no array {path!r}; save the model again")
        with whole(self.path, self.what):
            elsewhere, dtype, shape = dataset.external or dataset.is_virtual, dataset.dtype, dataset.shape
        if elsewhere:
            raise InputError(f"{self.label}: {path!r} keeps its values in another file; save the model as one file")
        if dtype.kind not in "fiu" or shape is None:
            raise InputError(f"{self.label}: {path!r} holds no numbers ({dtype}); save the model again")
        self.left -= math.prod(shape) * dtype.itemsize
        if self.left < 0:
            raise InputError(
                f"{self.label}: its weights take over {WEIGHTS_LIMIT >> 20} MiB, too many for a microcontroller"
            )
        with whole(self.path, self.what):
            return np.asarray(dataset)


@dataclass(frozen=True)
class _Folder:
    """A layer's folder in an archive; an RNN's weights stand in its cell's."""

    store: Store
    path: str

    def arrays(self) -> tuple[np.ndarray, ...]:
        inner = "cell" if self.store.find(self.path, "cell") is not None else ""
        count = self.store.count(self.path, inner, "vars")
        return tuple(self.store.read(self.path, inner, "vars", str(index)) for index in range(count))

    def part(self, part: Part) -> Place:
        return _Folder(self.store, f"{self.path}/{part.folder}")


def by_class_name(store: Store) -> Callable[[str, str], Place]:
    """Archives: a layer is kept as its class name in snake case, numbered where the class repeats."""
    used: Counter[str] = Counter()

    def place_of(class_name: str, name: str) -> Place:
        kind = snake_case(class_name.rsplit(">", 1)[-1])
        count = used[kind]
        used[kind] += 1
        folder = f"layers/{kind}" + (f"_{count}" if count else "")
        _check_owner(store, folder, name)
        return _Folder(store, folder)

    return place_of


def _check_owner(store: Store, folder: str, name: str) -> None:
    """Keras 3 writes the layer's name beside its arrays: a file whose order was changed must not mix them up."""
    (owner,) = store.texts("name", folder, "vars") or (name,)
    if owner != name:
        raise InputError(
            f"{store.label}: {folder} holds the weights of layer {owner!r}, not of {name!r}; save the model again"
        )


@dataclass(frozen=True)
class _Listed:
    """A layer's list of arrays in an HDF5 file, which are paths such as bidirectional/forward_lstm/lstm_cell/kernel:0.

    The list's order is no guide to the parts: what is frozen stands behind what is trained.
    """

    store: Store
    group: str
    names: tuple[str, ...]

    def arrays(self) -> tuple[np.ndarray, ...]:
        return tuple(self.store.read("model_weights", self.group, name) for name in self.names)

    def part(self, part: Part) -> Place:
        folders = [name.split("/")[:-1] for name in self.names]
        shared = _shared(folders)
        if part.owns is None or all(len(folder) == shared for folder in folders):
            return self
        mine = (
            name
            for name, folder in zip(self.names, folders, strict=True)
            if len(folder) > shared and part.owns(folder[shared])
        )
        return _Listed(self.store, self.group, tuple(mine))


def _shared(folders: list[list[str]]) -> int:
    """How many names, from the first, all these paths share."""
    count = 0
    for names in zip(*folders, strict=False):
        if len(set(names)) > 1:
            break
        count += 1
    return count


def by_layer_name(store: Store) -> Callable[[str, str], Place]:
    """HDF5 files: a layer is kept by its name, with the list of its arrays."""

    def place_of(_class_name: str, name: str) -> Place:
        return _Listed(store, name, store.texts("weight_names", "model_weights", name) or ())

    return place_of


def snake_case(name: str) -> str:
    """As Keras writes class names: LSTM > lstm, TimeDistributed > time_distributed, Conv1D > conv1d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def text(value: Any) -> str:
    """A string attribute, which h5py gives as bytes or str."""
    return value.decode() if isinstance(value, bytes) else str(value)
