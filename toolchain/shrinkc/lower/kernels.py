"""The families of kernels: their files, and how each of their kernels wants its weights and its input.

One more family is one more entry here, its name in `target/fields.py`, and its C in `firmware_templates/runtime/`.
Every family gives the same integers, on every core and on the host: where its instructions are missing, their plain C
twins compile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .layout import Layout, Place, rows_in_words

WEIGHT_BITS = (2, 4, 8, 16)


@dataclass(frozen=True)
class Family:
    """One set of C files that computes scans and products.

    files: its C files of `firmware_templates/runtime/`; what they include comes along. dense, delta: the layout of each
    kernel, by bits of a weight. list_words: words that the list of columns to send takes, for a vector of so many
    elements; its format is the family's own. narrow: whether dense products read 8-bit grids as int8_t (`_s8` ends
    their names) and not as int16_t. wide: do products of 16-bit inputs take hardly more than those of 8-bit ones?
    lanes: units that an element-wise loop computes side by side. arithmetic: the header that such a loop needs.
    cores: what a compiler's macros say of a core that the family is for; on others its plain C twins compile.
    """

    name: str
    files: tuple[str, ...]
    dense: Mapping[int, Layout]
    delta: Mapping[int, Layout]
    list_words: Callable[[int], int]
    narrow: bool = False
    wide: bool = False
    lanes: int = 1
    arithmetic: str = "shrinkc_fixed_point.h"
    cores: str = "!defined(__ARM_FP)"


def _portable_layout(bits: int) -> Layout:
    """A word of rows a column, all excess-coded; at 16 bits two words, of four rows."""
    if bits == 16:
        return Layout.of(16, 4, 1, lambda row, _: Place(row // 2, row % 2 * 16, excess=True))
    return rows_in_words(bits, excess=True)


PORTABLE = Family(
    name="portable",
    files=("shrinkc_kernels_portable.c", "shrinkc_kernels_portable_digits.c", "shrinkc_scan_portable.c"),
    dense={bits: _portable_layout(bits) for bits in WEIGHT_BITS},
    delta={bits: _portable_layout(bits) for bits in WEIGHT_BITS},
    list_words=lambda width: 2 + 2 * width,
)


def _halves(bits: int, columns: int) -> Layout:
    """A half of a word is a column, 16 / bits rows of it; all but the last row excess coded, as one number then."""
    last = 16 // bits - 1
    return Layout.of(bits, last + 1, columns, lambda r, c: Place(c // 2, 16 * (c % 2) + bits * r, excess=r < last))


DSP = Family(
    name="dsp",
    files=(
        "shrinkc_kernels_dsp_dense.c",
        "shrinkc_kernels_dsp_dense_digits.c",
        "shrinkc_kernels_dsp_delta.c",
        "shrinkc_kernels_dsp_delta_digits.c",
        "shrinkc_scan_dsp.c",
    ),
    dense={
        2: _halves(2, 2),
        4: _halves(4, 8),
        8: Layout.of(8, 4, 4, lambda r, c: Place(r // 2 + c // 2 * 2, 16 * (c % 2) + 8 * (r % 2), excess=r % 2 == 0)),
        16: Layout.of(16, 4, 4, lambda r, c: Place(r + c // 2 * 4, 16 * (c % 2))),
    },
    delta={
        2: _halves(2, 2),
        4: _halves(4, 2),
        8: Layout.of(8, 4, 1, lambda r, _: Place(0, 8 * r, excess=r % 2 == 0)),
        16: Layout.of(16, 4, 1, lambda r, _: Place(r // 2, 16 * (r % 2))),
    },
    list_words=lambda width: 6 * -(-width // 4),
    wide=True,
    cores="defined(__ARM_FEATURE_DSP) && !defined(__ARM_FEATURE_MVE)",
)


def _in_bytes(bits: int, byte: int, digit: int = 0) -> Place:
    """Digit `digit` of byte `byte`. All but the top digit are unsigned, so that a byte is the sum of its digits."""
    return Place(byte // 4, byte % 4 * 8 + digit * bits, excess=digit < 8 // bits - 1)


# Dense: 16 bytes are 16 columns of a row (8 at 16 bits), or of the two or four rows that share a byte. Delta: a column.
HELIUM = Family(
    name="helium",
    files=(
        "shrinkc_scan_helium.c",
        "shrinkc_kernels_helium_delta.c",
        "shrinkc_kernels_helium_narrow.c",
        "shrinkc_kernels_helium_dense.c",
    ),
    dense={
        2: Layout.of(2, 4, 16, lambda row, column: _in_bytes(2, column, row)),
        4: Layout.of(4, 4, 16, lambda row, column: _in_bytes(4, row // 2 * 16 + column, row % 2)),
        8: Layout.of(8, 4, 16, lambda row, column: _in_bytes(8, row * 16 + column)),
        16: Layout.of(16, 4, 8, lambda row, column: Place((row * 8 + column) // 2, column % 2 * 16)),
    },
    delta={
        2: Layout.of(2, 16, 1, lambda row, _: _in_bytes(2, row % 4, row // 4)),
        4: Layout.of(4, 16, 1, lambda row, _: _in_bytes(4, row // 8 * 4 + row % 4, row // 4 % 2)),
        8: Layout.of(8, 16, 1, lambda row, _: _in_bytes(8, row)),
        16: Layout.of(16, 16, 1, lambda row, _: Place(row // 2, row % 2 * 16)),
    },
    list_words=lambda width: 2 * width + 2,
    narrow=True,
    lanes=4,
    arithmetic="shrinkc_lanes.h",
    cores="defined(__ARM_FEATURE_MVE)",
)

FAMILIES = {family.name: family for family in (PORTABLE, DSP, HELIUM)}
