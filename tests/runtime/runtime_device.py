"""The check program on a core under QEMU: digests of every kernel's output, and instructions.

`python tests/runtime/runtime_device.py` prints what a multiplication costs, as docs/kernels.md shows it.
"""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import runtime_reference as reference

CHECKS = [reference.DEVICE / name for name in ("main.c", "check_fixed_point.c", "check_kernels.c", "count_kernels.c")]
LOOP_INSTRUCTIONS = 2000
"""What count_kernels.c's known loop executes: 1000 rounds of SUBS and BNE."""


@dataclass(frozen=True)
class Core:
    name: str
    kernels: str
    machine: str
    flags: tuple[str, ...] = ()


CORES = {
    "m4": Core("cortex-m4", "dsp", "mps2-an386"),
    "m4-portable": Core("cortex-m4", "portable", "mps2-an386"),
    "m3": Core("cortex-m3", "portable", "mps2-an385"),
    "m0plus": Core("cortex-m0plus", "portable", "mps2-an385", ("-DTRAP_UNALIGNED",)),
}


@dataclass(frozen=True)
class Run:
    digests: list[str]
    instructions: dict[tuple[str, int, int], float]
    """(kernel, bits, columns or columns sent): of one call."""


def build_image(core: Core, tables: Path, output: Path) -> Path:
    command = [
        "arm-none-eabi-gcc",
        "-O2",
        f"-mcpu={core.name}",
        "-mthumb",
        "-DCOUNT_TICKS",
        "-nostartfiles",
        *core.flags,
    ]
    link = ["-T", str(reference.DEVICE / "image.ld"), "-Wl,--build-id=none"]
    sources = [*CHECKS, reference.DEVICE / "platform_device.c", *reference.runtime_sources(core.kernels, tables)]
    return reference.compile_c([*command, *link], sources, output)


def run_image(core: Core, image: Path) -> Run:
    """One instruction is 1024 ns here, 25.6 ticks of the boards' 25 MHz: a tick is far below an instruction."""
    command = ["qemu-system-arm", "-M", core.machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    count = ["-semihosting-config", "enable=on,target=native", "-icount", "shift=10", "-kernel", str(image)]
    # Semihosting writes to stderr when there is no console.
    done = subprocess.run([*command, *count], capture_output=True, text=True, timeout=60)
    return read_output(done.stdout + done.stderr)


def read_output(text: str) -> Run:
    lines = text.splitlines()
    assert lines and lines[-1] == "done", text[-500:]
    ticks = {}
    for line in lines:
        if line.startswith("count "):
            _, name, bits, _rows, columns, value = line.split()
            ticks[name, int(bits), int(columns)] = int(value)
    digests = [line for line in lines if not line.startswith("count ")]
    if not ticks:
        return Run(digests, {})
    nothing = ticks.pop(("nothing", 0, 0))
    unit = (ticks.pop(("known_loop", 0, 1000)) - nothing) / LOOP_INSTRUCTIONS
    return Run(digests, {key: (value - nothing) / unit for key, value in ticks.items()})


def per_multiplication(run: Run, kernel: str, bits: int) -> float:
    """In the loop over the columns: what the second half of 128 columns costs, by 128 rows."""
    return (run.instructions[kernel, bits, 128] - run.instructions[kernel, bits, 64]) / (64 * 128)


def print_table() -> None:
    with tempfile.TemporaryDirectory() as folder:
        tables = Path(folder) / "shrinkc_tables.c"
        tables.write_text(reference.render_tables())
        for name, core in CORES.items():
            run = run_image(core, build_image(core, tables, Path(folder) / f"{name}.elf"))
            print(f"{name} ({core.kernels})")
            for kernel in ("dense", "delta"):
                for bits in reference.BITS:
                    whole = run.instructions[kernel, bits, 128]
                    loop = per_multiplication(run, kernel, bits)
                    print(f"  {kernel} s{bits:<3} {loop:5.2f} a multiplication, {whole:6.0f} for 128 x 128")
            for bits in (8, 16):
                still, moved = (run.instructions["scan", bits, sent] / 128 for sent in (0, 128))
                print(f"  scan s{bits:<3} {still:5.1f} an element that stays, {moved:5.1f} one that is sent")
            print(f"  quantize  {run.instructions['quantize', 16, 128] / 128:5.1f} an element")


if __name__ == "__main__":
    print_table()
