"""The framework that the command line names, keras or tf_keras, and short words for its layers and models."""

import importlib
import os
import sys

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
TF_KERAS = sys.argv[1] == "tf_keras"
if TF_KERAS:
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
keras = importlib.import_module(sys.argv[1])
L = keras.layers
FRAMES, WIDTH = 100, 5
FUNCTIONS = ("tanh", "sigmoid", "relu", "linear", "hard_sigmoid")
if TF_KERAS:  # without a second graph and its gradient for a GPU, which take most of the time
    for kind in (L.LSTM, L.GRU):
        kind._could_use_gpu_kernel = property(lambda layer: False, lambda layer, value: None)


def lstm(**options):
    return L.LSTM(4, **{"return_sequences": True, **options})


def gru(**options):
    return L.GRU(4, **{"return_sequences": True, **options})


def rnn(**options):
    return L.SimpleRNN(4, **{"return_sequences": True, **options})


def over(cell):
    return L.RNN(cell, return_sequences=True)


def frozen(layer):
    layer.trainable = False
    return layer


def identity():
    return getattr(L, "Identity", L.Layer)()


def sequential(*layers):
    return keras.Sequential([keras.Input((None, WIDTH)), *layers])


def functional(*layers, **call):
    inputs = keras.Input((None, WIDTH))
    values = inputs
    for layer in layers:
        values = layer(values, **(call if isinstance(layer, L.Dropout) else {}))
    return keras.Model(inputs, values)
