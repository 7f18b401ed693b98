"""Every board's image, linked by the real compiler: vectors, sections and addresses, and what a part's ROM wants."""

import functools
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from shrinkc.compile import start
from shrinkc.compile.elf import Elf
from shrinkc.compile.image import Image, compile_image
from shrinkc.errors import BuildError
from shrinkc.target import list_targets, load_target
from tiny_model import sources
from tools import needs_arm

BOARDS = [name for name in list_targets() if load_target(name).board.name == name]
VECTORS = struct.Struct("<16I")


@functools.cache
def image_of(board: str) -> Image:
    return compile_image(sources(), "tiny", load_target(board))


def reversed_bits(value: int, bits: int) -> int:
    return int(f"{value:0{bits}b}"[::-1], 2)


def rom_checksum(content: bytes) -> int:
    """The RP2040's checksum by another way: zlib's CRC-32, with every byte and the result turned round."""
    turned = bytes(reversed_bits(byte, 8) for byte in content)
    return reversed_bits(zlib.crc32(turned) ^ 0xFFFFFFFF, 32)


@needs_arm
@pytest.mark.parametrize("name", BOARDS)
def test_vectors_and_sections_lie_where_the_part_wants_them(name: str) -> None:
    image, board = image_of(name), load_target(name).board
    elf = Elf(image.elf)
    flash, ram, boot = board.region("flash"), board.region("ram"), board.region("boot")
    sections = {section.name: section for section in elf.sections}
    vectors = VECTORS.unpack(elf.section_content(".vectors")[: VECTORS.size])
    assert sections[".vectors"].address == boot.origin
    assert boot.origin % 128 == 0  # VTOR's least alignment for 16 vectors and up to 16 interrupts
    assert vectors[0] == ram.origin + board.stack
    assert vectors[1] == elf.symbol("Reset_Handler").address | 1
    assert vectors[15] == elf.symbol("SysTick_Handler").address | 1
    assert set(vectors[2:15]) == {elf.symbol("Fault_Handler").address | 1}
    assert sections[".stack"].address == ram.origin  # lowest: an overflow leaves the RAM
    for section in elf.sections:
        where = (
            ram
            if section.writable
            else {".vectors": boot, ".header": board.region(kind_of_header(name))}.get(
                section.name, board.region("weights") if section.name == ".weights" else flash
            )
        )
        assert where.origin <= section.address and section.address + section.size <= where.end, section


def kind_of_header(board: str) -> str:
    return "header" if load_target(board).board.has("header") else "boot"


@needs_arm
@pytest.mark.parametrize("name", ["mps2-an505", "pico2", "nucleo-h743zi", "pico", "nrf52840-dk"])
def test_start_up_does_what_the_core_needs(name: str, tmp_path: Path) -> None:
    """The FPU is switched on where the code uses one, and Armv8-M's stack limit is set."""
    image = image_of(name)
    (tmp_path / "image.elf").write_bytes(image.elf)
    command = ["arm-none-eabi-objdump", "-d", "--no-show-raw-insn", "image.elf"]
    listing = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    begin = listing.index("<image_reset>:")
    reset = listing[begin : listing.index("\n\n", begin)]
    hard = any("hard" in flag for flag in image.target.flags)
    assert ("orr.w" in reset and "#15728640" in reset) == hard  # CPACR: coprocessors 10 and 11
    assert ("MSPLIM" in reset) == (image.target.core.name == "cortex-m33")


def test_the_checksum_is_the_roms() -> None:
    """Against the check value of CRC-32/MPEG-2, and zlib."""
    assert start.crc32(b"123456789") == 0x0376E6E7
    content = bytes(range(252))
    assert start.crc32(content) == rom_checksum(content)


@needs_arm
def test_the_picos_second_stage() -> None:
    elf = Elf(image_of("pico").elf)
    header = elf.section_content(".header")
    assert (elf.symbol("image_boot2").address, len(header)) == (0x1000_0000, 256)
    assert int.from_bytes(header[-4:], "little") == rom_checksum(header[:-4])
    literals = struct.unpack("<64I", header)
    assert {0x1800_0000, 0x0300_0218, 0x001F_0300, 0x1000_0100} <= set(literals)  # SSI; read by 03h; the image
    assert next(part for part in elf.sections if part.name == ".vectors").address == 0x1000_0100


@needs_arm
def test_the_picos_second_stage_is_checked_before_anything_flashes_it() -> None:
    image = image_of("pico")
    broken = Elf(Elf(image.elf).replaced("image_boot2", 4, b"\x01"))
    with pytest.raises(BuildError, match=r"has the checksum 0x[0-9a-f]{8} and should have 0x[0-9a-f]{8}"):
        start.refuse_start(broken, image.target.board)
    with pytest.raises(BuildError, match="has 0 bytes; the RP2040's ROM wants 256"):
        start.refuse_start(Elf(image_of("mps2-an385").elf), image.target.board)


@needs_arm
def test_the_pico2s_block_is_found_as_the_rom_does() -> None:
    """A loop of one block in the first 4 KB: items up to the last one, which counts their words, then the end."""
    image = image_of("pico2")
    flash = Elf(image.elf).section_content(".vectors")[:4096]
    words = struct.unpack(f"<{len(flash) // 4}I", flash)
    place = words.index(0xFFFFDED3)
    item, size, flags = words[place + 1] & 0xFF, words[place + 1] >> 8 & 0xFF, words[place + 1] >> 16
    assert (item, size) == (0x42, 1)
    assert (flags & 0xF, flags >> 4 & 3, flags >> 8 & 7, flags >> 12 & 7) == (1, 2, 0, 1)  # executable, secure, Arm
    assert (words[place + 2] & 0xFF, words[place + 2] >> 8 & 0xFFFF) == (0xFF, size)
    assert words[place + 3] == 0
    assert words[place + 4] == 0xAB123579


@needs_arm
def test_the_pico2s_block_is_checked_before_anything_flashes_it() -> None:
    image = image_of("pico2")
    broken = Elf(Elf(image.elf).replaced("image_block", 4, b"\0"))
    with pytest.raises(BuildError, match="none that the RP2350's ROM takes"):
        start.refuse_start(broken, image.target.board)


@needs_arm
@pytest.mark.skipif(shutil.which("arm-none-eabi-objcopy") is None, reason="not installed: arm-none-eabi-objcopy")
def test_the_picos_flash_begins_with_the_second_stage(tmp_path: Path) -> None:
    """What a flasher writes: one piece from the first byte of the flash on."""
    (tmp_path / "image.elf").write_bytes(image_of("pico").elf)
    command = ["arm-none-eabi-objcopy", "-O", "binary", "image.elf", "image.bin"]
    subprocess.run(command, cwd=tmp_path, check=True)
    content = (tmp_path / "image.bin").read_bytes()
    stack, reset = struct.unpack_from("<2I", content, 256)
    assert stack == 0x2000_0000 + load_target("pico").board.stack
    assert 0x1000_0100 <= reset < 0x1000_0000 + len(content)
