"""The harness's files in Python: input.bin out of utterances, a Trace out of output.bin."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..compile.interface import Interface, protocol
from ..errors import BuildError, InputError
from .counter import Counter, beyond, ticks

_FOOTER = struct.Struct("<5I")


@dataclass(frozen=True)
class Trace:
    """What a model did, frames of all utterances end to end.

    outputs int16 (frames, outputs); decoded int32 (frames,), the model's own decoder's symbols, -1 none, -2 where it
    has no decoder; sent uint32 (frames, send groups); instructions int64 (frames,), as QEMU counts them, or zeros
    where nothing counts them; ticks and cycles int64 (frames,), of SysTick and of the cycle counter in the same calls,
    each None where it does not run; stack: bytes below the step call at its deepest, or 0 where nothing measures it;
    states uint8 (frames, state bytes) or None. A model of whole utterances has sent, the counts and states with the
    last frame of each, and zeros with the others.
    """

    outputs: np.ndarray
    decoded: np.ndarray
    sent: np.ndarray
    instructions: np.ndarray
    ticks: np.ndarray | None
    cycles: np.ndarray | None
    stack: int
    states: np.ndarray | None


def check_utterances(utterances: Sequence[np.ndarray], interface: Interface) -> None:
    """Raise InputError unless every utterance is int16 (frames, inputs)."""
    for index, utterance in enumerate(utterances):
        if utterance.dtype != np.int16 or utterance.ndim != 2 or utterance.shape[1] != interface.inputs:
            raise InputError(
                f"utterance {index} is {utterance.dtype} {utterance.shape}; "
                f"the model takes int16 (frames, {interface.inputs})"
            )
        if interface.max_frames and len(utterance) > interface.max_frames:
            raise InputError(
                f"utterance {index} has {len(utterance)} frames, the model was built for {interface.max_frames}; "
                f"build it with --max-frames {len(utterance)}"
            )


def encode_input(utterances: Sequence[np.ndarray], *, dump_state: bool) -> bytes:
    """input.bin for `utterances`, each int16 (frames, inputs)."""
    flags = protocol()["DUMP_STATE"] if dump_state else 0
    parts = [struct.pack("<3I", protocol()["INPUT_MAGIC"], flags, len(utterances))]
    for utterance in utterances:
        parts.append(struct.pack("<I", len(utterance)))
        parts.append(np.ascontiguousarray(utterance, "<i2").tobytes())
    return b"".join(parts)


def record_type(interface: Interface, *, dump_state: bool) -> np.dtype:
    """One frame's record in output.bin."""
    fields = [
        ("output", "<i2", (interface.outputs,)),
        ("decoded", "<i4"),
        ("sent", "<u4", (interface.send_groups,)),
        ("low", "<u4"),
        ("wraps", "<u4"),
        ("cycles", "<u4"),
    ]
    if dump_state:
        fields.append(("state", "u1", (interface.state_bytes,)))
    return np.dtype(fields)


def header_size() -> int:
    """Bytes of output.bin before the first record."""
    return Interface.SIZE + 4


def utterance_ends(interface: Interface, utterances: Sequence[np.ndarray], *, dump_state: bool) -> np.ndarray:
    """Bytes of output.bin when each utterance is done."""
    record = record_type(interface, dump_state=dump_state).itemsize
    return header_size() + np.cumsum([len(utterance) * record for utterance in utterances])


def decode_output(content: bytes, interface: Interface, frames: int, counter: Counter, *, dump_state: bool) -> Trace:
    """The Trace in an output.bin of `frames` frames.

    Raises BuildError when the file is another model's, or is not whole.
    """
    if len(content) >= header_size():
        found = Interface.parse(content)
        if found != interface:
            raise BuildError(f"the output is of model {found.digest[:16]}, not of {interface.digest[:16]}; build again")
    kind = record_type(interface, dump_state=dump_state)
    end = header_size() + frames * kind.itemsize
    if len(content) != end + _FOOTER.size:
        raise BuildError(f"the output is truncated: {len(content)} bytes of {end + _FOOTER.size}")
    magic, count, empty, stack, empty_cycles = _FOOTER.unpack_from(content, end)
    if magic != protocol()["FOOTER_MAGIC"] or count != frames:
        raise BuildError(f"the output does not end as it should: {count} frames of {frames}")
    records = np.frombuffer(content, kind, frames, header_size())
    counted = ticks(records["low"], records["wraps"])
    return Trace(
        outputs=records["output"].astype(np.int16),
        decoded=records["decoded"].astype(np.int32),
        sent=records["sent"].astype(np.uint32),
        instructions=counter.instructions(records["low"], records["wraps"], empty),
        ticks=beyond(counted, empty) if empty or counted.any() else None,
        cycles=beyond(records["cycles"].astype(np.int64), empty_cycles) if empty_cycles else None,
        stack=stack,
        states=records["state"].copy() if dump_state else None,
    )
