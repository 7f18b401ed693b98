"""Run in a process of its own: makes models with tf_keras 2 and TensorFlow's converter, for the tests of `.tflite`.

usage: tflite_models.py FOLDER. Each model gives FOLDER/NAME.tflite; the runtime says what it computes.
"""

import os
import sys
import warnings
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3", TF_USE_LEGACY_KERAS="1")
import numpy as np
import tensorflow as tf
import tf_keras

L = tf_keras.layers
FRAMES, WIDTH = 100, 5
ALL = {"return_sequences": True}


def sequential(*layers):
    return tf_keras.Sequential([tf_keras.Input((None, WIDTH)), *layers])


def normalization():
    return L.Normalization(mean=[1.0, -2.0, 0.5, 3.0, 0.0], variance=[1.0, 4.0, 0.25, 2.0, 9.0])


def supported():
    """Models that must be imported, with the batch and frames to convert them with; None leaves the size free."""
    head = (L.BatchNormalization(), L.TimeDistributed(L.Dense(4, activation="tanh")), L.Dense(3), L.Softmax())
    yield "free", sequential(L.LSTM(6, **ALL), *head), 1, None
    yield "last", sequential(L.LSTM(6, **ALL), L.Dropout(0.2), L.LSTM(7), L.Dense(3, activation="softmax")), 1, FRAMES
    yield "backward_last", sequential(L.LSTM(6, go_backwards=True), L.Dense(3, activation="sigmoid")), 1, FRAMES
    both = (L.Bidirectional(L.LSTM(6, **ALL)), L.Bidirectional(L.LSTM(4), merge_mode="sum"))
    yield "both_last", sequential(*both, L.Dense(3)), 1, None
    functions = ("relu", "tanh", "sigmoid", "linear")
    yield "dense", sequential(*(L.Dense(4, activation=name) for name in functions)), None, FRAMES


def refused():
    """Models that must be refused; the tests know by which message."""
    yield "no_bias", sequential(L.LSTM(6, use_bias=False, **ALL)), 1, 4
    yield "unrolled", tf_keras.Sequential([tf_keras.Input((2, WIDTH)), L.LSTM(6, unroll=True, **ALL)]), 1, 2


def randomize(model, random):
    """Weights of a trained network's size, and biases that are not zero; statistics of norms are not 0 and 1."""
    for weight in model.weights:
        if "variance" in weight.name and "moving" in weight.name:
            weight.assign(random.uniform(0.5, 2, weight.shape))
        elif "normalization/" not in weight.name or "batch" in weight.name:
            weight.assign(random.normal(0, 0.6, weight.shape))


def converter(model, batch, frames):
    """The manual's recipe: the size of a batch and its frames are fixed in a concrete function."""
    call = tf.function(lambda features: model(features, training=False))
    fixed = call.get_concrete_function(tf.TensorSpec([batch, frames, WIDTH], tf.float32))
    return tf.lite.TFLiteConverter.from_concrete_functions([fixed], model)


def ways(folder, random):
    """One trained model, converted in every way."""
    model = sequential(L.LSTM(40, **ALL), L.Dense(40))
    randomize(model, random)
    (folder / "recipe.tflite").write_bytes(converter(model, 1, FRAMES).convert())
    (folder / "streaming.tflite").write_bytes(converter(model, 1, 1).convert())
    for name in ("dynamic", "half", "integers"):
        made = converter(model, 1, FRAMES)
        made.optimizations = [tf.lite.Optimize.DEFAULT]
        if name == "half":
            made.target_spec.supported_types = [tf.float16]
        if name == "integers":
            made.representative_dataset = lambda: ([random.normal(size=(1, FRAMES, WIDTH)).astype("f4")] for _ in [0])
            made.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
            made.inference_input_type = tf.int8
        (folder / "refused" / f"{name}.tflite").write_bytes(made.convert())
    layers = (normalization(), L.LSTM(6, **ALL), L.BatchNormalization(), L.Dense(4), L.BatchNormalization(), L.ReLU())
    fixed = tf_keras.Sequential([tf_keras.Input((FRAMES, WIDTH), batch_size=1), *layers])
    randomize(fixed, random)
    (folder / "from_keras_model.tflite").write_bytes(tf.lite.TFLiteConverter.from_keras_model(fixed).convert())


def main(folder):
    random = np.random.default_rng(7)
    (folder / "refused").mkdir(parents=True, exist_ok=True)
    ways(folder, random)
    for models, place in ((supported(), folder), (refused(), folder / "refused")):
        for name, model, batch, frames in models:
            randomize(model, random)
            (place / f"{name}.tflite").write_bytes(converter(model, batch, frames).convert())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
