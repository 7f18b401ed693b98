"""Utterances side by side and back."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.network import BACKWARD, FORWARD
from shrinkc.network.sequences import Batch, batches

lengths_of = st.lists(st.integers(0, 12), min_size=1, max_size=8)


def numbered(lengths: list[int]) -> list[np.ndarray]:
    """Utterances that name each frame: 100 * utterance + frame."""
    return [100.0 * place + np.arange(length)[:, None] for place, length in enumerate(lengths)]


@given(lengths_of)
def test_unpad_gives_back_what_was_padded(lengths: list[int]) -> None:
    utterances = [np.full((length, 2), place + 1.0, np.float32) for place, length in enumerate(lengths)]
    batch = Batch.of(utterances)
    for before, after in zip(utterances, batch.unpad(batch.frames), strict=True):
        np.testing.assert_array_equal(before, after)


@given(lengths_of)
def test_the_active_utterances_are_a_prefix(lengths: list[int]) -> None:
    batch = Batch.of([np.ones((length, 1), np.float32) for length in lengths])
    assert list(batch.lengths) == sorted(lengths, reverse=True)
    assert list(batch.active) == [sum(length > step for length in lengths) for step in range(max(lengths))]
    assert batch.mask.sum() == sum(lengths)
    np.testing.assert_array_equal(batch.frames[..., 0], batch.mask)


@given(lengths_of)
def test_backward_turns_each_utterance_round_and_twice_is_forward(lengths: list[int]) -> None:
    utterances = numbered(lengths)
    batch = Batch.of(utterances)
    backward = batch.ordered(batch.frames, BACKWARD)
    for before, after in zip(utterances, batch.unpad(backward), strict=True):
        np.testing.assert_array_equal(before[::-1], after)
    np.testing.assert_array_equal(batch.ordered(backward, BACKWARD), batch.frames)
    np.testing.assert_array_equal(batch.ordered(batch.frames, FORWARD), batch.frames)


@given(lengths_of)
def test_cut_keeps_the_last_frame_of_each_utterance_that_has_one(lengths: list[int]) -> None:
    utterances = numbered(lengths)
    batch = Batch.of(utterances)
    cut = batch.cut(batch.lasts(batch.frames))
    assert cut.mask.shape == cut.frames.shape[:2]
    assert cut.active.tolist() == [sum(length > 0 for length in lengths)] * (max(lengths) > 0)
    for before, after in zip(utterances, cut.unpad(cut.frames), strict=True):
        np.testing.assert_array_equal(before[-1:], after)
    again = cut.cut(cut.lasts(cut.frames))
    np.testing.assert_array_equal(again.frames, cut.frames)


@given(st.integers(0, 20), st.integers(1, 6))
def test_batches_keep_the_order(count: int, size: int) -> None:
    groups = list(batches([np.full((1, 1), index) for index in range(count)], size))
    assert [int(item[0, 0]) for group in groups for item in group] == list(range(count))
    assert all(len(group) == size for group in groups[:-1])
