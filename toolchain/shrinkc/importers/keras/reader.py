"""Keras models (.keras and .h5, of Keras 3 and of tf_keras 2) to a Network, without tensorflow.

A model must be a chain of layers. Here it is walked down; `layers`, `norms`, `recurrent` and `cells` read each layer,
`own` those of `shrinkc.keras`.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from ...errors import InputError
from ...network import Network
from ..error_places import named
from .archive import open_h5, open_keras
from .cells import LAYERS
from .chain import Chain
from .layers import read_activation, read_dense, read_relu, read_softmax
from .norms import read_batch_normalization, read_normalization
from .recurrent import read_bidirectional, read_recurrent, read_rnn
from .refusals import INNER_MODELS, REMEDIES
from .saved import SavedLayer, SavedModel, short
from .settings import check_float32, check_settings

_ON_EVERY_FRAME: dict[str, Callable[[Chain, SavedLayer], None]] = {
    "Dense": read_dense,
    "Activation": read_activation,
    "ReLU": read_relu,
    "Softmax": read_softmax,
    "BatchNormalization": read_batch_normalization,
}
"""Layers that do the same with every frame: what TimeDistributed may wrap, which then changes nothing."""

INFERENCE_NO_OPS = frozenset(
    {
        "Dropout",
        "SpatialDropout1D",
        "AlphaDropout",
        "GaussianNoise",
        "GaussianDropout",
        "ActivityRegularization",
        "Identity",
    }
)
"""Layers that do nothing at inference."""


def read_time_distributed(chain: Chain, saved: SavedLayer) -> None:
    """A wrapper that does what the layer inside does anyway."""
    check_settings(saved, "layer")
    (inner,) = saved.parts
    if inner.class_name not in {*_ON_EVERY_FRAME, *INFERENCE_NO_OPS}:
        known = ", ".join((*_ON_EVERY_FRAME, *sorted(INFERENCE_NO_OPS)))
        raise saved.refuse(f"wraps {inner.class_name!r}; only {known} can be wrapped")
    check_float32(inner)
    if inner.class_name not in INFERENCE_NO_OPS:
        _ON_EVERY_FRAME[inner.class_name](chain, inner)


_READERS: dict[str, Callable[[Chain, SavedLayer], None]] = {
    **dict.fromkeys(LAYERS, read_recurrent),
    **_ON_EVERY_FRAME,
    "RNN": read_rnn,
    "Bidirectional": read_bidirectional,
    "TimeDistributed": read_time_distributed,
    "Normalization": read_normalization,
}

WITH_WEIGHTS = frozenset({*_READERS, "StackedRNNCells"})
"""Classes whose arrays, or whose parts' arrays, are read from the file."""


def read_keras(path: Path) -> Network:
    """A `.keras` archive. Raises InputError for what is damaged or not supported."""
    return network_of(path, open_keras(path, WITH_WEIGHTS))


def read_h5(path: Path) -> Network:
    """A Keras `.h5` file. Raises InputError for what is damaged or not supported."""
    return network_of(path, open_h5(path, WITH_WEIGHTS))


def network_of(path: Path, model: SavedModel) -> Network:
    """The Network of a saved model. Raises InputError for what is not supported."""
    chain = Chain(path)
    before = ""
    for saved in model.layers:
        if saved.inbound is not None:
            _check_link(saved, before)
        check_float32(saved)
        if saved.class_name == "InputLayer" or not before:
            _read_input(chain, saved)
        before = saved.name
        if saved.class_name != "InputLayer" and saved.class_name not in INFERENCE_NO_OPS:
            _read(chain, saved)
            chain.started = True
    if model.outputs and model.outputs != (before,):
        raise InputError(
            f"{path}: returns {', '.join(map(repr, model.outputs))}; only the last layer ({before!r}) may be an output"
        )
    return chain.finish()


def _check_link(saved: SavedLayer, before: str) -> None:
    """Refuse a layer of a Functional model that reads anything but the layer before it."""
    if before and saved.class_name == "InputLayer":
        raise saved.refuse("is a second input; only models of one input are supported")
    if not before and saved.class_name != "InputLayer":
        raise saved.refuse("stands before the input; save the model again")
    if before and saved.inbound != (before,):
        reads = ", ".join(map(repr, saved.inbound or ())) or "nothing"
        raise saved.refuse(
            f"reads {reads}, the layer before it is {before!r}; only a chain is supported, each layer used once"
        )
    if saved.call:
        name, value = next(iter(saved.call.items()))
        value = short(value) if isinstance(value, bool | int | float | str) else "..."
        raise saved.refuse(f"is called with {name} = {value}; call it with its input alone")


def _read_input(chain: Chain, saved: SavedLayer) -> None:
    """The width of a frame, from the input layer or from the first layer of a model that has none."""
    if saved.class_name == "InputLayer":
        for key in ("sparse", "ragged", "optional"):
            if saved.config.get(key):
                raise saved.refuse(f"{key} = True is not supported; use {key} = False")
    shape = saved.config.get("batch_shape", saved.config.get("batch_input_shape"))
    if shape is None:
        return
    if not isinstance(shape, list) or len(shape) not in (2, 3):
        raise saved.refuse(f"the input has the shape {short(shape)}; use (batch, time, features)")
    chain.axes = len(shape)
    if type(shape[-1]) is int:
        chain.input_width = shape[-1]


def _read(chain: Chain, saved: SavedLayer) -> None:
    reader = _READERS.get(saved.class_name)
    if reader is None:
        raise saved.refuse(_remedy(saved))
    if chain.ended_by:
        raise saved.refuse(f"stands after {chain.ended_by}, which must be the end of the model; remove it")
    with named(saved.path, saved.place, "; save the model again"), np.errstate(over="ignore", invalid="ignore"):
        reader(chain, saved)  # weights that leave float32 are refused by name


def _remedy(saved: SavedLayer) -> str:
    """What to do about a layer that is not known."""
    if saved.class_name in INNER_MODELS:
        return "a model inside a model is not supported; add its layers to the outer model"
    if saved.class_name in REMEDIES:
        return REMEDIES[saved.class_name]
    known = ", ".join(sorted({*_READERS, *INFERENCE_NO_OPS}))
    reason = "a layer of your own cannot be imported" if ">" in saved.class_name else "not supported"
    return f"{reason}; known layers: {known}"
