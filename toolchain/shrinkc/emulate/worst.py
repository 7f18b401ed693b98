"""The worst case of a step: the very image, with every element of every send group sent at each frame.

Thresholds are data: in a copy of the image they are 0. What was last sent is part of the state: before each step the
harness puts it beyond any value of the grid. So every element has moved, and code and layout are those of the image. (A
value so far beyond its grid that it comes to just that number, before it is clamped, stays: such frames do not count.)
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..compile.elf import Elf
from ..compile.image import Image
from ..errors import BuildError
from ..lower import Program
from ..lower.program import Read
from .run import run_image

UTTERANCES = 8
"""That are run: what is left to the data, such as branches on values beyond their grid, hardly moves the count."""
THRESHOLD = 8
"""Offset of `threshold` in shrinkc_send_group_t (shrinkc_kernels.h)."""


def worst_case(image: Image, program: Program, inputs: Sequence[np.ndarray], jobs: int | None = None) -> int | None:
    """The most instructions of a step with every column sent, over the first utterances with frames.

    None for a program that takes whole utterances, whose state begins anew in each call, and for one where nothing is
    sent or held, whose steps are all alike. Raises BuildError where the emulator fails.
    """
    reads = [read for stage in program.stages for read in stage.reads if read.how in ("delta", "hold")]
    chosen = [utterance for utterance in inputs if len(utterance)][:UTTERANCES]
    if program.max_frames or not reads or not chosen:
        return None
    fields = [program.field(read.field) for read in reads]
    moved = [(field.offset, field.bytes) for field in fields]
    trace = run_image(_without_thresholds(image, reads), chosen, jobs=jobs, moved=moved)
    listed = [read for read in reads if read.how == "delta"]
    widths = [read.group.width for read in listed]
    every = (trace.sent[:, [read.index for read in listed]] == widths).all(axis=1)
    if not every.any():
        raise BuildError(f"{image.name}: not every column was sent when all had moved")
    return int(trace.instructions[every].max())


def _without_thresholds(image: Image, reads: Sequence[Read]) -> Image:
    """The image with the thresholds of these groups at 0."""
    elf = image.elf
    for read in reads:
        name = f"{image.name}_{read.group.name.replace('.', '_').replace('@', '_')}"
        elf = Elf(elf).replaced(name, THRESHOLD, bytes(2))
        if read.group.thresholds.min() != read.group.thresholds.max():
            elf = Elf(elf).replaced(f"{name}_thresholds", 0, bytes(2 * read.group.width))
    return replace(image, elf=elf)
