"""The runtime's kernels by definition, in numpy, and the C library that they are held against."""

import ctypes
import subprocess
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shrinkc.numbers import fixed_point, functions
from shrinkc.resources import data_folder

RUNTIME = data_folder("firmware_templates") / "runtime"
DEVICE = Path(__file__).parent / "device"
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
BITS = (2, 4, 8, 16)
ACTIVE = np.dtype([("column", np.uint16), ("delta", np.int16)])


def render_tables() -> str:
    """shrinkc_tables.c from its template."""
    environment = Environment(
        loader=FileSystemLoader(RUNTIME),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("shrinkc_tables.c.j2").render(tanh_table=functions.tanh_table().tolist())


def compile_c(command: list[str], sources: list[Path], output: Path) -> Path:
    """Run a compiler; its complaints are the test's."""
    includes = [f"-I{RUNTIME}", f"-I{DEVICE}"]
    files = [str(source) for source in sources]
    done = subprocess.run([*command, *STRICT, *includes, *files, "-o", str(output)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


def runtime_sources(kernels: str, tables: Path) -> list[Path]:
    return [RUNTIME / f"shrinkc_kernels_{kernels}.c", RUNTIME / "shrinkc_scan.c", tables]


def pack(weights: np.ndarray, bits: int) -> np.ndarray:
    """Rows in words: row block * R + k of a column in bits [k * bits, (k + 1) * bits) of its word."""
    rows, columns = weights.shape
    per_word = 32 // bits
    blocks = -(-rows // per_word)
    padded = np.zeros((blocks * per_word, columns), np.int64)
    padded[:rows] = weights
    digits = (padded & ((1 << bits) - 1)).reshape(blocks, per_word, columns)
    places = np.arange(per_word).reshape(1, -1, 1) * bits
    return (digits << places).sum(axis=1).astype(np.uint32).ravel()


def quantize(group: "Group", vector: np.ndarray) -> np.ndarray:
    return fixed_point.quantize_vector(vector, group.multiplier, group.shift, group.limit)


def scan(group: "Group", vector: np.ndarray, sent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(the active list, what is sent from now on)."""
    grid = quantize(group, vector)
    delta = grid - sent
    threshold = group.threshold if group.thresholds is None else group.thresholds
    moved = np.abs(delta) > threshold
    active = np.zeros(int(moved.sum()), ACTIVE)
    active["column"] = np.flatnonzero(moved)
    active["delta"] = delta[moved]
    return active, np.where(moved, grid, sent)


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


class Matrix:
    """Weights, packed, and the C struct."""

    class _Struct(ctypes.Structure):
        _fields_ = (("weights", ctypes.c_void_p), ("rows", ctypes.c_uint16), ("columns", ctypes.c_uint16))

    def __init__(self, weights: np.ndarray, bits: int):
        self.weights, self.bits = weights.astype(np.int64), bits
        self.rows, self.columns = weights.shape
        self.words = pack(self.weights, bits)
        self.padded_rows = -(-self.rows // (32 // bits)) * (32 // bits)
        self.struct = self._Struct(self.words.ctypes.data, self.rows, self.columns)

    def accumulators(self, start=0) -> np.ndarray:
        """int32 (padded rows); the rows that fill up the last block hold 77, and must go on holding it."""
        values = np.full(self.padded_rows, 77, np.int32)
        values[: self.rows] = start
        return values


class Library:
    """A shared library of the runtime, called with numpy arrays."""

    def __init__(self, path: Path):
        self._library = ctypes.CDLL(str(path))

    def _call(self, name, *arguments):
        function = self._library[name]
        function.restype = ctypes.c_uint16
        return function(*(self._argument(value) for value in arguments))

    @staticmethod
    def _argument(value):
        if isinstance(value, np.ndarray):
            return ctypes.c_void_p(value.ctypes.data)
        return ctypes.byref(value.struct) if hasattr(value, "struct") else ctypes.c_uint16(value)

    def scan(self, group: Group, vector: np.ndarray, sent: np.ndarray) -> np.ndarray:
        """The active list; `sent` (int8 or int16) follows in place."""
        active = np.zeros(group.width, ACTIVE)
        name = "shrinkc_delta_scan_s8" if sent.dtype == np.int8 else "shrinkc_delta_scan_s16"
        return active[: self._call(name, group, vector, sent, active)]

    def quantize_dense(self, group: Group, vector: np.ndarray) -> np.ndarray:
        quantized = np.zeros(group.width, np.int16)
        self._call("shrinkc_quantize_dense", group, vector, quantized)
        return quantized

    def delta(self, matrix: Matrix, active: np.ndarray, accumulators: np.ndarray) -> None:
        self._call(f"shrinkc_delta_mat_mult_s{matrix.bits}", matrix, active, len(active), accumulators)

    def dense(self, matrix: Matrix, inputs: np.ndarray, accumulators: np.ndarray) -> None:
        self._call(f"shrinkc_vec_mat_mult_s{matrix.bits}", matrix, inputs, accumulators)

    def map(self, name: str, *columns) -> np.ndarray:
        """fixed_point_arrays.c's loop over one inline function: int32 arrays in, int32 array out."""
        arrays = np.broadcast_arrays(*columns)
        arrays = [np.ascontiguousarray(array, np.int32) for array in arrays]
        result = np.zeros(arrays[0].size, np.int32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        function = self._library[f"map_{name}"]
        function.restype = None
        function(ctypes.c_void_p(result.ctypes.data), ctypes.c_uint32(result.size), *pointers)
        return result
