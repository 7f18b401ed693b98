"""Models that must be refused: layers, options and shapes that no network here can mean."""

from keras_maker import TF_KERAS, WIDTH, L, functional, gru, keras, lstm, over, sequential


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


class OwnCell(L.SimpleRNNCell):
    """A cell of the user's own."""


def of_script(base):
    """A class of the user's own script that takes the name of Keras' own; a `.keras` file tells the two apart."""
    return type(base.__name__, (base,), {"__module__": "__main__"})


def refused():
    """Models that must be refused; the tests know by which message."""
    yield "backwards", sequential(lstm(go_backwards=True))
    yield "elu_lstm", sequential(lstm(activation="elu"))
    yield "hard_lstm", sequential(lstm(activation="hard_sigmoid"))
    yield "relu_gates", sequential(gru(recurrent_activation="relu"))
    yield (
        "stateful",
        keras.Sequential([L.LSTM(4, return_sequences=True, stateful=True, batch_input_shape=(1, None, WIDTH))])
        if TF_KERAS
        else keras.Sequential([keras.Input(batch_shape=(1, None, WIDTH)), lstm(stateful=True)]),
    )
    values = keras.Input((None, WIDTH))
    yield "both_None", keras.Model(values, L.Bidirectional(lstm(), merge_mode=None)(values))
    yield "ave_end", sequential(L.Bidirectional(lstm(), merge_mode="ave"))
    stack = L.RNN(L.StackedRNNCells([L.LSTMCell(3), L.LSTMCell(3)]), return_sequences=True)
    yield "both_stacked", sequential(L.Bidirectional(stack))
    turned = lstm(go_backwards=True), lstm(name="other")
    yield "both_turned", sequential(L.Bidirectional(turned[0], backward_layer=turned[1]))
    yield "own_cell", sequential(over(OwnCell(3)))
    yield "script_dense", sequential(of_script(L.Dense)(3), lstm())
    yield "script_lstm", sequential(of_script(L.LSTM)(3, return_sequences=True))
    yield "script_cell", sequential(over(L.StackedRNNCells([L.LSTMCell(3), of_script(L.LSTMCell)(3)])))
    yield "script_model", of_script(keras.Sequential)([keras.Input((None, WIDTH)), L.Dense(3)])
    yield "conv", sequential(L.Conv1D(4, 3, padding="causal"), L.Dense(2))
    yield "embedding", keras.Sequential([keras.Input((None,)), L.Embedding(9, 4), L.Dense(2)])
    yield "layer_norm", sequential(L.LayerNormalization(), L.Dense(2))
    yield "norm_end", sequential(lstm(), L.BatchNormalization())
    yield "norm_axis", keras.Sequential([keras.Input((9, WIDTH)), L.BatchNormalization(axis=1), L.Dense(2)])
    yield "reshape", keras.Sequential([keras.Input((9, WIDTH)), L.Reshape((3, 3 * WIDTH)), L.Dense(2)])
    yield "permute", keras.Sequential([keras.Input((9, WIDTH)), L.Permute((2, 1)), L.Dense(2)])
    yield "flatten", keras.Sequential([keras.Input((9, WIDTH)), L.Dense(2), L.Flatten(), L.Dense(2)])
    yield "pooled", sequential(L.Dense(2), L.GlobalAveragePooling1D(), L.Dense(2))
    yield "repeated", sequential(lstm(return_sequences=False), L.RepeatVector(3), L.Dense(2))
    yield "leaky", sequential(L.Dense(3), L.LeakyReLU(), L.Dense(2))
    yield "relu_six", sequential(L.Dense(3), L.ReLU(max_value=6.0), L.Dense(2))
    yield "relu_slope", sequential(L.Dense(3), L.ReLU(negative_slope=0.5), L.Dense(2))
    yield "relu_threshold", sequential(L.Dense(3), L.ReLU(threshold=0.5), L.Dense(2))
    yield "late_relu", sequential(lstm(), L.ReLU(), L.Dense(2))
    yield "lambda", sequential(L.Lambda(lambda x: x * 2), L.Dense(2))
    yield "own_layer", sequential(L.Dense(2), Squeeze(3))
    yield "own_lstm", sequential(OwnLSTM(4, return_sequences=True))
    yield "masking", sequential(L.Masking(), L.Dense(2))
    yield "late_norm", sequential(L.Dense(2), L.Normalization(mean=1.0, variance=2.0))
    yield "norm_norm", sequential(L.BatchNormalization(), L.Normalization(mean=1.0, variance=2.0), L.Dense(2))
    yield "inverted", sequential(L.Normalization(mean=1.0, variance=2.0, invert=True), L.Dense(2))
    yield "after_softmax", sequential(L.Dense(3, activation="softmax"), L.Dense(2))
    yield "elu", sequential(L.Dense(3, activation="elu"))
    yield "late_tanh", sequential(L.Dense(3, activation="relu"), L.Activation("tanh"))
    yield "wrapped", sequential(L.TimeDistributed(L.LayerNormalization()), L.Dense(2))
    yield "nested", sequential(L.Dense(4), keras.Sequential([keras.Input((None, 4)), L.Dense(2)]))
    yield "half", sequential(lstm(dtype="mixed_float16"), L.Dense(2))
    yield "half_inside", sequential(L.TimeDistributed(L.Dense(3, dtype="float16")), L.Dense(2))
    yield "half_between", sequential(L.Dropout(0.1, dtype="float16"), L.Dense(2))
    yield "pictures", keras.Sequential([keras.Input((None, 3, WIDTH)), L.Dense(3)])
    yield "training", functional(L.Dropout(0.5, name="d"), L.Dense(2), training=True)
    yield "nothing", sequential(L.Dropout(0.5))
    yield from branching()
    if not TF_KERAS:
        yield "renorm", sequential(L.BatchNormalization(renorm=True), L.Dense(2))
        quantized = sequential(L.Dense(8), L.Dense(2))
        quantized.quantize("int8")
        yield "quantized", quantized
    else:
        yield "time_major", sequential(lstm(time_major=True), L.Dense(2))


def branching():
    inputs, second = keras.Input((None, WIDTH)), keras.Input((None, WIDTH))
    rnn, shared = L.Dense(4, name="rnn"), L.Dense(WIDTH, name="shared")
    values = rnn(inputs)
    yield "skip", keras.Model(inputs, L.Concatenate()([values, inputs]))
    yield "two_outputs", keras.Model(inputs, [values, L.Dense(2, name="head")(values)])
    yield "two_heads", keras.Model(inputs, [L.Dense(2, name="p")(values), L.Dense(2, name="q")(values)])
    yield "two_inputs", keras.Model([inputs, second], L.Add()([inputs, second]))
    yield "shared", keras.Model(inputs, shared(shared(inputs)))
    state = L.Dense(4, name="first")(inputs)
    yield "state", keras.Model(inputs, lstm(name="started")(inputs, initial_state=[state[:, 0], state[:, 1]]))
