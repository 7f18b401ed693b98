"""shrinkc_fixed_point.h against shrinkc.numbers: the same integer for the same arguments."""

import math

import numpy as np
import pytest

from shrinkc.numbers import fixed_point, functions

ALL_16 = np.arange(-32768, 32768)
EDGES = np.array(
    [
        *(-(2**31), -(2**31) + 1, -(2**30), -65537, -65536, -65535, -32769, -32768, -32767, -2, -1, 0),
        *(1, 2, 32766, 32767, 32768, 65535, 65536, 65537, 2**30 - 1, 2**30, 2**31 - 2, 2**31 - 1),
    ]
)


def words(count, low=-(2**31), high=2**31):
    return np.random.default_rng(1).integers(low, high, count)


def edges_and_random():
    return np.concatenate([EDGES, words(100_000)])


def test_literal_values(arrays):
    accumulators = [1000, -1000, 1 << 24, -(1 << 24)]
    assert arrays.map("requantize", accumulators, 16384, 4, 5).tolist() == [125, -125, 32767, -32768]
    vector = [300, -300, 32767, 3, -3]
    assert arrays.map("quantize_vector", vector, 16384, 15, 127).tolist() == [127, -127, 127, 2, -1]
    assert arrays.map("multiply_wide", [65536, -1, -(2**31)], [3, 1, -32768]).tolist() == [3, -1, 2**30]
    assert arrays.map("rounding_shift", [5, -5, 7, 7], [1, 1, 0, 3]).tolist() == [3, -2, 7, 1]
    assert arrays.map("tanh_q15", [0, 4096, -4096, 32767, -32768]).tolist() == [0, 24956, -24956, 32767, -32767]
    assert arrays.map("clamp_q15", [-32768, -1, 0, 1, 4095, 4096, 32767]).tolist() == [0, 0, 0, 8, 32760, 32767, 32767]
    assert arrays.map("mix", [16384, 16384, 0, 32767], 100, [-100, 99, 7, -7]).tolist() == [0, 100, 7, 100]
    assert arrays.map("mix_wide", [16384, 16384, 0, 32767], 1000, [-1000, 999, 7, -7]).tolist() == [0, 999, 7, 999]
    assert arrays.map("sigmoid_q15", [0, 32767, -32768]).tolist() == [16384, 32767, 0]


@pytest.mark.parametrize("name", ["multiply_wide", "multiply_wide_by_halves"])
@pytest.mark.parametrize("factor", [-32768, -32767, -1, 0, 1, 12345, 32767])
def test_multiply_wide(arrays, name, factor):
    values = edges_and_random()
    assert (arrays.map(name, values, factor) == fixed_point.multiply_wide(values, factor)).all()


def test_saturations(arrays):
    values = edges_and_random()
    assert (arrays.map("relu", values) == np.maximum(values, 0)).all()
    assert (arrays.map("saturate_s16", values) == fixed_point.saturate(values, 32767)).all()
    for limit in (1, 7, 127, 16383, 32767):
        assert (arrays.map("saturate", values, limit) == fixed_point.saturate(values, limit)).all()
        expected = fixed_point.saturate_symmetric(values, limit)
        assert (arrays.map("saturate_symmetric", values, limit) == expected).all()


@pytest.mark.parametrize("bits", range(31))
def test_rounding_shift(arrays, bits):
    values = np.concatenate([EDGES, words(2000)])
    values = values[values + (1 << bits >> 1) < 2**31]
    assert (arrays.map("rounding_shift", values, bits) == fixed_point.rounding_shift(values, bits)).all()


@pytest.mark.parametrize("right", range(1, 31))
def test_requantize(arrays, right):
    for left in (0, 1, 7, 16, 30):
        values = np.concatenate([EDGES, words(500)]) >> left
        for multiplier in (1, 2, 16384, 23170, 32767):
            arguments = (values, multiplier, left, right)
            assert (arrays.map("requantize", *arguments) == fixed_point.requantize(*arguments)).all()
            assert (arrays.map("rescale", *arguments) == fixed_point.rescale(*arguments)).all()


@pytest.mark.parametrize("shift", range(1, 31))
def test_quantize_vector(arrays, shift):
    for multiplier in (1, 16384, 32767):
        for limit in (7, 127, 16383):
            got = arrays.map("quantize_vector", ALL_16, multiplier, shift, limit)
            assert (got == fixed_point.quantize_vector(ALL_16, multiplier, shift, limit)).all()


@pytest.mark.parametrize("bits", [0, 1, 7, 15])
def test_multiply_shift(arrays, bits):
    for factor in (-32768, -1, 0, 3, 32767):
        expected = fixed_point.multiply_shift(ALL_16, factor, bits)
        assert (arrays.map("multiply_shift", ALL_16, factor, bits) == expected).all()


def test_scale_state(arrays):
    limit = fixed_point.STATE32_MAX
    states = np.concatenate([[-limit, -1, 0, 1, limit], words(50_000, -limit, limit + 1)])
    for factor in (-32768, -1, 0, 1, 16384, 32767):
        assert (arrays.map("scale_state", states, factor) == fixed_point.scale_state(states, factor)).all()


SHARES = np.array([0, 1, 2, 16383, 16384, 16385, 32766, 32767])


def test_mix(arrays):
    """Any gate between any two 16-bit numbers: the difference has 17 bits, and the product stays within 32."""
    ends = np.array([-32768, -32767, -16385, -1, 0, 1, 16384, 32766, 32767])
    share, a, b = (grid.ravel() for grid in np.meshgrid(SHARES, ends, ends))
    random = words(100_000, -32768, 32768)
    share, a, b = np.append(share, random & 32767), np.append(a, random), np.append(b, random[::-1])
    got = arrays.map("mix", share, a, b)
    assert (got == fixed_point.mix(share, a, b)).all()
    assert (got >= np.minimum(a, b)).all() and (got <= np.maximum(a, b)).all()


def test_mix_wide(arrays):
    limit = fixed_point.STATE32_MAX
    ends = np.array([-limit - 1, -limit, -65537, -65536, -1, 0, 1, 65535, 65536, limit])
    share, a, b = (grid.ravel() for grid in np.meshgrid(SHARES, ends, ends))
    random = words(100_000, -limit, limit + 1)
    share, a, b = np.append(share, random & 32767), np.append(a, random), np.append(b, random[::-1])
    got = arrays.map("mix_wide", share, a, b)
    assert (got == fixed_point.mix_wide(share, a, b)).all()
    assert (got >= np.minimum(a, b) - 2).all() and (got <= np.maximum(a, b)).all()


def test_clamp_of_every_argument(arrays):
    got = arrays.map("clamp_q15", ALL_16)
    assert (got == functions.clamp_q15(ALL_16)).all()
    assert np.abs(got / 32768 - np.clip(ALL_16 / 2**functions.CLAMP_FRACTION, 0, 1)).max() <= 2**-15


def test_tanh_and_sigmoid_of_every_argument(arrays):
    tanh, sigmoid = arrays.map("tanh_q15", ALL_16), arrays.map("sigmoid_q15", ALL_16)
    assert (tanh == functions.tanh_q15(ALL_16)).all()
    assert (sigmoid == functions.sigmoid_q15(ALL_16)).all()
    real_tanh = np.array([math.tanh(x / 2**functions.TANH_FRACTION) for x in ALL_16])
    real_sigmoid = np.array([1 / (1 + math.exp(-x / 2**functions.SIGMOID_FRACTION)) for x in ALL_16])
    assert np.abs(tanh / 32768 - real_tanh).max() <= functions.TANH_ERROR
    assert np.abs(sigmoid / 32768 - real_sigmoid).max() <= functions.TANH_ERROR / 2 + 2**-15
    assert (np.diff(tanh) >= 0).all() and (np.diff(sigmoid) >= 0).all()
