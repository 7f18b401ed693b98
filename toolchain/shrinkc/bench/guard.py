"""The guard against kernels that grow slower or larger: the cost of some standard shapes, kept by compiler version.

`python -m shrinkc.bench.guard tests/bench/instructions.json` counts them anew and writes those of this compiler; the
others' stay.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..compile.processes import scratch_folder
from ..compile.toolchain import ARM_COMPILER
from ..compile.versions import program_version
from ..errors import BuildError
from ..files import write_whole
from ..target import load_target
from .measure import Bench
from .report import Result
from .shapes import CELLS, CORES, StandardShape
from .standard import measure_shapes

Cost = dict[str, float]
"""Instructions of a step; bytes of flash, RAM and stack."""

Costs = dict[str, Cost]
"""By case, such as "lstm-40-128-w8-unsent60 on cortex-m4", or with ", auto" behind it."""

CHANGE = 0.02
"""By how much a figure may rise, or fall before it is to be kept anew."""

STEPS = 6
FEW_CORES = ("cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55")
"""M7 and M33 run the M4's kernels: the cases beyond the first leave them out."""

CASES: tuple[tuple[str, Sequence[str], Sequence[StandardShape]], ...] = (
    (
        "delta",
        CORES,
        (
            *(StandardShape(cell, 128, 8, unsent) for cell in CELLS for unsent in (None, 60)),
            *(StandardShape("lstm", 128, 4, unsent) for unsent in (None, 60)),
        ),
    ),
    (
        "delta",
        FEW_CORES,
        (
            *(StandardShape(cell, 128, 8, 80) for cell in CELLS),
            StandardShape("gru", 128, 4, 60),
            StandardShape("lstm", 256, 8, 60),
        ),
    ),
    ("auto", CORES, (StandardShape("lstm", 128, 8, 60),)),
)
"""Kernels, cores and shapes."""


def compiler_version() -> str:
    """The key of the costs: what the compiler calls itself."""
    version = program_version(ARM_COMPILER)
    if version is None:
        raise BuildError(f"{ARM_COMPILER} is not installed; on Debian: apt-get install gcc-arm-none-eabi")
    return f"{ARM_COMPILER} {version}"


def count_all() -> Costs:
    """Every case, counted now."""
    jobs, costs = len(os.sched_getaffinity(0)), {}
    with scratch_folder() as folder:
        bench = Bench(folder, splits=False)
        for kernels, cores, shapes in CASES:
            targets = [load_target(core) for core in cores]
            for one in measure_shapes(bench, shapes, targets, STEPS, kernels, jobs):
                costs[case_name(one.name, one.target, kernels)] = _cost(one)
    return costs


def case_name(shape: str, core: str, kernels: str = "delta") -> str:
    """What a case is called."""
    return f"{shape} on {core}" + (", auto" if kernels == "auto" else "")


def _cost(one: Result) -> Cost:
    memory = one.memory
    return {
        "instructions": one.instructions.total,
        "flash": memory.flash,
        "ram": memory.ram,
        "stack": memory.stack,
    }


def changed(kept: Mapping[str, Cost], now: Mapping[str, Cost]) -> list[str]:
    """A line for each figure that rose or fell by more than it may, and for each case not kept or not counted."""
    lines = [line for case in now if case in kept for line in _changes(case, kept[case], now[case])]
    lines += [f"{case}: not in the file" for case in now if case not in kept]
    return lines + [f"{case}: in the file, and not counted any more" for case in kept if case not in now]


def _changes(case: str, kept: Cost, now: Cost) -> Iterator[str]:
    for figure, value in now.items():
        before = kept[figure]
        if abs(value - before) > CHANGE * before:
            yield f"{case}: {figure} {before:,.0f} before, {value:,.0f} now ({100 * (value / before - 1):+.1f} %)"


def read(path: Path) -> dict[str, Costs]:
    """Costs by compiler; none where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def renew(path: Path) -> None:
    """Write this compiler's costs into the file."""
    write_whole(path, _text({**read(path), compiler_version(): count_all()}))


def _text(costs: Mapping[str, Costs]) -> str:
    """JSON with a case a line."""
    blocks = []
    for compiler, cases in sorted(costs.items()):
        lines = ",\n".join(f"  {json.dumps(case)}: {json.dumps(cost)}" for case, cost in cases.items())
        blocks.append(f" {json.dumps(compiler)}: {{\n{lines}\n }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
