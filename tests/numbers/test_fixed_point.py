"""Rounding and saturation on literal values, and what the docstrings promise."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.numbers import fixed_point

INT32 = st.integers(-(2**31), 2**31 - 1)
MULTIPLIER = st.integers(1, 32767)


def test_halves_round_up():
    assert fixed_point.rounding_shift([3, -3, 2, -2, 1, -1], 1).tolist() == [2, -1, 1, -1, 1, 0]
    assert fixed_point.rounding_shift([5, -5], 0).tolist() == [5, -5]


def test_multiply_wide_rounds_down():
    assert fixed_point.multiply_wide([1, -1, 65536, -65537], 1).tolist() == [0, -1, 1, -2]


def test_requantize_saturates_at_both_ends():
    # 100000 * 16384 / 2^16 = 25000, halved by right = 1.
    assert fixed_point.requantize([100000, -100000], 16384, 0, 1).tolist() == [12500, -12500]
    assert fixed_point.requantize([2**30, -(2**30)], 32767, 0, 1).tolist() == [32767, -32768]


def test_left_shift_comes_first():
    assert fixed_point.requantize(3, 16384, 4, 1) == 6


def test_quantize_vector_is_symmetric():
    assert fixed_point.quantize_vector([32767, -32768, 128, -128], 16384, 22, 127).tolist() == [127, -127, 1, 0]


@given(INT32, MULTIPLIER, st.integers(1, 30))
def test_rescale_is_the_true_product_rounded_half_up(accumulator, multiplier, right):
    assert fixed_point.rescale(accumulator, multiplier, 0, right) == (
        2 * accumulator * multiplier + 2 ** (16 + right)
    ) // 2 ** (17 + right)


@given(st.integers(-fixed_point.STATE32_MAX, fixed_point.STATE32_MAX), st.integers(-32768, 32767))
def test_scale_state_is_within_two_of_the_product(state, factor):
    scaled = int(fixed_point.scale_state(state, factor))
    assert abs(scaled - state * factor / 2**15) <= 2
    assert -(2**31) <= scaled < 2**31


def test_mixes_worked_by_hand():
    # Half of 100 and of -100; half of the way from 99 to 100 rounds up; nothing of 100; all but 2^-15 of it.
    assert fixed_point.mix([16384, 16384, 0, 32767], 100, [-100, 99, 7, -7]).tolist() == [0, 100, 7, 100]
    # The wide one rounds down to an even distance from the second.
    assert fixed_point.mix_wide([16384, 16384, 0, 32767], 1000, [-1000, 999, 7, -7]).tolist() == [0, 999, 7, 999]


SHARE = st.one_of(st.sampled_from([0, 1, 16384, 32766, 32767]), st.integers(0, 32767))
INT16 = st.integers(-32768, 32767)
WIDE = st.integers(-fixed_point.STATE32_MAX - 1, fixed_point.STATE32_MAX)


@given(SHARE, INT16, INT16)
def test_a_mix_stays_between_and_is_the_nearest_integer(share, a, b):
    mixed = int(fixed_point.mix(share, a, b))
    assert min(a, b) <= mixed <= max(a, b)
    assert abs(mixed - (share * a + (2**15 - share) * b) / 2**15) <= 0.5


@given(SHARE, WIDE, WIDE)
def test_a_wide_mix_is_within_two_of_the_product_and_at_most_two_below_both(share, a, b):
    mixed = int(fixed_point.mix_wide(share, a, b))
    assert min(a, b) - 2 <= mixed <= max(a, b)
    assert 0 <= (share * a + (2**15 - share) * b) - mixed * 2**15 < 2 * 2**15


@given(INT16, SHARE)
def test_a_mix_of_equals_is_that(value, share):
    assert fixed_point.mix(share, value, value) == fixed_point.mix_wide(share, value, value) == value


@given(st.integers(-32768, 32767), MULTIPLIER, st.integers(1, 30), st.sampled_from([7, 127, 16383]))
def test_quantize_vector_fits_32_bits_inside(value, multiplier, shift, limit):
    assert abs(value * multiplier + 2 ** (shift - 1)) < 2**31
    assert abs(int(fixed_point.quantize_vector(value, multiplier, shift, limit))) <= limit


def test_functions_take_arrays_of_small_types():
    assert fixed_point.multiply_shift(np.int16([32767]), np.int16([32767]), 15).tolist() == [32766]
