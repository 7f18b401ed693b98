"""Runs compilers and their kin: argument lists, no shell, several side by side."""

import os
import signal
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import BuildError
from .cache import ObjectCache
from .processes import find_tool, supervised

ARM_COMPILER = "arm-none-eabi-gcc"

# No single compilation comes near this; a compiler that takes longer hangs.
LONGEST_RUN_S = 300.0
_POLL_S = 0.005


@dataclass(frozen=True)
class Result:
    """What a tool answered: its exit code, and all it wrote to stdout and stderr."""

    code: int
    messages: str


def finish(process: subprocess.Popen, name: str, output: Path) -> Result:
    """What a process that has ended answered, in the file `output`. Raises BuildError where a signal ended it."""
    if process.returncode < 0:
        raise BuildError(f"{name} was killed by {signal.Signals(-process.returncode).name}")
    return Result(process.returncode, output.read_text("utf-8", "replace"))


def run_tools(commands: Sequence[Sequence[str]], folder: Path) -> list[Result]:
    """Run `commands` in `folder`, as many at once as there are processors; the results stand in order.

    Raises BuildError for a missing tool, one that takes more than LONGEST_RUN_S seconds, and one that a
    signal ended; then nothing that was started still runs.
    """
    results: dict[int, Result] = {}
    running: dict[int, tuple[subprocess.Popen, float]] = {}
    waiting = list(enumerate(commands))
    outputs = [folder / f".messages{index}" for index in range(len(commands))]
    with supervised() as start:
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                index, command = waiting.pop(0)
                running[index] = (start(command, folder, outputs[index]), time.monotonic() + LONGEST_RUN_S)
            for index, (process, deadline) in list(running.items()):
                if process.poll() is not None:
                    results[index] = finish(process, commands[index][0], outputs[index])
                    del running[index]
                elif time.monotonic() > deadline:
                    raise BuildError(f"{commands[index][0]} took more than {LONGEST_RUN_S:.0f} s and was stopped")
            time.sleep(_POLL_S)
    return [results[index] for index in range(len(commands))]


def run_tool(command: Sequence[str], folder: Path) -> Result:
    """Run one command; see `run_tools`."""
    return run_tools([command], folder)[0]


def first_error(messages: str) -> str:
    """The line of a compiler's messages that says what went wrong."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    for line in lines:
        if "error:" in line or "undefined reference" in line:
            return line
    return lines[-1] if lines else "it gave no message"


def compile_objects(
    compiler: str, flags: Sequence[str], names: Iterable[str], folder: Path, cache: ObjectCache | None = None
) -> list[str]:
    """Compile the files `names` of `folder`, each into `<name>.o`; returns those names in order.

    What `cache` has is not compiled again. Raises BuildError with the compiler's first error.
    """
    names = list(names)
    find_tool(compiler)
    keys = {name: cache.key([compiler, *flags], name, folder) for name in names} if cache else {}
    wanted = [name for name in names if cache is None or not cache.fetch(keys[name], name, folder)]
    results = run_tools([[compiler, *flags, "-c", name, "-o", f"{name}.o"] for name in wanted], folder)
    for name, result in zip(wanted, results, strict=True):
        if result.code != 0:
            raise BuildError(f"{compiler} cannot compile {name}: {first_error(result.messages)}")
        if cache is not None:
            cache.keep(keys[name], name, folder)
    return [f"{name}.o" for name in names]
