"""Where a device first differs from the integer reference: layer, frame, index and both values."""

from collections.abc import Callable, Sequence

import numpy as np

from ..emulate.trace import Trace
from ..lower.program import Program
from ..reference import Execution
from . import report
from .decoding import decoded_symbols

Rerun = Callable[[int], tuple[Trace, Execution]]
"""Runs one utterance again on both sides, keeping the states of every frame."""


def find(
    program: Program,
    outputs: Sequence[np.ndarray],
    sent: Sequence[np.ndarray],
    reference: Execution,
    rerun: Rerun,
) -> report.Divergence | None:
    """The first difference, None if there is none.

    outputs: int16 (frames, outputs) and sent: uint32 (frames, groups), the device's, an utterance each. Where one
    differs, its utterance is run again with all states in view, and the earliest layer of the earliest frame is named.
    """
    for utterance in range(len(outputs)):
        same = np.array_equal(outputs[utterance], reference.outputs[utterance])
        if same and np.array_equal(sent[utterance], reference.sent[utterance]):
            continue
        # The states of a whole utterance are gone when its call returns.
        found = _trace(program, utterance, *rerun(utterance)) if program.network.streams else None
        return found or _first_seen(program, utterance, outputs[utterance], sent[utterance], reference)
    return None


def find_decoded(
    layer: str, outputs: Sequence[np.ndarray], decoded: Sequence[np.ndarray], decode: str, blank: int
) -> report.Divergence | None:
    """Where the device's own decoder first gave another symbol than the device's outputs ask for, None if nowhere.

    outputs: int16 (frames, outputs) and decoded: int32 (frames,), an utterance each. layer: the last, which is named.
    decode and blank: what the image was built with.
    """
    for utterance, (values, symbols) in enumerate(zip(outputs, decoded, strict=True)):
        wanted = decoded_symbols(values, decode, blank)
        for frame in np.flatnonzero(wanted != symbols)[:1].tolist():
            return report.Divergence(
                layer=layer,
                quantity="decoded symbol",
                utterance=utterance,
                frame=frame,
                index=0,
                device=int(symbols[frame]),
                reference=int(wanted[frame]),
            )
    return None


def _first_seen(
    program: Program, utterance: int, outputs: np.ndarray, sent: np.ndarray, reference: Execution
) -> report.Divergence:
    """What differed in the whole run, where the utterance run alone does not repeat it or shows no states."""
    remark = " (not repeated when the utterance is run alone)" if program.network.streams else ""
    sides = (
        ("output", outputs, reference.outputs[utterance]),
        ("columns sent", sent, reference.sent[utterance]),
    )
    for quantity, ours, theirs in sides:
        for frame, index in np.argwhere(ours != theirs)[:1].tolist():
            return report.Divergence(
                layer=program.network.layers[-1].name,
                quantity=f"{quantity}{remark}",
                utterance=utterance,
                frame=frame,
                index=index,
                device=int(ours[frame, index]),
                reference=int(theirs[frame, index]),
            )
    raise AssertionError("an utterance differs and no value does")


def _trace(program: Program, utterance: int, device: Trace, reference: Execution) -> report.Divergence | None:
    """Compare what each layer sent and kept, in the order of the step, at the first frame where anything differs.

    None where the two agree.
    """
    sides = list(_sides(program, device, reference))
    differing = [np.flatnonzero((ours != theirs).reshape(len(ours), -1).any(axis=1)) for _, _, ours, theirs in sides]
    frame = min((int(frames[0]) for frames in differing if len(frames)), default=None)
    for (layer, quantity, ours, theirs), frames in zip(sides, differing, strict=True):
        if len(frames) and frames[0] == frame:
            index = int(np.flatnonzero(np.atleast_1d(ours[frame] != theirs[frame]))[0])
            return report.Divergence(
                layer=layer,
                quantity=quantity,
                utterance=utterance,
                frame=frame,
                index=index,
                device=int(np.atleast_1d(ours[frame])[index]),
                reference=int(np.atleast_1d(theirs[frame])[index]),
            )
    return None


def _sides(program: Program, device: Trace, reference: Execution):
    """(layer, quantity, device's values, reference's values) by frame, in the order in which a step makes them."""
    network = program.network
    for layer in network.layers:
        for place, group in enumerate(network.groups):
            if group.layer == layer.name:
                name = f"columns sent of {group.name}"
                yield (
                    layer.name,
                    name,
                    device.sent[:, place : place + 1],
                    reference.sent[0][:, place : place + 1],
                )
        for state in layer.states:
            field = program.field(f"{layer.name}_{state.name}")
            raw = np.ascontiguousarray(device.states[:, field.offset : field.offset + field.bytes])
            yield (
                layer.name,
                state.name,
                raw.view(f"<i{state.bits // 8}"),
                reference.states[f"{layer.name}.{state.name}"][0],
            )
    answers = np.zeros_like(device.outputs)  # where one comes an utterance, it stands with the last frame
    answers[len(answers) - len(reference.outputs[0]) :] = reference.outputs[0]
    yield network.layers[-1].name, "output", device.outputs, answers
