"""`shrinkc compare`: what changed between two builds."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..project.checks import BYTES, NUMBER, Amount
from .console import print_json, print_table
from .limits import print_kept

if TYPE_CHECKING:
    from ..score.comparison import Comparison
    from ..score.growth import Growth


class _Growth(click.ParamType):
    """How much more is allowed: an amount (1K), a share (2%), or 0; of a rate (no check) points alone."""

    name = "growth"

    def __init__(self, check: Amount | None = None) -> None:
        self.check = check

    def convert(self, value: str, option: click.Parameter | None, context: click.Context | None) -> "Growth":
        from ..score.growth import Growth

        match = re.fullmatch(r"(\d{1,4}(?:\.\d{1,3})?)\s*(%?)", value.strip(), re.ASCII)
        if match and bool(match[2]) == (self.check is not None):
            return Growth(float(match[1]), percent=bool(match[2]))
        found = None if self.check is None else 0 if value.strip() == "0" else self.check.read(value)
        if found is None:
            wants = (
                "points, such as 0.2" if self.check is None else f"{self.check.of}, such as 1K, a share, as 2%, or 0"
            )
            self.fail(f"{value!r}: write {wants}", option, context)
        return Growth(found)


_OPTIONS = (
    ("--max-per-growth", _Growth(), "POINTS", "PER of the device"),
    ("--max-flash-growth", _Growth(BYTES), "BYTES|P%", "flash (`sizes.flash`)"),
    ("--max-ram-growth", _Growth(BYTES), "BYTES|P%", "RAM (`sizes.ram`)"),
    ("--max-stack-growth", _Growth(BYTES), "BYTES|P%", "stack (`sizes.stack`)"),
    ("--max-instructions-growth", _Growth(NUMBER), "N|P%", "instructions a frame (mean)"),
)


def _growth_options(command: Callable) -> Callable:
    for name, kind, metavar, what in reversed(_OPTIONS):
        command = click.option(name, type=kind, metavar=metavar, help=f"Limit on how much more {what} B has.")(command)
    return command


@click.command("compare")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@_growth_options
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(before: str, after: str, as_json: bool, **limits: "Growth | None") -> None:
    """Show what changed from build A to build B: sizes, score, instructions, work, plan, settings and versions.

    A and B are folders that `shrinkc build` wrote, or report.json files kept of them. Scores and instructions are
    compared where both were verified on the same data. Exits with 3 if B grew by more than a limit allows, and names
    all limits that are missed.
    """
    from ..score import report as reports
    from ..score.comparison import compare
    from ..score.growth import growths
    from ..score.limits import check

    found = compare(reports.load_any(Path(before)), reports.load_any(Path(after)))
    _print(found, (before, after), as_json)
    ended = list(growths(found, {key: limit for key, limit in limits.items() if limit is not None}))
    if not as_json:
        print_kept(ended)
    check(ended)


def _print(found: "Comparison", names: tuple[str, str], as_json: bool) -> None:
    from ..schema import to_json
    from ..score.comparison_table import figure_rows, heading, path_rows, value_rows

    if as_json:
        print_json(to_json(found))
        return
    print_table(heading(found), figure_rows(found, names))
    for title, rows in (
        ("paths whose plan differs", path_rows(found, names)),
        ("settings that differ", value_rows(found.settings, "setting", names)),
        ("versions that differ", value_rows(found.tools, "tool", names)),
    ):
        if rows:
            print_table(title, rows)
    for note in found.notes:
        click.echo(f"note: {note}")
