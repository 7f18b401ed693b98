"""The tables of sigmoid and tanh against the functions, over every argument."""

import numpy as np

from shrinkc.numbers import functions

EVERY = np.arange(-32768, 32768)


def test_tanh_error_over_every_argument():
    exact = np.tanh(EVERY / 2.0**functions.TANH_FRACTION)
    error = np.abs(functions.tanh_q15(EVERY) / 2.0**15 - exact).max()
    assert error < functions.TANH_ERROR
    assert error > functions.TANH_ERROR / 2, "the bound stated is too loose to mean anything"


def test_sigmoid_error_over_every_argument():
    exact = 1 / (1 + np.exp(-EVERY / 2.0**functions.SIGMOID_FRACTION))
    error = np.abs(functions.sigmoid_q15(EVERY) / 2.0**15 - exact).max()
    assert error < functions.TANH_ERROR / 2 + 2.0**-15


def test_look_up_is_the_interpolation():
    assert np.array_equal(functions.tanh_q15(EVERY), functions.interpolate_tanh(EVERY))


def test_both_rise_everywhere_and_stay_in_range():
    for values in (functions.tanh_q15(EVERY), functions.sigmoid_q15(EVERY)):
        assert (np.diff(values.astype(int)) >= 0).all()
    assert functions.tanh_q15([-32768, 0, 32767]).tolist() == [-32767, 0, 32767]
    assert functions.sigmoid_q15([-32768, 0, 32767]).tolist() == [0, 16384, 32767]


def test_clamp_is_exact_but_for_one():
    exact = np.clip(EVERY / 2.0**functions.CLAMP_FRACTION, 0, 1)
    assert np.array_equal(functions.clamp_q15(EVERY), np.minimum(exact * 2**15, 32767))
    assert functions.clamp_q15([-32768, 0, 2048, 4095, 4096, 32767]).tolist() == [0, 0, 16384, 32760, 32767, 32767]
