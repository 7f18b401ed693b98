"""The guard against kernels that grow slower: instructions of a few standard shapes, kept by compiler version.

`python -m shrinkc.bench.guard tests/bench/instructions.json` counts them anew and writes those of this compiler; the
others' stay.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..compile.processes import scratch_folder
from ..compile.toolchain import ARM_COMPILER
from ..compile.versions import program_version
from ..errors import BuildError
from ..files import write_whole
from ..target import load_target
from .measure import Bench
from .peers import CORES
from .shapes import StandardShape
from .standard import measure_shapes

Counts = dict[str, float]
"""Instructions a step by case, such as "lstm-40-128-w8-dense on cortex-m4"."""

RISE = 0.02
"""By how much a count may rise."""

STEPS = 6
SHAPES = (
    *(StandardShape(cell, 128, 8, unsent) for cell in ("lstm", "gru", "ligru", "sru") for unsent in (None, 60)),
    *(StandardShape("lstm", 128, 4, unsent) for unsent in (None, 60)),
)


def compiler_version() -> str:
    """The key of the counts: what the compiler calls itself."""
    version = program_version(ARM_COMPILER)
    if version is None:
        raise BuildError(f"{ARM_COMPILER} is not installed; on Debian: apt-get install gcc-arm-none-eabi")
    return f"{ARM_COMPILER} {version}"


def count_all(cores: Sequence[str] = CORES) -> Counts:
    """Every case, counted now."""
    jobs = len(os.sched_getaffinity(0))
    with scratch_folder() as folder:
        bench = Bench(folder, splits=False)
        results = measure_shapes(bench, SHAPES, [load_target(core) for core in cores], STEPS, "delta", jobs)
    return {f"{one.name} on {one.target}": one.instructions.total for one in results}


def risen(kept: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """A line for each case that rose by more than it may, and for each that is not kept or not counted."""
    lines = [
        f"{case}: {kept[case]:,.0f} instructions before, {count:,.0f} now (+{100 * (count / kept[case] - 1):.1f} %)"
        for case, count in now.items()
        if case in kept and count > kept[case] * (1 + RISE)
    ]
    lines += [f"{case}: not in the file" for case in now if case not in kept]
    return lines + [f"{case}: in the file, and not counted any more" for case in kept if case not in now]


def read(path: Path) -> dict[str, Counts]:
    """Counts by compiler; none where there is no file yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def renew(path: Path) -> None:
    """Write this compiler's counts into the file."""
    counts = {**read(path), compiler_version(): count_all()}
    write_whole(path, json.dumps(dict(sorted(counts.items())), indent=1) + "\n")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
