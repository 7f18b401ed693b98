"""Keras models (.keras and .h5 of Keras 3, .h5 of tf_keras 2) to a Network, without tensorflow."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..network import Layer, Network
from .keras_archive import SavedLayer, SavedModel, open_h5, open_keras

INFERENCE_NO_OPS = frozenset(
    {"InputLayer", "Dropout", "SpatialDropout1D", "AlphaDropout", "GaussianNoise", "GaussianDropout", "ActivityRegularization"}
)
"""Layers that do nothing at inference."""

LSTM_GATES = ("input", "forget", "candidate", "output")
"""Keras keeps an LSTM's gates in the order i, f, c, o."""


@dataclass
class _Chain:
    """What has been read so far while walking down the layers."""

    path: Path
    layers: list[Layer] = field(default_factory=list)
    mean: np.ndarray | None = None
    scale: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)
    ended_by: str = ""

    def refuse(self, saved: SavedLayer, reason: str) -> InputError:
        return InputError(f"{self.path}: layer {saved.name!r} ({saved.class_name}): {reason}")


def read_keras(path: Path) -> Network:
    """A `.keras` archive. Raises InputError for what is damaged or not supported."""
    return _network(path, open_keras(path))


def read_h5(path: Path) -> Network:
    """A Keras `.h5` file. Raises InputError for what is damaged or not supported."""
    return _network(path, open_h5(path))


def _network(path: Path, model: SavedModel) -> Network:
    if model.class_name not in ("Sequential", "Functional", "Model"):
        raise InputError(f"{path}: a {model.class_name} model cannot be imported; use a Sequential or Functional model")
    chain = _Chain(path)
    before = None
    for saved in model.layers:
        if saved.inbound is not None and before is not None and saved.inbound != (before,):
            raise chain.refuse(saved, f"reads {', '.join(saved.inbound) or 'nothing'}; only a chain of layers is supported")
        before = saved.name
        if saved.class_name in INFERENCE_NO_OPS:
            continue
        reader = _READERS.get(saved.class_name)
        if reader is None:
            raise chain.refuse(saved, f"not supported; known layers: {', '.join(sorted({*_READERS, *INFERENCE_NO_OPS}))}")
        if chain.ended_by:
            raise chain.refuse(saved, f"stands after {chain.ended_by}, which must be the end of the model")
        reader(chain, saved)
    if not chain.layers:
        raise InputError(f"{path}: the model has no LSTM or Dense layer; nothing to compile")
    inputs = chain.layers[0].inputs
    mean = np.zeros(inputs, np.float32) if chain.mean is None else chain.mean
    scale = np.ones(inputs, np.float32) if chain.scale is None else chain.scale
    return Network("model", tuple(chain.layers), mean, scale, tuple(chain.notes))


def _require(chain: _Chain, saved: SavedLayer, **expected: Any) -> None:
    """Refuse the layer unless its configuration has these values (or leaves them at Keras' default)."""
    for key, value in expected.items():
        actual = saved.config.get(key, value)
        if actual != value:
            raise chain.refuse(saved, f"{key} = {actual!r} is not supported; use {key} = {value!r}")


def _arrays(chain: _Chain, saved: SavedLayer, counts: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    if len(saved.weights) not in counts:
        raise chain.refuse(saved, f"has {len(saved.weights)} arrays of weights in the file, not {counts[0]}")
    return tuple(np.asarray(array, np.float32) for array in saved.weights)


def _read_lstm(chain: _Chain, saved: SavedLayer) -> None:
    _require(chain, saved, return_sequences=True, activation="tanh", recurrent_activation="sigmoid")
    _require(chain, saved, go_backwards=False, stateful=False, return_state=False, time_major=False)
    kernel, recurrent, *bias = _arrays(chain, saved, (3, 2))
    units = int(saved.config["units"])
    if kernel.ndim != 2 or kernel.shape[1] != 4 * units or recurrent.shape != (units, 4 * units):
        raise chain.refuse(saved, f"its weights have the shapes {kernel.shape} and {recurrent.shape}, not those of {units} units")
    whole_bias = bias[0] if bias else np.zeros(4 * units, np.float32)
    matrices, biases = {}, {}
    for index, gate in enumerate(LSTM_GATES):
        part = slice(index * units, (index + 1) * units)
        matrices[f"{gate}.x"] = np.ascontiguousarray(kernel[:, part].T)
        matrices[f"{gate}.h"] = np.ascontiguousarray(recurrent[:, part].T)
        biases[gate] = whole_bias[part].copy()
    chain.layers.append(Layer(saved.name, "lstm", {}, kernel.shape[0], units, matrices, biases))


def _read_dense(chain: _Chain, saved: SavedLayer) -> None:
    kernel, *bias = _arrays(chain, saved, (2, 1))
    activation = _activation(chain, saved)
    units = kernel.shape[1]
    matrices = {"output.x": np.ascontiguousarray(kernel.T)}
    biases = {"output": bias[0].copy() if bias else np.zeros(units, np.float32)}
    chain.layers.append(Layer(saved.name, "dense", {"activation": activation}, kernel.shape[0], units, matrices, biases))


def _read_time_distributed(chain: _Chain, saved: SavedLayer) -> None:
    inner = saved.config.get("layer", {})
    if inner.get("class_name") != "Dense":
        raise chain.refuse(saved, f"wraps {inner.get('class_name')!r}; only Dense can be wrapped")
    _read_dense(chain, SavedLayer("Dense", saved.name, {**inner["config"], "name": saved.name}, None, saved.weights))


def _activation(chain: _Chain, saved: SavedLayer) -> str:
    """A Dense layer's activation as the cell's option; a softmax ends the model and is left off."""
    activation = saved.config.get("activation", "linear")
    if activation == "softmax":
        _leave_softmax_off(chain, saved)
        return "identity"
    known = {"linear": "identity", "tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu"}
    if activation not in known:
        raise chain.refuse(saved, f"activation = {activation!r} is not supported; known: {', '.join([*known, 'softmax'])}")
    return known[activation]


def _leave_softmax_off(chain: _Chain, saved: SavedLayer) -> None:
    _require(chain, saved, axis=-1)
    chain.ended_by = f"the softmax of {saved.name!r}"
    chain.notes.append(f"the softmax of layer {saved.name} is left off: the outputs are logits, with the same order")


def _read_softmax(chain: _Chain, saved: SavedLayer) -> None:
    _leave_softmax_off(chain, saved)


def _read_activation(chain: _Chain, saved: SavedLayer) -> None:
    activation = saved.config.get("activation")
    if activation == "softmax":
        _leave_softmax_off(chain, saved)
    elif activation != "linear":
        raise chain.refuse(saved, f"activation = {activation!r} is not supported here; give it to the Dense layer")


def _read_normalization(chain: _Chain, saved: SavedLayer) -> None:
    """(x - mean) / sqrt(variance), kept as the network's mean and scale. Keras floors the deviation at 1e-7."""
    if chain.layers or chain.mean is not None:
        raise chain.refuse(saved, "must be the first layer of the model")
    _require(chain, saved, invert=False)
    if saved.config.get("axis", [-1]) not in ([-1], [2], -1, 2):
        raise chain.refuse(saved, f"axis = {saved.config['axis']!r} is not supported; use axis = -1")
    if saved.config.get("mean") is not None:
        mean, variance = (np.asarray(saved.config[key], np.float32).ravel() for key in ("mean", "variance"))
    else:
        mean, variance, *_ = (array.ravel() for array in _arrays(chain, saved, (3, 2)))
    if mean.shape != variance.shape or not (np.isfinite(mean).all() and np.isfinite(variance).all()):
        raise chain.refuse(saved, "its mean and variance are not finite arrays of one length; adapt() it and save again")
    chain.mean = mean
    chain.scale = (1 / np.maximum(np.sqrt(variance), 1e-7)).astype(np.float32)


_READERS: dict[str, Callable[[_Chain, SavedLayer], None]] = {
    "LSTM": _read_lstm,
    "Dense": _read_dense,
    "TimeDistributed": _read_time_distributed,
    "Softmax": _read_softmax,
    "Activation": _read_activation,
    "Normalization": _read_normalization,
}
