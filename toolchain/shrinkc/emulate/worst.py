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
from ..errors import BuildError
from ..lower import Program
from ..lower.program import Read
from .run import run_image
from .trace import Trace

UTTERANCES = 8
"""That are run: what is left to the data, such as branches on values beyond their grid, hardly moves the count."""
THRESHOLD_OFFSET = 8
"""Of `threshold` in shrinkc_send_group_t (shrinkc_kernels.h)."""
EVERY_MOVE = -16384
"""A threshold that all moves of less than as many steps are beyond; with it the DSP scan's sums stay 16 bits."""


def worst_case(image: Image, program: Program, inputs: Sequence[np.ndarray], jobs: int | None = None) -> int | None:
    """The most instructions of a frame with every column sent, over the first utterances with frames.

    A call over a whole utterance is shared out evenly over its frames. None where nothing is sent or held: there all
    steps are alike. Raises BuildError where the emulator fails.
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
    _check_sent(image, trace, reads)
    return int(trace.instructions.max())


def _check_sent(image: Image, trace: Trace, reads: Sequence[Read]) -> None:
    listed = [read for read in reads if read.how == "delta"]
    sent = trace.sent[:, [read.index for read in listed]]
    if (sent != [read.group.width for read in listed]).any():
        raise BuildError(f"{image.name}: not every column was sent although no threshold was left")


def sending_all(image: Image, reads: Sequence[Read]) -> Image:
    """The image with thresholds of these groups that every element is beyond, at rest too."""
    elf, threshold = image.elf, struct.pack("<h", EVERY_MOVE)
    for read in reads:
        name = f"{image.name}_{read.group.name.replace('.', '_').replace('@', '_')}"
        elf = Elf(elf).replaced(name, THRESHOLD_OFFSET, threshold)
        if read.group.thresholds.min() != read.group.thresholds.max():
            elf = Elf(elf).replaced(f"{name}_thresholds", 0, threshold * read.group.width)
    return replace(image, elf=elf)
