"""Pickles and damaged or hostile `.safetensors` files: one line, and nothing is run."""

import json
import os
import pickle
import random
import struct
from pathlib import Path

import pytest
from pytorch_states import RNN, recurrent, refusal, write

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.importers.limits import WEIGHTS_LIMIT
from shrinkc.importers.pytorch.tensors import SAVE


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
    os.truncate(path, WEIGHTS_LIMIT + 1)
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
