"""Runs an image over utterances in several QEMUs side by side."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..compile.image import Image
from ..compile.processes import Start, find_tool, scratch_folder, supervised
from ..errors import BuildError, InputError
from ..files import system_errors
from . import qemu
from .counter import Counter
from .trace import Trace, check_utterances, decode_output, encode_input, utterance_ends

# progress(utterances done, of how many)
Progress = Callable[[int, int], None]

# A model of whole utterances writes nothing until one is done; the largest take a third of this for each of its frames.
WHOLE_FRAME_S = 1.0
_POLL_S = 0.02


@dataclass
class Share:
    """One QEMU's part of the work: which utterances, where, and since when."""

    utterances: list[int]
    ends: np.ndarray  # bytes of output.bin when each of them is done
    folder: Path
    process: subprocess.Popen
    size: int  # bytes of output.bin at the last look
    grown: float  # when it was first seen to be that long, by time.monotonic()

    def look(self) -> None:
        """See whether output.bin has grown."""
        with contextlib.suppress(FileNotFoundError):
            size = (self.folder / "output.bin").stat().st_size
            if size != self.size:
                self.size, self.grown = size, time.monotonic()

    def done(self) -> int:
        """How many of its utterances had their records in output.bin at the last look."""
        return int(np.searchsorted(self.ends, self.size, side="right"))

    def messages(self) -> str:
        return (self.folder / "messages.txt").read_text("utf-8", "replace")


def split(frames: Sequence[int], jobs: int) -> list[list[int]]:
    """Share utterances out so that every job has about as many frames: indices, in order, for each job."""
    shares: list[list[int]] = [[] for _ in range(max(1, min(jobs, len(frames))))]
    loads = [0] * len(shares)
    for index in sorted(range(len(frames)), key=lambda index: (-frames[index], index)):
        least = loads.index(min(loads))
        shares[least].append(index)
        loads[least] += frames[index] + 1
    return [sorted(share) for share in shares]


def _joined(parts: Sequence[np.ndarray | None], order: np.ndarray) -> np.ndarray | None:
    """Arrays end to end in another order; None where one is not there."""
    return None if any(part is None for part in parts) else np.concatenate(parts)[order]


def _join(traces: Sequence[Trace], shares: Sequence[Sequence[int]], frames: Sequence[int]) -> Trace:
    """Put the shares' traces back into the order of the utterances."""
    owners = np.concatenate([np.repeat(share, [frames[index] for index in share]) for share in shares])
    order = np.argsort(owners, kind="stable")
    return Trace(
        outputs=np.concatenate([trace.outputs for trace in traces])[order],
        decoded=np.concatenate([trace.decoded for trace in traces])[order],
        sent=np.concatenate([trace.sent for trace in traces])[order],
        instructions=np.concatenate([trace.instructions for trace in traces])[order],
        ticks=_joined([trace.ticks for trace in traces], order),
        cycles=_joined([trace.cycles for trace in traces], order),
        stack=max(trace.stack for trace in traces),
        states=_joined([trace.states for trace in traces], order),
    )


def _wait(shares: Sequence[Share], image: Image, time_limit_s: float, progress: Progress | None) -> None:
    """Wait for every QEMU. Raises BuildError for the first that fails or stands still."""
    total = sum(len(share.utterances) for share in shares)
    shown = -1
    while True:
        codes = [share.process.poll() for share in shares]
        for share, code in zip(shares, codes, strict=True):
            share.look()
            if code is not None:
                qemu.refuse_failure(code, share.messages(), image)
            elif time.monotonic() - share.grown > time_limit_s:
                done = sum(each.done() for each in shares)
                raise BuildError(
                    f"{image.name} on {image.target.board.name} wrote nothing for {time_limit_s:g} s "
                    f"({done} of {total} utterances done) and was stopped: it hangs"
                )
        done = sum(share.done() for share in shares)
        if progress is not None and done != shown:
            progress(done, total)
            shown = done
        if None not in codes:
            return
        time.sleep(_POLL_S)


def _launch(
    start: Start,
    image: Image,
    folder: Path,
    work: Sequence[np.ndarray],
    indices: list[int],
    dump_state: bool,
    arguments: Sequence[str],
) -> Share:
    """Start one QEMU in a folder of its own on the utterances `indices` of `work`."""
    chosen = [work[index] for index in indices]
    ends = utterance_ends(image.interface, chosen, dump_state=dump_state)
    with system_errors("cannot write the emulator's input"):
        folder.mkdir()
        (folder / "input.bin").write_bytes(encode_input(chosen, dump_state=dump_state))
        (folder / "image.elf").write_bytes(image.elf)
    process = start([*qemu.command(image, "image.elf"), *arguments], folder, folder / "messages.txt")
    return Share(indices, ends, folder, process, 0, time.monotonic())


def run_image(
    image: Image,
    utterances: Sequence[np.ndarray],
    *,
    jobs: int | None = None,
    time_limit_s: float = 120.0,
    progress: Progress | None = None,
    dump_state: bool = False,
    arguments: Sequence[str] = (),
) -> Trace:
    """Run `image` in QEMU over `utterances`, each int16 (frames, inputs), and return what it did, in their order.

    `jobs` QEMUs run side by side (default: one a processor); the result is the same whatever their number.
    One that writes no output for `time_limit_s` seconds hangs: the image writes at least every 64 frames. A model of
    whole utterances writes after each, and may take a second more for each frame of the longest.
    With `dump_state` the trace holds the whole state after every frame. `arguments` are more of QEMU's own.

    Raises InputError for utterances of the wrong shape, and BuildError when QEMU is missing, and when the
    image crashes, hangs, or leaves an output that is not whole or not its own. No process and no file stays behind.
    """
    check_utterances(utterances, image.interface)
    if not utterances:
        raise InputError("there are no utterances to run")
    find_tool(qemu.EMULATOR)
    frames = [len(utterance) for utterance in utterances]
    parts = split(frames, jobs or len(os.sched_getaffinity(0)))
    counter = Counter(image.target.board.systick_hz)
    with scratch_folder() as folder, supervised() as start:
        shares = [
            _launch(start, image, folder / str(number), utterances, part, dump_state, arguments)
            for number, part in enumerate(parts)
        ]
        silence_s = max(frames) * WHOLE_FRAME_S if image.interface.max_frames else 0.0
        _wait(shares, image, time_limit_s + silence_s, progress)
        traces = []
        for share in shares:
            with system_errors("cannot read the emulator's output"):
                content = (share.folder / "output.bin").read_bytes()
            expected = sum(frames[index] for index in share.utterances)
            traces.append(decode_output(content, image.interface, expected, counter, dump_state=dump_state))
    return _join(traces, parts, frames)
