"""The worst case of a step: the very image, with every element of every send group sent at each frame.

Thresholds are data. In a copy of the image they are so far below 0 that every move is beyond them, none included: the
scans ask whether |move| <= threshold by adding the threshold and comparing without a sign (shrinkc_exceeds), and there
nothing is. More is sent than need be, so the outputs are those of threshold 0, and code and layout are the image's.
"""

import struct
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..compile.elf import Elf
from ..compile.image import Image
from ..lower import Program
from ..lower.program import Read
from .run import run_image
from .trace import Trace

UTTERANCES = 8
"""That are run: what is left to the data, such as branches on values beyond their grid, hardly moves the count."""
THRESHOLD_OFFSET = 8
"""Of `threshold` in shrinkc_send_group_t (shrinkc_kernels.h)."""
EVERY_MOVE = -16384
"""A threshold that all moves of less than as many steps are beyond; with it the DSP scan's sums stay 16 bits. On a
16-bit grid an element may move by more, and stays: frames with such a move do not count.
"""


def worst_case(image: Image, program: Program, inputs: Sequence[np.ndarray], jobs: int | None = None) -> int | None:
    """The most instructions of a frame with every column sent, over the first utterances with frames.

    A call over a whole utterance is shared out evenly over its frames. None where nothing is sent or held: there all
    steps are alike; and where no frame sends all. Raises BuildError where the emulator fails.
    """
    reads = [read for stage in program.stages for read in stage.reads if read.how in ("delta", "hold")]
    chosen = [utterance for utterance in inputs if len(utterance)][:UTTERANCES]
    if not reads or not chosen:
        return None
    trace = run_image(sending_all(image, reads), chosen, jobs=jobs)
    if program.max_frames:
        lengths = [len(utterance) for utterance in chosen]
        calls = trace.instructions[np.cumsum(lengths) - 1]
        return int(np.ceil((calls / lengths).max()))
    every = all_sent(trace, reads)
    return int(trace.instructions[every].max()) if every.any() else None


def all_sent(trace: Trace, reads: Sequence[Read]) -> np.ndarray:
    """The frames, True or False each, in which every column was sent."""
    listed = [read for read in reads if read.how == "delta"]
    widths = [read.group.width for read in listed]
    return (trace.sent[:, [read.index for read in listed]] == widths).all(axis=1)


def sending_all(image: Image, reads: Sequence[Read]) -> Image:
    """The image with thresholds of these groups that every element is beyond, at rest too."""
    elf, threshold = image.elf, struct.pack("<h", EVERY_MOVE)
    for read in reads:
        name = f"{image.name}_{read.group.name.replace('.', '_').replace('@', '_')}"
        elf = Elf(elf).replaced(name, THRESHOLD_OFFSET, threshold)
        if read.group.thresholds.min() != read.group.thresholds.max():
            elf = Elf(elf).replaced(f"{name}_thresholds", 0, threshold * read.group.width)
    return replace(image, elf=elf)
