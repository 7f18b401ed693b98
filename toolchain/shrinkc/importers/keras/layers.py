"""Keras' layers without states: Dense, the activations around it, and the end of a model."""

import numpy as np

from ...errors import InputError
from ..folding import dense
from .chain import Chain
from .saved import SavedLayer, short
from .settings import (
    ACTIVATIONS,
    activation,
    arrays,
    check_settings,
    hard_sigmoid_slope,
    number,
    truth,
    units_of,
)

_KNOWN = (*ACTIVATIONS, "softmax")


def read_dense(chain: Chain, saved: SavedLayer) -> None:
    """kernel (inputs, units) and bias (units,)."""
    check_settings(saved, "units", "use_bias", "activation")
    function = activation(saved, "activation", "linear", _KNOWN)
    units = units_of(saved)
    if truth(saved, "use_bias", True):
        kernel, bias = arrays(saved, (None, units), (units,))
    else:
        (kernel,), bias = arrays(saved, (None, units)), np.zeros(units, np.float32)
    chain.add(saved.name, dense(np.ascontiguousarray(kernel.T), bias))
    if function == "softmax":
        chain.leave_off("softmax", saved.name)
    elif function != "linear":
        _activate(chain, saved, function)


def read_activation(chain: Chain, saved: SavedLayer) -> None:
    """softmax ends the model, linear does nothing, others become the activation of the linear Dense before them."""
    check_settings(saved, "activation")
    function = activation(saved, "activation", "linear", _KNOWN)
    if function == "softmax":
        chain.leave_off("softmax", saved.name)
    elif function != "linear":
        _activate(chain, saved, function)


def read_relu(chain: Chain, saved: SavedLayer) -> None:
    """max(x, 0)."""
    check_settings(saved, "max_value", "negative_slope", "threshold")
    if saved.config.get("max_value") is not None:
        raise saved.refuse(f"max_value = {short(saved.config['max_value'])} is not supported; use max_value = None")
    for key in ("negative_slope", "threshold"):
        if number(saved, key, 0) != 0:
            raise saved.refuse(f"{key} = {short(saved.config[key])} is not supported; use {key} = 0")
    _activate(chain, saved, "relu")


def read_softmax(chain: Chain, saved: SavedLayer) -> None:
    """Left off: outputs are logits."""
    check_settings(saved, axis=-1)
    chain.leave_off("softmax", saved.name)


def _activate(chain: Chain, saved: SavedLayer, function: str) -> None:
    """Give the linear Dense layer just read its activation."""
    slope = hard_sigmoid_slope(saved) if function == "hard_sigmoid" else None
    try:
        chain.activate(ACTIVATIONS[function], slope)
    except InputError as error:
        raise saved.refuse(
            f"{function} {str(error).replace('dense', 'Dense')}; give it to the layer before as activation"
        ) from error
