"""Scans by definition, in numpy, and what the tests give them: send groups, matrices, weights."""

import ctypes

import numpy as np

from shrinkc.lower.kernels import WEIGHT_BITS, Family
from shrinkc.lower.layout import Layout
from shrinkc.numbers import fixed_point

BITS = WEIGHT_BITS
LARGEST_INPUT = 16383


def weight_range(bits: int) -> tuple[int, int]:
    """Of a kernel's weights, both ends included: two's complement, but at 16 bits symmetric."""
    high = (1 << (bits - 1)) - 1
    return (-high if bits == 16 else -high - 1), high


def random_weights(random: np.random.Generator, bits: int, shape: tuple[int, int], extreme: bool) -> np.ndarray:
    """Over the whole range; `extreme` ones are the smallest and largest alone."""
    low, high = weight_range(bits)
    return random.choice([low, high], shape) if extreme else random.integers(low, high + 1, shape)


def largest_input(weights: np.ndarray, start: int = 1 << 20) -> int:
    """The largest input that no row can overflow with, whatever the signs: the compiler's proof."""
    return int(min(LARGEST_INPUT, (2**31 - 1 - start) // (np.abs(weights).sum(axis=1).max() + 1)))


def quantize(group: "Group", vector: np.ndarray) -> np.ndarray:
    return fixed_point.quantize_vector(vector, group.multiplier, group.shift, group.limit)


def hold(group: "Group", vector: np.ndarray, held: np.ndarray) -> tuple[np.ndarray, int]:
    """(what is held, or was sent, from now on; how many elements moved)."""
    grid = quantize(group, vector)
    threshold = group.threshold if group.thresholds is None else group.thresholds
    moved = np.abs(grid - held) > threshold
    return np.where(moved, grid, held), int(moved.sum())


class Group:
    """A send group, as Python numbers and as the C struct."""

    class _Struct(ctypes.Structure):
        _fields_ = (
            ("width", ctypes.c_uint16),
            ("multiplier", ctypes.c_int16),
            ("shift", ctypes.c_uint8),
            ("limit", ctypes.c_int16),
            ("threshold", ctypes.c_int16),
            ("thresholds", ctypes.c_void_p),
        )

    def __init__(self, width, multiplier, shift, limit, threshold=0, thresholds=None):
        self.width, self.multiplier, self.shift, self.limit = width, multiplier, shift, limit
        self.threshold = threshold
        self.thresholds = None if thresholds is None else np.asarray(thresholds, np.int16)
        address = None if self.thresholds is None else self.thresholds.ctypes.data
        self.struct = self._Struct(width, multiplier, shift, limit, threshold, address)

    @classmethod
    def identity(cls, width: int, limit: int) -> "Group":
        """The grid on which a vector of +-16383 is what it is."""
        return cls(width, 16384, 14, limit)


class Matrix:
    """Weights, packed for one kernel of a family (mode: dense or delta), and the C struct."""

    class _Struct(ctypes.Structure):
        _fields_ = (("weights", ctypes.c_void_p), ("rows", ctypes.c_uint16), ("columns", ctypes.c_uint16))

    def __init__(self, family: Family, mode: str, bits: int, weights: np.ndarray):
        self.layout: Layout = getattr(family, mode)[bits]
        self.weights, self.bits = weights.astype(np.int64), bits
        self.rows, self.columns = weights.shape
        self.words = np.ascontiguousarray(self.layout.pack(self.weights))
        self.struct = self._Struct(self.words.ctypes.data, self.rows, self.columns)

    def sums(self, start=0) -> np.ndarray:
        """int32 (padded rows), the filling 77."""
        values = np.full(self.layout.padded_rows(self.rows), 77, np.int32)
        values[: self.rows] = start
        return values

    def inputs(self, values: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """The values, filled up with garbage."""
        ends = np.iinfo(values.dtype)
        missing = self.layout.padded_columns(self.columns) - self.columns
        return np.concatenate([values, random.choice([ends.min, ends.max, 1], missing).astype(values.dtype)])

    def product(self, start: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        """start + W inputs, int64."""
        return start + self.weights @ inputs.astype(np.int64)
