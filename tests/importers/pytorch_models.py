"""Makes PyTorch models with random weights and what they answer: `python pytorch_models.py FOLDER`.

NAME.safetensors is the state dict, NAME.toml its description, NAME.npz the features and the outputs of two utterances.
"""

import json
import re
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytorch_toolkits as toolkits
import torch
from safetensors.torch import save_file
from torch import nn

INPUTS, UNITS = 5, 6
LENGTHS = (100, 37)
Run = Callable[[torch.Tensor], torch.Tensor]
CASES: dict[str, Callable[[], tuple[nn.Module, str, Run]]] = {}


def case(make: Callable) -> Callable:
    """Registers a model: its module, its TOML, and what runs (time, 1, features) to (time or 1, 1, outputs)."""
    CASES[make.__name__] = make
    return make


def table(kind: str, **keys: object) -> str:
    """One [[layer]] of a TOML; JSON writes these values as TOML does."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in {"kind": kind, **keys}.items()]
    return "\n".join(["[[layer]]", *lines, ""])


def recurrent(kind: str, keys: dict | None = None, **options: object) -> tuple[nn.Module, str, Run]:
    """A torch.nn layer named rnn."""
    made = nn.ModuleDict({"rnn": getattr(nn, kind)(INPUTS, UNITS, **options)})
    return made, table(kind.lower(), prefix="rnn", **(keys or {})), lambda x: made["rnn"](x)[0]


for _kind in ("LSTM", "GRU", "RNN"):
    _keys = {"activation": "tanh"} if _kind == "RNN" else {}
    for _name, _options in {
        "plain": {},
        "no_bias": {"bias": False},
        "stacked": {"num_layers": 3},
        "both": {"bidirectional": True},
        "both_stacked": {"bidirectional": True, "num_layers": 2, "bias": False},
    }.items():
        CASES[f"{_kind.lower()}_{_name}"] = lambda k=_kind, o=_options, s=_keys: recurrent(k, s, **o)


@case
def lstm_projected():
    return recurrent("LSTM", proj_size=4)


@case
def lstm_projected_both_stacked():
    return recurrent("LSTM", proj_size=3, num_layers=2, bidirectional=True)


@case
def rnn_relu():
    return recurrent("RNN", {"activation": "relu"}, nonlinearity="relu", num_layers=2)


@case
def last_output():
    made, text, run = recurrent("GRU", {"last": "output"}, num_layers=2)
    return made, text, lambda x: run(x)[-1:]


@case
def last_both():
    made, text, _ = recurrent("LSTM", {"last": "h_n"}, num_layers=2, bidirectional=True)
    return made, text, lambda x: torch.cat(tuple(made["rnn"](x)[1][0][-2:]), 1)[None]


@case
def last_then_linear():
    made, text, _ = recurrent("GRU", {"last": "h_n"}, bidirectional=True)
    made["head"] = nn.Linear(2 * UNITS, 3)
    return (
        made,
        text + table("linear", prefix="head"),
        lambda x: made["head"](torch.cat(tuple(made["rnn"](x)[1]), 1))[None],
    )


@case
def merged():
    made, text, run = recurrent("GRU", {"merge": "sum"}, bidirectional=True)
    made["head"] = nn.Linear(UNITS, 3, bias=False)
    return made, text + table("linear", prefix="head"), lambda x: made["head"](sum(run(x).split(UNITS, -1)))


@case
def merged_last():
    made, text, _ = recurrent("LSTM", {"merge": "sum", "last": "h_n"}, bidirectional=True)
    return made, text, lambda x: made["rnn"](x)[1][0].sum(0)[None]


def activated(name: str) -> tuple[nn.Module, str, Run]:
    """Linear, activation, LSTM, linear: the function stands inside the network."""
    function = {"relu": nn.ReLU(), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid(), "hardsigmoid": nn.Hardsigmoid()}[name]
    made = nn.ModuleDict({"a": nn.Linear(INPUTS, 7), "rnn": nn.LSTM(7, UNITS), "b": nn.Linear(UNITS, 3)})
    text = table("linear", prefix="a", activation=name) + table("lstm", prefix="rnn") + table("linear", prefix="b")
    return made, text, lambda x: made["b"](made["rnn"](function(made["a"](x)))[0])


for _name in ("relu", "tanh", "sigmoid", "hardsigmoid"):
    CASES[f"linear_{_name}"] = lambda n=_name: activated(n)


@case
def log_softmax():
    made, text, run = recurrent("GRU")
    made["head"] = nn.Linear(UNITS, 4)
    return made, text + table("linear", prefix="head", activation="log_softmax"), lambda x: made["head"](run(x))


@case
def softmax():
    made, text, run = recurrent("GRU")
    made["head"] = nn.Linear(UNITS, 4)
    return made, text + table("linear", prefix="head", activation="softmax"), lambda x: made["head"](run(x))


def over_features(norm: nn.Module, x: torch.Tensor) -> torch.Tensor:
    return norm(x.flatten(0, 1)).view(x.shape)


@case
def batch_norms():
    """On the input, between recurrent layers, behind a linear layer before its activation, and without weights."""
    made = nn.ModuleDict({
        "n0": nn.BatchNorm1d(INPUTS),
        "a": nn.GRU(INPUTS, UNITS, bidirectional=True),
        "n1": nn.BatchNorm1d(2 * UNITS, eps=0.01),
        "n2": nn.BatchNorm1d(2 * UNITS, affine=False),
        "b": nn.LSTM(2 * UNITS, UNITS),
        "c": nn.Linear(UNITS, 7),
        "n3": nn.BatchNorm1d(7),
        "n4": nn.BatchNorm1d(7),
        "d": nn.Linear(7, 3),
        "n5": nn.BatchNorm1d(3),
    })  # fmt: skip
    text = table("batch_norm", prefix="n0") + table("gru", prefix="a") + table("batch_norm", prefix="n1", eps=0.01)
    text += table("batch_norm", prefix="n2") + table("lstm", prefix="b") + table("linear", prefix="c")
    text += table("batch_norm", prefix="n3", activation="relu") + table("batch_norm", prefix="n4")
    text += table("linear", prefix="d") + table("batch_norm", prefix="n5", activation="hardsigmoid")

    def run(x: torch.Tensor) -> torch.Tensor:
        x = made["a"](over_features(made["n0"], x))[0]
        x = made["b"](over_features(made["n2"], over_features(made["n1"], x)))[0]
        x = over_features(made["n4"], torch.relu(over_features(made["n3"], made["c"](x))))
        return nn.functional.hardsigmoid(over_features(made["n5"], made["d"](x)))

    return made, text, run


@case
def deep_names():
    """Modules inside modules, a name for C, and tensors that the model does not use."""
    made = nn.ModuleDict({"enc": nn.ModuleDict({"rnn": nn.LSTM(INPUTS, UNITS)}), "aux": nn.Linear(2, 2)})
    text = 'unused = ["aux.*"]\n' + table("lstm", prefix="enc.rnn", name="first")
    return made, text, lambda x: made["enc"]["rnn"](x)[0]


@case
def no_prefix():
    made = nn.GRU(INPUTS, UNITS)
    return made, table("gru"), lambda x: made(x)[0]


def from_sru(keys: dict | None = None, name: str = "SRU", inputs: int = INPUTS, **options: object):
    """A layer of the package sru, whose forward in plain Python runs where gradients are on."""
    made = nn.ModuleDict({"s": getattr(sru_package(), name)(inputs, UNITS, **options)})
    told = {"bidirectional": options.get("bidirectional", False), "skip": options.get("has_skip_term", True)}
    told["activation"] = "tanh" if options.get("use_tanh") else "identity"
    return made, table("sru", prefix="s", **told, **(keys or {})), lambda x: made["s"](x)[0]


def sru_package():
    """The package compiles C++ when it is imported; its plain Python needs none of that."""
    with (
        mock.patch("torch.utils.cpp_extension.load"),
        mock.patch("torch.jit.script", lambda function: function),
    ):
        import sru
    return sru


for _name, _options in {
    "plain": {"num_layers": 3},
    "both": {"num_layers": 3, "bidirectional": True},
    "rescale": {"rescale": True, "highway_bias": -1.5},
    "rescale_both": {"rescale": True, "highway_bias": -1.5, "bidirectional": True},
    "projected": {"num_layers": 3, "projection_size": 4, "rescale": True},
    "projected_both": {"num_layers": 2, "projection_size": 3, "bidirectional": True},
    "tanh": {"use_tanh": True, "bidirectional": True},
    "no_skip": {"has_skip_term": False, "num_layers": 2},
    "no_skip_both": {"has_skip_term": False, "bidirectional": True, "projection_size": 4},
    "input_to_hidden": {"proj_input_to_hidden_first": True, "bidirectional": True},
    "v1": {"v1": True},
    "nn_rnn": {"nn_rnn_compatible_return": True, "amp_recurrence_fp16": True, "dropout": 0.3},
}.items():
    CASES[f"sru_{_name}"] = lambda o=_options: from_sru(**o)


@case
def sru_cell():
    return from_sru(name="SRUCell", inputs=UNITS)


@case
def sru_last():
    made, text, run = from_sru({"last": "h_n"}, bidirectional=True)
    return made, text, lambda x: torch.cat((run(x)[-1, :, :UNITS], run(x)[0, :, UNITS:]), -1)[None]


def kaldi(kind: str, activation: str | list, units=(UNITS, UNITS), **options: object) -> tuple[nn.Module, str, Run]:
    """A PyTorch-Kaldi network named net."""
    made = nn.ModuleDict({"net": getattr(toolkits, kind)(INPUTS, list(units), activation, **options)})
    drop = options.get("drop", 0.0)
    scale = [1 - one for one in drop] if isinstance(drop, list) else 1 - drop
    told = {"bidirectional": options.get("both", True), "candidate_scale": scale}
    text = table(f"kaldi_{kind.lower()}", prefix="net", activation=activation, **told)
    return made, text, made["net"]


for _kind in ("LiGRU", "MinimalGRU", "GRU", "LSTM", "RNN"):
    for _name, _options in {
        "norm": {},
        "bias": {"norm": False, "both": False},
        "dropped": {"drop": 0.2, "activation": "relu"},
        "identity": {"drop": 0.5, "activation": "identity", "units": [7], "both": False, "first": True},
        "sigmoid": {"activation": "sigmoid"},
    }.items():
        CASES[f"kaldi_{_kind.lower()}_{_name}"] = lambda k=_kind, o=_options: kaldi(
            k, **{"activation": "relu" if k == "LiGRU" else "tanh", **o}
        )


@case
def kaldi_gru_scaled():
    return kaldi("GRU", "tanh", drop=0.2)


@case
def kaldi_lstm_scaled():
    return kaldi("LSTM", "tanh", drop=0.2)


@case
def kaldi_minimalgru_scaled():
    return kaldi("MinimalGRU", "tanh", drop=0.2)


@case
def kaldi_each_layer():
    return kaldi("GRU", ["relu", "tanh", "tanh"], [UNITS, 4, UNITS], drop=[0.3, 0.2, 0.0])


@case
def kaldi_with_mlp():
    """PyTorch-Kaldi's networks with its MLP behind, whose idle norms are named."""
    made, text, run = kaldi("LiGRU", "relu", drop=0.2)
    made["mlp"] = nn.ModuleDict(
        {"wx": nn.ModuleList([nn.Linear(2 * UNITS, 4)]), "ln": nn.ModuleList([toolkits.LayerNorm(4)])}
    )
    text = 'unused = ["mlp.ln.*"]\n' + text + table("linear", prefix="mlp.wx.0", activation="log_softmax")
    return made, text, lambda x: made["mlp"]["wx"][0](run(x))


def speechbrain(activation: str, layers: int, both: bool) -> tuple[nn.Module, str, Run]:
    made = nn.ModuleDict({"l": toolkits.SpeechBrainLiGRU(INPUTS, UNITS, layers, activation, both)})
    return made, table("speechbrain_ligru", prefix="l", bidirectional=both, activation=activation), made["l"]


for _name, _options in {"both": ("relu", 2, True), "one": ("relu", 2, False), "tanh": ("tanh", 1, True)}.items():
    CASES[f"speechbrain_{_name}"] = lambda o=_options: speechbrain(*o)


KEPT = ("num_batches_tracked", "h_init", "drop_masks", "drop_mask_te", "scale_x", "gamma", "beta")
"""What training leaves as it was made, or what a test sets."""


def shake(module: nn.Module) -> None:
    """Random weights, biases that are not 0, batch norms with statistics; what is not trained stays as it is."""
    state = module.state_dict()
    frozen = {name for name, value in module.named_parameters() if not value.requires_grad}
    for name, value in state.items():
        owner, _, part = name.rpartition(".")
        idle_norm = "bn_" in owner and f"{owner.replace('bn_', '')}.bias" in state
        if part in KEPT or name in frozen or idle_norm:
            continue
        of_h = part.startswith(("weight_hh", "weight_c")) or re.search(r"(^|\.)u[a-z]{0,2}(\.|$)", owner)
        if part == "running_var" or (part == "weight" and value.dim() == 1):
            value.uniform_(0.5, 2)
        else:
            value.normal_(0, 0.25 if of_h else 0.45)


def main(folder: Path) -> None:
    """All models, each with seeds of its own."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for number, (name, make) in enumerate(CASES.items()):
        torch.manual_seed(number)
        module, text, run = make()
        shake(module)
        module.eval()
        features = [torch.randn(length, 1, INPUTS if "cell" not in name else UNITS) for length in LENGTHS]
        outputs = [run(one)[:, 0].detach().numpy() for one in features]
        kept = {f"x{index}": one[:, 0].numpy() for index, one in enumerate(features)}
        np.savez(folder / f"{name}.npz", **kept, **{f"y{index}": one for index, one in enumerate(outputs)})
        save_file(
            {key: value.contiguous().clone() for key, value in module.state_dict().items()},
            folder / f"{name}.safetensors",
        )
        (folder / f"{name}.toml").write_text(text)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
