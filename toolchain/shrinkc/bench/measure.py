"""One program on one target: compiled, run in QEMU, held against the reference, its instructions counted and split."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..compile.cache import ObjectCache
from ..compile.elf import Elf
from ..compile.image import Image, compile_image
from ..compile.processes import scratch_folder
from ..compile.sizes import Sizes
from ..emit import Sources
from ..emulate.run import run_image
from ..emulate.trace import Trace
from ..errors import BuildError
from ..lower import Program
from ..lower.modes import DELTA
from ..quantize import QuantizedNetwork
from ..reference import Execution, run, shares_of
from ..target import Target
from .plugin import CodeRange, compile_plugin, own_counts
from .split import split

PLUGINS_REFUSED = ("plugin", "TCG")
"""What stands in QEMU's message where it has no plugins, or none of this version of their interface."""


@dataclass(frozen=True)
class Work:
    """What is run: int16 (frames, inputs) an utterance; the first `warm_up` frames of the first are not counted.

    whole: the network takes whole utterances, a call each, and none of them warms up. expected: what the reference
    makes of it, with every vector that has thresholds sent by them.
    """

    name: str
    inputs: Sequence[np.ndarray]
    warm_up: int
    whole: bool
    expected: Execution

    @classmethod
    def of(cls, name: str, network: QuantizedNetwork, inputs: Sequence[np.ndarray], warm_up: int) -> "Work":
        """The work of a network on `inputs`; `name` is what messages call it."""
        return cls(name, inputs, warm_up, not network.streams, run(network, inputs))

    @property
    def ends(self) -> np.ndarray:
        """The last frame of each utterance, in all frames end to end, (utterances,)."""
        return np.cumsum([len(one) for one in self.inputs]) - 1

    @property
    def calls(self) -> np.ndarray:
        """The frames, end to end, that a call is recorded with."""
        return self.ends if self.whole else np.arange(self.ends[-1] + 1)

    @property
    def counted(self) -> np.ndarray:
        """Which of `calls` count, bool (calls,)."""
        return self.calls >= self.warm_up

    @property
    def frames(self) -> int:
        """Frames that count."""
        return int(self.ends[-1]) + 1 - self.warm_up

    def shares(self, network: QuantizedNetwork) -> dict[str, float]:
        """The share of its columns that each send group sends in the frames that count, by the reference."""
        sent = np.concatenate(self.expected.sent)[self.calls][self.counted].sum(axis=0, dtype=np.int64)
        return shares_of(network, sent, self.frames, int(np.isin(self.calls[self.counted], self.ends).sum()))

    def check(self, trace: Trace, program: Program, target: Target) -> None:
        """Raise BuildError at the first output, or columns sent by a delta group, that are not the reference's."""
        network = program.network
        deltas = [place for place, group in enumerate(network.groups) if program.modes[group.name] == DELTA]
        given = self.ends if network.last else np.arange(self.ends[-1] + 1)
        outputs, sent = np.concatenate(self.expected.outputs), np.concatenate(self.expected.sent)
        for what, frames, device, reference in (
            ("output", given, trace.outputs[given], outputs),
            ("columns sent by delta group", np.arange(len(sent)), trace.sent[:, deltas], sent[:, deltas]),
        ):
            for row, place in np.argwhere(device != reference)[:1]:
                raise BuildError(
                    f"{self.name} on {target.name}: {what} {place} in frame {frames[row]} is {device[row, place]}, and "
                    f"{reference[row, place]} by the integer reference: no figure; report this with the model"
                )


@dataclass(frozen=True)
class Measurement:
    """A step: instructions in all and by part (None: no split); memory."""

    total: float
    parts: dict[str, float] | None
    sizes: Sizes


class Bench:
    """Measures with one plugin and one cache of objects, both in `folder`. Several threads may use it at once.

    splits: whether totals are to be split. no_split: why they are not, or None where they are.
    """

    def __init__(self, folder: Path, splits: bool = True) -> None:
        self.cache = ObjectCache(folder / "objects")
        self.cache.folder.mkdir()
        self.no_split: str | None = None if splits else "not asked for"
        self._lock = threading.Lock()
        if splits:
            try:
                self._plugin = compile_plugin(folder)
            except BuildError as error:
                self.no_split = str(error)

    def measure(self, program: Program, sources: Sources, target: Target, work: Work) -> Measurement:
        """Compile and run. Raises BuildError as compiler, linker and emulator do, and where a bit is wrong."""
        image = self.compile(sources, target)
        trace, counts = self._run(image, work)
        work.check(trace, program, target)
        counted, parts = work.counted, None
        if counts is not None:
            elf = Elf(image.elf)
            sums = split(image.elf, elf, CodeRange.of(elf), counts[counted].sum(axis=0, dtype=np.int64), program)
            parts = {part: value / work.frames for part, value in sums.items()}
        return Measurement(
            total=float(trace.instructions[work.calls][counted].sum()) / work.frames,
            parts=parts,
            sizes=image.sizes,
        )

    def compile(self, sources: Sources, target: Target) -> Image:
        """The image, with what the split needs to know of it."""
        return compile_image(sources.files, sources.name, target, debug=self.no_split is None, cache=self.cache)

    def _run(self, image: Image, work: Work) -> tuple[Trace, np.ndarray | None]:
        """The trace, and the counts (calls, halfwords + 1) where this QEMU loads the plugin."""
        if self.no_split is None:
            try:
                return self._run_counted(image, work)
            except BuildError as error:
                if not any(word in str(error) for word in PLUGINS_REFUSED):
                    raise
                with self._lock:
                    self.no_split = f"QEMU does not load the plugin that counts ({error})"
        return run_image(image, work.inputs, jobs=1), None

    def _run_counted(self, image: Image, work: Work) -> tuple[Trace, np.ndarray]:
        elf = Elf(image.elf)
        code = CodeRange.of(elf)
        with scratch_folder() as folder:
            out = folder / "counts.bin"
            trace = run_image(image, work.inputs, jobs=1, arguments=code.arguments(self._plugin, out))
            counts = own_counts(elf, code, code.read(out))[:-1]  # the last call is the harness's own, of nothing
        seen = counts.sum(axis=1, dtype=np.int64)
        if not np.array_equal(seen, trace.instructions[work.calls]):
            raise BuildError(
                f"{image.name} on {image.target.board.name}: its calls took {seen[:3].tolist()}... instructions one by "
                f"one and {trace.instructions[work.calls][:3].tolist()}... by SysTick; report this with the model"
            )
        return trace, counts
