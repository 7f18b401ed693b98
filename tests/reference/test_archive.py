"""The archive of a build folder: a round trip, equal bytes, and clear refusals."""

import dataclasses

import numpy as np
import pytest

from networks import quantized, recognizer, speech_like
from shrinkc.errors import InputError
from shrinkc.lower import plain_modes
from shrinkc.reference import archive, run

NETWORK = recognizer()


@pytest.fixture
def kept():
    network = quantized(NETWORK)
    return archive.Reference(archive.FORMAT, "ab" * 32, NETWORK, network, plain_modes(network), "ctc", 3)


def test_round_trip(kept, tmp_path):
    (tmp_path / archive.FILE_NAME).write_bytes(archive.to_bytes(kept))
    found = archive.load(tmp_path)
    inputs = [kept.quantized.quantize_input(u) for u in speech_like()]
    for a, b in zip(run(kept.quantized, inputs).outputs, run(found.quantized, inputs).outputs, strict=True):
        assert np.array_equal(a, b)
    assert np.array_equal(found.network.layers[0].matrices["input.x"], NETWORK.layers[0].matrices["input.x"])
    assert (found.digest, found.modes) == (kept.digest, kept.modes)
    assert (found.decode, found.blank) == ("ctc", 3)


def test_equal_references_give_equal_bytes(kept):
    assert archive.to_bytes(kept) == archive.to_bytes(kept)


def test_missing(tmp_path):
    with pytest.raises(InputError, match="missing; build the folder again"):
        archive.load(tmp_path)


@pytest.mark.parametrize("cut", [0, 10, 1000, -20])
def test_truncated(kept, tmp_path, cut):
    (tmp_path / archive.FILE_NAME).write_bytes(archive.to_bytes(kept)[:cut])
    with pytest.raises(InputError, match="damaged or of another version"):
        archive.load(tmp_path)


def test_another_format(kept, tmp_path):
    other = dataclasses.replace(kept, format="shrinkc-reference-0")
    (tmp_path / archive.FILE_NAME).write_bytes(archive.to_bytes(other))
    with pytest.raises(InputError, match="format shrinkc-reference-0"):
        archive.load(tmp_path)
