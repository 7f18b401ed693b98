"""Imported networks held against the framework they came from, and every refusal by its words."""

from pathlib import Path

import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import Network, floating

MODELS = [
    "sequential",
    "functional",
    "no_bias",
    "given",
    "scalar",
    "adapted",
    "dense",
    "distributed",
    "noise",
    "names",
    "softmax",
    "softmax_layer",
]
CASES = [(framework, name) for framework in ("keras", "tf_keras") for name in MODELS]
CASES += [("keras", "spaces"), ("tf_keras", "slash")]

REFUSALS = {
    "GRU": "GRU is not yet supported; use an LSTM",
    "SimpleRNN": "SimpleRNN is not yet supported; use an LSTM",
    "bidirectional": "train one direction",
    "conv": "(Conv1D): not supported; known layers: Activation",
    "batch_norm": "fold it into the layer before it",
    "lambda": "code in a model file is never run",
    "own_layer": "(Squeeze): not supported; known layers",
    "own_lstm": "(Own>LSTM): a layer of your own cannot be imported",
    "masking": "frames are never masked on the device",
    "last_only": "return_sequences = False is not supported; use return_sequences = True",
    "backwards": "go_backwards = True is not supported; use go_backwards = False",
    "stateful": "stateful = True is not supported; use stateful = False",
    "relu_lstm": "activation = 'relu' is not supported; use activation = 'tanh'",
    "hard_sigmoid": "recurrent_activation = 'hard_sigmoid' is not supported",
    "zero_mask": "zero_output_for_mask = True is not supported",
    "half": "dtype = 'mixed_float16' is not supported; save the model with dtype = 'float32'",
    "half_inside": "dtype = 'float16' is not supported",
    "quantized": "dtype = 'int8 (quantized)' is not supported",
    "late_norm": "must stand before every other layer",
    "after_softmax": "which must be the end of the model; remove it",
    "elu": "activation = 'elu' is not supported; known: linear, tanh, sigmoid, relu, softmax",
    "late_tanh": "activation = 'tanh' is not supported here; give it to the Dense layer",
    "wrapped": "wraps 'Activation'; only Dense can be wrapped",
    "nested": "a model inside a model is not supported",
    "training": "layer 'd' (Dropout): is called with training = True",
    "nothing": "the model has no recurrent and no dense layer",
    "skip": "only a chain is supported",
    "shared": "each layer used once",
    "two_outputs": "returns 'rnn', 'head'; only the last layer ('head') may be an output",
    "two_heads": "layer 'q' (Dense): reads 'rnn', the layer before it is 'p'",
    "two_inputs": "is a second input; only models of one input are supported",
    "state": "layer ",
    "subclassed": "a Subclassed model cannot be imported; rebuild it as a Sequential or Functional model",
    "only.weights": "use model.save(), not save_weights()",
}


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
    expected = np.load(saved_models / framework / f"{name}.npz")
    assert expected["features"].shape[1] == 100
    assert np.abs(outputs_of(network, expected["features"]) - expected["outputs"]).max() <= 1e-5


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
    found = sorted((saved_models / framework / "refused").glob(f"{name}.*"))
    if not found:
        pytest.skip(f"{framework} has no such option")
    for path in found:
        with pytest.raises(InputError) as caught:
            load(path)
        message = str(caught.value)
        assert message.startswith(f"{path}: ") and REFUSALS[name] in message and "\n" not in message
