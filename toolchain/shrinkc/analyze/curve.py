"""The curve of PER against size, drawn from a page's table of measured plans.

    python -m shrinkc.analyze.curve docs/results.md docs/shrink.svg

Of the table, the zoo's models are taken: post-training plans are joined by a line from the largest to the smallest,
fine-tuned ones stand alone. Plans that lose more than `MOST` points are left out. The picture says, in its
description, which table it is of: `digest`.
"""

import hashlib
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import zoo
from ..errors import BuildError, InputError, ShrinkcError
from ..files import write_whole
from ..network import FLOAT_BYTES

HEADING = "| model | plan | off | increase, speechocean762 |"
DATA = "speechocean762 test"
MOST = 2.0
FINE_TUNED = "fine-tuned"


@dataclass(frozen=True)
class Point:
    """A plan of a model, measured. size: of all that it keeps in flash, bytes. per, low, high: per cent, the last two
    the ends of its interval.
    """

    model: str
    plan: str
    size: float
    per: float
    low: float
    high: float

    @property
    def tuned(self) -> bool:
        """Was the model fine-tuned for the plan?"""
        return self.plan.startswith(FINE_TUNED)


def lines_of(page: Path) -> list[str]:
    """The rows of the page's table. Raises InputError without one."""
    lines = page.read_text(encoding="utf-8").splitlines()
    first = next((number for number, line in enumerate(lines) if line.startswith(HEADING)), None)
    if first is None:
        raise InputError(f"{page}: has no table that begins {HEADING!r}")
    rows = lines[first + 2 :]
    return rows[: next((number for number, line in enumerate(rows) if not line.startswith("|")), len(rows))]


def digest(rows: Sequence[str]) -> str:
    """Of a table's rows, for the picture's description."""
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def points(rows: Sequence[str]) -> list[Point]:
    """The plans of the zoo's models that a table's rows hold, and their models in float."""
    found = []
    for row in rows:
        model, plan, off, increase = (cell.strip() for cell in row.strip("|").split("|")[:4])
        size, rate = float_of(model)
        rise, _, interval = increase.partition(" (")
        low, high = (float(end) for end in interval.removesuffix(")").split(" to "))
        share = 1 - float(off.removesuffix(" %")) / 100
        found.append(Point(model, plan, size * share, rate + float(rise), rate + low, rate + high))
    return found


def float_of(model: str) -> tuple[int, float]:
    """Bytes and PER, per cent, of a zoo model in float, as its card has them."""
    card = zoo.find(model).card
    per = next(figure["per"] for figure in card["per"] if figure["data"] == DATA)
    return FLOAT_BYTES * card["parameters"], 100 * per


def draw(found: Sequence[Point], description: str, path: Path) -> None:
    """The picture, as SVG; the same points give the same bytes."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise BuildError("pictures need matplotlib: pip install 'shrinkc[plots]'") from None
    with mpl.rc_context({"svg.hashsalt": "shrinkc", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        for colour, model in enumerate(dict.fromkeys(point.model for point in found)):
            _draw_model(axes, [point for point in found if point.model == model], f"C{colour}")
        axes.set_xscale("log")
        ticks = [80, 100, 120, 150, 200, 300, 500, 900]
        axes.set_xticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel("all that the model keeps in flash, thousand bytes")
        axes.set_ylabel("PER on speechocean762's 85 test speakers, per cent")
        axes.grid(alpha=0.3)
        axes.legend()
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Description": description})
    write_whole(path, text.getvalue())


def _draw_model(axes: Any, of: Sequence[Point], colour: str) -> None:
    size, rate = float_of(of[0].model)
    axes.plot([size / 1000], [rate], marker="s", color=colour)
    axes.axhline(rate, color=colour, linewidth=0.6, linestyle=":")
    for tuned, marker, line in ((False, "o", "-"), (True, "*", "")):
        kept = sorted((p for p in of if p.tuned == tuned and p.per <= rate + MOST), key=lambda p: -p.size)
        if not kept:
            continue
        sizes, rates = [p.size / 1000 for p in kept], [p.per for p in kept]
        ends = [[p.per - p.low for p in kept], [p.high - p.per for p in kept]]
        label = f"{of[0].model}, {'fine-tuned' if tuned else 'post-training'}"
        axes.errorbar(
            sizes, rates, ends, color=colour, marker=marker, linestyle=line, label=label, capsize=2, elinewidth=0.6,
            markersize=10 if tuned else 5,
        )  # fmt: skip


def main(words: Sequence[str]) -> None:
    """Read the page, write the picture; see the module's own text."""
    if len(words) != 2:
        raise InputError("usage: python -m shrinkc.analyze.curve PAGE.md PICTURE.svg")
    rows = lines_of(Path(words[0]))
    draw(points(rows), f"table {digest(rows)}", Path(words[1]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ShrinkcError as error:
        sys.exit(f"error: {error}")
