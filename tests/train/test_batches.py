"""Batches and augmentation: shapes, delays and repeatability, with numbers small enough to follow."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.datasets import Dataset
from shrinkc.errors import InputError
from shrinkc.train.augment import hide, stretch, warp
from shrinkc.train.batches import Utterance, epoch_batches, gather
from shrinkc.train.settings import Settings

STILL = Settings(batch=2, delay=1, stretch=0.0, warp=0.0, gain=0.0, tilt=0.0, noise=0.0, time_masks=0, band_masks=0)


def dataset(lengths=(4, 3), labels=((1, 2), (2,)), width=2) -> Dataset:
    frames = sum(lengths)
    return Dataset(
        features=np.arange(frames * width, dtype=np.float32).reshape(frames, width),
        lengths=np.array(lengths),
        labels=np.concatenate([np.array(found, np.int32) for found in labels]),
        label_lengths=np.array([len(found) for found in labels]),
        symbols=("sil", "a", "b"),
        speakers=tuple("x" for _ in lengths),
        frame_labels=(np.arange(frames) % 3).astype(np.int16),
    )


def test_batch_by_hand():
    data = gather([dataset()], ["d"])
    np.testing.assert_allclose(data.mean, [6, 7])
    np.testing.assert_allclose(data.std, [4, 4])
    (batch,) = epoch_batches(data, STILL, 0, 0)
    order = np.argsort(-batch.lengths)
    assert batch.features.shape == (2, 4, 2)
    np.testing.assert_array_equal(batch.lengths[order], [4, 3])
    np.testing.assert_array_equal(batch.features[order[1]], [[8, 9], [10, 11], [12, 13], [0, 0]])
    # Frame labels 0 1 2 0 | 1 2 0 run one frame late; what comes before and the padding are unknown.
    np.testing.assert_array_equal(batch.targets[order], [[-1, 0, 1, 2], [-1, 1, 2, -1]])
    np.testing.assert_array_equal(batch.labels[order], [[1, 2], [2, 0]])
    np.testing.assert_array_equal(batch.label_lengths[order], [2, 1])


def test_every_utterance_stands_in_an_epoch_once_and_epochs_repeat():
    lengths = tuple(range(3, 20))
    data = gather([dataset(lengths, labels=tuple((1,) for _ in lengths))], ["d"])
    settings = Settings(batch=4)
    first = list(epoch_batches(data, settings, 1, 5))
    assert sum(len(batch.lengths) for batch in first) == 17
    for one, other in zip(first, epoch_batches(data, settings, 1, 5), strict=True):
        np.testing.assert_array_equal(one.features, other.features)
    other = next(iter(epoch_batches(data, settings, 1, 6)))
    assert other.features.shape != first[0].features.shape or (other.features != first[0].features).any()


def test_an_utterance_too_short_for_its_labels_is_left_out():
    # 1 1 needs a blank between its equals: three frames.
    assert Utterance(np.zeros((2, 2)), np.array([1, 1]), np.zeros(2)).fewest_frames == 3
    data = gather([dataset((2, 3), labels=((1, 1), (1, 1)))], ["d"])
    assert [len(utterance.features) for utterance in data.utterances] == [3]
    assert data.left_out == {"d": 1}


def test_sets_of_which_nothing_is_left():
    with pytest.raises(InputError, match=r"^a, b: every utterance has fewer frames than labels, .*; use a shorter"):
        gather([dataset((2,), labels=((1, 1),))] * 2, ["a", "b"])


def test_whether_any_frame_is_known():
    known, unknown = dataset(), dataclasses.replace(dataset(), frame_labels=np.full(7, -1, np.int16))
    without = dataclasses.replace(dataset(), frame_labels=None)
    assert not gather([unknown, without], ["u", "w"]).frame_labelled
    assert gather([unknown, known], ["u", "k"]).frame_labelled


def test_sets_that_do_not_fit():
    with pytest.raises(InputError, match="b: its symbols or its width differ from those of a"):
        gather([dataset(), dataset(width=3)], ["a", "b"])
    with pytest.raises(InputError, match="a: 'labels' is empty"):
        gather([dataset(labels=((), ()))], ["a"])


def test_stretch_by_hand():
    features, labels = np.array([[0.0], [2], [4]], np.float32), np.array([1, 2, 0])
    longer, late = stretch(features, labels, 5 / 3)
    np.testing.assert_allclose(longer[:, 0], [0, 1, 2, 3, 4])
    np.testing.assert_array_equal(late, [1, 1, 2, 0, 0])
    assert len(stretch(features, labels, 0.01)[0]) == 1


def test_warp_by_hand():
    features = np.array([[0.0, 10, 20, 30]], np.float32)
    np.testing.assert_allclose(warp(features, 0.5), [[0, 5, 10, 15]])
    np.testing.assert_allclose(warp(features, 2.0), [[0, 20, 30, 30]])


@given(st.integers(1, 30), st.integers(1, 12), st.floats(0.5, 2), st.integers(0, 1000))
def test_shapes_and_range_survive(frames, width, factor, seed):
    rng = np.random.default_rng(seed)
    features = rng.uniform(-1, 1, (frames, width)).astype(np.float32)
    stretched, labels = stretch(features, np.arange(frames), factor)
    assert len(stretched) == len(labels) == max(1, round(frames * factor))
    hidden = hide(warp(stretched, factor), Settings(), np.zeros(width, np.float32), rng)
    assert hidden.shape == (len(stretched), width)
    assert np.abs(hidden).max() <= 1 + 1e-6
