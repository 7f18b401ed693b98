"""Runs a flasher's tool and passes on what it says, as it says it."""

import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from ..compile.processes import supervised
from ..compile.toolchain import Result, finish
from ..errors import BuildError

LONGEST_SILENCE_S = 300.0
"""Erasing a large flash takes the longest; a tool that says nothing for this long hangs."""
_POLL_S = 0.05


def run_command(
    command: Sequence[str], work: Path, say: Callable[[str], None], silence_s: float = LONGEST_SILENCE_S
) -> Result:
    """Run one command in the current folder; what it prints goes to `say` and stands in the result.

    `work` is a folder for its output. Raises BuildError for a missing tool, one that says nothing for `silence_s`
    seconds, and one that a signal ended; then it does not run any more.
    """
    output = work / "messages.txt"
    with supervised() as start:
        process = start(command, Path.cwd(), output)
        with output.open("rb") as messages:
            _follow(process, command[0], messages, say, silence_s)
    return finish(process, command[0], output)


def _follow(
    process: subprocess.Popen, name: str, messages: BinaryIO, say: Callable[[str], None], silence_s: float
) -> None:
    """Pass on what grows in `messages` until the process has ended."""
    heard = time.monotonic()
    while True:
        ended = process.poll() is not None
        new = messages.read()
        if new:
            heard = time.monotonic()
            say(new.decode("utf-8", "replace"))
        elif ended:
            return
        elif time.monotonic() - heard > silence_s:
            raise BuildError(f"{name} said nothing for {silence_s:g} s and was stopped")
        if not ended:
            time.sleep(_POLL_S)
