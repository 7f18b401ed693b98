"""PyTorch models held against PyTorch, and every refusal by its words."""

import importlib.util
import json
import os
import pickle
import random
import re
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.importers.pytorch_description import markdown_table
from shrinkc.importers.pytorch_tensors import FILE_LIMIT, SAVE
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
        assert np.mean(expected.std(0) if len(expected) > 1 else np.abs(expected)) > 0.02, "the model hardly moves"
        assert (np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected))).all()


def test_every_model_is_tried(models: Path) -> None:
    assert sorted(MODELS) == sorted(file.stem for file in models.glob("*.safetensors"))


def test_cells_and_options(models: Path) -> None:
    """The form that the weights are kept in: one matrix set for tied directions, folded skips and projections."""

    def layers(name: str) -> list[tuple]:
        network = load(models / f"{name}.safetensors")
        return [(layer.name, layer.cell_options, len(layer.directions)) for layer in network.layers]

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
        "the log_softmax of head is left off: the outputs are logits",
    )
    assert "the batch norm of n3 is folded into the weights beside it" in load(models / "batch_norms.safetensors").notes


# Refusals and damage: state dicts made with numpy.

State = dict[str, np.ndarray]
RNN = '[[layer]]\nkind = "gru"\nprefix = "rnn"\n'


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).normal(0, 0.3, shape).astype(np.float32)


def recurrent(gates: int = 3, units: int = 4, inputs: int = 3, prefix: str = "rnn.", ending: str = "l0") -> State:
    rows = gates * units
    shapes = {"weight_ih": (rows, inputs), "weight_hh": (rows, units), "bias_ih": (rows,), "bias_hh": (rows,)}
    return {f"{prefix}{name}_{ending}": numbers(*shape) for name, shape in shapes.items()}


def both() -> State:
    return recurrent() | recurrent(ending="l0_reverse")


def linear(rows: int, columns: int, prefix: str = "head.") -> State:
    return {f"{prefix}weight": numbers(rows, columns), f"{prefix}bias": numbers(rows)}


def norm(width: int, prefix: str = "norm.") -> State:
    parts = {"running_mean": numbers(width), "running_var": 1 + numbers(width) ** 2}
    return {f"{prefix}{name}": array for name, array in parts.items()}


def sru(inputs: int = 8, outputs: int = 8, count: int = 3) -> State:
    shapes = {"weight": (inputs, outputs * count), "weight_c": (2 * outputs,), "bias": (2 * outputs,), "scale_x": (1,)}
    return {f"s.rnn_lst.0.{name}": numbers(*shape) for name, shape in shapes.items()}


def kaldi(bias: bool = False, trained: bool = True) -> State:
    state: State = {"n.ln.0.gamma": np.ones(4, np.float32), "n.ln.0.beta": np.zeros(4, np.float32)}
    for gate in "hz":
        state |= {f"n.w{gate}.0.weight": numbers(4, 3), f"n.u{gate}.0.weight": numbers(4, 4)}
        state |= {f"n.w{gate}.0.bias": numbers(4)} if bias else {}
        idle = {"running_mean": np.zeros(4, np.float32), "running_var": np.ones(4, np.float32)}
        state |= {f"n.bn_w{gate}.0.{name}": value for name, value in idle.items()}
        state |= norm(4, f"n.bn_w{gate}.0.") if trained else {}
    return state


def speechbrain() -> State:
    return {"l.rnn.0.w.weight": numbers(8, 3), "l.rnn.0.u.weight": numbers(8, 4)} | norm(8, "l.rnn.0.norm.")


SRU = '[[layer]]\nkind = "sru"\nprefix = "s"\nactivation = "identity"\n'
KALDI = '[[layer]]\nkind = "kaldi_ligru"\nprefix = "n"\nbidirectional = false\ncandidate_scale = 0.8\n'
SPEECHBRAIN = '[[layer]]\nkind = "speechbrain_ligru"\nprefix = "l"\nbidirectional = true\nactivation = "relu"\n'


def head(keys: str = "", prefix: str = "head") -> str:
    return f'[[layer]]\nkind = "linear"\nprefix = "{prefix}"\n{keys}\n'


def normed(prefix: str = "norm", keys: str = "") -> str:
    return f'[[layer]]\nkind = "batch_norm"\nprefix = "{prefix}"\n{keys}\n'


REFUSALS: dict[str, tuple[State, str, str]] = {
    "left_over": (recurrent() | linear(2, 4), RNN, "no layer uses 'head.bias', 'head.weight'; describe the layer"),
    "deeper_left_over": (
        recurrent() | recurrent(inputs=4, ending="l2"),
        RNN,
        "no layer uses 'rnn.bias_hh_l2', 'rnn.bias_ih_l2'",
    ),
    "unused_is_used": (recurrent(), f'unused = ["rnn.*"]\n{RNN}', "unused 'rnn.*' of the TOML names 'rnn.bias_hh_l0'"),
    "unused_is_nothing": (recurrent(), f'unused = ["aux.*"]\n{RNN}', "unused 'aux.*' of the TOML names no tensor"),
    "prefix": (
        recurrent(prefix="enc.rnn."),
        RNN,
        "has no tensor 'rnn.weight_ih_l0'; there are 'enc.rnn.weight_ih_l0': check the layer's kind and prefix",
    ),
    "no_such_module": (recurrent(), head(), "has no tensor 'head.weight'; the file holds 'rnn.bias_hh_l0'"),
    "lstm_is_gru": (recurrent(), RNN.replace("gru", "lstm"), 'is 12 x 4, as in a gru; write kind = "gru"'),
    "odd_rows": (
        recurrent() | {"rnn.weight_hh_l0": numbers(13, 4)},
        RNN,
        "'rnn.weight_hh_l0' is 13 x 4; its rows must be 3 for each unit",
    ),
    "shape": (
        recurrent() | {"rnn.bias_hh_l0": numbers(9)},
        RNN,
        "tensor 'rnn.bias_hh_l0' has the shape 9, this layer needs 12; check the layer's kind, prefix and options",
    ),
    "half": (
        recurrent() | {"rnn.bias_hh_l0": numbers(12).astype(np.float16)},
        RNN,
        "tensor 'rnn.bias_hh_l0' is F16, only float32 is read; save the state dict of model.float()",
    ),
    "double": (recurrent() | {"rnn.bias_hh_l0": numbers(12).astype(float)}, RNN, "is F64, only float32 is read"),
    "nan": (
        recurrent() | {"rnn.bias_hh_l0": np.full(12, np.nan, np.float32)},
        RNN,
        "tensor 'rnn.bias_hh_l0' holds NaN or infinite numbers; train the model again",
    ),
    "empty": (
        recurrent() | {"rnn.weight_ih_l0": np.zeros((12, 0), np.float32)},
        RNN,
        "tensor 'rnn.weight_ih_l0' is empty",
    ),
    "half_bidirectional": (
        both() | recurrent(inputs=8, ending="l1"),
        RNN,
        "layer 'rnn' (gru): has two directions in some of its layers only",
    ),
    "last_of_both": (both(), RNN + 'last = "output"\n', "takes the backward direction after one frame only"),
    "sum_of_one": (recurrent(), RNN + 'merge = "sum"\n', "needs two directions, it has one; leave merge out"),
    "widths": (recurrent() | linear(2, 5), RNN + head(), "layer 'head' reads 5 values, what stands before it gives 4"),
    "norm_width": (recurrent() | norm(5), RNN + normed(), "'norm.running_mean' has the shape 5, this layer needs 4"),
    "norm_at_the_end": (recurrent() | norm(4), RNN + normed(), "stands at the end; put a Dense layer behind it"),
    "norm_variance": (
        recurrent() | norm(4) | {"norm.running_var": -np.ones(4, np.float32)},
        RNN + normed(),
        "'norm.running_var' holds a variance below 0",
    ),
    "late_activation": (
        recurrent() | norm(4),
        RNN + normed(keys='activation = "relu"'),
        "relu needs a linear layer without activation right before it",
    ),
    "after_softmax": (
        linear(4, 3) | linear(2, 4, "b."),
        head('activation = "softmax"') + head(prefix="b"),
        "layer 'b' (linear): stands after the softmax of 'head', which must be the end of the model; remove it",
    ),
    "norm_before_sru": (
        norm(8) | sru(),
        normed() + SRU + "bidirectional = false\nskip = true\n",
        "stands before s, which reads its input also outside of products",
    ),
    "sru_layer_norm": (
        sru() | {"s.rnn_lst.0.layer_norm.weight": numbers(8)},
        SRU + "bidirectional = false\nskip = true\n",
        "layer 's' (sru): layer_norm is not supported; train without it",
    ),
    "sru_custom_m": (
        sru() | {"s.rnn_lst.0.custom_m.weight": numbers(8)},
        SRU + "bidirectional = false\nskip = true\n",
        "custom_m, a module of your own, is not supported",
    ),
    "sru_skip_off": (
        sru(count=4),
        SRU + "bidirectional = false\nskip = false\n",
        "skip = false, but its tensors hold a matrix for the skip; write skip = true",
    ),
    "sru_skip_on": (
        sru(inputs=5),
        SRU + "bidirectional = false\nskip = true\n",
        "skips with its input, but reads 5 values and gives 8; check bidirectional, or write skip = false",
    ),
    "sru_columns": (
        sru(count=5),
        SRU + "bidirectional = false\nskip = true\n",
        "'s.rnn_lst.0.weight' has 40 columns, not 3 or 4 for each of 8 outputs",
    ),
    "sru_odd": (
        sru(outputs=7),
        SRU + "bidirectional = true\nskip = true\n",
        "has 14 values, not 2 a unit of 2 directions",
    ),
    "kaldi_scaled_tanh": (
        kaldi(),
        KALDI + 'activation = "tanh"\n',
        "candidate_scale = 0.8 with tanh does not fold into the weights; train with relu, or with dropout",
    ),
    "kaldi_layer_norm": (
        kaldi() | {"n.ln.0.gamma": numbers(4)},
        KALDI + 'activation = "relu"\n',
        "layer norm ('n.ln.0.gamma' is trained) is not supported; train with batch norm",
    ),
    "kaldi_input_layer_norm": (
        kaldi() | {"n.ln0.gamma": numbers(3)},
        KALDI + 'activation = "relu"\n',
        "layer norm of the input is not supported",
    ),
    "kaldi_untrained_norm": (
        kaldi(trained=False),
        KALDI + 'activation = "relu"\n',
        "'n.bn_wh.0.running_mean' holds no statistics: it was not trained with batch norm",
    ),
    "kaldi_bias_and_norm": (
        kaldi(bias=True),
        KALDI + 'activation = "relu"\n',
        "'n.wh.0.bias' and a trained 'n.bn_wh.0.running_mean' do not go together",
    ),
    "kaldi_shapes": (
        kaldi() | {"n.wz.0.weight": numbers(4, 2)},
        KALDI + 'activation = "relu"\n',
        "its update.x is 4 x 2, not 4 x 3",
    ),
    "speechbrain_layer_norm": (
        {key: value for key, value in speechbrain().items() if "running" not in key},
        SPEECHBRAIN,
        "is not normalised with batchnorm but with a layer norm, not supported; train with batchnorm",
    ),
    "speechbrain_state": (
        speechbrain() | {"l.rnn.0.h_init": np.ones((1, 4), np.float32)},
        SPEECHBRAIN,
        "'l.rnn.0.h_init' is not 0; only states that start at 0 are supported",
    ),
    "speechbrain_scale": (
        speechbrain() | {"l.rnn.0.drop_mask_te": np.full(1, 0.5, np.float32)},
        SPEECHBRAIN,
        "'l.rnn.0.drop_mask_te' is not 1; save a model that does not scale at test",
    ),
    "overflow": (
        linear(2, 3) | norm(2) | {"norm.weight": np.full(2, 3e38, np.float32), "head.weight": 9 + numbers(2, 3)},
        head() + normed(),
        "holds NaN or infinite weights",
    ),
}


def write(folder: Path, state: State, text: str) -> Path:
    from safetensors.numpy import save_file

    path = folder / "model.safetensors"
    save_file(state, path)
    path.with_suffix(".toml").write_text(text)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(tmp_path: Path, name: str) -> None:
    state, text, message = REFUSALS[name]
    path = write(tmp_path, state, text)
    found = refusal(path)
    assert message in found
    assert found.startswith(str(path))


@pytest.mark.filterwarnings("error")
def test_good_states_are_read(tmp_path: Path) -> None:
    """What the refusals change is read as it stands."""
    sru_text = SRU + "bidirectional = true\nskip = true\n"
    for state, text in (
        (recurrent() | linear(2, 4), RNN + head()),
        (both(), RNN + 'last = "h_n"\nmerge = "sum"\n'),
        (norm(3) | recurrent(), normed() + RNN),
        (sru(), sru_text),
        (kaldi(), KALDI + 'activation = "relu"\n'),
        (kaldi(bias=True, trained=False), KALDI + 'activation = "relu"\n'),
        (speechbrain(), SPEECHBRAIN),
    ):
        load(write(tmp_path, state, text))


DESCRIPTIONS = {
    "no_layer": ("unused = []\n", "model.toml: describes no layer; write a [[layer]]"),
    "no_list": ('[layer]\nkind = "gru"\n', "describes no layer"),
    "unknown_key": (f"format = 1\n{RNN}", "unknown key 'format'; known: [[layer]], unused"),
    "no_kind": ('[[layer]]\nprefix = "rnn"\n', "layer 1 has no kind; known: lstm, gru"),
    "kind": (RNN.replace("gru", "mingru"), "layer 1 has the unknown kind 'mingru'; known: lstm"),
    "kind_of_another_type": ("[[layer]]\nkind = [1]\n", "layer 1 has the unknown kind [1]"),
    "misspelt": (RNN + "mrege = 'sum'\n", "layer 1 (gru): unknown key 'mrege'; did you mean 'merge'?"),
    "other_kinds_key": (RNN + "eps = 1e-3\n", "layer 1 (gru): unknown key 'eps'; it knows kind, prefix, name, last"),
    "last_true": (RNN + "last = true\n", 'layer 1 (gru): last must be "h_n" or "output", not True'),
    "table": (RNN + "last = [1]\n", 'last must be "h_n" or "output", not a list or table'),
    "activation_missing": (
        RNN.replace("gru", "rnn"),
        'layer 1 (rnn): needs activation = "tanh" or "relu": torch\'s `nonlinearity`; the tensors cannot tell',
    ),
    "not_filled_in": (
        RNN.replace("gru", "rnn") + 'activation = ""\n',
        'layer 1 (rnn): activation must be "tanh" or "relu", not \'\'',
    ),
    "elu": (RNN + head('activation = "elu"'), 'layer 2 (linear): activation must be "identity", "relu", "tanh"'),
    "scale": (KALDI.replace("0.8", "1.5") + 'activation = "relu"\n', "must be a number over 0 and up to 1, not 1.5"),
    "scale_nan": (KALDI.replace("0.8", "nan") + 'activation = "relu"\n', "candidate_scale must be a number over 0"),
    "flag": (SRU + "skip = 1\nbidirectional = true\n", "skip must be true or false, not 1"),
    "unused_type": (f'unused = "aux"\n{RNN}', "unused must be a list of tensors' names in quotes"),
    "syntax": ("[[layer]\n", "not valid TOML"),
}


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_description_refusal(tmp_path: Path, name: str) -> None:
    text, message = DESCRIPTIONS[name]
    path = write(tmp_path, recurrent(), text)
    found = refusal(path)
    assert message in found
    assert found.startswith(str(path.with_suffix(".toml")))


def test_description_missing_or_no_text(tmp_path: Path) -> None:
    path = write(tmp_path, recurrent(), RNN)
    path.with_suffix(".toml").write_bytes(b"\xff")
    assert "model.toml: not UTF-8 text (byte 0)" in refusal(path)
    path.with_suffix(".toml").write_text("#" * (1 << 20) + "\n")
    assert "model.toml: over 1 MiB" in refusal(path)
    path.with_suffix(".toml").unlink()
    assert "`shrinkc init DIR --from" in refusal(path)


@pytest.mark.parametrize("ending", ["pt", "pth", "bin", "ckpt", "pkl"])
def test_pickles_are_never_opened(tmp_path: Path, ending: str) -> None:
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    path = tmp_path / f"model.{ending}"
    path.write_bytes(pickle.dumps(Hostile()))
    assert refusal(path).endswith(f"write its state dict with safetensors: {SAVE}")
    assert not (tmp_path / "ran").exists()


def test_a_pickle_of_another_name(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for start in (b"PK\x03\x04", pickle.dumps({}, protocol=2)):
        path.write_bytes(start + bytes(100))
        assert "a pickle, which can run code and is never opened" in refusal(path)


def test_what_the_remedy_says_works(models: Path, tmp_path: Path) -> None:
    """The two lines of Python in the refusal, run with torch on a half-precision model."""
    program = f"import torch; model = torch.nn.GRU(3, 4).half(); {SAVE}"
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, timeout=120)
    (tmp_path / "model.toml").write_text('[[layer]]\nkind = "gru"\n')
    assert load(tmp_path / "model.safetensors").outputs == 4


def test_truncated_and_foreign_files(tmp_path: Path) -> None:
    path = write(tmp_path, recurrent(), RNN)
    whole = path.read_bytes()
    for size in (1, 8, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert "not a whole safetensors file" in refusal(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    assert "not a whole safetensors file" in refusal(path)


@pytest.mark.parametrize(
    "entry",
    [
        {"dtype": "F32", "shape": [1 << 40, 1 << 40], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [0, 1 << 62]},
        {"dtype": "F32", "shape": [-4], "data_offsets": [0, 16]},
        {"dtype": "O", "shape": [4], "data_offsets": [0, 16]},
        {"dtype": "F32", "shape": [4], "data_offsets": [16, 0]},
    ],
)
def test_claims_of_the_header(tmp_path: Path, entry: dict) -> None:
    path = write(tmp_path, recurrent(), RNN)
    header = json.dumps({"rnn.weight_hh_l0": entry}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(16))
    assert "not a whole safetensors file" in refusal(path)


def test_giant_files(tmp_path: Path) -> None:
    path = write(tmp_path, recurrent(), RNN)
    os.truncate(path, FILE_LIMIT + 1)
    assert "over 512 MiB, too large for a microcontroller" in refusal(path)
    path.write_bytes(struct.pack("<Q", 1 << 60) + bytes(100))
    assert "not a whole safetensors file" in refusal(path)


def test_random_damage_is_refused_or_read(tmp_path: Path) -> None:
    path, rng = write(tmp_path, recurrent(), RNN), random.Random(1)
    whole, refused = path.read_bytes(), 0
    for _ in range(200):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            damaged[rng.randrange(min(len(whole), 600))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            load(path)
        except InputError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100


def test_the_page_has_the_table_of_keys() -> None:
    assert markdown_table() in PAGE.read_text()


def test_the_page_names_every_test() -> None:
    named = set(re.findall(r"\w+", PAGE.read_text()))
    assert not {*MODELS, *REFUSALS} - named
