"""SavedModel folders: those that tf_keras writes are held against it, others are refused by what they lack."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from handmade import arrays, config, entry, refusal, write_saved_model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import Network, floating

NAMES = [
    *("sequential", "no_bias", "adapted", "given", "dense", "distributed", "gru_after", "gru_before", "gru_gates"),
    *("simple_rnn", "cells", "stacked", "last", "last_stacked", "slash", "trained_only"),
    *("both", "both_sum", "both_own", "both_cells", "both_frozen", "norm_between", "norm_dense", "norm_frozen"),
]
INDEX, DATA = "variables/variables.index", "variables/variables.data-00000-of-00001"
FILES = ("keras_metadata.pb", INDEX, DATA)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_equal_tf_keras(saved_models: Path, name: str) -> None:
    network = load(saved_models / "tf_keras" / "saved_model" / name)
    saved = np.load(saved_models / "tf_keras" / f"{name}.npz")
    expected = saved["outputs"]
    found = np.stack(floating.run(network, list(saved["features"]))).reshape(expected.shape)
    assert np.all(np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected)))


def test_a_folder_runs_in_tf_keras(saved_models: Path) -> None:
    """As `shrinkc inspect FOLDER --run-reference` runs it, in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from shrinkc.importers import load; "
        "from shrinkc.importers.cross_check import cross_check, random_input; path = Path(sys.argv[1]); "
        "network = load(path); found = cross_check(path, network, random_input(network), 'random'); "
        "print(found.framework, found.good)"
    )
    path = saved_models / "tf_keras" / "saved_model" / "sequential"
    made = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert re.fullmatch(r"tf_keras 2[.\d]* True", made.stdout.strip()), made.stderr[-2000:]


def test_every_folder_that_is_made_is_tested(saved_models: Path) -> None:
    assert {path.name for path in (saved_models / "tf_keras" / "saved_model").iterdir()} == set(NAMES)


@pytest.mark.parametrize("folder", ["keras/export", "tf_keras/export", "tf_keras/plain"])
def test_exports_without_layers_are_refused(saved_models: Path, folder: str) -> None:
    assert "save the model with model.save('model.keras')" in refusal(saved_models / folder)


def test_subclassed(saved_models: Path) -> None:
    assert "a Subclassed model cannot be imported" in refusal(saved_models / "tf_keras" / "subclassed")


def test_the_handmade_folder_is_good(tmp_path: Path) -> None:
    network = load(write_saved_model(tmp_path / "m"))
    assert [layer.name for layer in network.layers] == ["rnn", "head"] and network.name == "m"
    kernel, recurrent, _ = arrays()["rnn"]
    assert np.array_equal(network.layers[0].matrices["candidate.x"], kernel[:, 6:9].T)
    assert np.array_equal(network.layers[0].matrices["output.h"], recurrent[:, 9:12].T)


def test_importing_loads_no_framework(tmp_path: Path) -> None:
    path = write_saved_model(tmp_path / "m")
    code = "import sys; from shrinkc.importers import load; load(sys.argv[1]); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True).stdout
    assert not {"tensorflow", "keras", "tf_keras", "torch"} & set(modules.split())


def test_folders_that_are_none(tmp_path: Path) -> None:
    assert "is a folder, and no SavedModel" in refusal(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    assert "is a SavedModel without Keras' layers" in refusal(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_part_missing(tmp_path: Path, name: str) -> None:
    path = write_saved_model(tmp_path / "m")
    (path / name).unlink()
    expected = "without Keras' layers" if name == FILES[0] else "not a whole SavedModel of Keras"
    assert expected in refusal(path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
def test_truncated(tmp_path: Path, name: str, part: float) -> None:
    path = write_saved_model(tmp_path / "m")
    whole = (path / name).read_bytes()
    (path / name).write_bytes(whole[: int(len(whole) * part)])
    assert "not a whole SavedModel of Keras" in refusal(path)


HUGE = 1 << 40
SPOILS: dict[str, tuple[Callable[[dict[str, bytes]], None], str]] = {
    "giant": (
        lambda entries: entries.update({"head/kernel": entry(np.broadcast_to(0.0, (HUGE // 8, 2)), 0, 2, HUGE * 2)}),
        "too many for a microcontroller",
    ),
    "size": (
        lambda entries: entries.update({"head/bias": entry(np.zeros(2, "f4"), 0, 1, 9)}),
        "which its shape does not",
    ),
    "type": (
        lambda entries: entries.update({"head/bias": entry(np.zeros(2, "f4"), 0, 99)}),
        "no numbers of a known type",
    ),
    "outside": (lambda entries: entries.update({"head/bias": entry(np.zeros(2, "f4"), HUGE)}), "cut off"),
    "lost": (lambda entries: entries.pop("head/bias"), "not a whole SavedModel"),
    "names": (lambda entries: entries.update({"x" * 2000: b""}), "too many or too long names"),
    "many": (lambda entries: entries.update({f"x{i}": b"" for i in range(17000)}), "too many or too long names"),
    "graph": (lambda entries: entries.update({"_CHECKPOINTABLE_OBJECT_GRAPH": entry(np.zeros(2, "f4"), 0)}), "no text"),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_hostile_indexes(tmp_path: Path, spoil: str) -> None:
    change, expected = SPOILS[spoil]
    assert expected in refusal(write_saved_model(tmp_path / "m", spoil=change))


def test_wrong_weights_name_the_layer(tmp_path: Path) -> None:
    values = arrays()
    values["head"][1] = np.array([0, np.nan], "f4")
    assert "layer 'head' (Dense): holds NaN" in refusal(write_saved_model(tmp_path / "nan", values=values))
    values["head"][1] = np.zeros(3, "f4")
    assert "layer 'head' (Dense): its weights have the shapes" in refusal(
        write_saved_model(tmp_path / "w", values=values)
    )


def test_what_keras_would_refuse_is_refused_here(tmp_path: Path) -> None:
    saved = config()
    saved["config"]["layers"][1]["config"]["stateful"] = True
    assert "layer 'rnn' (LSTM): stateful = True" in refusal(write_saved_model(tmp_path / "m", saved))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(FILES))
def test_changed_bytes_never_give_a_traceback(tmp_path: Path, data: st.DataObject, name: str) -> None:
    shutil.rmtree(tmp_path / "m", ignore_errors=True)
    path = write_saved_model(tmp_path / "m")
    content = bytearray((path / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (path / name).write_bytes(bytes(content))
    try:
        assert isinstance(load(path), Network)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
