"""The reference part of docs/targets.md, from the table of fields and the target files.

`python -m shrinkc.target.reference docs/targets.md` writes it anew between its two marks.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from ..files import write_whole
from ..markdown import table, written
from .fields import BOARD_FIELDS, CORE_FIELDS, COST_FIELDS, FLASHER_FIELDS, REGION_FIELDS, TYPES, UART_FIELDS, Field
from .load import Target, list_targets, load_target
from .setups import SETUPS, Setup, limits

BEGIN = "<!-- from here on written by `python -m shrinkc.target.reference` -->"
END = "<!-- end of the written part -->"


def _fields(fields: Iterable[Field]) -> str:
    rows = []
    for field in fields:
        allowed = ", ".join(f"`{value}`" for value in field.allowed)
        value = allowed or TYPES[field.type][1]
        rows.append((f"`{field.name}`", f"{value} (optional)" if field.optional else value, field.meaning))
    return table(("key", "value", "meaning"), rows)


def _core_row(target: Target) -> tuple[str, ...]:
    flags = " ".join(target.flags)
    return f"`{target.name}`", target.core.isa, f"`{target.kernels}`", f"`{flags}`", f"`{target.board.name}`"


def _board_row(target: Target) -> tuple[str, ...]:
    board = target.board
    memories = ", ".join(f"{region.name} {_size(region.length)}" for region in board.regions)
    cores = ", ".join(f"`{core}`" for core in board.cores)
    machine = f"`{board.qemu_machine}`" if board.qemu_machine else "no"
    return f"`{board.name}`", board.title, cores, memories, f"{board.clock_hz / 1e6:g} MHz", machine


def _size(length: int) -> str:
    """A memory's size; one that is no whole number of KiB is rounded down, but for the smallest."""
    return f"{length // 1024} KiB" if length >= 1024 else f"{length} bytes"


def _setup_row(name: str, setup: Setup) -> tuple[str, ...]:
    cores = ", ".join(f"`{core}`" for core in setup.cores) or "any"
    return f"`{name}`", f"{setup.meaning}.", cores, "; ".join(limits(setup)) or "any clock"


def reference() -> str:
    """Markdown: the targets that there are, then the fields of their files."""
    targets = [load_target(name) for name in list_targets()]
    cores = [target for target in targets if target.name == target.core.name]
    boards = [target for target in targets if target.name == target.board.name]
    parts = [
        "## Cores\n",
        table(("name", "instruction set", "kernels", "compiler flags", "board"), map(_core_row, cores)),
        "## Boards\n",
        table(("name", "board", "cores", "memory", "clock", "in QEMU"), map(_board_row, boards)),
        "## A core's file: `targets/cores/<name>.toml`\n",
        _fields(CORE_FIELDS),
        "### Its table `[costs]`\n",
        _fields(COST_FIELDS),
        "## A board's file: `targets/boards/<name>.toml`\n",
        _fields(BOARD_FIELDS),
        "### What `setup` can be\n",
        table(("setup", "what it does", "cores", "limits"), [_setup_row(*item) for item in SETUPS.items()]),
        "### Its table `[flashers]`\n",
        _fields(FLASHER_FIELDS),
        "### Each `[[regions]]` table\n",
        _fields(REGION_FIELDS),
        "### Its table `[uart]`\n",
        _fields(UART_FIELDS),
    ]
    return "\n".join(parts)


def updated(page: str) -> str:
    """`page` with the part between the marks written anew."""
    return written(page, BEGIN, END, reference())


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_whole(Path(name), updated(Path(name).read_text(encoding="utf-8")))
