"""Damaged, foreign and hostile model files: one line that names the file, never a traceback."""

import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from handmade import ENDINGS, PLACES, WRITERS, arrays, both, functional, refusal, write_h5, write_keras
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import Network


@both
def test_the_handmade_model_is_good(tmp_path: Path, ending: str) -> None:
    network = load(WRITERS[ending](tmp_path / f"m{ending}"))
    assert [layer.name for layer in network.layers] == ["rnn", "head"]
    assert load(WRITERS[ending](tmp_path / f"f{ending}", functional())).parameters == network.parameters


def test_importing_loads_no_framework(tmp_path: Path) -> None:
    path = write_keras(tmp_path / "m.keras")
    code = "import sys; from shrinkc.importers import load; load(sys.argv[1]); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True).stdout
    assert not {"tensorflow", "keras", "tf_keras", "torch"} & set(modules.split())


def test_missing_empty_folder_and_unknown_ending(tmp_path: Path) -> None:
    assert "no such model file" in refusal(tmp_path / "none.keras")
    (tmp_path / "empty.h5").touch()
    assert "is empty" in refusal(tmp_path / "empty.h5")
    (tmp_path / "folder.keras").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.keras")
    (tmp_path / "model.pickle").write_bytes(b"x")
    assert "cannot import .pickle; known: .keras, .h5" in refusal(tmp_path / "model.pickle")


def test_foreign_files(tmp_path: Path) -> None:
    for ending in ENDINGS:
        path = tmp_path / f"image{ending}"
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
        assert "not a whole" in refusal(path)
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    assert "lacks config.json" in refusal((tmp_path / "a.npz").rename(tmp_path / "a.keras"))
    assert "rename it to end in .h5" in refusal(write_h5(tmp_path / "wrong.keras"))
    assert "rename it to end in .keras" in refusal(write_keras(tmp_path / "wrong.h5"))
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["data"] = np.zeros(3)
    assert "no model_config" in refusal(tmp_path / "other.h5")


@both
@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.99])
def test_truncated(tmp_path: Path, ending: str, part: float) -> None:
    path = WRITERS[ending](tmp_path / f"m{ending}")
    whole = path.read_bytes()
    path.write_bytes(whole[: max(1, int(len(whole) * part))])
    assert "not a whole" in refusal(path)


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_member_missing(tmp_path: Path, name: str) -> None:
    path = write_keras(tmp_path / "m.keras")
    with zipfile.ZipFile(path) as archive:
        members = {item: archive.read(item) for item in archive.namelist() if item != name}
    with zipfile.ZipFile(path, "w") as archive:
        for item, data in members.items():
            archive.writestr(item, data)
    assert f"lacks {name}" in refusal(path)


def test_giant_members_and_arrays(tmp_path: Path) -> None:
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(20 << 20))
    assert "too large for a microcontroller" in refusal(path)

    def swell(file: h5py.File) -> None:
        del file["model_weights/head/head/0"]
        file.create_dataset("model_weights/head/head/0", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024))

    assert "too many for a microcontroller" in refusal(write_h5(tmp_path / "m.h5", spoil=swell))


@both
@pytest.mark.parametrize("text", ["{", "[]", "null", '"x"', "[" * 100000, '{"class_name": "Sequential"}', "9" * 9999])
def test_broken_or_absurd_json(tmp_path: Path, ending: str, text: str) -> None:
    refusal(WRITERS[ending](tmp_path / f"m{ending}", text))


@both
@pytest.mark.parametrize("link", ["soft", "external", "storage"])
def test_links_are_not_followed(tmp_path: Path, ending: str, link: str) -> None:
    place = PLACES[ending]
    with h5py.File(tmp_path / "elsewhere.h5", "w") as other:
        other["w"] = arrays()["head"][0]

    def spoil(file: h5py.File) -> None:
        del file[place]
        if link == "storage":
            external = [(str(tmp_path / "elsewhere.h5"), 0, 24)]
            file.create_dataset(place, (3, 2), "f4", external=external)
            return
        outside = h5py.ExternalLink(str(tmp_path / "elsewhere.h5"), "/w")
        file[place] = h5py.SoftLink("/other") if link == "soft" else outside

    message = refusal(WRITERS[ending](tmp_path / f"m{ending}", spoil=spoil))
    assert ("in another file" if link == "storage" else "which is not followed") in message


@both
def test_wrong_weights_name_the_layer(tmp_path: Path, ending: str) -> None:
    def spoiled(layer: str, index: int, array: np.ndarray) -> str:
        values = arrays()
        values[layer][index] = array
        return refusal(WRITERS[ending](tmp_path / f"m{ending}", values=values))

    for value in (np.nan, np.inf, -np.inf):
        assert "layer 'head' (Dense): holds NaN" in spoiled("head", 1, np.array([0, value], "f4"))
    assert "layer 'rnn' (LSTM): its weights have the shapes" in spoiled("rnn", 1, np.zeros((3, 11), "f4"))
    assert "layer 'rnn' (LSTM): its weights have the shapes" in spoiled("rnn", 2, np.zeros(4, "f4"))
    assert "not those of 2 units" in spoiled("head", 0, np.zeros((3, 5), "f4"))
    assert "reads 4 values, what stands before it gives 3" in spoiled("head", 0, np.zeros((4, 2), "f4"))
    assert "reads 5 values, what stands before it gives 2" in spoiled("rnn", 0, np.zeros((5, 12), "f4"))
    values = arrays()
    values["head"].pop()
    assert "has 1 arrays of weights" in refusal(WRITERS[ending](tmp_path / f"m{ending}", values=values))


def test_weights_of_another_layer_are_noticed(tmp_path: Path) -> None:
    def rename(file: h5py.File) -> None:
        file["layers/dense/vars"].attrs["name"] = "other"

    assert "holds the weights of layer 'other'" in refusal(write_keras(tmp_path / "m.keras", spoil=rename))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), ending=st.sampled_from(ENDINGS))
def test_changed_bytes_never_give_a_traceback(tmp_path: Path, data: st.DataObject, ending: str) -> None:
    path = WRITERS[ending](tmp_path / f"m{ending}")
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]) if data.draw(st.booleans()) else content)
    try:
        assert isinstance(load(path), Network)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
