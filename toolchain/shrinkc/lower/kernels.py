"""The families of kernels: their files, and how each of their kernels wants its weights and its input.

One more family is one more entry here and its C in `firmware_templates/runtime/`. Every family gives the same
integers, on every core and on the host: where its instructions are missing, their plain C twins compile.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .layout import Layout, Place, rows_in_words

WEIGHT_BITS = (2, 4, 8, 16)


@dataclass(frozen=True)
class Family:
    """One set of C files that computes scans and products.

    files: of `firmware_templates/runtime/`. dense, delta: the layout of each kernel, by bits of a weight. list_words:
    words that the list of columns to send takes, for a vector of so many elements; its format is the family's own.
    narrow: whether dense products read 8-bit grids as int8_t (`_s8` ends their names) and not as int16_t. lanes: units
    that an element-wise loop computes side by side.
    """

    name: str
    files: tuple[str, ...]
    dense: Mapping[int, Layout]
    delta: Mapping[int, Layout]
    list_words: Callable[[int], int]
    narrow: bool = False
    lanes: int = 1


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

FAMILIES = {family.name: family for family in (PORTABLE,)}
