"""The worst case of a step: every column is sent, by the very code of the image."""

import dataclasses

import numpy as np
import pytest

from networks import both_ways, recognizer, speech_like
from shrinkc.calibrate import calibrate
from shrinkc.compile.elf import Elf
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.emulate import worst
from shrinkc.emulate.run import run_image
from shrinkc.emulate.worst import worst_case
from shrinkc.errors import BuildError
from shrinkc.lower import FAMILIES, dense_modes, lower, plain_modes
from shrinkc.project import Delta, Plan
from shrinkc.quantize import quantize
from shrinkc.reference import measurer
from shrinkc.target import load_target
from tools import needs_qemu

NETWORK = recognizer("lstm", units=10, outputs=4, layers=1)
UTTERANCES = speech_like(3, 20, NETWORK.inputs, 4)
EIGHT = Plan()
CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]


def built(
    core: str, network=NETWORK, threshold: int = 9, modes=plain_modes, frames: int | None = None, plan: Plan = EIGHT
):
    """An image, its program, and inputs for it."""
    target = load_target(core)
    made = quantize(network, calibrate(network, UTTERANCES), plan, Delta(threshold), measurer(UTTERANCES))
    program = lower(made, FAMILIES[target.kernels], modes(made), frames)
    sources = emit(program)
    image = compile_image(sources.files, sources.name, target)
    return image, program, [made.quantize_input(features) for features in UTTERANCES]


@needs_qemu
@pytest.mark.parametrize("core", CORES)
def test_every_column_is_sent(core: str) -> None:
    image, program, inputs = built(core)
    plain = run_image(image, inputs, jobs=1)
    widths = [group.width for group in program.network.groups]
    assert not (plain.sent == widths).all(axis=1).any()
    found = worst_case(image, program, inputs, 1)
    assert found > plain.instructions.max()
    # What is sent beyond need changes nothing: the outputs are those of threshold 0, where no frame takes more.
    none, other, _ = built(core, threshold=0)
    exact = run_image(none, inputs, jobs=1)
    reads = [read for stage in program.stages for read in stage.reads]
    full = run_image(worst.sending_all(image, reads), inputs, jobs=1)
    assert np.array_equal(full.outputs, exact.outputs) and worst.all_sent(full, reads).all()
    assert exact.instructions.max() <= found == worst_case(none, other, inputs, 1)


@needs_qemu
def test_held_vectors_move_too() -> None:
    image, program, inputs = built("cortex-m4", modes=dense_modes)
    assert worst_case(image, program, inputs, 1) > run_image(image, inputs, jobs=1).instructions.max()


@needs_qemu
@pytest.mark.parametrize("core", ["cortex-m3", "cortex-m4", "cortex-m55"])
def test_a_grid_of_16_bits_is_sent_whole(core: str) -> None:
    image, program, inputs = built(core, threshold=3000, plan=Plan(activations=16))
    assert worst_case(image, program, inputs, 1) > run_image(image, inputs, jobs=1).instructions.max()


@needs_qemu
def test_moves_beyond_half_a_16_bit_grid_do_not_count() -> None:
    """The first frames hold one end of the grid, the next ones the other: there the features stay unsent."""
    image, program, inputs = built("cortex-m4", threshold=3000, plan=Plan(activations=16))
    jump = np.repeat(np.array([[16383], [-16383]], np.int16), 5, axis=0).repeat(NETWORK.inputs, axis=1)
    reads = [read for stage in program.stages for read in stage.reads]
    trace = run_image(worst.sending_all(image, reads), [jump, *inputs], jobs=1)
    every = worst.all_sent(trace, reads)
    assert every[:5].all() and not every[5:10].any() and every[10:].all()
    assert worst_case(image, program, [jump, *inputs], 1) == trace.instructions[every].max()


@needs_qemu
def test_a_whole_utterance_is_shared_out_over_its_frames() -> None:
    whole = both_ways("lstm", inputs=NETWORK.inputs, units=4, layers=1)
    image, program, inputs = built("cortex-m4", whole, frames=40)
    calls = run_image(image, inputs, jobs=1).instructions
    assert worst_case(image, program, inputs, 1) > calls.max() / 40


@needs_qemu
def test_where_nothing_is_sent_or_held_there_is_no_worst_case() -> None:
    image, program, inputs = built("cortex-m4", threshold=0, modes=dense_modes)
    assert worst_case(image, program, inputs, 1) is None


@needs_qemu
def test_thresholds_of_each_element_are_taken_out_too() -> None:
    image, program, _ = built("cortex-m4")
    read = next(read for stage in program.stages for read in stage.reads)
    varied = dataclasses.replace(
        read, group=dataclasses.replace(read.group, thresholds=np.arange(read.group.width, dtype=np.int16))
    )
    with pytest.raises(BuildError, match=r"no symbol .*_thresholds"):
        worst.sending_all(image, [varied])
    name = f"{image.name}_{read.group.name.replace('.', '_').replace('@', '_')}"
    before = Elf(image.elf).content(name)
    after = Elf(worst.sending_all(image, [read]).elf).content(name)
    assert before[:8] == after[:8] and before[10:] == after[10:]
    assert (before[8:10], after[8:10]) == (b"\x09\x00", b"\x00\xc0")
