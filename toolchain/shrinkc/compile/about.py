"""What an image says of itself on its console, and the utterance that it tests itself with at boot."""

import re
import zlib
from dataclasses import dataclass

import numpy as np

from ..target import Target
from .templates import render

MOST_FRAMES = 16
MOST_BYTES = 2048
"""Of the utterance that is stored: long enough for the state to matter, and a small part of the smallest flash."""


@dataclass(frozen=True)
class SelfTest:
    """inputs: int16 (frames, inputs). digest: CRC-32 of the outputs that the integer reference gives for them."""

    inputs: np.ndarray
    digest: int

    @classmethod
    def of(cls, inputs: np.ndarray, outputs: np.ndarray) -> "SelfTest":
        """outputs: the reference's, int16 (frames, outputs), or (1, outputs) where it gives its last step only."""
        return cls(inputs, zlib.crc32(np.ascontiguousarray(outputs, "<i2").tobytes()))


def opening(utterance: np.ndarray, most_frames: int | None = None) -> np.ndarray:
    """As much of the start of an utterance, int16 (frames, inputs), as an image stores."""
    width = 2 * utterance.shape[1]
    return utterance[: min(MOST_FRAMES, most_frames or MOST_FRAMES, max(1, MOST_BYTES // width))]


def about_file(name: str, target: Target, test: SelfTest | None) -> str:
    """The text of about.c."""
    frames, inputs = test.inputs.shape if test else (0, 0)
    return render(
        "image",
        "about.c.j2",
        model=name,
        board=re.sub(r'[^ -~]|["\\?]', "_", target.board.name),
        frames=frames,
        inputs=inputs,
        values=test.inputs.ravel().tolist() if test else [0],
        digest=test.digest if test else 0,
    )
