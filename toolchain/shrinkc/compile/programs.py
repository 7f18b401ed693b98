"""The programs that shrinkc runs or that go with it: what each is for, and how to get it.

`scripts/install-tools` installs those that the make targets need; a test holds its list against this one.
"""

from dataclasses import dataclass

_APT = "apt-get install "
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
    Tool("qemu-system-arm", "runs images", True, f"{_APT}qemu-system-arm"),
    Tool("cmake", "builds the generated project", False, f"{_APT}cmake make"),
    Tool("gcc", "builds the library for this machine; splits what `bench` counts", False, f"{_APT}gcc libc6-dev"),
    Tool("clang", "builds it with another compiler", False, f"{_APT}clang"),
    Tool("gdb-multiarch", "debugs images", False, f"{_APT}gdb-multiarch"),
    Tool("pyocd", "programs boards through a debug probe", False, "pip install pyocd"),
    Tool("openocd", "programs boards through a debug probe", False, f"{_APT}openocd"),
    Tool("st-flash", "programs ST's boards", False, f"{_APT}stlink-tools"),
)


def install_command(name: str) -> str:
    """How to get a program; one that is not in the table has a package of its own name."""
    return next((tool.install for tool in TOOLS if tool.name == name), f"{_APT}{name}")
