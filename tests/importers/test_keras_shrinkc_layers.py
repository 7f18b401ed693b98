"""LiGRU and SRU of `shrinkc.keras`, saved by Keras and imported: the float reference against Keras, and refusals."""

import importlib.util
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import floating

MAKER = Path(__file__).parent / "keras_shrinkc_models.py"

MODELS = [
    *("ligru", "ligru_bias", "ligru_bare", "ligru_functions", "ligru_hard", "ligru_both", "ligru_sum", "ligru_norm"),
    *("ligru_frozen", "ligru_trained"),
    *("sru", "sru_input", "sru_scale", "sru_matrix", "sru_none", "sru_tanh", "sru_projection", "sru_plain", "sru_both"),
    *("sru_norm", "sru_frozen", "sru_trained", "unrolled", "cells"),
]
REFUSALS = {
    "elu": "(shrinkc>LiGRU): activation = 'elu' is not supported; known: linear, tanh, sigmoid, relu, hard_sigmoid",
    "relu_gate": "recurrent_activation = 'relu' is not supported; known: sigmoid, hard_sigmoid",
    "backwards": "(shrinkc>SRU): go_backwards = True is not supported; use go_backwards = False",
    "stateful": "stateful = True is not supported; use stateful = False",
    "half": "dtype = 'mixed_float16' is not supported",
    "norm": "which reads its input also outside of products; remove it there",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models that a process of its own made."""
    if importlib.util.find_spec("tensorflow") is None:
        pytest.skip("tensorflow is not installed; pip install tensorflow to compare with it")
    folder = tmp_path_factory.mktemp("own_models")
    made = subprocess.run([sys.executable, str(MAKER), str(folder)], capture_output=True, text=True, timeout=900)
    assert made.returncode == 0, made.stderr[-3000:]
    return folder


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", MODELS)
def test_outputs_equal_keras(models: Path, name: str, ending: str) -> None:
    network = load(models / f"{name}.{ending}")
    saved = np.load(models / f"{name}.npz")
    expected = saved["outputs"]
    found = np.stack(floating.run(network, list(saved["features"]))).reshape(expected.shape)
    assert saved["features"].shape[1] == 100
    assert np.all(np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected)))
    assert np.ptp(expected) > 0.01  # a model whose outputs hardly move proves little


def test_the_models_are_all_those_that_were_made(models: Path) -> None:
    assert sorted(path.stem for path in models.glob("*.npz")) == sorted(MODELS)
    assert sorted(path.stem for path in (models / "refused").glob("*.keras")) == sorted(REFUSALS)


@pytest.mark.parametrize("ending", ["keras", "h5"])
@pytest.mark.parametrize("name", REFUSALS)
def test_refused_in_one_line(models: Path, name: str, ending: str) -> None:
    path = models / "refused" / f"{name}.{ending}"
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and REFUSALS[name] in message and "\n" not in message


def spoiled(source: Path, target: Path, settings: dict | None = None, arrays: dict | None = None) -> Path:
    """A copy of a .keras file whose first recurrent layer has other settings (None: the key left out) or arrays."""
    with zipfile.ZipFile(source) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(content["config.json"])
    layer = next(entry for entry in config["config"]["layers"] if "shrinkc>" in str(entry["registered_name"]))
    layer["config"] |= settings or {}
    content["config.json"] = json.dumps(config).encode()
    weights = target.with_suffix(".h5")
    weights.write_bytes(content["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        folder = next(file[f"layers/{name}/cell/vars"] for name in ("li_gru", "sru") if f"layers/{name}" in file)
        for name, value in (arrays or {}).items():
            del folder[name]
            if value is not None:
                folder[name] = value
    content["model.weights.h5"] = weights.read_bytes()
    with zipfile.ZipFile(target, "w") as archive:
        for name, value in content.items():
            archive.writestr(name, value)
    return target


WRONG = {
    "name": ("ligru", {"moving": 3}, {}, "has the setting 'moving', which is not known"),
    "batch_norm": ("ligru", {"batch_norm": None}, {}, "batch_norm = None is neither True nor False"),
    "no_batch_norm": ("ligru", {"batch_norm": False}, {}, "has 6 arrays of weights in the file, not 3"),
    "epsilon": ("ligru", {"epsilon": "x"}, {}, "epsilon = 'x' is no number of use"),
    "units": ("ligru", {"units": 7}, {}, "not those of 7 units"),
    "variance": ("ligru", {}, {"5": np.full(12, -1.0)}, "has a moving variance that is not above 0"),
    "nan": ("ligru", {}, {"4": np.full(12, np.nan)}, "holds NaN or infinite weights"),
    "too_large": ("ligru", {}, {"2": np.full(12, 3e38), "4": np.full(12, -3e38)}, "save the model again"),
    "skip": ("sru", {"skip": ["input"]}, {}, "skip = ['input'] is not known"),
    "skip_width": ("sru", {"skip": "input"}, {}, "not those of 6 units"),
    "alpha": ("sru_input", {}, {"3": np.ones(5)}, "not those of 5 units"),
    "no_alpha": ("sru_input", {}, {"3": None}, "has 3 arrays of weights in the file, not 4"),
    "projection": ("sru_projection", {"projection": 0}, {}, "projection = 0 is no width"),
    "projection_width": ("sru_projection", {"projection": 4}, {}, "not those of 6 units"),
    "projection_left_out": ("sru_projection", {"projection": None}, {}, "has 4 arrays of weights in the file, not 3"),
    "kernel": ("sru", {}, {"0": np.zeros(3)}, "not those of 6 units"),
    "kernel_gone": ("sru", {}, dict.fromkeys("012"), "not those of 6 units"),
}


@pytest.mark.parametrize("case", WRONG)
def test_spoiled_files(models: Path, tmp_path: Path, case: str) -> None:
    source, settings, arrays, expected = WRONG[case]
    path = spoiled(models / f"{source}.keras", tmp_path / "m.keras", settings, arrays)
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(str(path)) and expected in message and "\n" not in message


def test_spoiling_nothing_changes_nothing(models: Path, tmp_path: Path) -> None:
    same = load(spoiled(models / "sru_input.keras", tmp_path / "m.keras"))
    for found, expected in zip(same.layers, load(models / "sru_input.keras").layers, strict=True):
        assert found.matrices.keys() == expected.matrices.keys()
        assert all(np.array_equal(found.matrices[path], expected.matrices[path]) for path in found.matrices)
    alpha = np.float32(np.sqrt(1 + 2 * np.exp(-1.0)))
    assert np.array_equal(same.layers[0].vectors["alpha"], np.full(5, alpha))


@pytest.mark.parametrize("cell", ["ligru", "sru"])
def test_importing_needs_no_keras(models: Path, cell: str) -> None:
    code = (
        "import sys, pathlib; from shrinkc.importers import load; load(pathlib.Path(sys.argv[1]));"
        " sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'shrinkc.keras')))"
    )
    assert subprocess.run([sys.executable, "-c", code, str(models / f"{cell}.keras")]).returncode == 0
