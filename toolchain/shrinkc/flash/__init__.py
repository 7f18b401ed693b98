"""Brings a built image onto a board: one file a flasher, and the list of them.

A flasher makes its commands from what the board's TOML file says in `[flashers]`. Whatever tool it is, the image is
verified after it was written, and a success is one only if the tool itself said so.
"""

from .drive import Drive
from .flasher import Flasher, Job, Plan
from .gdb import Gdb
from .jlink import JLink
from .openocd import OpenOcd
from .probe_rs import ProbeRs
from .pyocd import PyOcd
from .st_flash import StFlash

FLASHERS: dict[str, Flasher] = {
    flasher.name: flasher for flasher in (PyOcd(), OpenOcd(), StFlash(), ProbeRs(), JLink(), Drive(), Gdb())
}

__all__ = ["FLASHERS", "Flasher", "Job", "Plan"]
