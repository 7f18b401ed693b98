"""Compiles the runtime: with the check program, or as a library that Python calls with arrays."""

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from runtime_reference import BITS, Group, Matrix

from shrinkc.lower.kernels import Family
from shrinkc.lower.layout import Layout
from shrinkc.numbers import functions
from shrinkc.resources import data_folder

RUNTIME = data_folder("firmware_templates") / "runtime"
DEVICE = Path(__file__).parent / "device"
STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
CHECKS = [
    DEVICE / f"{name}.c"
    for name in (
        "main",
        "matrix",
        "kernels",
        "check_fixed_point",
        "check_kernels",
        "check_scans",
        "check_lanes",
        "count_kernels",
    )
]
WIDEST = 1025
"""The widest vector of the check program."""


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


def family_sources(family: Family) -> list[Path]:
    return [RUNTIME / name for name in family.files]


def build_check(command: list[str], family: Family, platform: str, tables: Path, output: Path) -> Path:
    """The check program of a family. platform: host or device."""
    layouts = output.with_suffix(".layouts.c")
    layouts.write_text(_layouts_in_c(family))
    sources = [*CHECKS, layouts, DEVICE / f"platform_{platform}.c", *family_sources(family), tables]
    return compile_c([*command, f"-DNARROW={int(family.narrow)}"], sources, output)


def _layouts_in_c(family: Family) -> str:
    """layouts.c, the check program's own copy of lower/kernels.py."""
    lines = ['#include "matrix.h"', ""]
    for mode in ("dense", "delta"):
        layouts = getattr(family, mode)
        lines += [_places_in_c(f"{mode}_{bits}", layouts[bits]) for bits in BITS]
        rows = ", ".join(_layout_in_c(f"{mode}_{bits}", layouts[bits]) for bits in BITS)
        lines += [f"const layout_t {mode}_layouts[{len(BITS)}] = {{{rows}}};"]
    words = ", ".join(str(family.list_words(width)) for width in range(WIDEST + 1))
    return "\n".join([*lines, f"const uint16_t list_words[{WIDEST + 1}] = {{{words}}};", ""])


def _places_in_c(name: str, layout: Layout) -> str:
    places = ", ".join(f"{{{place.word}, {place.shift}, {int(place.excess)}}}" for place in layout.places)
    return f"static const place_t {name}[] = {{{places}}};"


def _layout_in_c(name: str, layout: Layout) -> str:
    return f"{{{layout.bits}, {layout.rows}, {layout.columns}, {layout.words}, {name}}}"


def compile_library(command: list[str], family: Family, folder: Path) -> None:
    """Every C file of a family, each an object in the folder."""
    for source in family_sources(family):
        compile_c([*command, "-c"], [source], folder / f"{source.stem}.o")


COUNTED = re.compile(r"(\d+) multiplications, (\d+) instructions[^/]*\*/\s*#define (\w+)(?:\(([^)]*)\))?")


def counted_macros(command: list[str], source: Path) -> dict[str, tuple[int, int]]:
    """Macros of assembly whose comment says "N multiplications, M instructions": M, and the instructions there are."""
    claims = COUNTED.findall(_preprocessed([*command, "-C", "-dD"], f'#include "{source}"\n'))
    uses = [f"{name}({', '.join(['EMPTY'] * (args.count(',') + 1))})" if args else name for *_, name, args in claims]
    lines = "".join(f"@counted@ {use}\n" for use in uses)
    text = _preprocessed([*command, '-DEMPTY=""'], f'#include "{source}"\n{lines}')
    bodies = ["".join(re.findall(r'"([^"]*)"', body)) for body in text.split("@counted@")[1:]]
    counts = [sum(line.strip() != "" for line in body.split("\\n")) for body in bodies]
    return {claim[2]: (int(claim[1]), count) for claim, count in zip(claims, counts, strict=True)}


def _preprocessed(command: list[str], text: str) -> str:
    command = [*command, "-E", "-P", "-x", "c", f"-I{RUNTIME}", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


class Library:
    """A family's kernels as a shared library, called with numpy arrays."""

    def __init__(self, path: Path, family: Family):
        self.family = family
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

    def scan(self, group: Group, vector: np.ndarray, sent: np.ndarray) -> tuple[int, np.ndarray]:
        """(how many columns, the list in the family's format); `sent` (int8 or int16) follows in place."""
        columns = np.zeros(self.family.list_words(group.width), np.uint32)
        return self._call(f"shrinkc_delta_scan_s{8 * sent.itemsize}", group, vector, sent, columns), columns

    def delta(self, matrix: Matrix, count: int, columns: np.ndarray, sums: np.ndarray) -> None:
        self._call(f"shrinkc_delta_mat_mult_s{matrix.bits}", matrix, columns, count, sums)

    def quantize(self, group: Group, vector: np.ndarray, inputs: np.ndarray) -> None:
        self._call(f"shrinkc_quantize_s{8 * inputs.itemsize}", group, vector, inputs)

    def hold(self, group: Group, vector: np.ndarray, inputs: np.ndarray) -> None:
        self._call(f"shrinkc_hold_s{8 * inputs.itemsize}", group, vector, inputs)

    def dense(self, matrix: Matrix, inputs: np.ndarray, start: np.ndarray, sums: np.ndarray) -> None:
        suffix = "_s8" if inputs.dtype == np.int8 else ""
        self._call(f"shrinkc_vec_mat_mult_s{matrix.bits}{suffix}", matrix, inputs, start, sums)


class FixedPointArrays:
    """fixed_point_arrays.c: loops over the inline functions."""

    def __init__(self, path: Path):
        self._library = ctypes.CDLL(str(path))

    def map(self, name: str, *columns) -> np.ndarray:
        """The loop over one inline function: int32 arrays in, int32 array out."""
        arrays = np.broadcast_arrays(*columns)
        arrays = [np.ascontiguousarray(array, np.int32) for array in arrays]
        result = np.zeros(arrays[0].size, np.int32)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        function = self._library[f"map_{name}"]
        function.restype = None
        function(ctypes.c_void_p(result.ctypes.data), ctypes.c_uint32(result.size), *pointers)
        return result
