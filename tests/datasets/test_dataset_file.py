"""The dataset file: what is written is what is read, and whatever is wrong is named in one line."""

import dataclasses
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.datasets import Dataset, check_width, load, save
from shrinkc.datasets.container import markdown_table
from shrinkc.errors import InputError


def small(**changed) -> Dataset:
    """Two utterances of 2 and 3 frames, 2 values a frame, with 1 and 2 labels."""
    made = Dataset(
        features=np.arange(10, dtype=np.float32).reshape(5, 2),
        lengths=np.array([2, 3]),
        labels=np.array([1, 2, 1], np.int32),
        label_lengths=np.array([1, 2]),
        symbols=("sil", "a", "b"),
        speakers=("one", "two"),
        names=("x", "y"),
        frame_labels=np.array([0, 1, -1, 2, 1], np.int16),
        mean=np.zeros(2, np.float32),
        std=np.ones(2, np.float32),
        meta={"name": "small", "frame_shift_ms": 20.0},
    )
    return dataclasses.replace(made, **changed)


def write_arrays(path, **changed):
    """The small dataset as a plain npz with some arrays changed; None leaves one out."""
    arrays = {
        "features": np.arange(10, dtype=np.float32).reshape(5, 2),
        "lengths": np.array([2, 3]),
        "labels": np.array([1, 2, 1]),
        "label_lengths": np.array([1, 2]),
        "symbols": np.array(["sil", "a", "b"]),
        "speakers": np.array(["one", "two"]),
    } | changed
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})
    return path


def test_reads_back_what_was_written(tmp_path):
    dataset = small()
    save(dataset, tmp_path / "d.npz")
    again = load(tmp_path / "d.npz")
    assert again.features.dtype == np.float32
    for name in ("features", "lengths", "labels", "label_lengths", "frame_labels", "mean", "std"):
        np.testing.assert_array_equal(getattr(again, name), getattr(dataset, name))
    assert (again.symbols, again.speakers, again.names) == (dataset.symbols, dataset.speakers, dataset.names)
    assert again.meta == {"name": "small", "frame_shift_ms": 20.0}


def test_same_dataset_gives_same_bytes(tmp_path):
    save(small(), tmp_path / "a.npz")
    save(small(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_utterances_are_views_of_their_own_frames():
    dataset = small()
    features, labels = dataset[1]
    np.testing.assert_array_equal(features, [[4, 5], [6, 7], [8, 9]])
    np.testing.assert_array_equal(labels, [2, 1])
    assert features.base is not None
    assert [len(frames) for frames, _ in dataset] == [2, 3]
    np.testing.assert_array_equal(dataset.frame_labels_of(1), [-1, 2, 1])
    with pytest.raises(IndexError):
        dataset[2]


def test_limit():
    dataset = small()
    first = dataset.limit(1)
    assert (first.speakers, len(first.features), list(first.labels)) == (("one",), 2, [1])
    assert (first.names, len(first.frame_labels)) == (("x",), 2)
    assert dataset.limit(None) is dataset and dataset.limit(9) is dataset


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=6), st.data())
def test_limit_keeps_each_utterance_whole(sizes, data):
    frames, labels = sum(size for size, _ in sizes), sum(count for _, count in sizes)
    dataset = Dataset(
        features=np.arange(frames, dtype=np.float32)[:, None],
        lengths=np.array([size for size, _ in sizes]),
        labels=(np.arange(labels, dtype=np.int32) % 2) + 1,
        label_lengths=np.array([count for _, count in sizes]),
        symbols=("sil", "a", "b"),
        speakers=tuple("s" * len(sizes)),
    )
    count = data.draw(st.integers(1, len(sizes)))
    limited = dataset.limit(count)
    assert len(limited) == count
    for index, (features, found) in enumerate(limited):
        np.testing.assert_array_equal(features, dataset[index][0])
        np.testing.assert_array_equal(found, dataset[index][1])


def test_no_labels_is_unlabelled(tmp_path):
    none = np.zeros(0, np.int64)
    dataset = load(write_arrays(tmp_path / "d.npz", labels=none, label_lengths=none))
    assert not dataset.labelled
    assert list(dataset.label_lengths) == [0, 0]
    assert dataset.frame_labels is None and list(dataset.frame_labels_of(0)) == [-1, -1]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"labels": None}, "the array 'labels' is missing"),
        ({"extra": np.zeros(1)}, "unknown array 'extra'"),
        ({"features": np.zeros((5, 2), np.int32)}, "'features' holds int32, not real numbers"),
        ({"features": np.zeros(10)}, "'features' has shape (10,), not 2 axes"),
        ({"features": np.zeros((5, 0))}, "'features' has no values in a frame"),
        ({"features": np.full((5, 2), np.nan)}, "'features' holds NaN in utterance 0"),
        ({"features": np.array([[0.0, 0]] * 4 + [[0, np.inf]])}, "'features' holds infinite values in utterance 1"),
        ({"lengths": np.array([], int)}, "'lengths' is empty"),
        ({"lengths": np.array([0, 5])}, "'lengths' gives utterance 0 no frames"),
        ({"lengths": np.array([2, 2])}, "'lengths' sum to 4 and 'features' has 5 frames"),
        ({"lengths": np.array([2.0, 3.0])}, "'lengths' holds float64, not integers"),
        ({"labels": np.array([1, 2, 3])}, "'labels' holds 3, outside 1 to 2"),
        ({"labels": np.array([0, 2, 1])}, "'labels' holds 0, outside 1 to 2"),
        ({"labels": np.array([1, 2])}, "'label_lengths' sum to 3 and 'labels' has 2 entries"),
        ({"label_lengths": np.array([3])}, "'label_lengths' has 1 entries for 2 utterances"),
        ({"speakers": np.array(["one"])}, "'speakers' has 1 entries for 2 utterances"),
        ({"symbols": np.array(["sil"])}, "'symbols' must hold at least two names"),
        ({"symbols": np.array(["sil", "a", "a"])}, "'symbols' must hold at least two names, each once"),
        ({"symbols": np.array([0, 1, 2])}, "'symbols' holds int64, not text"),
        ({"speakers": np.array(["one", None], object)}, "'speakers' is a pickled array"),
        ({"frame_labels": np.array([0, 1])}, "'frame_labels' has 2 entries for 5 frames"),
        ({"frame_labels": np.array([0, 1, 2, 3, 0])}, "'frame_labels' holds values outside -1 to 2"),
        ({"mean": np.zeros(3)}, "'mean' must hold 2 finite values"),
        ({"std": np.zeros(2)}, "'std' must be above 0"),
        ({"meta": np.array("{")}, "'meta' is not JSON"),
        ({"meta": np.array(json.dumps([1]))}, "'meta' must be a JSON object"),
    ],
)
def test_bad_arrays_are_named(tmp_path, changed, says):
    path = write_arrays(tmp_path / "d.npz", **changed)
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and says in message and "\n" not in message


def test_bad_files_are_named(tmp_path):
    good = write_arrays(tmp_path / "good.npz").read_bytes()
    damaged = bytearray(good)
    where = good.index(b"NUMPY") + 140
    damaged[where : where + 4] = b"\xff\xff\xff\xff"
    files = {
        "absent.npz": None,
        "empty.npz": b"",
        "foreign.npz": b"RIFF this is no data set",
        "truncated.npz": good[: len(good) // 2],
        "damaged.npz": bytes(damaged),
        "directory.npz": good.replace(b"PK\x01\x02", b"PK\x01\x03"),
    }
    for name, content in files.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    with pytest.raises(InputError, match="is a folder"):
        load(tmp_path)


def test_nothing_bad_is_written(tmp_path):
    with pytest.raises(InputError, match="NaN"):
        save(small(features=np.full((5, 2), np.nan, np.float32)), tmp_path / "d.npz")
    assert not list(tmp_path.iterdir())


def test_wrong_width_names_the_remedy():
    check_width(small(), "d.npz", 2)
    with pytest.raises(InputError, match=r"'features' is 2 wide and the model takes 40.*--bands 40"):
        check_width(small(), "d.npz", 40)


def test_documentation_holds_the_table():
    assert markdown_table() in (Path(__file__).parents[2] / "docs" / "data.md").read_text()
