"""What every flasher is: a plan of commands for a job, and how to tell from their output that it went well."""

import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from ..compile.elf import Elf
from ..compile.processes import find_tool
from ..compile.toolchain import Result
from ..errors import BuildError, InputError
from ..target import Board
from .probes import Probe, listed, usb_probes
from .run import run_command

Say = Callable[[str], None]
"""Takes what a tool says as it goes along: parts of text, with the tool's own ends of lines."""

_LARGEST_GAP = 1 << 16
"""Between segments that become one plain file."""

_OBJCOPY = "arm-none-eabi-objcopy"


@dataclass(frozen=True)
class Job:
    """What goes where: the file `image`, whose content is `elf`, to `board`.

    probe: what the user said after --probe, or None. work: the folder for files that are made on the way.
    """

    board: Board
    image: Path
    elf: Elf
    probe: str | None = None
    work: Path = Path()

    @property
    def first(self) -> int:
        """The lowest address that is written."""
        return min(segment.address for segment in self.elf.segments)

    @property
    def size(self) -> int:
        """Bytes that are written."""
        return sum(len(segment.content) for segment in self.elf.segments)

    def made(self, suffix: str) -> str:
        """The name of a file that is made of the image."""
        return str(self.work / f"{self.image.stem}{suffix}")

    def to_binary(self, flasher: str) -> tuple[str, ...]:
        """The command that makes `made(".bin")`: all bytes from `first` on.

        Raises InputError where the image lies in memories far apart, for which `flasher` would need more files.
        """
        end = self.first
        for segment in sorted(self.elf.segments, key=lambda segment: segment.address):
            if segment.address - end > _LARGEST_GAP:
                raise InputError(f"{flasher} writes one memory, and {self.image} lies in two: use openocd or gdb")
            end = segment.address + len(segment.content)
        return _OBJCOPY, "-O", "binary", "--gap-fill", "0xff", str(self.image), self.made(".bin")


@dataclass(frozen=True)
class Plan:
    """Commands to run one after another, and texts that are files of theirs: {name: text}."""

    commands: tuple[tuple[str, ...], ...]
    files: Mapping[str, str] = field(default_factory=dict)

    def script(self) -> str:
        """The same for a shell, a command a line."""
        files = [f"printf %s {shlex.quote(text)} > {shlex.quote(name)}" for name, text in self.files.items()]
        return "\n".join([*files, *map(shlex.join, self.commands)])


class Flasher(ABC):
    """One way to bring an image onto a board. The key in a board's [flashers] is `name`."""

    name: ClassVar[str]
    probe: ClassVar[str] = "the probe's serial number"
    """What --probe names."""
    plug: ClassVar[str] = "plug in the board's debug USB port, or a probe that is wired to the board"
    """What to do where no probe is found."""
    no_probe: ClassVar[str]
    """What the tool says then: a regular expression."""
    verified: ClassVar[str] = ""
    """What the tools say once the board holds what was written; empty where only the exit code tells."""

    @property
    def done(self) -> str:
        """What can be said of the board afterwards."""
        return f"verified by {self.name}"

    @abstractmethod
    def plan(self, job: Job) -> Plan:
        """The commands that write the image, verify it and start it. Raises InputError for a probe that cannot be."""

    def told(self, job: Job) -> object:
        """What the board's file tells this flasher. Raises InputError where it tells nothing."""
        if self.name not in job.board.flashers:
            known = ", ".join((*job.board.flashers, "gdb"))
            raise InputError(f"board {job.board.name} has no {self.name!r} in [flashers]: use --flasher with {known}")
        return job.board.flashers[self.name]

    def probes(self) -> list[Probe]:
        """The probes that are plugged in, as far as that can be told."""
        return usb_probes()

    def check(self, job: Job) -> None:
        """Raise where it is plain before anything is written that it cannot work."""
        if job.probe is None:
            refuse_several(self.probes())

    def write(self, job: Job, say: Say) -> None:
        """Write, verify and start. Raises BuildError with one line where a tool is missing or fails, or no probe is
        there; InputError where the user has to say which."""
        plan = self.plan(job)
        for command in plan.commands:
            find_tool(command[0])
        self.check(job)
        for name, text in plan.files.items():
            Path(name).write_text(text, encoding="utf-8")
        said = ""
        for command in plan.commands:
            result = run_command(command, job.work, say)
            said += result.messages
            self.refuse(job, command, result)
        if not re.search(self.verified, said):
            raise BuildError(f"{plan.commands[-1][0]} did not say that it verified the board: {last_line(said)}")

    def refuse(self, job: Job, command: Sequence[str], result: Result) -> None:
        """Raise BuildError or InputError where one of the commands has failed."""
        if re.search(self.no_probe, result.messages):
            self.refuse_probe(job, command[0])
        if result.code != 0:
            raise BuildError(f"{command[0]} ended with code {result.code}: {last_line(result.messages)}")

    def refuse_probe(self, job: Job, program: str) -> None:
        """Raise for a probe that is not there, with those that are."""
        there = listed(self.probes())
        if job.probe is not None:
            raise InputError(f"{program} finds no probe {job.probe!r}; plugged in: {there}")
        raise BuildError(f"{program} finds no debug probe: {self.plug}; plugged in: {there}")


def refuse_several(probes: Sequence[Probe], what: str = "probes are plugged in") -> None:
    """Raise InputError where the user has to choose: a tool would take the first, or ask."""
    if len(probes) > 1:
        raise InputError(f"several {what}: choose with --probe; there are {listed(probes)}")


def last_line(messages: str) -> str:
    """What a tool said of its failure: the last line with an error in it, or the last line."""
    lines = [line.strip() for line in messages.replace("\r", "\n").splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error|fail|cannot|can't|mismatch", line, re.IGNORECASE)]
    return (errors or lines or ["it gave no message"])[-1]
