"""The analysis of thresholds as a picture: how far elements move, and what each threshold saves and costs."""

import io
from pathlib import Path
from typing import Any

from ..errors import BuildError, InputError
from .delta_report import PERCENTILES, DeltaAnalysis

ENDINGS = ("svg", "png")


def check_picture(path: Path) -> None:
    """Raise InputError for a name that is of no kind of picture here, or where none can be written."""
    if path.suffix.lower().removeprefix(".") not in ENDINGS:
        raise InputError(f"{path}: a picture is written as .svg or .png: end its name so")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise InputError(f"{path}: no picture can be written there: name a file in a folder that exists")


def picture(found: DeltaAnalysis, kind: str) -> bytes:
    """The picture, as `kind` (svg or png): the same bytes for the same analysis. BuildError without matplotlib."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise BuildError("pictures need matplotlib: pip install 'shrinkc[plots]'") from None
    with mpl.rc_context({"svg.hashsalt": "shrinkc", "svg.fonttype": "none", "font.size": 9}):
        figure = Figure(figsize=(11, 4.5), layout="constrained")
        left, right = figure.subplots(1, 2)
        for number, group in enumerate(found.groups):
            _draw_moves(left, group, f"C{number}")
            _draw_effects(right, group, f"C{number}")
        left.set_xlabel("steps of the grid")
        left.set_ylabel("elements that move by no more, per cent")
        left.set_xscale("symlog", linthresh=1)
        right.set_xlabel(f"divergence of the outputs, {found.utterances} utterances")
        right.set_ylabel(f"of {found.instructions:,.0f} instructions a step saved on {found.target}")
        right.set_xscale("log")
        for axes in (left, right):
            axes.grid(alpha=0.3)
        left.legend(fontsize=8)
        file = io.BytesIO()
        figure.savefig(file, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else {"Software": None})
    return file.getvalue()


def _draw_moves(axes: Any, group: Any, colour: str) -> None:
    steps = [0, *(group.moves.percentiles[str(each)] for each in PERCENTILES), group.moves.largest]
    shares = [100 * group.moves.still, *PERCENTILES, 100]
    axes.plot(steps, shares, marker="o", markersize=3, color=colour, label=group.name)


def _draw_effects(axes: Any, group: Any, colour: str) -> None:
    """Thresholds as a line through dots, coarser grids as a broken one through crosses; the plan's own in both."""
    own = [each for each in group.effects if each.coarse == 1]
    grids = [own[0], *(each for each in group.effects if each.coarse != 1)]
    for effects, line, marker, label in ((own, "-", "o", group.name), (grids, "--", "x", None)):
        axes.plot([each.divergence for each in effects], [each.saved for each in effects], line, marker=marker,
                  markersize=3, color=colour, label=label)  # fmt: skip
        for each in effects[1:]:
            number = str(each.threshold) if each.coarse == 1 else f"x{each.coarse}"
            axes.annotate(number, (each.divergence, each.saved), fontsize=6, xytext=(2, 2),
                          textcoords="offset points", color=colour)  # fmt: skip
