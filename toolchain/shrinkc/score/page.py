"""The report as one HTML page: no script, no external resource, readable in light and dark."""

from pathlib import Path

import msgspec

from ..templates import environment
from .report import Report
from .table import headline, title


def page(report: Report) -> str:
    """The text of `report.html`; the same report gives the same text."""
    template = environment(Path(__file__).parent, markup=True).get_template("report.html.j2")
    settings = msgspec.json.format(msgspec.json.encode(report.build), indent=2).decode()
    return template.render(report=report, title=title(report), headline=headline(report), settings=settings)
