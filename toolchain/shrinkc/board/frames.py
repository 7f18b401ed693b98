"""Frames of the link: bytes out of a frame, and frames and the console's text out of bytes.

`firmware_templates/image/link.h` defines them, and its numbers are read from there.
"""

import re
import struct
import zlib
from dataclasses import dataclass

from ..compile.interface import header_numbers

_HEADER = struct.Struct("<BBHH")
_CRC = struct.Struct("<I")
_LINE = re.compile(rb"[\x20-\x7e]+\r\n")
_REMEMBERED = 4096


def numbers() -> dict[str, int]:
    """The numbers that link.h defines, by name without `LINK_`."""
    return header_numbers("link.h", "LINK_")


@dataclass(frozen=True)
class Frame:
    """One frame. `kind` is the type, a number of link.h; an answer has the session and number of its question."""

    kind: int
    session: int
    number: int
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """The frame as it goes over the line."""
        content = _HEADER.pack(self.kind, len(self.payload), self.session, self.number) + self.payload
        return b"\0" + _stuffed(content + _CRC.pack(zlib.crc32(content))) + b"\0"


def parse(block: bytes) -> Frame | None:
    """The frame that stood between two bytes 0, or None where it is none, or not whole."""
    content = _unstuffed(block)
    if content is None or len(content) < _HEADER.size + _CRC.size:
        return None
    covered, crc = content[: -_CRC.size], content[-_CRC.size :]
    kind, length, session, number = _HEADER.unpack_from(covered)
    payload = covered[_HEADER.size :]
    if length != len(payload) or crc != _CRC.pack(zlib.crc32(covered)):
        return None
    return Frame(kind, session, number, payload)


def _stuffed(content: bytes) -> bytes:
    """COBS of less than 255 bytes: each run up to a 0 behind its length, and no byte 0."""
    return b"".join(bytes([len(run) + 1]) + run for run in content.split(b"\0"))


def _unstuffed(block: bytes) -> bytes | None:
    """What `_stuffed` made the block of, or None."""
    runs, at = [], 0
    while at < len(block):
        end = at + block[at]
        if end > len(block):
            return None
        runs.append(block[at + 1 : end])
        at = end
    return b"\0".join(runs)


class Receiver:
    """Takes the bytes of a line as they come, gives the frames, and remembers what else was said."""

    def __init__(self) -> None:
        self._block = b""  # since the last 0
        self._other = b""  # what was no frame

    def take(self, data: bytes) -> list[Frame]:
        """The frames that end in `data`, behind what came before."""
        *blocks, rest = (self._block + data).split(b"\0")
        frames = []
        for block in blocks:
            found = parse(block)
            if found is None:
                self._other = (self._other + block)[-_REMEMBERED:]
            else:
                frames.append(found)
        self._block = rest[-_REMEMBERED:]
        return frames

    def lines(self) -> list[str]:
        """The last whole lines of the console; what noise, or part of a frame, has spoilt is none of them."""
        return [line.decode().rstrip() for line in _LINE.findall(self._other + self._block)]
