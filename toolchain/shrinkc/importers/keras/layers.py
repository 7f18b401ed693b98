"""Keras' layers without states: Dense, the activations around it, and the end of a model."""

from dataclasses import replace

import numpy as np

from ..assembly import Weights, hard_sigmoid
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
    matrices = {"output.x": np.ascontiguousarray(kernel.T)}
    weights = Weights("dense", {"activation": "identity"}, *kernel.shape, matrices, {"output": bias})
    if function == "softmax":
        chain.add(saved.name, weights)
        _end(chain, saved)
    else:
        chain.add(saved.name, _activated(saved, weights, function))


def read_activation(chain: Chain, saved: SavedLayer) -> None:
    """softmax ends the model, linear does nothing, others become the activation of the linear Dense before them."""
    check_settings(saved, "activation")
    function = activation(saved, "activation", "linear", _KNOWN)
    if function == "softmax":
        _end(chain, saved)
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
    _end(chain, saved)


def _end(chain: Chain, saved: SavedLayer) -> None:
    chain.end(f"the softmax of {saved.name!r}")
    chain.notes.append(f"the softmax of layer {saved.name} is left off: the outputs are logits, with the same order")


def _activate(chain: Chain, saved: SavedLayer, function: str) -> None:
    """Give the linear Dense layer just read its activation."""
    before = chain.layers[-1] if chain.layers else None
    if before is None or before.cell_name != "dense" or before.cell_options != {"activation": "identity"}:
        raise saved.refuse(
            f"{function} must stand behind a linear Dense layer; give it to the layer before as activation"
        )
    linear = Weights("dense", before.cell_options, before.inputs, before.units, before.matrices, before.biases)
    made = _activated(saved, linear, function)
    chain.layers[-1] = replace(
        before, cell_options=made.options, matrices=dict(made.matrices), biases=dict(made.biases)
    )


def _activated(saved: SavedLayer, weights: Weights, function: str) -> Weights:
    """A linear Dense layer's weights with an activation."""
    weights = replace(weights, options={"activation": ACTIVATIONS[function]})
    return hard_sigmoid(hard_sigmoid_slope(saved), weights, ("output",)) if function == "hard_sigmoid" else weights
