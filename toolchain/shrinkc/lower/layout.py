"""How weights lie in flash: the one place on the Python side that knows what `shrinkc_kernels.h` says of layout.

R = 32 / bits rows share a 32-bit word. Word [block, column] holds the weights of rows block * R ... block * R + R - 1
in that column, row block * R + k in bits [k * bits, (k + 1) * bits), two's complement. Rows are filled up with zeros.
"""

import numpy as np

WORD = 32


def rows_in_word(bits: int) -> int:
    """How many rows share a word."""
    return WORD // bits


def padded_rows(rows: int, bits: int) -> int:
    """Rows with the filling: what an accumulator must have room for."""
    per_word = rows_in_word(bits)
    return -(-rows // per_word) * per_word


def pack(weights: np.ndarray, bits: int) -> np.ndarray:
    """Integers (rows, columns) that fit `bits` bits to uint32 words (blocks, columns)."""
    rows, columns = weights.shape
    per_word = rows_in_word(bits)
    filled = np.zeros((padded_rows(rows, bits), columns), np.int64)
    filled[:rows] = weights
    fields = (filled & ((1 << bits) - 1)).reshape(-1, per_word, columns)
    shifts = (np.arange(per_word) * bits)[None, :, None]
    return np.bitwise_or.reduce(fields << shifts, axis=1).astype(np.uint32)


def unpack(words: np.ndarray, bits: int, rows: int) -> np.ndarray:
    """The inverse of `pack`: int32 (rows, columns)."""
    per_word = rows_in_word(bits)
    shifts = (np.arange(per_word) * bits)[None, :, None]
    fields = (words.astype(np.int64)[:, None, :] >> shifts) & ((1 << bits) - 1)
    signed = np.where(fields >> (bits - 1), fields - (1 << bits), fields)
    return signed.reshape(-1, words.shape[1])[:rows].astype(np.int32)
