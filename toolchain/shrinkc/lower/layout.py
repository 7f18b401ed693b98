"""How weights lie in flash: tiles of rows and columns, packed in the order that a kernel reads them.

The one place on the Python side that packs weights; `kernels.py` says which kernel reads which layout.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

WORD = 32


@dataclass(frozen=True)
class Place:
    """Where one weight of a tile stands: in bits [shift, shift + bits) of the tile's word `word`.

    excess: stored as w + 2^(bits-1), an unsigned digit; otherwise two's complement.
    """

    word: int
    shift: int
    excess: bool = False


@dataclass(frozen=True)
class Layout:
    """Tiles of `rows` x `columns` weights of `bits` bits, each in whole words.

    places: of the tile's weights, row by row. A matrix is filled up to whole tiles with bits of 0. In flash: the tiles
    of the first `rows` rows from left to right, then those of the next.
    """

    bits: int
    rows: int
    columns: int
    places: tuple[Place, ...]

    @classmethod
    def of(cls, bits: int, rows: int, columns: int, place: Callable[[int, int], Place]) -> "Layout":
        """The layout where `place(row, column)` says where each weight of a tile stands."""
        places = tuple(place(row, column) for row in range(rows) for column in range(columns))
        return cls(bits, rows, columns, places)

    @property
    def words(self) -> int:
        """Words of a tile."""
        return self.rows * self.columns * self.bits // WORD

    def padded_rows(self, rows: int) -> int:
        """Rows with the filling: what sums must have room for."""
        return -(-rows // self.rows) * self.rows

    def padded_columns(self, columns: int) -> int:
        """Columns with the filling: what the input of a dense product must have room for."""
        return -(-columns // self.columns) * self.columns

    def pack(self, weights: np.ndarray) -> np.ndarray:
        """Integers (rows, columns) that fit `bits` bits to uint32 words (tiles down, words of the tiles across)."""
        rows, columns = weights.shape
        down, across = self.padded_rows(rows) // self.rows, self.padded_columns(columns) // self.columns
        words = np.zeros((down, across, self.words), np.uint32)
        for index, place in enumerate(self.places):
            row, column = divmod(index, self.columns)
            part = weights[row :: self.rows, column :: self.columns].astype(np.int64)
            digits = (part + (place.excess << (self.bits - 1))) & ((1 << self.bits) - 1)
            words[: part.shape[0], : part.shape[1], place.word] |= (digits << place.shift).astype(np.uint32)
        return words.reshape(down, across * self.words)

    def unpack(self, words: np.ndarray, rows: int, columns: int) -> np.ndarray:
        """The inverse of `pack`: int32 (rows, columns)."""
        tiles = words.reshape(len(words), -1, self.words).astype(np.int64)
        weights = np.zeros((tiles.shape[0] * self.rows, tiles.shape[1] * self.columns), np.int32)
        half = 1 << (self.bits - 1)
        for index, place in enumerate(self.places):
            row, column = divmod(index, self.columns)
            digits = (tiles[:, :, place.word] >> place.shift) & (2 * half - 1)
            signed = digits - half if place.excess else (digits ^ half) - half
            weights[row :: self.rows, column :: self.columns] = signed
        return weights[:rows, :columns]


def rows_in_words(bits: int, excess: bool) -> Layout:
    """32 / bits rows of one column share a word, row k in bits [k * bits, (k + 1) * bits)."""
    return Layout.of(bits, WORD // bits, 1, lambda row, _: Place(0, row * bits, excess))
