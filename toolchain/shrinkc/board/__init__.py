"""Runs an image on a board, over its serial port."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..compile.image import Image


@dataclass(frozen=True)
class Board:
    """Where a board hangs: its port (None: the only one there is), and bits per second (None: as its file says)."""

    port: str | None = None
    baud: int | None = None

    def baud_for(self, image: "Image") -> int:
        """Raises InputError where the image has no serial port to speak on."""
        uart = image.target.board.uart
        if uart is None:
            raise InputError(
                f"board {image.target.board.name} has no serial port: give its file a table [uart], and build again"
            )
        return self.baud or uart.baud
