"""The written part of docs/performance.md, from what `shrinkc bench` found.

`python -m shrinkc.bench.page DELTA.json AUTO.json docs/performance.md` writes it anew between its two marks: all shapes
with products forced to delta wherever there are thresholds, and those beside the peers as the compiler builds them.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from ..errors import InputError
from ..files import write_whole
from ..markdown import table
from ..markdown import written as between_marks
from ..target import load_target
from . import aims
from .peers import CMSIS_NN, CMSIS_NN_PRODUCT, MEMORY, PEERS
from .report import Bench, Result, from_json
from .shapes import CELLS, CORES, INPUTS, UNITS, UNSENT, WEIGHTS, StandardShape, standard_shapes

BEGIN = "<!-- from here on written by `make bench` -->"
END = "<!-- end of the written part -->"
TITLES = {"lstm": "LSTM", "gru": "GRU, reset after", "ligru": "LiGRU", "sru": "SRU"}

BESIDE_PEERS = tuple(StandardShape("lstm", 128, bits, 60) for bits in WEIGHTS)
"""Those whose figures stand beside the peers' and the aims: as the compiler builds them."""


def _short(core: str) -> str:
    return core.removeprefix("cortex-").upper().replace("PLUS", "+")


class Figures:
    """The results of `shapes` by shape and core. Raises InputError where one is missing, or was built otherwise.

    kernels: "delta", forced wherever there are thresholds, or "auto", what the compiler would choose.
    """

    def __init__(self, bench: Bench, shapes: Iterable[StandardShape], kernels: str, where: str) -> None:
        self.bench = bench
        self._found = {(one.name, one.target): one for one in bench.results if one.instructions is not None}
        for name, core in ((shape.name, core) for shape in shapes for core in CORES):
            if (name, core) not in self._found:
                raise InputError(f"{where}: no figure of {name} on {core}: write it with `make bench`")
            for group in self._found[name, core].groups:
                wanted = group.cheaper if kernels == "auto" else "dense" if name.endswith("dense") else "delta"
                if group.mode != wanted:
                    raise InputError(
                        f"{where}: {group.name} of {name} on {core} is {group.mode}, and --kernels {kernels} makes it "
                        f"{wanted}: write it with `make bench`"
                    )

    def __call__(self, cell: str, units: int, bits: int, unsent: int | None, core: str) -> Result:
        return self._found[StandardShape(cell, units, bits, unsent).name, core]


def written(delta: Figures, auto: Figures) -> str:
    """Markdown: the LSTM 40 -> 128 beside its peers, then every shape, then memory."""
    tools = ", ".join(f"{name} {version}" for name, version in delta.bench.tools.items() if name != "shrinkc")
    parts = [
        f"Instructions of one step, mean over {delta.bench.steps} steps. {tools}.\n",
        f"### LSTM {INPUTS} to 128, and its peers\n",
        "As the compiler builds it: where it finds that delta does not pay on a core, the product is dense, and the "
        "figure says so.\n",
        _peers(delta, auto),
        "Others on the M4. Of all but CMSIS-NN the project kept its own count and no commit, so the links lead to the "
        "projects and not to what was counted:\n",
        _others(),
        "A bare product of 256 x 256 weights on the M4, instructions a multiplication:\n",
        _product(),
        "Where the LSTM's go, at 8 bits, as the compiler builds it:\n",
        _parts(delta, auto),
        "### All shapes\n",
        "Here every vector with thresholds is sent by delta, whether it pays or not. `*`: by the core's costs the "
        "compiler would make some or all products dense at this share, so that what it builds takes fewer.\n",
        *(text for cell in CELLS for text in (f"#### {TITLES[cell]}\n", _cell(delta, cell))),
        "### Memory\n",
        _memory(delta),
        table(("of others", "bytes"), [(name, f"{size:,}") for name, size in MEMORY]),
    ]
    return "\n".join(parts)


def _peers(delta: Figures, auto: Figures) -> str:
    """A row each: CMSIS-NN, ours in several ways with its ratio to CMSIS-NN, and the project's aims."""
    cmsis = PEERS[0].instructions

    def ours(title: str, figures: Figures, bits: int, unsent: int | None) -> list[list[str]]:
        found = [figures("lstm", 128, bits, unsent, core) for core in CORES]
        ratios = [f"{cmsis[one.target] / one.instructions.total:.2f} x" for one in found]
        return [[title, *map(_chosen if unsent else _total, found)], ["CMSIS-NN's over these", *ratios]]

    def plain(title: str, values: dict[str, int]) -> list[str]:
        return [title, *(f"{values[core]:,}" for core in CORES)]

    rows = [
        plain(PEERS[0].name, cmsis),
        *ours("**shrinkc, 8 bits, dense**", delta, 8, None),
        plain("aim", aims.DENSE),
        *ours("**shrinkc, 8 bits, 60 % unsent**", auto, 8, 60),
        plain("aim", aims.UNSENT_60),
        *ours("**shrinkc, 4 bits, dense**", delta, 4, None),
        *ours("**shrinkc, 4 bits, 60 % unsent**", auto, 4, 60),
    ]
    return table(("", *map(_short, CORES)), rows)


def _chosen(one: Result) -> str:
    """The total, and what the compiler made dense of what has thresholds."""
    dense = [group.mode == "dense" for group in one.groups]
    return f"{one.instructions.total:,.0f}" + (" (dense)" if all(dense) else " (partly dense)" if any(dense) else "")


def _others() -> str:
    rows = [(one.name, one.shape, f"{one.instructions['cortex-m4']:,}") for one in PEERS[1:]]
    return table(("", "shape", "instructions"), rows)


def _product() -> str:
    """Ours by the costs that the compiler chooses by (targets/cores)."""
    costs = load_target("cortex-m4").core.costs.dense
    rows = [
        (f"{bits} bits", f"{theirs:.2f}", f"{costs[bits][0] + costs[bits][1] / 256:.2f}")
        for bits, theirs in CMSIS_NN_PRODUCT.items()
    ]
    return table(("", CMSIS_NN, "shrinkc, dense"), rows)


def _parts(delta: Figures, auto: Figures) -> str:
    rows = []
    for title, figures, unsent in (("dense", delta, None), ("60 % unsent", auto, 60)):
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
    """Write the page of the last argument from the figures in the first two."""
    delta, auto, page = map(Path, arguments)

    def figures(path: Path, shapes: Iterable[StandardShape], kernels: str) -> Figures:
        return Figures(from_json(path.read_bytes(), str(path)), shapes, kernels, str(path))

    part = written(figures(delta, standard_shapes(), "delta"), figures(auto, BESIDE_PEERS, "auto"))
    write_whole(page, updated(page.read_text(encoding="utf-8"), part))
    say(f"written to {page}")


if __name__ == "__main__":
    main(sys.argv[1:])
