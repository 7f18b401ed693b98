"""What a compiled model says of itself: the harness's header, and the numbers of its protocol."""

import functools
import re
import struct
from dataclasses import dataclass

from ..errors import BuildError
from ..resources import data_folder

_HEADER = struct.Struct("<7I68s")


@functools.cache
def header_numbers(file: str, prefix: str) -> dict[str, int]:
    """The numbers that a header of firmware_templates/image defines, by name without `prefix`."""
    text = (data_folder("firmware_templates") / "image" / file).read_text(encoding="utf-8")
    found = re.findall(rf"^#define {prefix}(\w+) (0x[0-9A-Fa-f]+|\d+)u?$", text, re.MULTILINE)
    return {name: int(value, 0) for name, value in found}


def protocol() -> dict[str, int]:
    """The numbers of protocol.h, which defines the harness's files, by name without `HARNESS_`."""
    return header_numbers("protocol.h", "HARNESS_")


@dataclass(frozen=True)
class Interface:
    """The model behind an image: vector sizes in elements, the state's size in bytes, the most frames of an
    utterance (0: it goes frame by frame), and the digest (64 hex digits).
    """

    inputs: int
    outputs: int
    send_groups: int
    state_bytes: int
    max_frames: int
    digest: str

    SIZE = _HEADER.size

    @classmethod
    def parse(cls, header: bytes) -> "Interface":
        """Read harness_header_t (protocol.h). Raises BuildError when it is something else."""
        wrong = BuildError("there is no header of the test harness; build the image again")
        if len(header) < cls.SIZE:
            raise wrong
        magic, _, inputs, outputs, groups, state, frames, digest = _HEADER.unpack(header[: cls.SIZE])
        if magic != protocol()["OUTPUT_MAGIC"]:
            raise wrong
        return cls(inputs, outputs, groups, state, frames, digest.rstrip(b"\0").decode("ascii", "replace"))
