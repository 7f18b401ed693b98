"""Jobs for flashers: an image that is nothing but bytes at addresses, and the tiny model's."""

import dataclasses
from pathlib import Path

from shrinkc.compile.elf import Elf, Segment
from shrinkc.flash import Job
from shrinkc.target import Board, load_target
from tiny_image import tiny


@dataclasses.dataclass(frozen=True)
class Bytes:
    """What flashers ask of an ELF file."""

    segments: tuple[Segment, ...]
    vectors: bytes = bytes.fromhex("00200020 ad070008")

    def section_content(self, name: str) -> bytes:
        return self.vectors if name == ".vectors" else b""


def job(board: str | Board = "netduinoplus2", image: str = "out/net.elf", **changes: object) -> Job:
    """A job of 6 bytes at the start of the board's flash."""
    if isinstance(board, str):
        board = load_target(board).board
    segments = (Segment(board.region("flash").origin, b"abcdef"),)
    return dataclasses.replace(Job(board, Path(image), Bytes(segments)), **changes)


def tiny_job(target: str, folder: Path, probe: str | None = None) -> Job:
    """The tiny model's image in a file, for the board of a target; compiled, so it needs the Arm compiler."""
    image = tiny(target)
    path = folder / "tiny.elf"
    path.write_bytes(image.elf)
    return Job(image.target.board, path, Elf(image.elf), probe, folder)
