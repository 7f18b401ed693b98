"""The layout of weights: literal words, and a round trip."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shrinkc.lower.layout import pack, padded_rows, unpack

BITS = st.sampled_from([2, 4, 8, 16])


def test_four_rows_of_8_bits_share_a_word():
    weights = np.array([[1, -1], [2, -2], [3, -3], [4, -4], [5, -5]])
    assert [f"{word:08x}" for word in pack(weights, 8).ravel()] == ["04030201", "fcfdfeff", "00000005", "000000fb"]


def test_eight_rows_of_4_bits_share_a_word():
    assert f"{pack(np.arange(-4, 4)[:, None], 4)[0, 0]:08x}" == "3210fedc"


@pytest.mark.parametrize("bits, rows, padded", [(8, 5, 8), (8, 8, 8), (4, 9, 16), (2, 1, 16), (16, 3, 4)])
def test_rows_are_filled_up_to_a_word(bits, rows, padded):
    assert padded_rows(rows, bits) == padded


@given(BITS, st.integers(1, 40), st.integers(1, 9), st.data())
def test_round_trip(bits, rows, columns, data):
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    weights = data.draw(arrays(np.int32, (rows, columns), elements=st.integers(low, high)))
    words = pack(weights, bits)
    assert words.dtype == np.uint32 and words.shape == (padded_rows(rows, bits) * bits // 32, columns)
    assert np.array_equal(unpack(words, bits, rows), weights)
