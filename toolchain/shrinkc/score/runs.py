"""Three runs over the same utterances: where device and reference part, and what the device did.

Outputs are one (frames, classes) array an utterance. The float run's are real; the integer
reference's and the device's are integers, whose real value is integer x `output_scale`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..emulate.trace import Trace
from ..errors import BuildError, InputError
from ..quantize import QuantizedNetwork
from ..reference import Execution
from . import report

Outputs = Sequence[np.ndarray]


@dataclass(frozen=True)
class BoardCounts:
    """What a board counts and says: arrays as `instructions` of Runs, None where nothing counts; its test at boot."""

    cycles: Sequence[np.ndarray] | None
    ticks: Sequence[np.ndarray] | None
    self_test: bool | None


@dataclass(frozen=True)
class Runs:
    """What the float model, the integer reference and the device gave.

    `lengths` are the frames of each utterance. `sent_device` maps each send group to the columns sent in each
    utterance, (utterances,). `instructions` holds an array an utterance: one count a call, and a call takes a frame or
    the whole utterance; `stack` is bytes. `worst`: the most instructions of a call with every column sent, where that
    was measured. `board`: the counts of a board, which the image ran on instead of in QEMU.
    """

    lengths: Sequence[int]

    float_outputs: Outputs
    integer_outputs: Outputs
    device_outputs: Outputs
    output_scale: float | np.ndarray
    sent_device: Mapping[str, np.ndarray]
    instructions: Sequence[np.ndarray]
    stack: int
    emulator: str
    worst: int | None = None
    board: BoardCounts | None = None

    def __post_init__(self) -> None:
        """Refuse runs that do not cover the same frames: the device stopped early, or ran other data."""
        due = [np.shape(output) for output in self.integer_outputs]
        for run in (self.float_outputs, self.device_outputs):
            got = [np.shape(output) for output in run]
            if got != due:
                raise BuildError(f"runs of other lengths: {len(got)} utterances {got[:1]}, not {len(due)} {due[:1]}")

    @classmethod
    def of(
        cls,
        network: QuantizedNetwork,
        lengths: Sequence[int],
        float_outputs: Outputs,
        execution: Execution,
        trace: Trace,
        emulator: str,
        worst: int | None = None,
        self_test: bool | None = None,
        on_board: bool = False,
    ) -> "Runs":
        """The three runs of `network` over utterances of `lengths` frames: float, integer reference, device.

        on_board: the trace is of a board, and so is `self_test`.
        """

        def calls(counts: np.ndarray) -> list[np.ndarray]:
            pieces = cut(counts, lengths)
            return pieces if network.streams else [piece[-1:] for piece in pieces]

        cycles = None if trace.cycles is None else calls(trace.cycles)
        ticks = calls(trace.ticks) if trace.ticks.any() else None
        sent = np.stack([counts.sum(axis=0, dtype=np.int64) for counts in cut(trace.sent, lengths)])
        outputs = cut(trace.outputs, lengths)
        return cls(
            lengths=lengths,
            float_outputs=float_outputs,
            integer_outputs=execution.outputs,
            # Where the network gives its last step only, the frames before it hold none.
            device_outputs=[values[-1:] for values in outputs] if network.last else outputs,
            output_scale=network.output_scale,
            sent_device={group.name: sent[:, place] for place, group in enumerate(network.groups)},
            instructions=calls(trace.instructions),
            stack=trace.stack,
            emulator=emulator,
            worst=worst,
            board=BoardCounts(cycles, ticks, self_test) if on_board else None,
        )

    @property
    def frames(self) -> int:
        """Frames that the device ran."""
        return sum(self.lengths)

    def real(self) -> dict[str, list[np.ndarray]]:
        """The outputs as real numbers, by run, named as in the report."""
        scale = self.output_scale
        return {
            "float": [np.asarray(output, np.float64) for output in self.float_outputs],
            "integer": [np.asarray(output, np.float64) * scale for output in self.integer_outputs],
            "device": [np.asarray(output, np.float64) * scale for output in self.device_outputs],
        }


def cut(values: np.ndarray, lengths: Sequence[int]) -> list[np.ndarray]:
    """Frames end to end to one array an utterance."""
    return np.split(values, np.cumsum(lengths)[:-1])


def counted(calls: Sequence[np.ndarray] | None, lengths: Sequence[int]) -> report.Counted | None:
    """Mean, least and most of a frame; a call over a whole utterance is shared out evenly over its frames."""
    frames = sum(lengths)
    if not frames:
        raise InputError("no frame was run: give a data set with frames")
    if calls is None:
        return None
    pairs = [(np.asarray(counts, np.int64), length) for counts, length in zip(calls, lengths, strict=True) if length]
    each = np.concatenate([counts * len(counts) / length for counts, length in pairs])
    total = sum(int(counts.sum()) for counts, _ in pairs)
    return report.Counted(mean=total / frames, min=int(each.min()), max=int(np.ceil(each.max())))


def instructions_per_frame(
    instructions: Sequence[np.ndarray], lengths: Sequence[int], worst: int | None = None
) -> report.Instructions:
    """As `counted`. worst: the most with every column sent, as far as measured; a real frame can take no more."""
    found = counted(instructions, lengths)
    bound = None if worst is None else max(worst, found.max)
    return report.Instructions(mean=found.mean, min=found.min, max=found.max, worst=bound)


def eliminated(
    paths: Sequence[report.PathEntry], sent: Mapping[str, np.ndarray], frames: int, utterances: int
) -> report.Eliminated:
    """Share of the multiplications of all dense products that were not done, in percent.

    A column sent costs one multiplication a row of each path that reads its group. A dense product
    does all of its multiplications, so its group need not stand in `sent`. `frames` are real ones, of `utterances`.
    """
    done, dense, by_path = 0, 0, {}
    for path in paths:
        steps = path.directions * (utterances if path.once else frames)
        full = path.rows * path.columns * steps
        columns = path.columns * steps if path.threshold is None else int(np.sum(sent[path.group]))
        by_path[path.name] = 100.0 * (1.0 - path.rows * columns / full) if full else 0.0
        done, dense = done + path.rows * columns, dense + full
    return report.Eliminated(percent=100.0 * (1.0 - done / dense) if dense else 0.0, by_path=by_path)
