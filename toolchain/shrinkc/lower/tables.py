"""Bytes of the tables that a program keeps in flash, known before anything is compiled."""

from .program import TYPE_BYTES, Program

GROUP_BYTES, MATRIX_BYTES = 16, 8
"""What `shrinkc_send_group_t` and `shrinkc_matrix_t` take on a 32-bit core."""


def table_bytes(program: Program) -> int:
    """Weights with their filling, biases, multipliers, trained vectors, thresholds and the structs that name them.

    What the compiler adds to align them, a few bytes, is not counted.
    """
    network = program.network
    words = {(one.bits, one.words.tobytes()): one.words.nbytes for one in program.matrices}
    varied = [group for group in network.groups if group.thresholds.min() != group.thresholds.max()]
    return (
        sum(words.values())
        + sum(TYPE_BYTES["int32_t"] * sums.rows for sums in program.sums.values())
        + sum(TYPE_BYTES["int16_t"] * one.rows for one in network.accumulators)
        + sum(TYPE_BYTES["int16_t"] * len(vector.values) for layer in network.layers for vector in layer.vectors)
        + sum(TYPE_BYTES["int16_t"] * group.width for group in varied)
        + GROUP_BYTES * len(network.groups)
        + MATRIX_BYTES * len(program.matrices)
    )
