"""Child processes that never outlive the work they were started for."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ..errors import BuildError
from ..files import system_errors
from ..signals import leave
from .programs import find_program, install_command

# start(arguments, folder, output) -> the running process, its messages going to the file `output`
Start = Callable[[Sequence[str], Path, Path], subprocess.Popen]


def find_tool(name: str) -> str:
    """The path of a tool. Raises BuildError saying how to get it."""
    path = find_program(name)
    if path is None:
        raise BuildError(f"{name} is not installed; {install_command(name)}")
    return path


def _ending_with_parent(command: list[str]) -> list[str]:
    """`command` in such a way that Linux kills it when the thread that started it ends, however that comes.

    util-linux's setpriv asks for that and becomes the command. Where there is none, only `supervised` sees to it.
    (Python's own way, preexec_fn, runs Python between fork and exec, which is not safe beside other threads.)
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *command] if setpriv else command


def _kill(process: subprocess.Popen) -> None:
    """Kill a process with its children, and wait for its end."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def _sigterm_unwinds() -> Iterator[None]:
    """Let SIGTERM unwind the stack like Ctrl-C, so that children and folders are cleaned up."""
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:
        signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        if ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


@contextlib.contextmanager
def supervised() -> Iterator[Start]:
    """Gives a function that starts processes; whatever still runs at the end of the block is killed."""
    running: list[subprocess.Popen] = []

    def start(arguments: Sequence[str], folder: Path, output: Path) -> subprocess.Popen:
        command = _ending_with_parent([find_tool(arguments[0]), *arguments[1:]])
        with system_errors(f"cannot run {arguments[0]}"), output.open("wb") as messages:
            process = subprocess.Popen(
                command,
                cwd=folder,
                # English messages, since they are read, and no date from outside.
                env={**os.environ, "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"},
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running.append(process)
        return process

    with _sigterm_unwinds():
        try:
            yield start
        finally:
            for process in running:
                if process.poll() is None:
                    _kill(process)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder that is gone at the end of the block, also when SIGTERM ends it."""
    with _sigterm_unwinds():
        with system_errors("cannot make a temporary folder"):
            folder = tempfile.mkdtemp(prefix="shrinkc-")
        try:
            yield Path(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
