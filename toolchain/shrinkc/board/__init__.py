"""Runs an image on a board, over its serial port."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..compile.image import Image


@dataclass(frozen=True)
class Attached:
    """A board that holds an image, and where it hangs.

    port: None for the only one there is; baud: bits per second, None for what the board's file says.
    """

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

    def line_for(self, image: "Image") -> str:
        """The line in words, without the port's name: that is of one machine, and a report is not."""
        if self.port is not None and "://" in self.port:
            return f"over {self.port.partition('://')[0]}://"
        return f"over a serial port at {self.baud_for(image)} baud"
