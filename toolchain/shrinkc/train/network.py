"""The network that is trained: normalisation, recurrent layers of one cell, a linear head.

Keras is imported on use.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .cells import CELLS
from .settings import Settings


def _layer_class(name: str) -> Any:
    """The class of a cell's layers: Keras' own, or one of shrinkc.keras."""
    import keras

    from .. import keras as ours

    return getattr(ours, name, None) or getattr(keras.layers, name)


def _check_projection(stack: list[Any], settings: Settings) -> None:
    """A projection that no layer has is a mistake."""
    if settings.projection and all(layer.projection is None for layer in stack):
        raise InputError(
            f"training setting 'projection' is {settings.projection}: no layer's input and output are both wider; "
            "make it smaller"
        )


def build(settings: Settings, symbols: int, mean: np.ndarray, std: np.ndarray, folded: bool = False) -> Any:
    """A Keras model from raw features (batch, frames, width) to logits (batch, frames, symbols).

    Layers are named `normalization`, `rnn1` ..., `head`. `mean` and `std` are (width,) of the training data. folded:
    without batch norm, whose effect is then in the weights.
    """
    import keras

    cell = CELLS[settings.cell]
    layer = _layer_class(cell.layer)
    stack = []
    for index in range(settings.layers):
        if settings.batch_norm and not folded:
            norm = keras.layers.BatchNormalization(momentum=settings.average, name=f"norm{index + 1}")
            stack.append(norm)
        options = cell.options(settings, settings.units if index else len(mean)) | (cell.folded if folded else {})
        stack.append(layer(settings.units, return_sequences=True, name=f"rnn{index + 1}", **options))
    _check_projection(stack, settings)
    normalise = keras.layers.Normalization(
        mean=[float(value) for value in mean],
        variance=[float(value) ** 2 for value in std],
        name="normalization",
    )
    head = keras.layers.Dense(symbols, name="head")
    return keras.Sequential(
        [keras.Input((None, len(mean)), name="features"), normalise, *stack, head], name="recogniser"
    )


def forward(model: Any, features: Any, lengths: Any, dropout: float, seed: Any) -> Any:
    """Logits (batch, frames, symbols) as in training: dropout after every recurrent layer, fixed by `seed`
    (2,) alone; batch norm by the statistics of the frames within `lengths` (batch,).
    """
    import tensorflow as tf

    values = features
    for index, layer in enumerate(model.layers):
        if re.fullmatch(r"norm\d+", layer.name) or getattr(getattr(layer, "cell", None), "batch_norm", False):
            values = layer(values, mask=tf.sequence_mask(lengths, tf.shape(features)[1]), training=True)
        else:
            values = layer(values)  # padding stands at the end, and no layer looks ahead: it needs no mask
        if layer.name.startswith("rnn"):
            values = dropped(values, dropout, seed + index)
    return values


def dropped(values: Any, dropout: float, seed: Any, shape: Any = None) -> Any:
    """Values with a share of them dropped out, fixed by `seed` (2,). shape: of what is drawn, 1 for what is the same
    along an axis; None: that of the values.
    """
    import tensorflow as tf

    return tf.nn.experimental.stateless_dropout(values, dropout, seed, noise_shape=shape) if dropout > 0 else values


@lru_cache(maxsize=4)
def _compiled(model: Any) -> Callable:
    """The model as one traced function of any batch; its weights are read anew at every call."""
    import tensorflow as tf

    shape = tf.TensorSpec((None, None, model.input_shape[-1]), tf.float32)
    return tf.function(lambda values: model(values, training=False), input_signature=[shape], autograph=False)


Run = Callable[[Any], Any]
"""run(features): logits of a padded batch."""


def outputs(model: Any, sequences: list[np.ndarray], batch: int = 64, run: Run | None = None) -> list[np.ndarray]:
    """Logits (frames, symbols) of each sequence (frames, width), computed in padded batches by length.

    run: computes a batch in place of the model itself.
    """
    run = run or _compiled(model)
    order = sorted(range(len(sequences)), key=lambda index: len(sequences[index]))
    found: list[np.ndarray] = [np.zeros((0, 0), np.float32)] * len(sequences)
    for start in range(0, len(order), batch):
        chosen = order[start : start + batch]
        longest = len(sequences[chosen[-1]])
        padded = np.zeros((len(chosen), longest, sequences[chosen[0]].shape[1]), np.float32)
        for row, index in enumerate(chosen):
            padded[row, : len(sequences[index])] = sequences[index]
        logits = run(padded).numpy()
        for row, index in enumerate(chosen):
            found[index] = logits[row, : len(sequences[index])]
    return found


def load_model(path: Path) -> Any:
    """A trained model from its `.keras` file."""
    import keras

    from .. import keras as _registered  # noqa: F401  a saved LiGRU or SRU is found once these are imported

    if not path.is_file():
        raise InputError(f"{path}: no such model")
    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise InputError(f"{path}: Keras cannot read it: {str(error).splitlines()[0]}") from None
