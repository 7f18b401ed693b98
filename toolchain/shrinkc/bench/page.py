"""The written part of docs/performance.md, from what `shrinkc bench` found.

`python -m shrinkc.bench.page FIGURES.json docs/performance.md` writes it anew between its two marks.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import InputError
from ..files import write_whole
from ..markdown import table
from ..markdown import written as between_marks
from .peers import CORES, DENSE_AIM, MEMORY, PEERS, UNSENT_60_AIM
from .report import Bench, Result, from_json
from .shapes import CELLS, INPUTS, UNITS, UNSENT, WEIGHTS

BEGIN = "<!-- from here on written by `make bench` -->"
END = "<!-- end of the written part -->"
TITLES = {"lstm": "LSTM", "gru": "GRU, reset after", "ligru": "LiGRU", "sru": "SRU"}

Key = tuple[str, int, int, int | None, str]
"""Cell, units, bits of a weight, percent unsent (None: dense), core."""


def _short(core: str) -> str:
    return core.removeprefix("cortex-").upper().replace("PLUS", "+")


class Figures:
    """The results of the standard shapes, by shape and core. Raises InputError where one is missing."""

    def __init__(self, bench: Bench, where: str) -> None:
        self.bench = bench
        self._found: dict[Key, Result] = {}
        for one in bench.results:
            if one.shape is not None and one.instructions is not None:
                shape = one.shape
                self._found[shape.cell, shape.units, shape.weights, shape.unsent, one.target] = one
        for cell in CELLS:
            for key in ((cell, units, bits, unsent) for units in UNITS for bits in WEIGHTS for unsent in UNSENT):
                for core in CORES:
                    if (*key, core) not in self._found:
                        raise InputError(f"{where}: no figure of {key} on {core}: write it with `make bench`")

    def __call__(self, cell: str, units: int, bits: int, unsent: int | None, core: str) -> Result:
        return self._found[cell, units, bits, unsent, core]


def written(figures: Figures) -> str:
    """Markdown: the LSTM 40 -> 128 beside its peers, then every shape, then memory."""
    tools = ", ".join(f"{name} {version}" for name, version in figures.bench.tools.items() if name != "shrinkc")
    parts = [
        f"Instructions of one step, mean over {figures.bench.steps} steps. {tools}.\n",
        f"### LSTM {INPUTS} to 128, and its peers\n",
        _peers(figures),
        "Others on the M4:\n",
        _others(),
        "Where they go, at 8 bits:\n",
        _parts(figures),
        *(text for cell in CELLS for text in (f"### {TITLES[cell]}\n", _cell(figures, cell))),
        "`*`: at this share of unsent columns the compiler would compute some products densely on this core.\n",
        "### Memory\n",
        _memory(figures),
        table(("of others", "bytes"), [(name, f"{size:,}") for name, size in MEMORY]),
    ]
    return "\n".join(parts)


def _peers(figures: Figures) -> str:
    """A row each: CMSIS-NN, ours in several ways with its ratio to CMSIS-NN, and the project's aims."""
    cmsis = PEERS[0].instructions

    def ours(title: str, bits: int, unsent: int | None) -> list[list[str]]:
        totals = [figures("lstm", 128, bits, unsent, core).instructions.total for core in CORES]
        ratios = [f"{cmsis[core] / total:.2f} x" for core, total in zip(CORES, totals, strict=True)]
        return [[title, *(f"{total:,.0f}" for total in totals)], ["CMSIS-NN's over these", *ratios]]

    def plain(title: str, values: dict[str, int]) -> list[str]:
        return [title, *(f"{values[core]:,}" for core in CORES)]

    rows = [
        plain(PEERS[0].name, cmsis),
        *ours("**shrinkc, 8 bits, dense**", 8, None),
        plain("aim", DENSE_AIM),
        *ours("**shrinkc, 8 bits, 60 % unsent**", 8, 60),
        plain("aim", UNSENT_60_AIM),
        *ours("**shrinkc, 4 bits, dense**", 4, None),
        *ours("**shrinkc, 4 bits, 60 % unsent**", 4, 60),
    ]
    return table(("", *map(_short, CORES)), rows)


def _others() -> str:
    rows = [(one.name, one.shape, f"{one.instructions['cortex-m4']:,}") for one in PEERS[1:]]
    return table(("", "shape", "instructions"), rows)


def _parts(figures: Figures) -> str:
    rows = []
    for title, unsent in (("dense", None), ("60 % unsent", 60)):
        for core in CORES:
            cost = figures("lstm", 128, 8, unsent, core).instructions
            split = (cost.scan, cost.products, cost.elementwise, cost.rest)
            rows.append((f"{_short(core)}, {title}", *("-" if value is None else f"{value:,.0f}" for value in split)))
    return table(("", "scan", "products", "element-wise", "rest"), rows)


def _cell(figures: Figures, cell: str) -> str:
    rows = []
    for units in UNITS:
        for bits in WEIGHTS:
            for unsent in UNSENT:
                way = "dense" if unsent is None else f"delta, {unsent} % unsent"
                title = f"{INPUTS} to {units}, {bits} bits, {way}"
                rows.append((title, *(_total(figures(cell, units, bits, unsent, core)) for core in CORES)))
    return table(("", *map(_short, CORES)), rows)


def _total(one: Result) -> str:
    mark = "*" if any(group.cheaper != group.mode for group in one.groups) else ""
    return f"{one.instructions.total:,.0f}{mark}"


def _memory(figures: Figures) -> str:
    """Bytes on the M4, whose kernels are the largest but Helium's."""
    rows = []
    for cell in CELLS:
        for bits in WEIGHTS:
            for title, unsent in (("dense", None), ("delta", 60)):
                memory = figures(cell, 128, bits, unsent, "cortex-m4").memory
                values = (memory.flash, memory.weights, memory.ram, memory.stack)
                rows.append((f"{TITLES[cell]} {INPUTS} to 128, {bits} bits, {title}", *(f"{v:,}" for v in values)))
    return table(("bytes on the M4", "flash", "of it weights", "RAM", "stack"), rows)


def updated(page: str, part: str) -> str:
    """`page` with the part between the marks written anew."""
    return between_marks(page, BEGIN, END, part)


def main(arguments: Sequence[str], say: Callable[[str], object] = print) -> None:
    """Write the page of the second argument from the figures in the first."""
    figures, page = map(Path, arguments)
    part = written(Figures(from_json(figures.read_bytes(), str(figures)), str(figures)))
    write_whole(page, updated(page.read_text(encoding="utf-8"), part))
    say(f"written to {page}")


if __name__ == "__main__":
    main(sys.argv[1:])
