"""Images in QEMU: the same integers as numpy on every core, whatever the number of emulators."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shrinkc.compile.image import Image
from shrinkc.emulate.run import run_image, split
from shrinkc.emulate.trace import Trace
from shrinkc.errors import InputError
from tiny_model import GROUPS, INPUTS, reference, utterances
from tools import needs_qemu

CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]
TARGETS = [*CORES, "microbit", "netduinoplus2", "mps2-an386-psram"]
LENGTHS = [5, 1, 30, 0, 7]


def same(one: Trace, other: Trace) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("outputs", "sent", "instructions"))


@needs_qemu
@pytest.mark.parametrize("target", TARGETS)
def test_every_target_gives_the_reference(target: str, tiny_image: Callable[..., Image]) -> None:
    image, inputs = tiny_image(target), utterances(LENGTHS)
    trace = run_image(image, inputs, time_limit_s=60)
    outputs, sent = reference(inputs)
    assert np.array_equal(trace.outputs, outputs)
    assert np.array_equal(trace.sent, sent)
    assert (trace.outputs.dtype, trace.sent.dtype) == (np.int16, np.uint32)
    assert trace.instructions.shape == (sum(LENGTHS),)
    assert trace.states is None
    # Each column sent takes the same instructions, so the counts must follow the columns.
    assert np.all(trace.instructions > 0)
    assert 0 < trace.stack <= image.sizes.stack


@needs_qemu
def test_one_input_costs_the_same_whenever_it_comes(tiny_image: Callable[..., Image]) -> None:
    same_twice = utterances([12]) * 2
    trace = run_image(tiny_image("cortex-m4"), same_twice, jobs=1)
    assert np.array_equal(trace.instructions[:12], trace.instructions[12:])


@needs_qemu
def test_jobs_and_repetition_change_nothing(tiny_image: Callable[..., Image]) -> None:
    image, inputs = tiny_image("cortex-m0plus"), utterances([3, 40, 8, 8, 21, 0, 2])
    one = run_image(image, inputs, jobs=1)
    assert same(one, run_image(image, inputs, jobs=1))
    assert same(one, run_image(image, inputs, jobs=3))
    assert same(one, run_image(image, inputs, jobs=50))


@needs_qemu
def test_states_are_dumped_after_every_frame(tiny_image: Callable[..., Image]) -> None:
    image, inputs = tiny_image("cortex-m33"), utterances([9, 4])
    trace = run_image(image, inputs, dump_state=True, jobs=2)
    assert trace.states.shape == (13, image.interface.state_bytes)
    words = trace.states[:, : 2 * (GROUPS + INPUTS)].copy().view("<u2")
    assert np.array_equal(words[:, :GROUPS], trace.sent)
    assert np.array_equal(words[:, GROUPS:].view("<i2"), np.concatenate(inputs))
    assert same(trace, run_image(image, inputs))


@needs_qemu
def test_progress_counts_whole_utterances(tiny_image: Callable[..., Image]) -> None:
    seen: list[tuple[int, int]] = []
    run_image(tiny_image("cortex-m3"), utterances([4] * 10), jobs=2, progress=lambda *now: seen.append(now))
    assert seen[-1] == (10, 10)
    assert seen == sorted(seen)


@needs_qemu
def test_a_record_longer_than_the_buffer(tiny_image: Callable[..., Image]) -> None:
    """The micro:bit's buffers are a few KB: more frames than they hold, in one utterance."""
    inputs = utterances([3000])
    trace = run_image(tiny_image("microbit"), inputs, dump_state=True)
    assert np.array_equal(trace.outputs, reference(inputs)[0])


def test_work_is_shared_evenly() -> None:
    frames = [100, 1, 50, 50, 99, 2]
    shares = split(frames, 3)
    assert sorted(index for share in shares for index in share) == list(range(6))
    assert max(sum(frames[index] for index in share) for share in shares) <= 102
    assert split([5], 8) == [[0]]


@needs_qemu
def test_wrong_input_is_refused(tiny_image: Callable[..., Image]) -> None:
    image = tiny_image("cortex-m4")
    with pytest.raises(InputError, match=r"utterance 1 is int16 \(3, 4\); the model takes int16 \(frames, 3\)"):
        run_image(image, [np.zeros((3, 3), np.int16), np.zeros((3, 4), np.int16)])
    with pytest.raises(InputError, match="utterance 0 is int64"):
        run_image(image, [np.zeros((3, 3), np.int64)])
    with pytest.raises(InputError, match="no utterances"):
        run_image(image, [])


def test_importing_the_package_starts_nothing() -> None:
    code = "import shrinkc.target, shrinkc.compile, shrinkc.emulate, sys; sys.exit('elftools' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent).returncode == 0
