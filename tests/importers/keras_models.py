"""Run in a process of its own: makes models with Keras 3, or with tf_keras 2, and saves them with their outputs.

usage: keras_models.py keras|tf_keras FOLDER. Each model NAME gives NAME.keras, NAME.h5 and NAME.npz (its outputs).
Where one container cannot hold the model, its file is left out.
"""

import itertools
import sys
import warnings
from pathlib import Path

import numpy as np
from keras_maker import (
    FRAMES,
    FUNCTIONS,
    TF_KERAS,
    WIDTH,
    L,
    frozen,
    functional,
    gru,
    identity,
    keras,
    lstm,
    over,
    rnn,
    sequential,
)
from keras_refused import Subclassed, refused

SAVED_MODELS = {
    *("sequential", "no_bias", "adapted", "given", "dense", "distributed", "gru_after", "gru_before", "gru_gates"),
    *("simple_rnn", "cells", "stacked", "last", "last_stacked", "slash", "trained_only"),
    *("both", "both_sum", "both_own", "both_cells", "both_frozen", "norm_between", "norm_dense", "norm_frozen"),
}
"""Models that tf_keras also saves as folders."""
UNBOUNDED = ("functions", "gates")
"""Parts of the names of models whose values would grow without end with large weights."""


def adapted(random):
    layer = L.Normalization()
    layer.adapt(random.normal(3, 2, (20, 9, WIDTH)).astype("float32"))
    return layer


def supported(random):
    """Models that must be imported, with what they give."""
    given = {"mean": [1.0, -2.0, 0.5, 3.0, 0.0], "variance": [1.0, 4.0, 0.25, 2.0, 9.0]}
    yield "sequential", sequential(lstm(), L.Dropout(0.3), lstm(), L.Dense(3))
    yield (
        "functional",
        functional(lstm(name="b"), L.GaussianNoise(0.1), L.LSTM(6, return_sequences=True, name="a"), L.Dense(2)),
    )
    yield "no_bias", sequential(lstm(use_bias=False), lstm(), L.Dense(3, use_bias=False), L.Dense(2))
    yield "given", sequential(L.Normalization(**given), L.Dense(3))
    yield "scalar", sequential(L.Normalization(axis=-1, mean=2.0, variance=4.0), L.Dense(3))
    yield "adapted", functional(adapted(random), L.Dense(3))
    yield "no_axis", sequential(L.Normalization(axis=None, mean=2.0, variance=4.0), L.Dense(2))
    yield "dense", sequential(*(L.Dense(4, activation=name) for name in FUNCTIONS))
    yield "distributed", sequential(rnn(), L.TimeDistributed(L.Dense(3, activation="relu")), L.Dense(2))
    yield "distributed_relu", sequential(L.TimeDistributed(L.Dense(3)), L.TimeDistributed(L.ReLU()), L.Dense(2))
    wrapped = (L.TimeDistributed(layer) for layer in (L.Dropout(0.5), L.BatchNormalization()))
    yield "distributed_norm", sequential(rnn(), *wrapped, L.Dense(3), L.TimeDistributed(L.BatchNormalization()))
    yield (
        "noise",
        sequential(L.SpatialDropout1D(0.2), rnn(), L.GaussianDropout(0.2), L.Activation("linear"), L.Dense(3)),
    )
    yield "nothing_done", sequential(identity(), rnn(), L.AlphaDropout(0.1), L.ActivityRegularization(0.1), L.Dense(3))
    yield (
        "names",
        sequential(rnn(name="a.b"), rnn(name="a-b"), L.Dense(3, name="A_b"), L.Dense(2, name="int")),
    )
    if TF_KERAS:
        yield "slash", functional(rnn(name="enc/rnn"), L.Dense(3, name="enc/out"))
    else:
        yield "spaces", sequential(rnn(name="my första"), L.Dense(3, name="2nd"))
    yield "softmax", sequential(rnn(), L.Dense(3, activation="softmax"))
    yield "softmax_layer", sequential(rnn(), L.Dense(3), L.Softmax())
    yield "softmax_activation", sequential(L.Dense(3), L.Activation("softmax"))
    yield from recurrent()
    yield from in_both_directions()
    yield from normalised()


def recurrent():
    """The cells and their options."""
    yield "lstm_functions", sequential(*(lstm(activation=name) for name in FUNCTIONS if name != "hard_sigmoid"))
    yield "lstm_gates", sequential(*(lstm(recurrent_activation=name) for name in FUNCTIONS))
    yield "gru_after", sequential(gru(), gru(use_bias=False), L.Dense(3))
    yield "gru_before", sequential(gru(reset_after=False), gru(reset_after=False, use_bias=False), L.Dense(3))
    yield "gru_functions", sequential(*(gru(activation=name) for name in FUNCTIONS))
    yield "gru_functions_before", sequential(*(gru(activation=name, reset_after=False) for name in FUNCTIONS))
    hard = {"recurrent_activation": "hard_sigmoid"}
    yield "gru_gates", sequential(gru(**hard), gru(reset_after=False, **hard), L.Dense(3))
    yield "simple_rnn", sequential(rnn(), rnn(use_bias=False), L.Dense(3))
    yield "simple_rnn_functions", sequential(*(rnn(activation=name) for name in FUNCTIONS))
    yield (
        "cells",
        sequential(*(over(cell) for cell in (L.LSTMCell(4), L.GRUCell(3, reset_after=False), L.SimpleRNNCell(4)))),
    )
    yield "stacked", stacked()
    yield "last", sequential(lstm(), lstm(return_sequences=False), L.Dense(3, activation="tanh"), L.Dense(2))
    yield "last_gru", sequential(gru(return_sequences=False))
    yield "last_stacked", sequential(L.RNN(L.StackedRNNCells([L.GRUCell(4), L.SimpleRNNCell(3)])), L.Dense(2))
    dropped = {"dropout": 0.2, "recurrent_dropout": 0.1}
    yield "trained_only", sequential(lstm(**dropped), gru(**dropped), rnn(**dropped), frozen(lstm()), L.Dense(3))
    speed = (
        {"implementation": 1, "time_major": False} if TF_KERAS else {"use_cudnn": False, "zero_output_for_mask": True}
    )
    yield "unrolled", keras.Sequential([keras.Input((FRAMES, WIDTH)), rnn(unroll=True), gru(**speed)])


def stacked():
    """A stack whose first cell is frozen: an .h5 file then lists its weights last."""
    cells = [L.LSTMCell(3), L.GRUCell(4), L.LSTMCell(2)]
    model = sequential(L.RNN(L.StackedRNNCells(cells), return_sequences=True, name="deep"), L.Dense(3))
    cells[0].trainable = False
    return model


def in_both_directions():
    """Bidirectional: merge modes, layers of one's own, last steps."""
    yield "both", sequential(L.Bidirectional(lstm()), L.Bidirectional(gru(reset_after=False)), L.Dense(3))
    yield "both_functional", functional(L.Bidirectional(rnn(), name="rnn"), L.Bidirectional(gru()), L.Dense(3))
    for mode in ("sum", "mul", "ave"):
        yield f"both_{mode}", sequential(L.Bidirectional(gru(), merge_mode=mode), L.Dense(2))
    for mode in ("concat", "sum", "mul", "ave"):
        layer = lstm(return_sequences=False)
        yield f"both_last_{mode}", sequential(L.Bidirectional(layer, merge_mode=mode), L.Dense(2))
    backward = gru(go_backwards=True, use_bias=False, name="back")
    yield "both_own", sequential(L.Bidirectional(L.LSTM(3, return_sequences=True), backward_layer=backward))
    yield (
        "both_cells",
        sequential(L.Bidirectional(over(L.GRUCell(4))), L.Bidirectional(L.RNN(L.LSTMCell(3))), L.Dense(2)),
    )
    half_frozen = L.Bidirectional(gru())
    half_frozen.forward_layer.trainable = False
    yield "both_frozen", sequential(half_frozen, L.Dense(2))


def normalised():
    """BatchNormalization wherever it is affine on a product."""
    norm = L.BatchNormalization
    yield "norm_first", sequential(norm(epsilon=0.1), lstm(), L.Dense(3))
    yield "norm_between", sequential(gru(), norm(scale=False), gru(reset_after=False), norm(center=False), lstm())
    yield "norm_both", sequential(rnn(), norm(), L.Bidirectional(lstm()), norm(), rnn(), L.Dense(2))
    yield "norm_dense", sequential(L.Dense(4), norm(scale=False, center=False), L.Dense(4, use_bias=False), norm())
    yield "norm_behind_tanh", sequential(L.Dense(4, activation="tanh"), norm(), L.Dense(3), norm(), L.ReLU(), rnn())
    yield "norm_twice", sequential(rnn(), norm(), norm(), L.Dropout(0.1), L.Dense(3))
    yield "norm_last", sequential(rnn(return_sequences=False), norm(), L.Dense(3), norm(), L.Activation("sigmoid"))
    yield "norm_merged", sequential(L.Bidirectional(rnn(), merge_mode="sum"), norm(), rnn())
    yield "norm_frozen", sequential(frozen(norm()), L.Dense(2))
    yield "behind", sequential(*itertools.chain(*((L.Dense(4), L.Dropout(0.1), L.Activation(f)) for f in FUNCTIONS)))


def randomize(model, random, spread):
    """Weights of a trained network's size, and biases that are not zero; statistics of Normalization stay."""
    for layer in model.layers:
        if isinstance(layer, L.Normalization):
            continue
        arrays = [random.normal(0, spread, array.shape) for array in layer.get_weights()]
        if isinstance(getattr(layer, "layer", layer), L.BatchNormalization):
            arrays[-1] = abs(arrays[-1]) + 0.1
        layer.set_weights(arrays)


def outputs(model, features):
    """Run as one graph where layers' names allow it: step by step from Python takes five times as long."""
    if any(" " in layer.name for layer in model.layers):
        return model(features, training=False).numpy()
    import tensorflow as tf

    return tf.function(lambda values: model(values, training=False), autograph=False)(features).numpy()


def save(model, folder, name):
    for ending in ("keras",) if name.startswith("script_") else ("keras", "h5"):
        path = folder / f"{name}.{ending}"
        try:
            model.save(path)
        except (NotImplementedError, ValueError, TypeError, RuntimeError):
            path.unlink(missing_ok=True)


def save_folders(model, folder, name):
    """SavedModels: tf_keras with its layers in them, and both without."""
    if TF_KERAS and name in SAVED_MODELS:
        traced = name == "adapted"  # with the functions, as by default: a second more, and nothing that is read differs
        model.save(folder / "saved_model" / name, save_format="tf", save_traces=traced)
    if name == "dense":
        model.export(folder / "export")


def main(folder):
    random = np.random.default_rng(7)
    for name, model in supported(random):
        randomize(model, random, 0.25 if any(end in name for end in UNBOUNDED) else 0.6)
        save(model, folder, name)
        save_folders(model, folder, name)
        features = random.normal(0, 1.5, (2, FRAMES, WIDTH)).astype("float32")
        np.savez(folder / f"{name}.npz", features=features, outputs=outputs(model, features))
    (folder / "refused").mkdir()
    for name, model in refused():
        save(model, folder / "refused", name)
    subclassed = Subclassed()
    subclassed(np.zeros((1, 3, WIDTH), "float32"))
    save(subclassed, folder / "refused", "subclassed")
    if TF_KERAS:
        import tensorflow as tf

        subclassed.save(folder / "subclassed", save_format="tf", save_traces=False)
        tf.saved_model.save(model, str(folder / "plain"))
    model.save_weights(folder / "refused" / "only.weights.h5")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[2]))
