"""How one QEMU is started, and what its end means."""

import re
import signal

from ..compile.elf import Elf
from ..compile.image import Image
from ..compile.interface import protocol
from ..errors import BuildError, InputError
from ..target import Target
from .counter import ICOUNT_SHIFT

EMULATOR = "qemu-system-arm"
_UNALIGNED = 1 << 24  # CFSR.UNALIGNED


def check_machine(target: Target) -> None:
    """Raise InputError where QEMU has no machine that runs a target's images."""
    if not target.board.qemu_machine:
        raise InputError(f"QEMU has no machine like {target.board.name}: {target.core.board} stands in for its core")


def command(image: Image, elf: str) -> list[str]:
    """The arguments that boot the file `elf`, which holds `image`, with files in the current folder."""
    check_machine(image.target)
    board = image.target.board
    numbers = protocol()
    word = numbers["HOST_WORD_HIGH"] << 32 | numbers["HOST_WORD_LOW"]
    address = Elf(image.elf).symbol("host_word").address
    return [
        EMULATOR,
        *("-machine", board.qemu_machine),
        *board.qemu_arguments,
        *("-icount", f"shift={ICOUNT_SHIFT},align=off,sleep=off"),
        *("-display", "none", "-monitor", "none", "-serial", "none", "-nic", "none", "-no-reboot"),
        *("-semihosting-config", "enable=on,target=native"),
        # Semihosting can ask for a command of the host's: an image never needs one.
        *("-sandbox", "on,spawn=deny,elevateprivileges=deny"),
        *("-device", f"loader,addr={address:#x},data={word:#x},data-len=8"),
        *("-kernel", elf),
    ]


def describe_fault(messages: str, image: Image) -> str | None:
    """One line on the fault that the image reported, or None if it reported none."""
    found = re.search(r"fault: (.*)", messages)
    if found is None:
        return None
    if "stack=overflow" in found[1]:
        return f"the stack ran over its {image.target.board.stack} bytes"
    registers = {name: int(value, 16) for name, value in re.findall(r"(\w+)=([0-9a-f]{8})\b", found[1])}
    pc = registers.get("pc", 0)
    where = Elf(image.elf).function_at(pc) or "no function"
    unaligned = " (an unaligned access)" if registers.get("cfsr", 0) & _UNALIGNED else ""
    return f"HardFault{unaligned} at {pc:#010x} in {where}; {found[1].strip()}"


def refuse_failure(code: int, messages: str, image: Image) -> None:
    """Raise BuildError saying why QEMU ended with `code`, unless all went well."""
    if code == 0:
        return
    numbers = protocol()
    board = image.target.board.name
    fault = describe_fault(messages, image)
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    said = next((line for line in lines if line.startswith(EMULATOR)), lines[-1] if lines else "it gave no message")
    if fault is not None:
        raise BuildError(f"{image.name} crashed on {board}: {fault}")
    if "Lockup" in messages:
        raise BuildError(f"{image.name} crashed on {board}: the processor locked up")
    if code == numbers["EXIT_INPUT"]:
        raise BuildError(f"the image on {board} could not read its input")
    if code == numbers["EXIT_OUTPUT"]:
        raise BuildError(f"the image on {board} could not write its output; is the disk full?")
    if code < 0:
        raise BuildError(f"{EMULATOR} on {board} was killed by {signal.Signals(-code).name}: {said}")
    raise BuildError(f"{EMULATOR} on {board} ended with code {code}: {said}")
