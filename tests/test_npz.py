"""The one writer of zips: equal content gives equal bytes, whenever and in whatever memory it lies."""

import io
import zipfile

import numpy as np
import pytest

from shrinkc import npz

ARRAYS = {
    "weights": np.arange(-6, 6, dtype=np.int8).reshape(3, 4),
    "scale": np.array(0.25),
    "names": np.array(["one", "zwei"]),
    "none": np.zeros((0, 3), np.float32),
}


@pytest.mark.parametrize("level", [npz.STORED, npz.FAST, npz.SMALL])
def test_numpy_reads_what_was_packed(level):
    with np.load(io.BytesIO(npz.pack(ARRAYS, level)), allow_pickle=False) as found:
        assert found.files == list(ARRAYS)
        for name, values in ARRAYS.items():
            assert (found[name].dtype, found[name].shape) == (values.dtype, values.shape)
            assert np.array_equal(found[name], values)


def test_memory_order_does_not_show():
    other = {**ARRAYS, "weights": np.asfortranarray(ARRAYS["weights"])}
    assert npz.pack(other) == npz.pack(ARRAYS)


def test_entries_have_fixed_times_and_rights():
    with zipfile.ZipFile(io.BytesIO(npz.zipped([("b.txt", b"b"), ("a.txt", b"a")]))) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == ["b.txt", "a.txt"]
    assert {(entry.date_time, entry.external_attr >> 16) for entry in entries} == {((1980, 1, 1, 0, 0, 0), 0o644)}


def test_levels_are_obeyed():
    content = np.random.default_rng(1).integers(0, 40, 20000).astype(np.int16).tobytes()
    stored, fast, small = (len(npz.zipped([("a", content)], level)) for level in (npz.STORED, npz.FAST, npz.SMALL))
    assert small < fast < len(content) < stored


def test_objects_are_never_pickled():
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        npz.pack({"a": np.array([None], object)})
