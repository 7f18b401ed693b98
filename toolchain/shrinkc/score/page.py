"""The report as one HTML page: no script, no external resource, readable in light and dark."""

from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .report import Report
from .table import headline, title


def page(report: Report) -> str:
    """The text of `report.html`; the same report gives the same text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    settings = msgspec.json.format(msgspec.json.encode(report.build), indent=2).decode()
    template = environment.get_template("report.html.j2")
    return template.render(report=report, title=title(report), headline=headline(report), settings=settings)
