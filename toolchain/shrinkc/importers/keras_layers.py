"""Reads each Keras layer that is supported into the network's own order, and refuses every option that is not."""

from typing import Any

import numpy as np

from ..errors import InputError
from .assembly import Assembly, Weights
from .keras_archive import SavedLayer

LSTM_GATES = ("input", "forget", "candidate", "output")
"""Keras keeps an LSTM's gates in the order i, f, c, o."""

ACTIVATIONS = {"linear": "identity", "tanh": "tanh", "sigmoid": "sigmoid", "relu": "relu"}
"""Keras' activations and the cell's functions."""

KERAS_DEFAULTS = {"return_sequences": False}
"""Where Keras' default, for a setting that the file leaves out, is not what we need."""

EPSILON = 1e-7
"""Keras' floor under a deviation."""


def require_float32(assembly: Assembly, saved: SavedLayer) -> None:
    """Refuse mixed precision, float16, float64 and Keras' own quantisation."""
    policy = saved.config.get("dtype", "float32")
    if isinstance(policy, dict):
        settings = policy.get("config")
        settings = settings if isinstance(settings, dict) else {}
        policy = settings.get("name") or policy.get("class_name")
        if settings.get("mode"):
            policy = f"{settings['mode']} (quantized)"
    if policy not in ("float32", None):
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            f"dtype = {short(policy)} is not supported; save the model with dtype = 'float32'",
        )
    _require(assembly, saved, quantization_config=None, lora_rank=None)


def read_lstm(assembly: Assembly, saved: SavedLayer) -> None:
    """kernel (inputs, 4 units), recurrent kernel (units, 4 units) and bias, gate after gate."""
    _require(assembly, saved, return_sequences=True, activation="tanh", recurrent_activation="sigmoid")
    _require(assembly, saved, go_backwards=False, stateful=False, return_state=False, time_major=False)
    _require(assembly, saved, zero_output_for_mask=False)
    units = saved.config.get("units")
    kernel, recurrent, bias = _arrays(assembly, saved, 2)
    if type(units) is not int or kernel.shape[1] != 4 * units or recurrent.shape != (units, 4 * units):
        raise _wrong_shapes(assembly, saved, units, kernel, recurrent)
    matrices, biases = {}, {}
    for index, gate in enumerate(LSTM_GATES):
        part = slice(index * units, (index + 1) * units)
        matrices[f"{gate}.x"] = np.ascontiguousarray(kernel[:, part].T)
        matrices[f"{gate}.h"] = np.ascontiguousarray(recurrent[:, part].T)
        biases[gate] = bias[part].copy()
    assembly.add(saved.name, Weights("lstm", {}, kernel.shape[0], units, matrices, biases))


def read_dense(assembly: Assembly, saved: SavedLayer) -> None:
    """kernel (inputs, units) and bias."""
    activation = _activation(assembly, saved)
    kernel, bias = _arrays(assembly, saved, 1)
    if kernel.shape[1] != saved.config.get("units"):
        raise _wrong_shapes(assembly, saved, saved.config.get("units"), kernel)
    matrices = {"output.x": np.ascontiguousarray(kernel.T)}
    weights = Weights("dense", {"activation": activation}, *kernel.shape, matrices, {"output": bias})
    assembly.add(saved.name, weights)


def read_time_distributed(assembly: Assembly, saved: SavedLayer) -> None:
    """The same Dense for every frame: what Dense does anyway."""
    inner = saved.config.get("layer")
    kind = inner.get("class_name") if isinstance(inner, dict) else None
    config = inner.get("config") if isinstance(inner, dict) else None
    if kind != "Dense" or not isinstance(config, dict) or ">" in str(inner.get("registered_name")):
        raise assembly.refuse(saved.name, saved.class_name, f"wraps {short(kind)}; only Dense can be wrapped")
    dense = SavedLayer("TimeDistributed Dense", saved.name, config, None, {}, saved.weights)
    require_float32(assembly, dense)
    read_dense(assembly, dense)


def read_softmax(assembly: Assembly, saved: SavedLayer) -> None:
    """Left off: outputs are logits."""
    _require(assembly, saved, axis=-1)
    assembly.end(f"the softmax of {saved.name!r}")
    assembly.notes.append(f"the softmax of layer {saved.name} is left off: the outputs are logits, with the same order")


def read_activation(assembly: Assembly, saved: SavedLayer) -> None:
    """softmax ends the model, linear does nothing."""
    activation = saved.config.get("activation")
    if activation == "softmax":
        read_softmax(assembly, saved)
    elif activation != "linear":
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            f"activation = {short(activation)} is not supported here; give it to the Dense layer",
        )


def read_normalization(assembly: Assembly, saved: SavedLayer) -> None:
    """(x - mean) / sqrt(variance), kept as the network's mean and scale. Keras floors the deviation."""
    if assembly.layers or assembly.normalized:
        raise assembly.refuse(
            saved.name, saved.class_name, "must stand before every other layer; normalise the features alone"
        )
    _require(assembly, saved, invert=False)
    if saved.config.get("axis", [-1]) not in ([-1], [2], -1, 2):
        raise assembly.refuse(
            saved.name, saved.class_name, f"axis = {short(saved.config['axis'])} is not supported; use axis = -1"
        )
    statistics = [saved.config.get(key) for key in ("mean", "variance")]
    if None in statistics:
        statistics = list(saved.weights[:2])
    try:
        mean, variance = (np.asarray(value, np.float32).ravel() for value in statistics)
    except (ValueError, TypeError) as error:
        raise assembly.refuse(
            saved.name, saved.class_name, "its mean and variance are not in the file; adapt() it and save again"
        ) from error
    sound = np.isfinite(mean).all() and np.isfinite(variance).all() and (variance >= 0).all()
    if not (mean.size and mean.size == variance.size and sound):
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            "its mean and variance are no finite arrays of one length; adapt() it and save again",
        )
    assembly.normalize(mean, 1 / np.maximum(np.sqrt(variance), EPSILON))


def _require(assembly: Assembly, saved: SavedLayer, **expected: Any) -> None:
    """Refuse the layer unless its configuration has these values (or leaves them at Keras' default)."""
    for key, value in expected.items():
        actual = saved.config.get(key, KERAS_DEFAULTS.get(key, value))
        if type(actual) is not type(value) or actual != value:
            raise assembly.refuse(
                saved.name, saved.class_name, f"{key} = {short(actual)} is not supported; use {key} = {value!r}"
            )


def _arrays(assembly: Assembly, saved: SavedLayer, matrices: int) -> list[np.ndarray]:
    """The layer's matrices and its bias (zeros where it has none), as finite float32."""
    expected = matrices + (saved.config.get("use_bias", True) is not False)
    if len(saved.weights) != expected:
        raise assembly.refuse(
            saved.name,
            saved.class_name,
            f"has {len(saved.weights)} arrays of weights in the file, not {expected}; save the model again",
        )
    if any(array.ndim != (2 if index < matrices else 1) for index, array in enumerate(saved.weights)):
        raise _wrong_shapes(assembly, saved, saved.config.get("units"), *saved.weights)
    arrays = [array.astype(np.float32) for array in saved.weights]
    if len(arrays) == matrices:
        arrays.append(np.zeros(arrays[0].shape[1], np.float32))
    if arrays[-1].shape != arrays[0].shape[1:]:
        raise _wrong_shapes(assembly, saved, saved.config.get("units"), *arrays)
    if not all(np.isfinite(array).all() for array in arrays):
        raise assembly.refuse(saved.name, saved.class_name, "holds NaN or infinite weights; train it again")
    return arrays


def _wrong_shapes(assembly: Assembly, saved: SavedLayer, units: Any, *arrays: np.ndarray) -> InputError:
    shapes = " and ".join(str(array.shape) for array in arrays)
    return assembly.refuse(
        saved.name,
        saved.class_name,
        f"its weights have the shapes {shapes}, not those of {short(units)} units; save it again",
    )


def _activation(assembly: Assembly, saved: SavedLayer) -> str:
    """A Dense layer's activation as the cell's option; a softmax ends the model and is left off."""
    activation = saved.config.get("activation", "linear")
    if activation == "softmax":
        read_softmax(assembly, saved)
        return "identity"
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        known = ", ".join([*ACTIVATIONS, "softmax"])
        raise assembly.refuse(
            saved.name, saved.class_name, f"activation = {short(activation)} is not supported; known: {known}"
        )
    return ACTIVATIONS[activation]


def short(value: Any) -> str:
    """A value of the configuration for an error message: one line, whatever the file holds."""
    if isinstance(value, dict):
        return "a function of your own" if value.get("class_name") in ("function", "__lambda__") else "{...}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
