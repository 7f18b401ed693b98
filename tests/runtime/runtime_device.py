"""The check program on a core under QEMU: digests of every kernel's output, and what calls cost.

`python tests/runtime/runtime_device.py` prints the costs of every core, as targets/cores/ keeps them.
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import runtime_build as build
import runtime_costs as costs

from shrinkc.lower.kernels import FAMILIES, Family
from shrinkc.target.load import Board, list_targets, load_target

LOOP_INSTRUCTIONS = 2000
"""What count_kernels.c's known loop executes: 1000 rounds of SUBS and BNE."""

VECTORS = 64
"""Bytes of the table of vectors."""


@dataclass(frozen=True)
class Core:
    """A core's target, and the family that it is checked with."""

    target: str
    family: str


CORES = {
    name.removeprefix("cortex-"): Core(name, load_target(name).kernels)
    for name in list_targets()
    if name.startswith("cortex-") and name != "cortex-m0"
}
"""All but the M0: it runs the M0+'s code, and its board has too little RAM for the check program."""


@dataclass(frozen=True)
class Run:
    """digests: of the program's lines. instructions: of one call, by (kernel, bits, rows, columns or columns sent)."""

    digests: list[str]
    instructions: costs.Instructions


def build_image(core: Core, tables: Path, output: Path, options: tuple[str, ...] = ()) -> Path:
    target = load_target(core.target)
    command = ["arm-none-eabi-gcc", *target.flags, *options, "-mno-unaligned-access", "-DCOUNT_TICKS", "-nostartfiles"]
    link = [*_memories(target.board), "-T", str(build.DEVICE / "image.ld"), "-Wl,--build-id=none"]
    return build.build_check([*command, *link], family_of(core), "device", tables, output)


def family_of(core: Core) -> Family:
    return FAMILIES[core.family]


def _memories(board: Board) -> list[str]:
    """image.ld's symbols. The first bytes of flash are left to the vectors, if they stand there."""
    boot, rom, ram = (board.region(kind) for kind in ("boot", "flash", "ram"))
    origins = {"boot": boot.origin, "rom": rom.origin + (VECTORS if rom == boot else 0), "ram": ram.origin}
    lengths = {"boot": VECTORS, "rom": rom.length - VECTORS, "ram": ram.length}
    symbols = [f"{name}_origin={origins[name]:#x}" for name in origins]
    symbols += [f"{name}_length={lengths[name]:#x}" for name in lengths]
    return [f"-Wl,--defsym={symbol}" for symbol in symbols]


def run_image(core: Core, image: Path) -> Run:
    """One instruction is 1024 ns here, 20 ticks or more of the boards' clocks."""
    machine = load_target(core.target).board.qemu_machine
    command = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    count = ["-semihosting-config", "enable=on,target=native", "-icount", "shift=10", "-kernel", str(image)]
    # Semihosting writes to stderr when there is no console.
    done = subprocess.run([*command, *count], capture_output=True, text=True, timeout=120)
    return read_output(done.stdout + done.stderr)


def read_output(text: str) -> Run:
    lines = text.splitlines()
    assert lines and lines[-1] == "done", text[-500:]
    ticks = {}
    for line in lines:
        if line.startswith("count "):
            _, name, *numbers, value = line.split()
            ticks[name, *map(int, numbers)] = int(value)
    digests = [line for line in lines if not line.startswith("count ")]
    if not ticks:
        return Run(digests, {})
    nothing = ticks.pop(("nothing", 0, 0, 0))
    unit = (ticks.pop(("known_loop", 0, 0, 1000)) - nothing) / LOOP_INSTRUCTIONS
    return Run(digests, {key: (value - nothing) / unit for key, value in ticks.items()})


def print_costs(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "shrinkc_tables.c"
        tables.write_text(build.render_tables())
        for name in names:
            core = CORES[name]
            run = run_image(core, build_image(core, tables, Path(folder) / f"{name}.elf"))
            print(f"# {core.target}, {core.family}\n{costs.as_text(run.instructions, family_of(core))}")


if __name__ == "__main__":
    print_costs(sys.argv[1:] or list(CORES))
