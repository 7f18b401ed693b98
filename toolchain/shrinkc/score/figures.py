"""Figures of a report by their dotted keys, and how each reads: limits are on them, and builds are compared by them."""

from collections.abc import Mapping
from dataclasses import dataclass

from .report import Report

BYTES, NUMBER, PERCENT, POINTS, RATE, REAL = "bytes", "number", "percent", "points", "rate", "real"
"""Units. A rate is a fraction, shown as per cent; differences of rates and of percents are points."""


@dataclass(frozen=True)
class Figure:
    """One figure. key: of report.json, dotted; name: in tables."""

    key: str
    name: str
    unit: str

    @property
    def measured(self) -> bool:
        """Does it depend on the data that was run?"""
        return self.key.startswith("verification.")

    def text(self, value: float | None) -> str:
        """The figure as tables show it; "-" where there is none."""
        return "-" if value is None else _FORMS[self.unit].format(100 * value if self.unit == RATE else value)

    def change(self, before: float, after: float) -> float:
        """after - before: of rates in points, else in the figure's own unit."""
        return (100 if self.unit == RATE else 1) * (after - before)

    def change_text(self, before: float | None, after: float | None) -> str:
        """The change as tables show it, with its share where the unit has a zero that counts from."""
        if before is None or after is None:
            return "-"
        if before == after:
            return "same"
        shown = _CHANGES[self.unit].format(self.change(before, after))
        percent = relative(self, before, after)
        return shown if percent is None else f"{shown} ({percent:+.1f} %)"


_FORMS: Mapping[str, str] = {
    BYTES: "{:,} bytes",
    NUMBER: "{:,.0f}",
    PERCENT: "{:.1f} %",
    POINTS: "{:+.2f} points",
    RATE: "{:.2f} %",
    REAL: "{:.4g}",
}
_CHANGES: Mapping[str, str] = {
    BYTES: "{:+,}",
    NUMBER: "{:+,.0f}",
    PERCENT: "{:+.1f} points",
    POINTS: "{:+.2f} points",
    RATE: "{:+.2f} points",
    REAL: "{:+.3g}",
}

FIGURES = (
    Figure("verification.per.float", "PER, float", RATE),
    Figure("verification.per.device", "PER, device", RATE),
    Figure("verification.per.increase", "PER, increase", POINTS),
    Figure("verification.accuracy.float", "accuracy, float", RATE),
    Figure("verification.accuracy.device", "accuracy, device", RATE),
    Figure("verification.accuracy.change", "accuracy, change", POINTS),
    Figure("verification.distance.rmse", "device to float, RMSE", REAL),
    Figure("sizes.flash", "flash", BYTES),
    Figure("sizes.weights", "flash, weights", BYTES),
    Figure("sizes.code", "flash, code", BYTES),
    Figure("sizes.ram", "RAM", BYTES),
    Figure("sizes.stack", "stack", BYTES),
    Figure("compression.percent", "compression", PERCENT),
    Figure("verification.instructions_per_frame.mean", "instructions per frame", NUMBER),
    Figure("verification.instructions_per_frame.max", "instructions, most", NUMBER),
    Figure("verification.instructions_per_frame.worst", "instructions, every column sent", NUMBER),
    Figure("verification.eliminated.percent", "work eliminated", PERCENT),
)
"""What two builds are compared by, in the order of the table."""


def find(key: str) -> Figure:
    """The figure of a key."""
    return next(figure for figure in FIGURES if figure.key == key)


def value_of(report: Report, key: str) -> float | None:
    """The figure at a dotted key of a report; None where it, or what holds it, is not there."""
    found: object = report
    for name in key.split("."):
        found = getattr(found, name, None)
    return found


def relative(figure: Figure, before: float, after: float) -> float | None:
    """The change in per cent of what was before, for counts and bytes; None for rates, and from 0."""
    return 100 * (after - before) / before if figure.unit in (BYTES, NUMBER) and before else None
