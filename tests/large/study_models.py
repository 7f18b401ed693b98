"""The four networks of the study in their full size, random weights, as files that the importer reads.

Rezk, Nordström, Ul-Abdin, "Shrink and Eliminate", Information 13(4):176, 2022: 23 features, 550 units a direction,
1936 outputs. LSTM, GRU and LiGRU as PyTorch-Kaldi keeps them: batch norm on W x, one set of weights for both
directions, candidates scaled by 1 - dropout. SRU as the package `sru` keeps it: projection 256, a set a direction.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from shrinkc.datasets import Dataset
from shrinkc.datasets.dataset import save

INPUTS, UNITS, OUTPUTS, PROJECTION = 23, 550, 1936, 256
FRAMES = 20
KEPT = 0.8
"""What the candidate is multiplied with: 1 - dropout."""

Tensors = dict[str, np.ndarray]


@dataclass(frozen=True)
class Model:
    """A network of the study. activation: of the candidate. gates: the names of W and U that PyTorch-Kaldi gives."""

    kind: str
    layers: int
    activation: str = "tanh"
    gates: tuple[tuple[str, str], ...] = ()


MODELS = {
    "lstm": Model("kaldi_lstm", 4, gates=(("wfx", "ufh"), ("wix", "uih"), ("wox", "uoh"), ("wcx", "uch"))),
    "gru": Model("kaldi_gru", 5, gates=(("wh", "uh"), ("wz", "uz"), ("wr", "ur"))),
    "ligru": Model("kaldi_ligru", 5, "relu", gates=(("wh", "uh"), ("wz", "uz"))),
    "sru": Model("sru", 4, "identity"),
}


def write(name: str, folder: Path) -> Path:
    """NAME.safetensors and its NAME.toml in `folder`; the path of the former. The same name gives the same bytes."""
    model, random = MODELS[name], np.random.default_rng(sorted(MODELS).index(name))
    keys: dict[str, object] = {
        "kind": model.kind,
        "prefix": "rnn",
        "bidirectional": True,
        "activation": model.activation,
    }
    if model.gates:
        tensors = _kaldi(model, random)
        keys["candidate_scale"] = KEPT
    else:
        tensors = _sru(model, random)
        keys["skip"] = True
    tensors["head.weight"] = _matrix(random, OUTPUTS, 2 * UNITS)
    tensors["head.bias"] = _normal(random, OUTPUTS)
    text = _table(keys) + _table({"kind": "linear", "prefix": "head"})
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    save_file(tensors, folder / f"{name}.safetensors")
    return folder / f"{name}.safetensors"


def write_features(path: Path, utterances: int, seed: int) -> Path:
    """A data set of FRAMES frames an utterance that wander slowly, as features of speech do; unlabelled."""
    random = np.random.default_rng(seed)
    features = np.concatenate(
        [np.cumsum(random.normal(0, 0.4, (FRAMES, INPUTS)), axis=0) for _ in range(utterances)]
    ).astype(np.float32)
    none = np.zeros(0, np.int32)
    lengths, silent = np.full(utterances, FRAMES), np.zeros(utterances, np.int64)
    symbols = tuple(f"s{index}" for index in range(OUTPUTS))
    save(Dataset(features, lengths, none, silent, symbols, ("nobody",) * utterances), path)
    return path


def _table(keys: dict[str, object]) -> str:
    """One [[layer]]; JSON writes these values as TOML does."""
    return "\n".join(["[[layer]]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])


def _normal(random: np.random.Generator, size: int, mean: float = 0.0, spread: float = 0.3) -> np.ndarray:
    return random.normal(mean, spread, size).astype(np.float32)


def _matrix(random: np.random.Generator, rows: int, columns: int, read: int | None = None) -> np.ndarray:
    """Of a trained network's size. read: how many elements one sum reads, where that is not `columns`."""
    return random.normal(0, 1.2 / np.sqrt(read or columns), (rows, columns)).astype(np.float32)


def _kaldi(model: Model, random: np.random.Generator) -> Tensors:
    tensors: Tensors = {}
    for layer in range(model.layers):
        inputs = 2 * UNITS if layer else INPUTS
        for w, u in model.gates:
            tensors[f"rnn.{w}.{layer}.weight"] = _matrix(random, UNITS, inputs)
            tensors[f"rnn.{u}.{layer}.weight"] = _matrix(random, UNITS, UNITS)
            norm = f"rnn.bn_{w}.{layer}."
            tensors[f"{norm}weight"] = _normal(random, UNITS, 1.0, 0.1)
            tensors[f"{norm}bias"] = _normal(random, UNITS)
            tensors[f"{norm}running_mean"] = _normal(random, UNITS)
            tensors[f"{norm}running_var"] = random.uniform(0.5, 2, UNITS).astype(np.float32)
    return tensors


def _sru(model: Model, random: np.random.Generator) -> Tensors:
    """The first layer reads fewer values than the projection has, so it has none, and a matrix for its skip."""
    tensors: Tensors = {}
    for layer in range(model.layers):
        part, read = f"rnn.rnn_lst.{layer}.", PROJECTION if layer else INPUTS
        if layer:
            tensors[f"{part}weight_proj"] = _matrix(random, 2 * UNITS, PROJECTION, read=2 * UNITS)
        tensors[f"{part}weight"] = _matrix(random, read, 2 * UNITS * (3 if layer else 4), read=read)
        tensors[f"{part}weight_c"] = _normal(random, 4 * UNITS)
        tensors[f"{part}bias"] = _normal(random, 4 * UNITS)
        tensors[f"{part}scale_x"] = np.ones(1, np.float32)
    return tensors
