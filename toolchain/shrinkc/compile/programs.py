"""The programs that shrinkc runs or that go with it: what each is for, and how to get it.

`scripts/install-tools` installs those that the make targets need; a test holds its list against this one.
"""

import shutil
import sysconfig
from dataclasses import dataclass

_APT = "apt-get install "
_PIP = "pip install "
LIBC_PACKAGE = "libnewlib-arm-none-eabi"
"""Debian packs the Arm compiler's C library apart."""


@dataclass(frozen=True)
class Tool:
    """A program: what it is for, whether build and verify need it, and the command that installs it."""

    name: str
    use: str
    needed: bool
    install: str

    @property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages that have it; none where it comes from elsewhere."""
        return tuple(self.install.removeprefix(_APT).split()) if self.install.startswith(_APT) else ()


TOOLS = (
    Tool("arm-none-eabi-gcc", "compiles images", True, f"{_APT}gcc-arm-none-eabi {LIBC_PACKAGE}"),
    Tool("arm-none-eabi-objdump", "measures the stack", True, f"{_APT}binutils-arm-none-eabi"),
    Tool("arm-none-eabi-objcopy", "makes plain files for `flash`", False, f"{_APT}binutils-arm-none-eabi"),
    Tool("qemu-system-arm", "runs images", True, f"{_APT}qemu-system-arm"),
    Tool("cmake", "builds the generated project", False, f"{_APT}cmake make"),
    Tool("gcc", "builds the library for this machine; splits what `bench` counts", False, f"{_APT}gcc libc6-dev"),
    Tool("clang", "builds it with another compiler", False, f"{_APT}clang"),
    Tool("gdb-multiarch", "debugs images; loads them through a gdb server", False, f"{_APT}gdb-multiarch"),
    Tool("pyocd", "programs boards through a debug probe", False, f"{_PIP}'shrinkc[flash]'"),
    Tool("openocd", "programs boards through a debug probe", False, f"{_APT}openocd"),
    Tool("st-flash", "programs ST's boards", False, f"{_APT}stlink-tools"),
    Tool("probe-rs", "programs boards through a debug probe", False, "see https://probe.rs"),
    Tool("JLinkExe", "programs boards through a J-Link", False, "see https://www.segger.com/downloads/jlink"),
)


def find_program(name: str) -> str | None:
    """The path of a program, or None. What pip installs may stand beside this Python without being in PATH."""
    found = shutil.which(name)
    if found is None and any(tool.name == name and tool.install.startswith(_PIP) for tool in TOOLS):
        found = shutil.which(name, path=sysconfig.get_path("scripts"))
    return found


def install_command(name: str) -> str:
    """How to get a program; one that is not in the table has a package of its own name."""
    command = next((tool.install for tool in TOOLS if tool.name == name), f"{_APT}{name}")
    return f"on Debian: {command}" if command.startswith(_APT) else command
