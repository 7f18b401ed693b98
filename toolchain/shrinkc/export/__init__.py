"""A build's library as projects that firmware engineers can drop in: one module a format, and their registry."""

from collections.abc import Mapping

from .about import About
from .arduino import ARDUINO
from .cmake import CMAKE
from .cmsis_pack import CMSIS_PACK
from .format import Format
from .library import Library, load
from .manifest import with_manifest
from .platformio import PLATFORMIO
from .single import SINGLE
from .zephyr import ZEPHYR

FORMATS: Mapping[str, Format] = {one.name: one for one in (CMAKE, ARDUINO, PLATFORMIO, ZEPHYR, CMSIS_PACK, SINGLE)}
"""By the name that `--format` takes."""


def export(library: Library, form: Format, about: About) -> dict[str, bytes | str]:
    """Everything that an export of `library` holds: {file name: content}, the same for the same input."""
    return with_manifest(library, form, about, form.files(library, about))


__all__ = ["FORMATS", "About", "Format", "Library", "export", "load"]
