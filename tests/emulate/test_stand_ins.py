"""Images of boards that QEMU has not, on a machine with memory in the same places: start-up, stack and harness run,
and start-up's waits end where no clock answers.
"""

import dataclasses
import subprocess
from pathlib import Path

import numpy as np
import pytest

from shrinkc.compile.elf import Elf
from shrinkc.compile.image import Image, compile_image
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError
from shrinkc.target import load_target
from tiny_model import reference, sources, utterances
from tools import needs_qemu


def on(name: str, machine: str, systick_hz: int) -> Image:
    """The image of a board, to be run on another's machine."""
    target = load_target(name)
    image = compile_image(sources(), "tiny", target)
    board = dataclasses.replace(target.board, qemu_machine=machine, systick_hz=systick_hz)
    return dataclasses.replace(image, target=dataclasses.replace(target, board=board))


@needs_qemu
@pytest.mark.parametrize("name", ["nucleo-f446re", "stm32f4-discovery"])
def test_the_image_runs_on_its_relatives_machine(name: str) -> None:
    inputs = utterances([7, 4])
    trace = run_image(on(name, "netduinoplus2", 168_000_000), inputs)
    outputs, sent = reference(inputs)
    assert np.array_equal(trace.outputs, outputs)
    assert np.array_equal(trace.sent, sent)


# Enables an interrupt that waits already, runs on the other stack, leaves a limit above the image's own stack, and goes
# to what the image's vectors say.
BOOTLOADER = """
    .syntax unified
    .thumb
    .global _start
    .type _start, %function
_start:
    cpsid i
    movs r1, #1
    ldr r0, =0xE000E100
    str r1, [r0]
    ldr r0, =0xE000E200
    str r1, [r0]
    ldr r0, =STACK
    msr psp, r0
    movs r0, #2
    msr control, r0
    isb
    LIMIT
    cpsie f
    ldr r0, =RESET
    bx r0
    .ltorg
"""


@needs_qemu
@pytest.mark.parametrize(("name", "free"), [("netduinoplus2", 0x2001_0000), ("mps2-an505", 0x3830_0000)])
def test_a_bootloader_may_leave_the_core_in_disorder(name: str, free: int, tmp_path: Path) -> None:
    image = compile_image(sources(), "tiny", load_target(name))
    limit = "ldr r0, =STACK - 64\n msr msplim, r0" if name == "mps2-an505" else ""
    text = BOOTLOADER.replace("LIMIT", limit).replace("STACK", f"{free + 0x1000:#x}")
    (tmp_path / "boot.S").write_text(text.replace("RESET", f"{Elf(image.elf).symbol('Reset_Handler').address | 1:#x}"))
    flags = [*image.target.core.flags, "-nostdlib", f"-Wl,-Ttext={free:#x}", "-Wl,--build-id=none"]
    subprocess.run(["arm-none-eabi-gcc", *flags, "boot.S", "-o", "boot.elf"], cwd=tmp_path, check=True)
    inputs = utterances([3])
    trace = run_image(image, inputs, arguments=["-device", f"loader,file={tmp_path / 'boot.elf'},cpu-num=0"])
    assert np.array_equal(trace.outputs, reference(inputs)[0])


@needs_qemu
def test_start_up_for_another_part_is_told() -> None:
    """Registers that are not there fault, and the fault names the code that wanted them."""
    image = on("nucleo-l476rg", "netduinoplus2", 168_000_000)
    with pytest.raises(
        BuildError, match=r"crashed on nucleo-l476rg: HardFault at 0x08\w{6} in (board_start|start_pins|stm32)"
    ):
        run_image(image, utterances([2]), time_limit_s=60)
