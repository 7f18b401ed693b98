"""What Keras' layers share: settings that must be as wanted, activations, and arrays whose shapes are checked."""

import math
from typing import Any

import numpy as np

from ...errors import InputError
from .saved import SavedLayer, short

ACTIVATIONS = {
    "linear": "identity",
    "tanh": "tanh",
    "sigmoid": "sigmoid",
    "relu": "relu",
    "hard_sigmoid": "clamp",
}
"""Keras' activations and the cells' functions; a clamp's weights carry the slope and offset of the hard sigmoid."""

LAYER_SETTINGS = (
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "time_major",
    "zero_output_for_mask",
)
"""Settings of the layer around a cell: `recurrent` reads them. No mask ever comes, so none zeroes an output."""

_HARD_SIGMOID_SLOPES = {"1": 0.2, "2": 0.2, "3": 1 / 6}
"""By the main version of the Keras that wrote the file: clip(0.2 x + 0.5) became relu6(x + 3) / 6 with Keras 3."""

_OF_ANY_LAYER = frozenset({"name", "trainable", "dtype", "quantization_config", "lora_rank", "lora_alpha"})
_OF_INPUTS = frozenset({"batch_shape", "batch_input_shape", "input_shape", "input_dim", "input_length"})
_OF_TRAINING = frozenset({"dropout", "recurrent_dropout", "seed", "unit_forget_bias", "momentum", "synchronized"})
_OF_SPEED = frozenset({"unroll", "implementation", "use_cudnn", "fused"})
_HARMLESS = _OF_ANY_LAYER | _OF_INPUTS | _OF_TRAINING | _OF_SPEED
_HARMLESS_ENDINGS = ("_initializer", "_regularizer", "_constraint")


def check_settings(saved: SavedLayer, *read: str, **wanted: Any) -> None:
    """Refuse the layer unless the settings `wanted` have these values (or are left out).

    `read` names those that the caller reads itself. Any other setting that could change what the layer computes is
    refused by its name, so that a later Keras' option is never passed over.
    """
    for key, value in wanted.items():
        actual = saved.config.get(key, value)
        if type(actual) is not type(value) or actual != value:
            raise saved.refuse(f"{key} = {short(actual)} is not supported; use {key} = {value!r}")
    for key, value in saved.config.items():
        known = key in _HARMLESS or key in read or key in wanted or key.endswith(_HARMLESS_ENDINGS)
        if not known and value is not None and value is not False:
            raise saved.refuse(f"has the setting {short(key)}, which is not known; save it with Keras 3 or tf_keras 2")


def check_float32(saved: SavedLayer) -> None:
    """Refuse mixed precision, float16, float64 and Keras' own quantisation."""
    policy = saved.config.get("dtype", "float32")
    if isinstance(policy, dict):
        settings = policy.get("config")
        settings = settings if isinstance(settings, dict) else {}
        policy = settings.get("name") or policy.get("class_name")
        if settings.get("mode"):
            policy = f"{settings['mode']} (quantized)"
    if policy not in ("float32", None):
        raise saved.refuse(f"dtype = {short(policy)} is not supported; save the model with dtype = 'float32'")
    for key in ("quantization_config", "lora_rank"):
        if saved.config.get(key) is not None:
            raise saved.refuse(f"{key} = {short(saved.config[key])} is not supported; use {key} = None")


def truth(saved: SavedLayer, key: str, default: bool) -> bool:
    """A setting that is True or False."""
    value = saved.config.get(key, default)
    if type(value) is not bool:
        raise saved.refuse(f"{key} = {short(value)} is neither True nor False; save the model again")
    return value


def number(saved: SavedLayer, key: str, default: float) -> float:
    """A setting that is a finite number."""
    value = saved.config.get(key, default)
    if type(value) not in (int, float) or abs(value) > 1e30 or math.isnan(value):
        raise saved.refuse(f"{key} = {short(value)} is no number of use; save the model again")
    return float(value)


def units_of(saved: SavedLayer) -> int:
    """How many units the layer has."""
    units = saved.config.get("units")
    if type(units) is not int or units < 1:
        raise saved.refuse(f"units = {short(units)} is no count of units; save the model again")
    return units


def activation(saved: SavedLayer, key: str, default: str, known: tuple[str, ...]) -> str:
    """The name of an activation among `known`, as Keras calls it."""
    value = saved.config.get(key, default)
    value = "linear" if value is None else value
    if not isinstance(value, str) or value not in known:
        raise saved.refuse(f"{key} = {short(value)} is not supported; known: {', '.join(known)}")
    return value


def hard_sigmoid_slope(saved: SavedLayer) -> float:
    """The slope of the hard sigmoid of the Keras that wrote the file."""
    slope = _HARD_SIGMOID_SLOPES.get(saved.version.split(".")[0])
    if slope is None:
        raise saved.refuse(
            "has a hard_sigmoid, and the file does not say whether Keras 2 or 3 wrote it, whose slopes differ; "
            "save it again"
        )
    return slope


def arrays(saved: SavedLayer, *shapes: tuple[int | None, ...]) -> list[np.ndarray]:
    """The layer's arrays as finite float32, one a shape; None stands for a length that nothing says.

    Raises InputError for other shapes, another count, and NaN or infinite values.
    """
    if len(saved.weights) != len(shapes):
        raise saved.refuse(
            f"has {len(saved.weights)} arrays of weights in the file, not {len(shapes)}; save the model again"
        )
    for array, shape in zip(saved.weights, shapes, strict=True):
        fits = len(array.shape) == len(shape) and all(
            wanted in (None, length) for length, wanted in zip(array.shape, shape, strict=True)
        )
        if not fits or not array.size:
            raise wrong_shapes(saved)
    with np.errstate(over="ignore"):  # what is too large for float32 is refused below
        found = [array.astype(np.float32) for array in saved.weights]
    if not all(np.isfinite(array).all() for array in found):
        raise saved.refuse("holds NaN or infinite weights; train it again")
    return found


def wrong_shapes(saved: SavedLayer) -> InputError:
    """The error for arrays that are not those of the layer's settings."""
    shapes = " and ".join(str(array.shape) for array in saved.weights)
    what = f"{short(saved.config['units'])} units" if "units" in saved.config else "its settings"
    return saved.refuse(f"its weights have the shapes {shapes}, not those of {what}; save it again")
