"""UF2, the file that a board's bootloader takes from a drive: https://github.com/microsoft/uf2.

A file is blocks of 512 bytes, each with 256 bytes of memory, where they go, and whom they are for: a bootloader leaves
alone what is for another family. `python -m shrinkc.flash IMAGE.elf FAMILY FILE.uf2` writes one.
"""

import struct
from collections.abc import Iterable

from ..compile.elf import Segment
from ..errors import BuildError

PAYLOAD = 256
"""Bytes of memory in a block; its address is a multiple of it. Bootloaders that flash pages take no other size."""
BLOCK = 512
_HEADER = struct.Struct("<8I")
_MAGIC = (0x0A324655, 0x9E5D5157)
_LAST_MAGIC = struct.pack("<I", 0x0AB16F30)
_HAS_FAMILY = 0x2000
_ERASED = b"\xff"


def pages(segments: Iterable[Segment]) -> dict[int, bytes]:
    """Memory as whole aligned pages: {address: PAYLOAD bytes}, in order; what no segment fills stays as if erased.

    Raises BuildError for segments that lie on one another.
    """
    found: dict[int, bytearray] = {}
    taken = 0
    for segment in sorted(segments, key=lambda segment: segment.address):
        if segment.address < taken:
            raise BuildError(f"two segments of the image lie on {segment.address:#010x}; build it again")
        place = taken = segment.address
        taken += len(segment.content)
        while place < taken:
            inside = place % PAYLOAD
            part = segment.content[place - segment.address :][: PAYLOAD - inside]
            page = found.setdefault(place - inside, bytearray(_ERASED * PAYLOAD))
            page[inside : inside + len(part)] = part
            place += len(part)
    return {address: bytes(page) for address, page in found.items()}


def encode(segments: Iterable[Segment], family: int) -> bytes:
    """The UF2 file of an image's segments for the bootloaders of one family."""
    found = pages(segments)
    blocks = []
    for number, (address, page) in enumerate(found.items()):
        header = _HEADER.pack(*_MAGIC, _HAS_FAMILY, address, PAYLOAD, number, len(found), family)
        blocks.append((header + page).ljust(BLOCK - len(_LAST_MAGIC), b"\0") + _LAST_MAGIC)
    return b"".join(blocks)
