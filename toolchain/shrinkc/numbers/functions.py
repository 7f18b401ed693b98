"""sigmoid and tanh in integers: one table of tanh with linear interpolation serves both.

sigmoid(x) = (1 + tanh(x / 2)) / 2, so an argument of sigmoid in Q4.11 is, bit for bit, half of it in Q3.12: both
functions look the same integer up in the same table. The C twin is in `shrinkc_fixed_point.h`, and the table's C file
is written from `tanh_table` below.
"""

import functools

import numpy as np

TANH_FRACTION = 12
"""Argument of tanh: Q3.12, reaching +-8, where tanh is 1 to within 2.3e-7."""
SIGMOID_FRACTION = 11
"""Argument of sigmoid: Q4.11, reaching +-16."""
CLAMP_FRACTION = 12
"""Argument of clamp: Q3.12."""
RESULT_FRACTION = 15
"""Result of all: Q0.15, at most 32767."""
STEP_BITS = 7
"""Arguments between two table entries: 2^7 of 2^-12, a step of 1/32."""
TANH_ERROR = 1.3e-4
"""Bound of |table tanh - tanh| over every 16-bit argument; sigmoid's is half of it, and 2^-15 for its last bit."""


@functools.cache
def tanh_table() -> np.ndarray:
    """int16 (513,): tanh at -8, -8 + 1/32, ..., 8 in Q0.15, saturated at 32767."""
    points = np.arange(-256, 257) / 32.0
    table = np.clip(np.rint(np.tanh(points) * 32768), -32767, 32767).astype(np.int16)
    table.setflags(write=False)
    return table


def interpolate_tanh(argument):
    """tanh by definition: argument int16 in Q3.12, result in Q0.15 (int64)."""
    argument = np.asarray(argument, np.int64)
    index = (argument >> STEP_BITS) + 256
    fraction = argument & ((1 << STEP_BITS) - 1)
    table = tanh_table().astype(np.int64)
    low, high = table[index], table[index + 1]
    return low + (((high - low) * fraction + (1 << STEP_BITS >> 1)) >> STEP_BITS)


@functools.cache
def _every_tanh() -> np.ndarray:
    """tanh of all 65536 arguments, indexed by argument + 32768: the reference looks up instead of interpolating."""
    return interpolate_tanh(np.arange(-32768, 32768)).astype(np.int16)


@functools.cache
def _every_sigmoid() -> np.ndarray:
    return ((_every_tanh().astype(np.int32) + 32768) >> 1).astype(np.int16)


def tanh_q15(argument):
    """tanh of an int16 array in Q3.12; int16 in Q0.15."""
    return _every_tanh()[np.asarray(argument, np.int64) + 32768]


def sigmoid_q15(argument):
    """sigmoid of an int16 array in Q4.11; int16 in Q0.15, 0 to 32767: (tanh + 1) / 2 rounded down."""
    return _every_sigmoid()[np.asarray(argument, np.int64) + 32768]


def clamp_q15(argument):
    """min(max(x, 0), 1) of an int16 array in Q3.12; int64 in Q0.15, 0 to 32767."""
    return np.clip(np.asarray(argument, np.int64) << (RESULT_FRACTION - CLAMP_FRACTION), 0, 32767)
