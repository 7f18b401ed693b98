"""PyTorch models held against PyTorch, and the page that describes them."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_pytorch_refusals import REFUSALS

from shrinkc.importers import load
from shrinkc.importers.pytorch.description import KINDS, LOOK_ALIKES, markdown_table
from shrinkc.importers.pytorch.find import find_layers
from shrinkc.importers.pytorch.reader import READERS
from shrinkc.importers.pytorch.tensors import SAVE, Tensors
from shrinkc.network import floating

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "models-pytorch.md"

MODELS = (
    "lstm_plain",
    "lstm_no_bias",
    "lstm_stacked",
    "lstm_both",
    "lstm_both_stacked",
    "lstm_projected",
    "lstm_projected_both_stacked",
    "gru_plain",
    "gru_no_bias",
    "gru_stacked",
    "gru_both",
    "gru_both_stacked",
    "rnn_plain",
    "rnn_no_bias",
    "rnn_stacked",
    "rnn_both",
    "rnn_both_stacked",
    "rnn_relu",
    "last_output",
    "last_both",
    "last_then_linear",
    "merged",
    "merged_last",
    "linear_relu",
    "linear_tanh",
    "linear_sigmoid",
    "linear_hardsigmoid",
    "log_softmax",
    "softmax",
    "batch_norms",
    "deep_names",
    "no_prefix",
    "sru_plain",
    "sru_both",
    "sru_rescale",
    "sru_rescale_both",
    "sru_projected",
    "sru_projected_both",
    "sru_tanh",
    "sru_no_skip",
    "sru_no_skip_both",
    "sru_input_to_hidden",
    "sru_v1",
    "sru_nn_rnn",
    "sru_cell",
    "sru_last",
    "kaldi_ligru_norm",
    "kaldi_ligru_bias",
    "kaldi_ligru_dropped",
    "kaldi_ligru_identity",
    "kaldi_ligru_sigmoid",
    "kaldi_minimalgru_norm",
    "kaldi_minimalgru_bias",
    "kaldi_minimalgru_dropped",
    "kaldi_minimalgru_scaled",
    "kaldi_minimalgru_identity",
    "kaldi_minimalgru_sigmoid",
    "kaldi_gru_norm",
    "kaldi_gru_bias",
    "kaldi_gru_dropped",
    "kaldi_gru_scaled",
    "kaldi_gru_identity",
    "kaldi_gru_sigmoid",
    "kaldi_lstm_norm",
    "kaldi_lstm_bias",
    "kaldi_lstm_dropped",
    "kaldi_lstm_scaled",
    "kaldi_lstm_identity",
    "kaldi_lstm_sigmoid",
    "kaldi_rnn_norm",
    "kaldi_rnn_bias",
    "kaldi_rnn_dropped",
    "kaldi_rnn_identity",
    "kaldi_rnn_sigmoid",
    "kaldi_each_layer",
    "kaldi_with_mlp",
    "speechbrain_both",
    "speechbrain_one",
    "speechbrain_tanh",
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that pytorch_models.py fills, in a process of its own."""
    for package in ("torch", "sru"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; pip install torch==2.13.0 sru==2.6.0 to compare with it")
    folder = tmp_path_factory.mktemp("pytorch")
    command = [sys.executable, str(HERE / "pytorch_models.py"), str(folder)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert made.returncode == 0, made.stderr[-3000:]
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_outputs_equal_the_framework(models: Path, name: str) -> None:
    network, kept = load(models / f"{name}.safetensors"), np.load(models / f"{name}.npz")
    outputs = floating.run(network, [kept["x0"], kept["x1"]])
    for index, found in enumerate(outputs):
        expected = kept[f"y{index}"]
        assert found.shape == expected.shape
        assert np.mean(expected.std(0) if len(expected) > 1 else np.abs(expected)) > 0.01, "the model hardly moves"
        assert (np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected))).all()


def test_every_model_is_tried(models: Path) -> None:
    assert sorted(MODELS) == sorted(file.stem for file in models.glob("*.safetensors"))


def test_every_kind_is_read_and_found(models: Path) -> None:
    """A kind that another's tensors pass for is never found: `init` asks for it."""
    found = {one.kind for path in models.glob("*.safetensors") for one in find_layers(Tensors(path))[0]}
    alike = {kind for kind in KINDS if any(f'"{kind}"' in names for names in LOOK_ALIKES.values())}
    assert KINDS.keys() == READERS.keys()
    assert found <= KINDS.keys() <= found | alike


def test_cells_and_options(models: Path) -> None:
    """The form that the weights are kept in: one matrix set for tied directions, folded skips and projections."""

    def layers(name: str) -> list[tuple]:
        network = load(models / f"{name}.safetensors")
        return [(layer.name, layer.cell_options, len(layer.directions)) for layer in network.layers]

    assert layers("kaldi_minimalgru_norm")[0] == ("net_l0", {"candidate": "tanh"}, 2)
    assert [options.get("scaled") for _, options, _ in layers("kaldi_each_layer")] == [None, "yes", None]
    assert layers("kaldi_lstm_scaled")[0][1]["scaled"] == "yes"
    assert layers("kaldi_lstm_dropped")[0][1] == {"candidate": "relu", "hidden": "relu"}
    assert layers("kaldi_gru_norm")[0] == ("net_l0", {"reset": "before", "candidate": "tanh"}, 2)
    assert [name for name, _, _ in layers("lstm_both_stacked")][:2] == ["rnn_l0_forward", "rnn_l0_backward"]
    assert layers("sru_v1")[0][1]["recurrent"] == "no"
    assert layers("sru_both")[0][1]["skip"] == "matrix"
    assert layers("sru_both")[3][1] | {"part": "1", "skip": "input"} == layers("sru_both")[3][1]
    assert [name for name, _, _ in layers("deep_names")] == ["first"]
    assert [name for name, _, _ in layers("kaldi_with_mlp")][-1] == "wx_0"


def test_notes(models: Path) -> None:
    assert load(models / "log_softmax.safetensors").notes == (
        "the log-softmax of layer head is left off: the outputs are logits, with the same order",
    )
    assert "the batch norm of n3 is folded into the weights beside it" in load(models / "batch_norms.safetensors").notes


def test_what_the_remedy_says_works(models: Path, tmp_path: Path) -> None:
    """The two lines of Python in the refusal, run with torch on a half-precision model."""
    program = f"import torch; model = torch.nn.GRU(3, 4).half(); {SAVE}"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
    (tmp_path / "model.toml").write_text('[[layer]]\nkind = "gru"\n')
    assert load(tmp_path / "model.safetensors").outputs == 4


def test_the_page_has_the_table_of_keys() -> None:
    assert markdown_table() in PAGE.read_text()


def test_the_page_names_every_test() -> None:
    named = set(re.findall(r"\w+", PAGE.read_text()))
    assert not {*MODELS, *REFUSALS} - named
