"""Imported networks held against the framework they came from, and every refusal by its words."""

from pathlib import Path

import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import Network, floating

MODELS = [
    *("sequential", "functional", "no_bias", "given", "scalar", "adapted", "no_axis"),
    *("dense", "distributed", "distributed_relu", "distributed_norm", "noise", "nothing_done", "names"),
    *("softmax", "softmax_layer", "softmax_activation"),
    *("lstm_functions", "lstm_gates", "gru_after", "gru_before", "gru_functions", "gru_functions_before", "gru_gates"),
    *("simple_rnn", "simple_rnn_functions", "cells", "stacked", "last", "last_gru", "last_stacked"),
    *("trained_only", "unrolled"),
    *("both", "both_functional", "both_sum", "both_mul", "both_ave", "both_own", "both_cells", "both_frozen"),
    *("both_last_concat", "both_last_sum", "both_last_mul", "both_last_ave"),
    *("norm_first", "norm_between", "norm_both", "norm_dense", "norm_behind_tanh", "norm_twice", "norm_last"),
    *("norm_merged", "norm_frozen", "behind"),
]
CASES = [(framework, name) for framework in ("keras", "tf_keras") for name in MODELS]
CASES += [("keras", "spaces"), ("tf_keras", "slash")]

REFUSALS = {
    "both_None": "merge_mode = None is not supported; use 'concat', 'sum', 'ave' or 'mul'",
    "ave_end": "(half of the merge_mode ave): stands at the end; put a Dense layer behind it",
    "both_stacked": "(RNN in Bidirectional): runs a stack of cells in one direction; give each cell its own",
    "both_turned": "(LSTM in Bidirectional): its go_backwards is turned",
    "own_cell": "OwnCell in RNN): the cell is not supported; known: GRUCell, LSTMCell, SimpleRNNCell",
    "conv": "(Conv1D): convolutions are not supported; put neighbouring frames side by side",
    "embedding": "look them up before it, and give it the vectors as features",
    "layer_norm": "depends on the statistics of each frame; not supported; use BatchNormalization",
    "norm_end": "put a Dense layer behind it",
    "norm_axis": "is not supported; use axis = -1, the features",
    "reshape": "the shape must stay (batch, time, features)",
    "permute": "the shape must stay (batch, time, features)",
    "flatten": "use return_sequences = False for the last step's result",
    "pooled": "use return_sequences = False on the last recurrent layer",
    "repeated": "a vector cannot be repeated in time",
    "leaky": "the function is not supported; use Activation or ReLU behind a linear Dense layer",
    "relu_six": "max_value = 6.0 is not supported; use max_value = None",
    "relu_slope": "negative_slope = 0.5 is not supported; use negative_slope = 0",
    "relu_threshold": "threshold = 0.5 is not supported; use threshold = 0",
    "late_relu": "relu must stand behind a linear Dense layer",
    "lambda": "code in a model file is never run",
    "own_layer": "Squeeze): ",
    "script_dense": "(__main__>Dense): a layer of your own cannot be imported",
    "script_lstm": "(__main__>LSTM): a layer of your own cannot be imported",
    "script_cell": "(__main__>LSTMCell in StackedRNNCells): the cell is not supported; known: ",
    "script_model": "a __main__>Sequential model cannot be imported; rebuild it as a Sequential or Functional model",
    "own_lstm": "(Own>LSTM): a layer of your own cannot be imported",
    "masking": "frames are never masked on the device",
    "backwards": "go_backwards = True is not supported; use go_backwards = False",
    "stateful": "stateful = True is not supported; use stateful = False",
    "time_major": "time_major = True is not supported; use time_major = False",
    "elu_lstm": "activation = 'elu' is not supported; known: linear, tanh, sigmoid, relu",
    "hard_lstm": "activation = 'hard_sigmoid' is not supported; known: linear, tanh, sigmoid, relu",
    "relu_gates": "recurrent_activation = 'relu' is not supported; known: sigmoid, hard_sigmoid",
    "half": "dtype = 'mixed_float16' is not supported; save the model with dtype = 'float32'",
    "half_inside": "dtype = 'float16' is not supported",
    "half_between": "(Dropout): dtype = 'float16' is not supported",
    "quantized": "dtype = 'int8 (quantized)' is not supported",
    "pictures": "use (batch, time, features)",
    "late_norm": "must stand before every other layer",
    "norm_norm": "must stand before every other layer",
    "inverted": "invert = True is not supported; use invert = False",
    "renorm": "renorm = True is not supported; use renorm = False",
    "after_softmax": "which must be the end of the model; remove it",
    "elu": "activation = 'elu' is not supported; known: linear, tanh, sigmoid, relu, hard_sigmoid, softmax",
    "late_tanh": "tanh must stand behind a linear Dense layer; give it to the layer before as activation",
    "wrapped": "wraps 'LayerNormalization'; only Dense, Activation, ReLU, Softmax, BatchNormalization, ActivityReg",
    "nested": "a model inside a model is not supported",
    "training": "layer 'd' (Dropout): is called with training = True",
    "nothing": "the model has no recurrent and no dense layer",
    "skip": "only a chain is supported",
    "shared": "each layer used once",
    "two_outputs": "returns 'rnn', 'head'; only the last layer ('head') may be an output",
    "two_heads": "layer 'q' (Dense): reads 'rnn', the layer before it is 'p'",
    "two_inputs": "is a second input; only models of one input are supported",
    "state": "layer ",
    "subclassed": "Subclassed model cannot be imported; rebuild it as a Sequential or Functional model",
    "only.weights": "use model.save(), not save_weights()",
}
ONE_FRAMEWORK = {"quantized": "keras", "renorm": "keras", "time_major": "tf_keras"}
"""Options that one of the two has."""


def outputs_of(network: Network, features: np.ndarray) -> np.ndarray:
    """The float reference's outputs, with the softmax that the importer left off."""
    outputs = np.stack(floating.run(network, list(features)))
    if any("softmax" in note for note in network.notes):
        raised = np.exp(outputs - outputs.max(-1, keepdims=True))
        return raised / raised.sum(-1, keepdims=True)
    return outputs


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize(("framework", "name"), CASES)
def test_outputs_equal_the_framework(saved_models: Path, framework: str, name: str, ending: str) -> None:
    network = load(saved_models / framework / f"{name}.{ending}")
    saved = np.load(saved_models / framework / f"{name}.npz")
    features, expected = saved["features"], saved["outputs"]
    assert features.shape[1] == 100
    found = outputs_of(network, features)
    assert found.shape == (expected if expected.ndim == 3 else expected[:, None]).shape
    found = found.reshape(expected.shape)
    assert np.all(np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected)))
    assert np.ptp(expected) > 0.01  # a model whose outputs hardly move proves little


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("framework", ["keras", "tf_keras"])
def test_left_off_and_renamed_stand_in_the_notes(saved_models: Path, framework: str, ending: str) -> None:
    names = load(saved_models / framework / f"names.{ending}")
    assert [layer.name for layer in names.layers] == ["a_b", "a_b_2", "A_b_3", "m_int"]
    assert "the layer 'a-b' is called a_b_2: names reach C" in names.notes
    (note,) = load(saved_models / framework / f"softmax.{ending}").notes
    assert "is left off: the outputs are logits" in note
    assert load(saved_models / framework / f"sequential.{ending}").notes == ()


@pytest.mark.parametrize("framework", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", REFUSALS)
def test_refused_by_name(saved_models: Path, framework: str, name: str) -> None:
    if ONE_FRAMEWORK.get(name, framework) != framework:
        pytest.skip(f"{framework} has no such option")
    found = sorted((saved_models / framework / "refused").glob(f"{name}.*"))
    assert found
    for path in found:
        with pytest.raises(InputError) as caught:
            load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ") and REFUSALS[name] in message and "\n" not in message


def test_every_model_that_is_made_is_tested(saved_models: Path) -> None:
    for framework in ("keras", "tf_keras"):
        made = {path.stem for path in (saved_models / framework).glob("*.npz")}
        assert made == {name for of, name in CASES if of == framework}
        refused = {path.stem for path in (saved_models / framework / "refused").iterdir()}
        assert refused == {name for name in REFUSALS if ONE_FRAMEWORK.get(name, framework) == framework}
