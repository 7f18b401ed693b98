"""The integer element-wise operations, each with its numpy meaning and its C text side by side.

The integer reference executes the first, the emitter writes the second; a new operation is one more row. In the C text
{0} and {1} stand for the arguments, {p0} for the first parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import fixed_point, functions


@dataclass(frozen=True)
class Meaning:
    """What an operation does: numpy over int arrays (arguments, then parameters), and the same in C."""

    compute: Callable[..., np.ndarray]
    text: str


@dataclass(frozen=True)
class Operation:
    """A node of an integer expression.

    function: a key of MEANINGS, or one of the leaves: "value" (a state or an earlier result, by `name`), "input" (x,
    parameters: its first element, and how many), "parameter" (a trained vector, by `name`), and "requantize" or
    "rescale" (`name` an accumulator, parameters: the gate's first row, left and right shift).
    """

    function: str
    arguments: tuple["Operation", ...] = ()
    parameters: tuple[int, ...] = ()
    name: str = ""


MEANINGS: dict[str, Meaning] = {
    "sigmoid": Meaning(functions.sigmoid_q15, "shrinkc_sigmoid_q15({0})"),
    "tanh": Meaning(functions.tanh_q15, "shrinkc_tanh_q15({0})"),
    "clamp": Meaning(functions.clamp_q15, "shrinkc_clamp_q15({0})"),
    "relu": Meaning(lambda a: np.maximum(a, 0), "shrinkc_relu({0})"),
    "saturate": Meaning(fixed_point.saturate_symmetric, "shrinkc_saturate_symmetric({0}, {p0})"),
    "saturate_s16": Meaning(lambda a: fixed_point.saturate(a, fixed_point.INT16_MAX), "shrinkc_saturate_s16({0})"),
    "rounding_shift": Meaning(fixed_point.rounding_shift, "shrinkc_rounding_shift({0}, {p0})"),
    "shift_left": Meaning(lambda a, bits: np.asarray(a, np.int64) << bits, "({0}) * (1 << {p0})"),
    "multiply_shift": Meaning(fixed_point.multiply_shift, "shrinkc_multiply_shift({0}, {1}, {p0})"),
    "scale_state": Meaning(fixed_point.scale_state, "shrinkc_scale_state({0}, {1})"),
    "multiply_wide": Meaning(fixed_point.multiply_wide, "shrinkc_multiply_wide({0}, {1})"),
    "mix": Meaning(fixed_point.mix, "shrinkc_mix({0}, {1}, {2})"),
    "mix_wide": Meaning(fixed_point.mix_wide, "shrinkc_mix_wide({0}, {1}, {2})"),
    "add": Meaning(lambda a, b: np.asarray(a, np.int64) + b, "{0} + {1}"),
    "one_minus": Meaning(lambda a, one: one - np.asarray(a, np.int64), "({p0} - ({0}))"),
}
