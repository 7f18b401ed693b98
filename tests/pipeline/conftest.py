"""Projects with a small model and its data, for the whole way from a file to a checked device."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from shrinkc import datasets
from shrinkc.datasets import Dataset
from shrinkc.project import Options, resolve, with_options
from shrinkc.project.values import empty

INPUTS, UNITS, CLASSES = 5, 6, 4


def write_model(path: Path, *, both: bool, last: bool) -> None:
    """A torch-style LSTM and a linear head, with random weights."""
    random = np.random.default_rng(3)
    tensors = {}
    for ending in ("", "_reverse")[: 1 + both]:
        for name, shape in (
            ("weight_ih", (4 * UNITS, INPUTS)),
            ("weight_hh", (4 * UNITS, UNITS)),
            ("bias_ih", (4 * UNITS,)),
            ("bias_hh", (4 * UNITS,)),
        ):
            tensors[f"rnn.{name}_l0{ending}"] = random.normal(0, 0.6, shape).astype(np.float32)
    tensors["head.weight"] = random.normal(0, 1, (CLASSES, UNITS * (1 + both))).astype(np.float32)
    tensors["head.bias"] = random.normal(0, 0.3, CLASSES).astype(np.float32)
    save_file(tensors, path)
    ends = 'last = "h_n"\n' if last else ""
    path.with_suffix(".toml").write_text(
        f'[[layer]]\nkind = "lstm"\nprefix = "rnn"\n{ends}\n[[layer]]\nkind = "linear"\nprefix = "head"\n'
    )


@pytest.fixture
def project(tmp_path: Path):
    """project(both, last, **options): the settings of a project with such a model and data of 12 utterances."""

    def make(both: bool, last: bool, **options: object):
        random = np.random.default_rng(1)
        lengths = np.array([7, 12, 1, 9] * 3, np.int64)
        features = np.cumsum(random.normal(0, 0.5, (lengths.sum(), INPUTS)), axis=0).astype(np.float32)
        count = np.ones(12, np.int64)
        data = Dataset(features, lengths, np.ones(12, np.int32), count, ("sil", "a", "b", "c"), ("s",) * 12)
        datasets.save(data, tmp_path / "data.npz")
        write_model(tmp_path / "net.safetensors", both=both, last=last)
        given = {"target": "cortex-m4", "calibration": str(tmp_path / "data.npz"), "test": str(tmp_path / "data.npz")}
        return resolve(with_options(empty(), Options(model=str(tmp_path / "net.safetensors"), **{**given, **options})))

    return make
