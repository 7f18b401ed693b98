"""The plugin that lets QEMU count by instruction: compiled with this machine's C compiler, and its answers read."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..compile.elf import Elf
from ..compile.toolchain import first_error, run_tool
from ..errors import BuildError

SOURCE = Path(__file__).with_name("count_plugin.c")
COMPILERS = ("gcc", "cc", "clang")
FLAGS = ("-O2", "-std=c99", "-fPIC", "-shared", "-fvisibility=hidden")

HARNESS = ("counted_call", "SysTick_Handler")
"""What runs between call and return beside the model: counter.S's own instructions, and its interrupt's."""

_CALL = b"\x98\x47"  # blx r3


def compile_plugin(folder: Path) -> Path:
    """The plugin, built in `folder`. Raises BuildError, with the remedy, where there is no C compiler for it."""
    compiler = next((name for name in COMPILERS if shutil.which(name)), None)
    if compiler is None:
        raise BuildError("there is no C compiler for this machine; on Debian: apt-get install gcc libc6-dev")
    result = run_tool([compiler, *FLAGS, str(SOURCE), "-o", "count.so"], folder)
    if result.code != 0:
        raise BuildError(
            f"{compiler} cannot compile QEMU's plugin ({first_error(result.messages)}); on Debian: apt-get install "
            "gcc libc6-dev"
        )
    return folder / "count.so"


@dataclass(frozen=True)
class CodeRange:
    """The instructions of an image, a halfword each from address `base`; the model is called at `call`."""

    base: int
    halfwords: int
    call: int

    @classmethod
    def of(cls, elf: Elf) -> "CodeRange":
        """All code of an image, and the one call in counter.S."""
        text = next(section for section in elf.sections if section.name == ".text")
        symbol, body = elf.symbol("counted_call"), elf.content("counted_call")
        if body.count(_CALL) != 1:
            raise BuildError("counted_call of the image does not call in one place; build the image again")
        return cls(text.address, text.size // 2, symbol.address + body.index(_CALL))

    def arguments(self, plugin: Path, out: Path) -> tuple[str, str]:
        """What makes QEMU load the plugin, its counts going to the file `out`."""
        # QEMU reads a comma in a value as two.
        files = [str(path).replace(",", ",,") for path in (plugin, out)]
        numbers = f"base={self.base:#x},halfwords={self.halfwords},call={self.call:#x},back={self.call + len(_CALL):#x}"
        return "-plugin", f"file={files[0]},{numbers},out={files[1]}"

    def read(self, out: Path) -> np.ndarray:
        """Counts (calls, halfwords + 1), uint32: of each halfword, then of all code elsewhere."""
        counts = np.fromfile(out, "<u4")
        if counts.size % (self.halfwords + 1):
            raise BuildError("QEMU's plugin did not write all of its counts; is the disk full?")
        return counts.reshape(-1, self.halfwords + 1)


def own_counts(elf: Elf, code: CodeRange, counts: np.ndarray) -> np.ndarray:
    """`counts` without what the harness runs itself: the instructions of the model's calls."""
    kept = counts.copy()
    for name in HARNESS:
        symbol = elf.symbol(name)
        first = (symbol.address - code.base) // 2
        kept[:, first : first + symbol.size // 2] = 0
    return kept
