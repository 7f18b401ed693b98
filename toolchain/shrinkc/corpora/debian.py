"""Debian packages as a source of data: fetched with apt-get, unpacked without being installed."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ..errors import BuildError
from ..files import system_errors

SECONDS = 600


def unpacked(packages: Sequence[str], cache: Path) -> Path:
    """The folder under `cache` that holds the unpacked packages; fetched on the first call only.

    A missing tool or a failed download is a BuildError with the remedy.
    """
    done = cache / "-".join(packages)
    if done.is_dir():
        return done
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise BuildError(
                f"{tool} not found: fetch {' and '.join(packages)} from packages.debian.org, unpack both into"
                " one folder, and give it with --source"
            )
    work = cache / "fetching"
    with system_errors(f"cannot write {cache}"):
        shutil.rmtree(work, ignore_errors=True)
        (work / "root").mkdir(parents=True)
    _run(["apt-get", "download", *packages], work)
    for archive in sorted(work.glob("*.deb")):
        _run(["dpkg-deb", "-x", archive.name, "root"], work)
    with system_errors(f"cannot write {done}"):
        (work / "root").rename(done)
        shutil.rmtree(work, ignore_errors=True)
    return done


def _run(command: list[str], folder: Path) -> None:
    """Run one tool; its last line of complaint becomes the error."""
    try:
        ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise BuildError(f"'{' '.join(command)}' took longer than {SECONDS} s: is the network there?") from None
    if ended.returncode:
        said = (ended.stderr.strip().splitlines() or ["no message"])[-1]
        raise BuildError(f"'{' '.join(command)}' failed: {said}; try 'apt-get update', or give --source")
