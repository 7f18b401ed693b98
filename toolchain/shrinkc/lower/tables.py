"""Bytes of the tables that a program keeps in flash, known before anything is compiled."""

from ..numbers.functions import tanh_table
from .program import TYPE_BYTES, Program

GROUP_BYTES, MATRIX_BYTES = 16, 8
"""What `shrinkc_send_group_t` and `shrinkc_matrix_t` take on a 32-bit core."""
ALIGNMENT, VECTOR_ALIGNMENT = 4, 8
"""Where compilers let an array begin: at whole words, or at what vector instructions read at once."""


def table_bytes(program: Program) -> int:
    """Weights with their filling, biases, multipliers, trained vectors, thresholds and the structs that name them.

    Each array counts with what aligns the next one, so that the compiled tables take this much or a few bytes less.
    """
    network = program.network
    words = {(one.bits, one.words.tobytes()): one.words.nbytes for one in program.matrices}
    varied = [group for group in network.groups if group.thresholds.min() != group.thresholds.max()]
    short = TYPE_BYTES["int16_t"]
    arrays = [
        *words.values(),
        *(TYPE_BYTES["int32_t"] * sums.rows for sums in program.sums.values()),
        *(short * one.rows for one in network.accumulators),
        *(short * len(vector.values) for layer in network.layers for vector in layer.vectors),
        *(short * group.width for group in varied),
    ]
    unit = VECTOR_ALIGNMENT if program.family.lanes > 1 else ALIGNMENT
    return (
        sum(-(-size // unit) * unit for size in arrays)
        + GROUP_BYTES * len(network.groups)
        + MATRIX_BYTES * len(program.matrices)
    )


def constant_bytes(program: Program) -> int:
    """All that a model keeps in flash beside its code: its tables, and that of tanh."""
    return table_bytes(program) + tanh_table().nbytes


def percent_off(kept: int, float_bytes: int) -> float:
    """How much smaller `kept` bytes are than the float parameters: 100 x (1 - kept / float_bytes)."""
    return 100.0 * (1.0 - kept / float_bytes)
