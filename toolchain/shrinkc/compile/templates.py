"""Renders the Jinja2 templates of `firmware_templates/`. A name that a template uses and nobody gives is an error."""

import functools

import jinja2

from ..resources import data_folder


@functools.cache
def _environment(folder: str) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(data_folder("firmware_templates") / folder),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def render(folder: str, template: str, **values: object) -> str:
    """The text of `firmware_templates/<folder>/<template>` with `values` put in."""
    return _environment(folder).get_template(template).render(**values)
