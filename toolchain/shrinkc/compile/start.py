"""What a part's ROM looks at before it runs an image, looked at here first: a part that refuses one says nothing."""

import struct

from ..errors import BuildError
from ..target.board import Board
from .elf import Elf

BOOT2_BYTES = 256
_POLYNOMIAL = 0x04C11DB7
# RP2350 datasheet, 5.9.5.1; board_rp2350.c says what each word means.
_BLOCK = struct.Struct("<5I")
BLOCK = (0xFFFFDED3, 0x10210142, 0x000001FF, 0, 0xAB123579)
BLOCK_WITHIN = 4096


def crc32(content: bytes) -> int:
    """The checksum that the RP2040's ROM takes (datasheet, 2.8.1.3): CRC-32 from the top bit down, from 0xFFFFFFFF, and
    with no inversion at its end, unlike zlib's.
    """
    crc = 0xFFFFFFFF
    for byte in content:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (_POLYNOMIAL if crc & 1 << 31 else 0)) & 0xFFFFFFFF
    return crc


def refuse_start(image: Elf, board: Board) -> None:
    """Raise BuildError where the board's ROM would not start the image."""
    if board.setup == "rp2040":
        _check_boot2(image)
    elif board.setup == "rp2350":
        _check_block(image, board)


def _check_boot2(image: Elf) -> None:
    header = image.section_content(".header")
    if len(header) != BOOT2_BYTES:
        raise BuildError(f"the second stage of the boot has {len(header)} bytes; the RP2040's ROM wants {BOOT2_BYTES}")
    found, right = int.from_bytes(header[-4:], "little"), crc32(header[:-4])
    if found != right:
        raise BuildError(
            f"the second stage of the boot has the checksum {found:#010x} and should have {right:#010x}: "
            "put that into board_rp2040_boot2.S"
        )


def _check_block(image: Elf, board: Board) -> None:
    symbol = image.symbol("image_block")
    if symbol.address - board.region("flash").origin > BLOCK_WITHIN - _BLOCK.size:
        raise BuildError(
            f"the image's block lies at {symbol.address:#010x}, not in the flash's first {BLOCK_WITHIN} bytes"
        )
    if _BLOCK.unpack(image.content("image_block")) != BLOCK:
        raise BuildError("the image's block is none that the RP2350's ROM takes")
