"""The curve of PER against size, drawn from a page's table of measured plans.

    python -m shrinkc.analyze.curve docs/results.md docs/shrink.svg

Each row is a plan of one of the zoo's models. Plans of post-training are joined by a line; stars are those that the
model was fine-tuned for, triangles those made in the study's way. Plans that lose more than `MOST` points are left out.
The picture says, in its description, which table it is of: `digest`.
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
STYLES = {
    "fine-tuned": {"marker": "*", "markersize": 11, "linestyle": ""},
    "M1-like": {"marker": "^", "markersize": 5, "linestyle": ""},
    "post-training": {"marker": "o", "markersize": 5, "linestyle": "-"},
}
"""How plans of a kind are drawn. The first words of a plan say its kind; those of no other are post-training."""


@dataclass(frozen=True)
class Point:
    """A plan of a model, measured. size: of all that it keeps in flash, bytes. rise, low, high: points of PER above
    float, the last two the ends of its interval.
    """

    model: str
    plan: str
    size: float
    rise: float
    low: float
    high: float

    @property
    def kind(self) -> str:
        """The key of its style."""
        return next((kind for kind in STYLES if self.plan.startswith(kind)), "post-training")


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
    """The plans of the zoo's models that a table's rows hold."""
    found = []
    for row in rows:
        model, plan, off, increase = (cell.strip() for cell in row.strip("|").split("|")[:4])
        share = 1 - float(off.removesuffix(" %")) / 100
        rise, _, interval = increase.partition(" (")
        low, high = interval.removesuffix(")").split(" to ")
        found.append(Point(model, plan, float_of(model)[0] * share, float(rise), float(low), float(high)))
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
        figure = Figure(figsize=(9, 5.5), layout="constrained")
        axes = figure.add_subplot()
        axes.axhline(0, color="black", linewidth=0.8)
        for colour, model in enumerate(dict.fromkeys(point.model for point in found)):
            _draw_model(axes, [point for point in found if point.model == model], f"C{colour}")
        floats = [float_of(point.model)[0] / 1000 for point in found]
        axes.set_xlabel(
            "all that the model keeps in flash, thousand bytes "
            f"(as 32-bit floats: {min(floats):.0f} to {max(floats):.0f})"
        )
        axes.set_ylabel("PER above float's (in brackets), points, 85 test speakers")
        axes.grid(alpha=0.3)
        figure.legend(loc="outside lower center", ncols=4, fontsize=7, columnspacing=1)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Description": description})
    write_whole(path, text.getvalue())


def _draw_model(axes: Any, of: Sequence[Point], colour: str) -> None:
    _, rate = float_of(of[0].model)
    for kind, style in STYLES.items():
        kept = sorted((p for p in of if p.kind == kind and p.rise <= MOST), key=lambda p: p.size)
        if not kept:
            continue
        ends = [[p.rise - p.low for p in kept], [p.high - p.rise for p in kept]]
        axes.errorbar(
            [p.size / 1000 for p in kept],
            [p.rise for p in kept],
            ends,
            label=f"{of[0].model} ({rate:.1f} %), {kind}",
            color=colour,
            capsize=2,
            elinewidth=0.6,
            **style,
        )


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
