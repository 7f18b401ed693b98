"""Runs a command and measures its wall time, and the memory of all its processes together."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_S = 0.1


@dataclass(frozen=True)
class Measured:
    """What a command took: seconds by the clock, and at most so many bytes resident, all processes together."""

    seconds: float
    bytes: int
    output: str


def run_measured(command: list[str], folder: Path) -> Measured:
    """Run `command` in `folder`. Raises AssertionError, with all it said, where it fails."""
    start, most = time.monotonic(), 0
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        while process.poll() is None:
            most = max(most, _resident(process.pid))
            time.sleep(_SAMPLE_S)
    text = (folder / "output.txt").read_text("utf-8", "replace")
    assert process.returncode == 0, f"{' '.join(command)} ended with {process.returncode}\n{text}"
    return Measured(time.monotonic() - start, most, text)


def _resident(root: int) -> int:
    """Bytes resident of a process and of all that came from it."""
    parents, sizes = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                sizes[int(entry.name)] = int((entry / "statm").read_text().split()[1])
            except (OSError, ValueError, IndexError):  # it ended while we looked
                continue
    family, grown = {root}, True
    while grown:
        more = {pid for pid, parent in parents.items() if parent in family} - family
        family, grown = family | more, bool(more)
    return sum(sizes.get(pid, 0) for pid in family) * os.sysconf("SC_PAGE_SIZE")
