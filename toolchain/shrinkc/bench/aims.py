"""What the project set out to reach (issue 4), at 8 bits unless a name says otherwise: the most that each may take."""

from .shapes import CORES

DENSE = dict(zip(CORES, (370_000, 220_000, 128_000, 128_000, 128_000, 25_000), strict=True))
"""Instructions of a step of the LSTM 40 -> 128, by core."""

UNSENT_60 = dict(zip(CORES, (190_000, 115_000, 80_000, 80_000, 80_000, 25_000), strict=True))
"""The same at 60 % of the columns unsent, however the compiler builds it."""

SAME_PER_MULTIPLICATION = {"gru": 64_512 / 86_016, "ligru": 43_008 / 86_016}
"""Multiplications of 40 -> 128 over the LSTM's, of the cells with the same aims for each multiplication."""

M4_DENSE = {"lstm-40-128-w4-dense": 140_000, "sru-40-128-w8-dense": 40_000}
"""Instructions of a step on the M4 by shape."""

LSTM_W4_DELTA = {"flash": 56 * 1024, "ram": 4 * 1024, "stack": 511}
"""Bytes of the LSTM 40 -> 128 at 4 bits with delta on."""
