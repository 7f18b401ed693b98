"""Which part of a step each instruction belongs to.

By the function that it stands in, or that the compiler inlined there. A function of no part of its own belongs to its
callers' where all that ran agree: a helper of products, memcpy called by them alone.
"""

import re
from collections.abc import Mapping

import numpy as np

from ..compile.elf import Elf, Symbol
from ..lower import Program
from .inlined import Ranges, inlined_ranges
from .plugin import CodeRange

PARTS = ("scan", "products", "elementwise", "rest")
"""Scan: scanning vectors for changes, and quantising them. Products: of matrices. Element-wise: the cells' loops."""

_KERNELS = (
    ("scan", re.compile(r"shrinkc_(delta_scan|quantize|hold)_\w+")),
    ("products", re.compile(r"shrinkc_\w*mat_mult_\w+")),
)
_CLONE = re.compile(r"\.(constprop|part|isra|cold|lto_priv)\b.*")  # what gcc puts behind the name of a copy


def update_names(program: Program) -> set[str]:
    """The functions that a program's element-wise loops stand in."""
    updates = (update for stage in program.stages for update in stage.updates)
    return {f"{program.network.name}_{update.name}_update" for update in updates}


def part_of(function: str, updates: set[str]) -> str | None:
    """The part that a function's name says, if any."""
    plain = _CLONE.sub("", function)
    if plain in updates:
        return "elementwise"
    return next((part for part, pattern in _KERNELS if pattern.fullmatch(plain)), None)


def split(image: bytes, elf: Elf, code: CodeRange, counts: np.ndarray, program: Program) -> dict[str, int]:
    """Instructions by part. counts: int64 (halfwords + 1,), how often each ran; their sum is kept."""
    functions = [symbol for symbol in elf.symbols if symbol.kind == "function" and symbol.section == ".text"]
    labels = _labels(functions, inlined_ranges(image), code, update_names(program))
    _inherit(labels, functions, _calls(elf, code, counts), code)
    return {part: int(counts[labels == number].sum()) for number, part in enumerate(PARTS)}


_UNKNOWN = PARTS.index("rest")


def _labels(functions: list[Symbol], inlined: Mapping[str, Ranges], code: CodeRange, updates: set[str]) -> np.ndarray:
    """The part of each halfword, then of code elsewhere, int (halfwords + 1,): an index of PARTS."""
    labels = np.full(code.halfwords + 1, _UNKNOWN)
    ranges = [(symbol.name, [(symbol.address, symbol.address + symbol.size)]) for symbol in functions]
    for name, stretches in [*ranges, *inlined.items()]:
        part = part_of(name, updates)
        if part is not None:
            for first, end in stretches:
                labels[max(0, (first - code.base) // 2) : max(0, (end - code.base) // 2)] = PARTS.index(part)
    return labels


def _calls(elf: Elf, code: CodeRange, counts: np.ndarray) -> list[tuple[int, int]]:
    """(from, to), as halfwords, of every call and unconditional branch with a fixed offset that ran."""
    text = np.frombuffer(elf.section_content(".text"), "<u2")
    found = []
    for place in np.flatnonzero(counts[:-1]).tolist():
        first, second = int(text[place]), int(text[place + 1])
        if first & 0xF800 == 0xF000 and second & 0x9000 == 0x9000:  # encoding T4 of b.w, T1 of bl
            found.append((place, place + 2 + _offset(first, second) // 2))
        elif first & 0xF800 == 0xE000:  # encoding T2 of b
            found.append((place, place + 2 + ((first & 0x7FF) ^ 0x400) - 0x400))
    return found


def _offset(first: int, second: int) -> int:
    """Bytes that a 32-bit branch goes from the instruction's address + 4; Armv7-M manual, A7.7.12 and A7.7.18."""
    sign = first >> 10 & 1
    bits = [1 - ((second >> shift & 1) ^ sign) for shift in (13, 11)]
    value = sign << 24 | bits[0] << 23 | bits[1] << 22 | (first & 0x3FF) << 12 | (second & 0x7FF) << 1
    return value - (sign << 25)


def _inherit(labels: np.ndarray, functions: list[Symbol], calls: list[tuple[int, int]], code: CodeRange) -> None:
    """Give each function without a part that of the calls that led to it, where they agree; in place."""
    own = {symbol: slice((symbol.address - code.base) // 2, (symbol.address - code.base + symbol.size) // 2)
           for symbol in functions}  # fmt: skip
    for _ in range(len(own)):  # helpers call helpers
        changed = False
        for stretch in own.values():
            if not (labels[stretch] == _UNKNOWN).all() or stretch.start == stretch.stop:
                continue
            callers = {
                int(labels[place])
                for place, to in calls
                if to == stretch.start and not stretch.start <= place < stretch.stop
            }
            if len(callers) == 1 and callers != {_UNKNOWN}:
                labels[stretch] = callers.pop()
                changed = True
        if not changed:
            return
