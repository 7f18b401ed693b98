"""Limits on what a second build may take more than a first: each checked, all told together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .comparison import Comparison, FigureChange
from .figures import BYTES, RATE, find
from .limits import POINTS, WHOLE, Outcome, State, shown

GROWTHS = {
    "max_per_growth": "verification.per.device",
    "max_flash_growth": "sizes.flash",
    "max_ram_growth": "sizes.ram",
    "max_stack_growth": "sizes.stack",
    "max_instructions_growth": "verification.instructions_per_frame.mean",
}
"""The figure that each limit is on."""


@dataclass(frozen=True)
class Growth:
    """How much more is allowed: in the figure's own unit (points for a rate), or in per cent of the first build's."""

    most: float
    percent: bool = False


def growths(found: Comparison, limits: Mapping[str, Growth]) -> Iterator[Outcome]:
    """An outcome for each limit, by its key in GROWTHS."""
    entries = {entry.key: entry for entry in found.figures}
    for key, figure in GROWTHS.items():
        if key in limits:
            yield _outcome(key.replace("_", "-"), entries.get(figure), limits[key], found)


def _outcome(name: str, entry: FigureChange | None, limit: Growth, found: Comparison) -> Outcome:
    value = None if entry is None else entry.percent if limit.percent else entry.change
    if value is None:
        why = found.notes[-1] if entry is None and not found.same_data else "a build has no such figure"
        return Outcome(name, State.UNKNOWN, f"--{name} cannot be checked: {why}")
    figure = find(entry.key)
    unit = " %" if limit.percent else {RATE: " points", BYTES: " bytes"}.get(figure.unit, "")
    form = POINTS if limit.percent or figure.unit == RATE else WHOLE
    verb, amount = "shrank" if value < 0 else "grew", shown(value, limit.most, form).lstrip("+-")
    said = f"{figure.name} {verb} by {amount}{unit} ({figure.text(entry.before)} to {figure.text(entry.after)})"
    state = State.MISSED if value > limit.most else State.KEPT
    side = "above" if state is State.MISSED else "within"
    return Outcome(name, state, f"{said}, {side} the limit of {limit.most:,.10g}{unit}")
