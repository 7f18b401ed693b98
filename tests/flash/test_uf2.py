"""UF2 files, read back by the rules of the format and not by our own code."""

import struct
import subprocess
import sys
from pathlib import Path

import pytest
from flash_jobs import tiny_job
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.compile.elf import Segment
from shrinkc.errors import BuildError
from shrinkc.flash.uf2 import encode
from tools import needs_arm

RP2040 = 0xE48BFF56


def parse(content: bytes, family: int) -> dict[int, int]:
    """Memory as a bootloader would fill it, {address: byte}; asserts what https://github.com/microsoft/uf2 demands."""
    assert len(content) % 512 == 0
    blocks, memory = len(content) // 512, {}
    for number in range(blocks):
        block = content[512 * number :][:512]
        first, second, flags, address, size, own, count, given_family = struct.unpack("<8I", block[:32])
        assert (first, second, block[508:]) == (0x0A324655, 0x9E5D5157, bytes.fromhex("306fb10a"))
        assert flags == 0x00002000  # the family id is there; main flash, no file container, no checksum
        assert (own, count, given_family) == (number, blocks, family)
        assert size == 256 and address % 256 == 0
        assert block[32 + size : 508] == bytes(476 - size)
        for place, value in enumerate(block[32 : 32 + size], address):
            assert place not in memory
            memory[place] = value
    return memory


def filled(segments: list[Segment]) -> dict[int, int]:
    return {place: value for each in segments for place, value in enumerate(each.content, each.address)}


@st.composite
def images(draw: st.DrawFn) -> list[Segment]:
    """Segments that do not lie on one another, in any order."""
    place, segments = draw(st.integers(0, 600)) + draw(st.sampled_from([0, 0x10000000, 0xFFFF0000])), []
    for gap, content in draw(st.lists(st.tuples(st.integers(0, 900), st.binary(max_size=700)), max_size=6)):
        segments.append(Segment(place + gap, content))
        place += gap + len(content)
    return draw(st.permutations(segments))


@given(images(), st.integers(0, (1 << 32) - 1))
def test_every_byte_goes_where_it_belongs(segments: list[Segment], family: int) -> None:
    memory, wanted = parse(encode(segments, family), family), filled(segments)
    assert {place: memory[place] for place in wanted} == wanted
    assert {value for place, value in memory.items() if place not in wanted} <= {0xFF}
    # No page is written that has nothing of the image.
    assert {place // 256 for place in memory} == {place // 256 for place in wanted}


def test_segments_share_a_page_and_blocks_come_in_order() -> None:
    content = encode([Segment(0x10000110, b"b"), Segment(0x100000FE, b"aaaa")], RP2040)
    assert [struct.unpack_from("<I", content, 512 * block + 12)[0] for block in range(2)] == [0x10000000, 0x10000100]
    assert content[32 + 0xFE : 32 + 0x100] == b"aa"
    assert content[512 + 32 :][:17] == b"aa" + b"\xff" * 14 + b"b"


def test_segments_that_overlap_are_refused() -> None:
    with pytest.raises(BuildError, match="two segments of the image lie on 0x00000102"):
        encode([Segment(0x100, b"abc"), Segment(0x102, b"d")], RP2040)


@needs_arm
def test_the_module_writes_the_file_of_an_image(tmp_path: Path) -> None:
    job = tiny_job("netduinoplus2", tmp_path)
    command = [sys.executable, "-m", "shrinkc.flash", job.image, "0xe48bff56", "t.uf2"]
    ended = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert ended.stdout + ended.stderr == ""
    memory, wanted = parse((tmp_path / "t.uf2").read_bytes(), RP2040), filled(list(job.elf.segments))
    assert wanted and {place: memory[place] for place in wanted} == wanted
