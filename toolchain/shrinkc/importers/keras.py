"""Keras models (.keras and .h5, of Keras 3 and of tf_keras 2) to a Network, without tensorflow.

A model must be a chain of layers. Here it is walked down; `keras_layers` reads each layer.
"""

from collections.abc import Callable
from pathlib import Path

from ..errors import InputError
from ..network import Network
from .assembly import Assembly
from .keras_archive import SavedLayer, SavedModel, open_h5, open_keras
from .keras_layers import (
    read_activation,
    read_dense,
    read_lstm,
    read_normalization,
    read_softmax,
    read_time_distributed,
    require_float32,
)

_READERS: dict[str, Callable[[Assembly, SavedLayer], None]] = {
    "LSTM": read_lstm,
    "Dense": read_dense,
    "TimeDistributed": read_time_distributed,
    "Softmax": read_softmax,
    "Activation": read_activation,
    "Normalization": read_normalization,
}

INFERENCE_NO_OPS = frozenset(
    {
        "Dropout",
        "SpatialDropout1D",
        "AlphaDropout",
        "GaussianNoise",
        "GaussianDropout",
        "ActivityRegularization",
    }
)
"""Layers that do nothing at inference."""

REMEDIES = {
    "GRU": "GRU is not yet supported; use an LSTM",
    "SimpleRNN": "SimpleRNN is not yet supported; use an LSTM",
    "Bidirectional": "both directions need the whole utterance, not yet supported; train one direction",
    "Masking": "frames are never masked on the device; remove it, padding is cut off before the network",
    "BatchNormalization": "not yet supported; fold it into the layer before it",
    "Lambda": "code in a model file is never run; write it with known layers",
    "Sequential": "a model inside a model is not supported; add its layers to the outer model",
    "Functional": "a model inside a model is not supported; add its layers to the outer model",
    "Model": "a model inside a model is not supported; add its layers to the outer model",
}
"""What to do about layers that users try first."""


def read_keras(path: Path) -> Network:
    """A `.keras` archive. Raises InputError for what is damaged or not supported."""
    return _network(path, open_keras(path, _READERS))


def read_h5(path: Path) -> Network:
    """A Keras `.h5` file. Raises InputError for what is damaged or not supported."""
    return _network(path, open_h5(path, _READERS))


def _network(path: Path, model: SavedModel) -> Network:
    assembly = Assembly(path)
    before = ""
    for saved in model.layers:
        if saved.inbound is not None:
            _check_link(assembly, saved, before)
        before = saved.name
        if saved.class_name == "InputLayer":
            _read_input(assembly, saved)
        elif saved.class_name not in INFERENCE_NO_OPS:
            _read(assembly, saved)
    if model.outputs and model.outputs != (before,):
        raise InputError(
            f"{path}: returns {', '.join(map(repr, model.outputs))}; only the last layer ({before!r}) may be an output"
        )
    return assembly.finish()


def _check_link(assembly: Assembly, saved: SavedLayer, before: str) -> None:
    """Refuse a layer of a Functional model that reads anything but the layer before it."""
    if before and saved.class_name == "InputLayer":
        raise assembly.refuse(saved.name, saved.class_name, "is a second input; only models of one input are supported")
    if not before and saved.class_name != "InputLayer":
        raise assembly.refuse(saved.name, saved.class_name, "stands before the input; save the model again")
    if before and saved.inbound != (before,):
        reads = ", ".join(map(repr, saved.inbound or ())) or "nothing"
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            f"reads {reads}, the layer before it is {before!r}; only a chain is supported, each layer used once",
        )
    if saved.call:
        name, value = next(iter(saved.call.items()))
        value = value if isinstance(value, bool | int | float | str) else "..."
        raise assembly.refuse(
            saved.name, saved.class_name, f"is called with {name} = {value}; call it with its input alone"
        )


def _read_input(assembly: Assembly, saved: SavedLayer) -> None:
    shape = saved.config.get("batch_shape", saved.config.get("batch_input_shape"))
    if isinstance(shape, list) and shape and type(shape[-1]) is int:
        assembly.input_width = shape[-1]


def _read(assembly: Assembly, saved: SavedLayer) -> None:
    reader = _READERS.get(saved.class_name)
    if reader is None:
        known = ", ".join(sorted({*_READERS, *INFERENCE_NO_OPS}))
        reason = "a layer of your own cannot be imported" if ">" in saved.class_name else "not supported"
        raise assembly.refuse(
            saved.name, saved.class_name, REMEDIES.get(saved.class_name, f"{reason}; known layers: {known}")
        )
    if assembly.ended_by:
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            f"stands after {assembly.ended_by}, which must be the end of the model; remove it",
        )
    require_float32(assembly, saved)
    try:
        reader(assembly, saved)
    except InputError as error:
        if str(error).startswith(str(assembly.path)):
            raise
        raise assembly.refuse(saved.name, saved.class_name, f"{error}; save the model again") from error
