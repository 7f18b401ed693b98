"""A UF2 bootloader: the board shows itself as a drive, takes one file, and leaves to run it.

A drive cannot be read back. What tells that the board has taken the file is that the drive goes away: a bootloader
restarts once it has every block, and ignores blocks that are for another family.
"""

import contextlib
import os
import re
import time
from pathlib import Path

from ..errors import BuildError, InputError
from ..files import system_errors
from ..printable import printable
from .flasher import Flasher, Job, Plan, Say, refuse_several
from .probes import Probe, listed
from .uf2 import encode

INFO = "INFO_UF2.TXT"
"""Every such drive has it: which board this is."""
LEAVES_WITHIN_S = 20.0
_MOUNTS = Path("/proc/self/mounts")
_VOLUMES = Path("/Volumes")
_PART = 1 << 16
_POLL_S = 0.1


class Drive(Flasher):
    name = "uf2"
    probe = "the folder where the board's drive is mounted"
    plug = "hold BOOTSEL while you plug the board in, or press its reset button twice, and mount the drive"
    no_probe = r"(?!)"
    leaves_within_s = LEAVES_WITHIN_S

    @property
    def done(self) -> str:
        return "taken by the board's bootloader"

    def plan(self, job: Job) -> Plan:
        family, file = self.told(job), job.made(".uf2")
        write = ("python3", "-m", "shrinkc.flash", str(job.image), f"{family:#010x}", file)
        return Plan((write, ("cp", file, job.probe or "DRIVE")))

    def probes(self) -> list[Probe]:
        return [Probe(str(drive), board_of(drive)) for drive in drives()]

    def write(self, job: Job, say: Say) -> None:
        """Copy the image to the drive, and wait until the board has left with it. Raises as any flasher does."""
        content = encode(job.elf.segments, self.told(job))
        drive = self._chosen(job)
        board = board_of(drive)
        say(f"{drive} is {board}\n")
        with system_errors(f"cannot look at {drive}"):
            device = drive.stat().st_dev
        file = drive / Path(job.made(".uf2")).name
        _copy(content, file, say)
        deadline = time.monotonic() + self.leaves_within_s
        while not _has_left(drive, device):
            if time.monotonic() > deadline:
                raise BuildError(
                    f"{drive} is still there {self.leaves_within_s:g} s after {file.name} was copied to it: "
                    f"{board} has not taken it; is it {job.board.name}?"
                )
            time.sleep(_POLL_S)
        say("the drive has gone: the board has taken the file and restarted\n")

    def _chosen(self, job: Job) -> Path:
        if job.probe is not None:
            drive = Path(job.probe)
            if not (drive / INFO).is_file():
                there = listed(self.probes())
                raise InputError(f"--probe {job.probe} is no UF2 drive: it has no {INFO}; there are {there}")
            return drive
        found = self.probes()
        if not found:
            raise BuildError(f"no UF2 drive is mounted: {self.plug}")
        refuse_several(found, "UF2 drives are mounted")
        return Path(found[0].serial)


def drives(mounts: Path = _MOUNTS, volumes: Path = _VOLUMES) -> list[Path]:
    """The UF2 drives that are mounted: Linux has a list of mounts, macOS a folder."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
        places = [Path(_unescaped(line.split(" ")[1])) for line in lines]
    except OSError:
        places = sorted(volumes.glob("*"))
    return [place for place in places if os.access(place / INFO, os.R_OK)]


def _unescaped(text: str) -> str:
    """A path of the list of mounts, in which blanks and the like stand as octal numbers."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)


def board_of(drive: Path) -> str:
    """What a drive says that its board is: `Model (Board-ID)`."""
    try:
        text = (drive / INFO).read_text("utf-8", "replace")
    except OSError:
        return "an unknown board"
    said = dict(re.findall(r"^([\w-]+): *(.*?)\s*$", text, re.MULTILINE))
    return printable(f"{said.get('Model', 'an unknown board')} ({said.get('Board-ID', 'no Board-ID')})")


def _copy(content: bytes, file: Path, say: Say) -> None:
    """Write `content` to the drive, part by part. Raises BuildError where the drive does not take all of it."""
    with system_errors(f"cannot write {file}"):
        stream = file.open("wb")
        for start in range(0, len(content), _PART):
            if start:
                os.fsync(stream.fileno())
                say(f"copied {start:,} of {len(content):,} bytes\n")
            stream.write(content[start : start + _PART])
            stream.flush()
    # The board may restart at its last block before the drive has answered. Whether it did, is seen next.
    with contextlib.suppress(OSError):
        os.fsync(stream.fileno())
    with contextlib.suppress(OSError):
        stream.close()
    say(f"copied {len(content):,} bytes\n")


def _has_left(drive: Path, device: int) -> bool:
    """Whether the drive is gone. Its files may still be seen for a while, from memory; its device is not."""
    if not (drive / INFO).is_file():
        return True
    number = f"{os.major(device)}:{os.minor(device)}"
    return os.major(device) != 0 and Path("/sys/dev/block").is_dir() and not Path("/sys/dev/block", number).exists()
