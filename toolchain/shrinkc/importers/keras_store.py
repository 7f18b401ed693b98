"""The arrays of a Keras HDF5 file, read with nothing trusted: no link is followed, and sizes are checked first."""

import re
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

from ..errors import InputError

WEIGHTS_LIMIT = 1 << 29
"""Bytes that the weights of one file may take; a microcontroller's model has far less."""

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

ArraysOf = Callable[[str, str], tuple[np.ndarray, ...]]
"""(class name, layer name) to the layer's arrays in Keras' order. Called once a layer, in the order of the layers."""


class Store:
    """One open HDF5 file, and how many bytes of arrays may still be read from it."""

    def __init__(self, file: h5py.File, label: str) -> None:
        self.file = file
        self.label = label
        self.left = WEIGHTS_LIMIT

    def find(self, *parts: str) -> Any:
        """The group or dataset at a path, None where nothing is. Refuses links: they may lead out of the file."""
        node: Any = self.file
        for part in "/".join(parts).split("/"):
            if not part:
                continue
            link = node.get(part, getlink=True) if isinstance(node, h5py.Group) else None
            if link is None:
                return None
            if not isinstance(link, h5py.HardLink):
                raise InputError(f"{self.label}: {part!r} is a link to elsewhere, which is not followed; save it again")
            node = node[part]
        return node

    def read(self, *parts: str) -> np.ndarray:
        """The numbers of the dataset at a path."""
        dataset = self.find(*parts)
        path = "/".join(parts)
        if not isinstance(dataset, h5py.Dataset):
            raise InputError(f"{self.label}: holds no array {path!r}; save the model again")
        if dataset.external or dataset.is_virtual:
            raise InputError(f"{self.label}: {path!r} keeps its values in another file; save the model as one file")
        if dataset.dtype.kind not in "fiu" or dataset.shape is None:
            raise InputError(f"{self.label}: {path!r} holds no numbers ({dataset.dtype}); save the model again")
        self.left -= dataset.size * dataset.dtype.itemsize
        if self.left < 0:
            raise InputError(
                f"{self.label}: its weights take over {WEIGHTS_LIMIT >> 20} MiB, too many for a microcontroller"
            )
        return np.asarray(dataset)


def by_class_name(store: Store) -> ArraysOf:
    """Archives: a layer is kept as its class name in snake case, numbered where the class repeats."""
    used: dict[str, int] = {}

    def arrays_of(class_name: str, name: str) -> tuple[np.ndarray, ...]:
        count = used.get(class_name, 0)
        used[class_name] = count + 1
        folder = f"layers/{snake_case(class_name)}" + (f"_{count}" if count else "")
        if store.find(folder) is None:
            return ()
        _check_owner(store, folder, name)
        inner = next((part for part in ("cell", "layer") if store.find(folder, part) is not None), "")
        variables = store.find(folder, inner, "vars")
        return tuple(store.read(folder, inner, "vars", str(index)) for index in range(len(variables or ())))

    return arrays_of


def _check_owner(store: Store, folder: str, name: str) -> None:
    """Keras 3 writes the layer's name beside its arrays: a file whose order was changed must not mix them up."""
    variables = store.find(folder, "vars")
    owner = None if variables is None else variables.attrs.get("name")
    if owner is not None and text(owner) != name:
        raise InputError(
            f"{store.label}: {folder} holds the weights of layer {text(owner)!r}, not of {name!r}; save the model again"
        )


def by_layer_name(store: Store) -> ArraysOf:
    """HDF5 files: a layer is kept by its name, with the list of its arrays."""

    def arrays_of(_class_name: str, name: str) -> tuple[np.ndarray, ...]:
        group = store.find("model_weights", name)
        if group is None:
            return ()
        return tuple(store.read("model_weights", name, text(part)) for part in group.attrs["weight_names"])

    return arrays_of


def snake_case(name: str) -> str:
    """As Keras writes class names: LSTM > lstm, TimeDistributed > time_distributed, Conv1D > conv1d."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def text(value: Any) -> str:
    """A string attribute, which h5py gives as bytes or str."""
    return value.decode() if isinstance(value, bytes) else str(value)
