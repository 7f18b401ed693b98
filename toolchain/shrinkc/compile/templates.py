"""Renders the Jinja2 templates of `firmware_templates/`. A name that a template uses and nobody gives is an error."""

import functools

import jinja2

from ..resources import data_folder
from ..templates import environment


@functools.cache
def _environment(folder: str) -> jinja2.Environment:
    return environment(data_folder("firmware_templates") / folder)


def render(folder: str, template: str, **values: object) -> str:
    """The text of `firmware_templates/<folder>/<template>` with `values` put in."""
    return _environment(folder).get_template(template).render(**values)
