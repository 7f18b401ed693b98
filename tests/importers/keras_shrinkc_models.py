"""Run in a process of its own: saves models of `shrinkc.keras`, with their outputs, in FOLDER, its argument.

Each model NAME gives NAME.keras, NAME.h5 and NAME.npz (its outputs); those that must be refused stand in refused/.
"""

import os
import sys
import warnings
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")

import keras
import numpy as np
import tensorflow as tf

from shrinkc.keras import SRU, LiGRU, LiGRUCell, SRUCell

L = keras.layers
FRAMES, WIDTH = 100, 5
HARD = {"activation": "hard_sigmoid", "recurrent_activation": "hard_sigmoid"}


def ligru(**options):
    return LiGRU(6, **{"return_sequences": True, **options})


def sru(units=6, **options):
    return SRU(units, **{"return_sequences": True, **options})


def frozen(layer):
    layer.trainable = False
    return layer


def sequential(*layers, shape=(None, WIDTH), batch_size=None):
    return keras.Sequential([keras.Input(shape, batch_size=batch_size), *layers])


def supported():
    """Every option, alone and around others."""
    both, only = L.Bidirectional, {"return_sequences": False}
    yield "ligru", sequential(ligru(), ligru(epsilon=0.3, momentum=0.5), L.Dense(3))
    yield "ligru_bias", sequential(ligru(batch_norm=False), L.Dense(3))
    yield "ligru_bare", sequential(ligru(batch_norm=False, use_bias=False), L.Dense(3))
    yield "ligru_functions", sequential(*(ligru(activation=name) for name in ("tanh", "sigmoid", "linear", None)))
    yield "ligru_hard", sequential(ligru(**HARD), ligru(batch_norm=False, **HARD), L.Dense(3))
    yield "ligru_both", sequential(both(ligru()), both(ligru(**only)), L.Dense(3))
    yield "ligru_sum", sequential(both(ligru(), merge_mode="sum"), ligru(**only))
    yield "ligru_norm", sequential(L.BatchNormalization(), ligru(), L.BatchNormalization(), ligru(), L.Dense(2))
    half = both(ligru())
    half.forward_layer.trainable = False
    yield "ligru_frozen", sequential(half, frozen(ligru()), L.Dense(3))
    yield "ligru_trained", sequential(ligru(dropout=0.2, recurrent_dropout=0.1), ligru(unroll=False), L.Dense(3))
    yield "sru", sequential(sru(), sru(), L.Dense(3))
    yield "sru_input", sequential(sru(WIDTH, skip="input", highway_bias=-1.0), L.Dense(3))
    yield "sru_scale", sequential(sru(WIDTH, rescale=False), L.Dense(3))
    yield "sru_matrix", sequential(sru(WIDTH, skip="matrix"), L.Dense(3))
    yield "sru_none", sequential(sru(skip="none"), L.Dense(3))
    yield "sru_tanh", sequential(sru(activation="tanh"), sru(activation=None), L.Dense(3))
    yield "sru_projection", sequential(sru(projection=3), sru(projection=4), L.Dense(3))
    yield "sru_plain", sequential(sru(recurrent=False), sru(use_bias=False), sru(recurrent=False, use_bias=False))
    yield "sru_both", sequential(both(sru()), both(sru(12)), both(sru(projection=2, **only)), L.Dense(3))
    yield "sru_norm", sequential(L.BatchNormalization(), sru(), L.Dense(3))
    yield "sru_frozen", sequential(frozen(sru()), frozen(sru()), both(frozen(sru(12))), L.Dense(3))
    yield "sru_trained", sequential(sru(dropout=0.2, recurrent_dropout=0.1), L.Dense(3))
    yield "unrolled", sequential(ligru(unroll=True), sru(unroll=True), shape=(FRAMES, WIDTH))
    cells = L.RNN(L.StackedRNNCells([LiGRUCell(4), SRUCell(4), SRUCell(3)]), return_sequences=True)
    yield "cells", sequential(L.RNN(LiGRUCell(4), return_sequences=True), cells, both(L.RNN(SRUCell(3))))


def refused():
    yield "elu", sequential(ligru(activation="elu"))
    yield "relu_gate", sequential(ligru(recurrent_activation="relu"))
    yield "backwards", sequential(sru(go_backwards=True))
    yield "stateful", sequential(ligru(stateful=True), batch_size=2)
    yield "half", sequential(sru(dtype="mixed_float16"))
    yield "norm", sequential(L.BatchNormalization(), sru(WIDTH), L.Dense(2))


def randomize(model, random):
    """Weights of a trained network's size, biases and moving means that are not zero, variances above zero."""
    for weight in model.weights:
        values = random.normal(0, 0.4, weight.shape)
        positive = "variance" in weight.path or "alpha" in weight.path
        # alpha stays its constant: the options that give it are under test too.
        weight.assign(weight if "alpha" in weight.path else abs(values) + 0.1 if positive else values)


def save(model, folder, name):
    for ending in ("keras", "h5"):
        model.save(folder / f"{name}.{ending}")


def main(folder):
    random = np.random.default_rng(7)
    for name, model in supported():
        randomize(model, random)
        save(model, folder, name)
        features = random.normal(0, 1.5, (2, FRAMES, WIDTH)).astype("float32")
        run = tf.function(lambda values, model=model: model(values, training=False), autograph=False)
        np.savez(folder / f"{name}.npz", features=features, outputs=run(features).numpy())
    (folder / "refused").mkdir()
    for name, model in refused():
        save(model, folder / "refused", name)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
