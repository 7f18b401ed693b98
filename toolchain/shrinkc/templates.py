"""The one way in which templates are read: they hold layout only, and a name that nobody gives is an error."""

from pathlib import Path

import jinja2


def environment(folder: Path, *, markup: bool = False) -> jinja2.Environment:
    """Of the templates in `folder`; `markup`: what they write is HTML, and values are escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=markup,
    )
