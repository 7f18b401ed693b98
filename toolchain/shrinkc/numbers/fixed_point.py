"""Rounding and saturation, defined once. The C of the same names is in `firmware_templates/runtime/`:
`shrinkc_fixed_point.h`, and `shrinkc_grid.h` for `quantize_vector`.

Every function takes and returns integers (numpy arrays or scalars, computed in int64 so that a violated range shows
in tests instead of wrapping). `>>` is the arithmetic shift, which rounds towards minus infinity, as on the device.
"""

import numpy as np

INT16_MAX = 32767
INT32_MAX = (1 << 31) - 1
STATE32_MAX = (1 << 30) - 1
"""Largest magnitude of a 32-bit state: one bit below the type, so that an update can be added before it saturates."""
MULTIPLIER_MAX, SHIFT_MAX = INT16_MAX, 30
"""Of a rescaling: the largest multiplier, an int16, and the largest shift, whose rounding bit still fits 32 bits."""


def saturate(value, limit):
    """Clamp to [-limit - 1, limit], the range of a two's complement number whose largest value is `limit`."""
    # np.clip says the same, and takes twice as long over few elements.
    return np.minimum(np.maximum(value, -limit - 1), limit)


def saturate_symmetric(value, limit):
    """Clamp to [-limit, limit]: the grids of weights and of inputs of products are symmetric."""
    return np.minimum(np.maximum(value, -limit), limit)


def rounding_shift(value, bits):
    """value / 2^bits, halves up: (value + 2^(bits-1)) >> bits. With bits = 0 the value itself."""
    value = np.asarray(value, np.int64)
    return (value + (1 << bits >> 1)) >> bits


def multiply_wide(value, factor):
    """floor(value * factor / 2^16), value 32 bits and factor 16 bits signed: the Cortex-M4's SMULWB."""
    return (np.asarray(value, np.int64) * factor) >> 16


def rescale(accumulator, multiplier, left, right):
    """round(accumulator * multiplier * 2^(left - 16 - right)), halves up; the result is not saturated.

    multiplier is a positive int16; accumulator << left is proven to fit 32 bits by the compiler; right is from 1 to
    SHIFT_MAX. Exactly: (multiply_wide(accumulator << left, multiplier) + 2^(right-1)) >> right, which equals rounding
    the true product half up, since a floor before adding an integer and a second floor changes nothing.
    """
    return rounding_shift(multiply_wide(np.asarray(accumulator, np.int64) << left, multiplier), right)


def requantize(accumulator, multiplier, left, right):
    """An int32 accumulator to 16 bits: `rescale`, saturated to int16."""
    return saturate(rescale(accumulator, multiplier, left, right), INT16_MAX)


def quantize_vector(value, multiplier, shift, limit):
    """A 16-bit vector element to a send group's grid: round(value * multiplier / 2^shift), clamped to +-limit.

    multiplier is a positive int16 and 1 <= shift <= SHIFT_MAX, so that 32 bits hold every intermediate.
    """
    return saturate_symmetric(rounding_shift(np.asarray(value, np.int64) * multiplier, shift), limit)


def multiply_shift(a, b, bits):
    """round(a * b / 2^bits), halves up; the compiler proves that a * b + 2^(bits-1) fits 32 bits."""
    return rounding_shift(np.asarray(a, np.int64) * b, bits)


def scale_state(state, factor):
    """A 32-bit state times a Q0.15 gate: 2 * multiply_wide(state, factor). The last bit is always 0."""
    return 2 * multiply_wide(state, factor)


def mix(share, a, b):
    """b + round(share * (a - b) / 2^15), share in Q0.15; the compiler proves that the product fits 32 bits."""
    return b + rounding_shift((np.asarray(a, np.int64) - b) * share, 15)


def mix_wide(share, a, b):
    """`mix` of 32-bit numbers whose difference fits 32 bits: b + scale_state(a - b, share)."""
    return b + scale_state(np.asarray(a, np.int64) - b, share)
