"""Run in a process of its own: makes models with Keras 3, or with tf_keras 2, and saves them with their outputs.

usage: keras_models.py keras|tf_keras FOLDER. Each model NAME gives NAME.keras, NAME.h5 and NAME.npz (its outputs).
Where one container cannot hold the model, its file is left out.
"""

import importlib
import os
import sys
import warnings
from pathlib import Path

os.environ.update(CUDA_VISIBLE_DEVICES="", TF_CPP_MIN_LOG_LEVEL="3")
if sys.argv[1] == "tf_keras":
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
keras = importlib.import_module(sys.argv[1])
np = importlib.import_module("numpy")
L = keras.layers
FRAMES, WIDTH = 100, 5


class Squeeze(L.Dense):
    """A layer of the user's own."""


@keras.utils.register_keras_serializable(package="Own", name="LSTM")
class OwnLSTM(L.LSTM):
    """A layer of the user's own that borrows a known name."""


class Subclassed(keras.Model):
    """A model of the user's own."""

    def __init__(self):
        super().__init__()
        self.rnn = L.LSTM(3, return_sequences=True)

    def call(self, inputs):
        return self.rnn(inputs)

    def get_config(self):
        return {}


def lstm(**options):
    return L.LSTM(4, **{"return_sequences": True, **options})


def sequential(*layers):
    return keras.Sequential([keras.Input((None, WIDTH)), *layers])


def functional(*layers, **call):
    inputs = keras.Input((None, WIDTH))
    values = inputs
    for layer in layers:
        values = layer(values, **(call if isinstance(layer, L.Dropout) else {}))
    return keras.Model(inputs, values)


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
    yield "given", sequential(L.Normalization(**given), lstm(), L.Dense(3))
    yield "scalar", sequential(L.Normalization(axis=-1, mean=2.0, variance=4.0), lstm(), L.Dense(3))
    yield "adapted", functional(adapted(random), lstm(), L.Dense(3))
    yield (
        "dense",
        sequential(*(L.Dense(4, activation=name) for name in ("tanh", "sigmoid", "relu", "linear"))),
    )
    yield "distributed", sequential(lstm(), L.TimeDistributed(L.Dense(3, activation="relu")), L.Dense(2))
    yield (
        "noise",
        sequential(L.SpatialDropout1D(0.2), lstm(), L.GaussianDropout(0.2), L.Activation("linear"), L.Dense(3)),
    )
    yield (
        "names",
        sequential(lstm(name="a.b"), lstm(name="a-b"), L.Dense(3, name="A_b"), L.Dense(2, name="int")),
    )
    if sys.argv[1] == "tf_keras":
        yield "slash", functional(lstm(name="enc/rnn"), L.Dense(3, name="enc/out"))
    else:
        yield "spaces", sequential(lstm(name="my första"), L.Dense(3, name="2nd"))
    yield "softmax", sequential(lstm(), L.Dense(3, activation="softmax"))
    yield "softmax_layer", sequential(lstm(), L.Dense(3), L.Softmax())


def refused():
    """Models that must be refused; the tests know by which message."""
    for name in ("GRU", "SimpleRNN"):
        yield name, sequential(getattr(L, name)(4, return_sequences=True), L.Dense(2))
    yield "last_only", sequential(L.LSTM(4), L.Dense(2))
    yield "backwards", sequential(lstm(go_backwards=True))
    yield "relu_lstm", sequential(lstm(activation="relu"))
    yield "hard_sigmoid", sequential(lstm(recurrent_activation="hard_sigmoid"))
    yield (
        "stateful",
        keras.Sequential([keras.Input(batch_shape=(1, None, WIDTH)), lstm(stateful=True)])
        if (sys.argv[1] == "keras")
        else keras.Sequential([L.LSTM(4, return_sequences=True, stateful=True, batch_input_shape=(1, None, WIDTH))]),
    )
    yield "bidirectional", sequential(L.Bidirectional(lstm()))
    yield "conv", sequential(L.Conv1D(4, 3, padding="causal"), lstm())
    yield "batch_norm", sequential(L.Dense(4), L.BatchNormalization(), lstm())
    yield "lambda", sequential(L.Lambda(lambda x: x * 2), lstm())
    yield "own_layer", sequential(lstm(), Squeeze(3))
    yield "own_lstm", sequential(OwnLSTM(4, return_sequences=True))
    yield "masking", sequential(L.Masking(), lstm())
    yield "late_norm", sequential(lstm(), L.Normalization(mean=1.0, variance=2.0))
    yield "after_softmax", sequential(L.Dense(3, activation="softmax"), lstm())
    yield "elu", sequential(L.Dense(3, activation="elu"))
    yield "late_tanh", sequential(L.Dense(3), L.Activation("tanh"))
    yield "wrapped", sequential(L.TimeDistributed(L.Activation("tanh")), lstm())
    yield "nested", sequential(lstm(), keras.Sequential([keras.Input((None, 4)), L.Dense(2)]))
    yield "half", sequential(lstm(dtype="mixed_float16"), L.Dense(2))
    yield "half_inside", sequential(L.TimeDistributed(L.Dense(3, dtype="float16")), lstm())
    yield "training", functional(L.Dropout(0.5, name="d"), lstm(), training=True)
    yield "nothing", sequential(L.Dropout(0.5))
    yield from branching()
    if sys.argv[1] == "keras":
        yield "zero_mask", sequential(lstm(zero_output_for_mask=True))
        quantized = sequential(L.Dense(8), lstm())
        quantized.quantize("int8")
        yield "quantized", quantized


def branching():
    inputs, second = keras.Input((None, WIDTH)), keras.Input((None, WIDTH))
    rnn, shared = lstm(name="rnn"), L.Dense(WIDTH, name="shared")
    values = rnn(inputs)
    yield "skip", keras.Model(inputs, L.Concatenate()([values, inputs]))
    yield "two_outputs", keras.Model(inputs, [values, L.Dense(2, name="head")(values)])
    yield "two_heads", keras.Model(inputs, [L.Dense(2, name="p")(values), L.Dense(2, name="q")(values)])
    yield "two_inputs", keras.Model([inputs, second], L.Add()([inputs, second]))
    yield "shared", keras.Model(inputs, shared(shared(inputs)))
    state = L.Dense(4, name="first")(inputs)
    yield "state", keras.Model(inputs, lstm(name="started")(inputs, initial_state=[state[:, 0], state[:, 1]]))


def randomize(model, random):
    """Weights of a trained network's size, and biases that are not zero; statistics of Normalization stay."""
    for layer in model.layers:
        if not isinstance(layer, L.Normalization):
            layer.set_weights([random.normal(0, 0.6, array.shape) for array in layer.get_weights()])


def save(model, folder, name):
    for ending in ("keras", "h5"):
        path = folder / f"{name}.{ending}"
        try:
            model.save(path)
        except (NotImplementedError, ValueError, TypeError, RuntimeError):
            path.unlink(missing_ok=True)


def main(folder):
    random = np.random.default_rng(7)
    for name, model in supported(random):
        randomize(model, random)
        save(model, folder, name)
        features = random.normal(0, 1.5, (2, FRAMES, WIDTH)).astype("float32")
        np.savez(folder / f"{name}.npz", features=features, outputs=np.asarray(model(features)))
    (folder / "refused").mkdir()
    for name, model in refused():
        save(model, folder / "refused", name)
    subclassed = Subclassed()
    subclassed(np.zeros((1, 3, WIDTH), "float32"))
    save(subclassed, folder / "refused", "subclassed")
    model.save_weights(folder / "refused" / "only.weights.h5")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[2]))
