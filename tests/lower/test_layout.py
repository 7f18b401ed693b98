"""Layouts of weights: literal words, and a round trip of every kernel's layout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shrinkc.lower import FAMILIES
from shrinkc.lower.kernels import WEIGHT_BITS
from shrinkc.lower.layout import rows_in_words

LAYOUTS = {
    f"{family.name} {mode} {bits}": getattr(family, mode)[bits]
    for family in FAMILIES.values()
    for mode in ("dense", "delta")
    for bits in WEIGHT_BITS
}


def test_four_rows_of_8_bits_share_a_word():
    weights = np.array([[1, -1], [2, -2], [3, -3], [4, -4], [5, -5]])
    words = rows_in_words(8, excess=False).pack(weights)
    assert [f"{word:08x}" for word in words.ravel()] == ["04030201", "fcfdfeff", "00000005", "000000fb"]


def test_excess_digits_are_unsigned():
    layout = rows_in_words(4, excess=True)
    assert f"{layout.pack(np.arange(-4, 4)[:, None])[0, 0]:08x}" == "ba987654"


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_bit_of_a_tile_has_one_weight(name):
    layout = LAYOUTS[name]
    used = np.zeros((layout.words, 32), int)
    for place in layout.places:
        used[place.word, place.shift : place.shift + layout.bits] += 1
    assert (used == 1).all() and len(layout.places) == layout.rows * layout.columns


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_filling_is_bits_of_nought(name):
    layout = LAYOUTS[name]
    words = layout.pack(np.zeros((0, layout.columns + 1), int))
    assert words.size == 0
    one = layout.pack(np.full((1, 1), -1))
    first = layout.places[0]
    digit = (one[0, first.word] >> first.shift) & ((1 << layout.bits) - 1)
    assert digit == (1 << layout.bits) - 1 - (first.excess << (layout.bits - 1))
    one[0, first.word] &= ~np.uint32(((1 << layout.bits) - 1) << first.shift)
    assert not one.any()


@given(st.sampled_from(sorted(LAYOUTS)), st.integers(1, 40), st.integers(1, 40), st.data())
def test_round_trip(name, rows, columns, data):
    layout = LAYOUTS[name]
    low, high = -(1 << (layout.bits - 1)), (1 << (layout.bits - 1)) - 1
    weights = data.draw(arrays(np.int32, (rows, columns), elements=st.integers(low, high)))
    words = layout.pack(weights)
    across = layout.padded_columns(columns) // layout.columns
    assert words.dtype == np.uint32 and words.shape == (layout.padded_rows(rows) // layout.rows, across * layout.words)
    assert np.array_equal(layout.unpack(words, rows, columns), weights)
