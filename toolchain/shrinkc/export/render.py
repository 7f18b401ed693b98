"""Renders `firmware_templates/export/` for a library, and what several formats have in common."""

from collections.abc import Mapping

from ..compile.cmake import target_name
from ..compile.templates import render as render_template
from ..resources import licence_text
from .about import RUNTIME_LICENCE, About
from .amalgamate import Pair, amalgamate
from .format import Format
from .library import Library

SYSTEM = "#include <stdint.h>\n#include <stdio.h>"
"""What an example on any system includes."""


def render(template: str, library: Library, about: About, **more: object) -> str:
    """The text of a template of `firmware_templates/export/`."""
    return render_template("export", template, **_context(library, about), **more)


def pair(library: Library, about: About) -> Pair:
    """The library as one header and one C file, with licences and a look at the core that compiles them."""
    notice = render("notice.h.j2", library, about)
    return amalgamate(library.name, library.files, notice, render("guard.h.j2", library, about))


def example(template: str, library: Library, about: About, **changed: object) -> str:
    """The text of an example, which prints with printf and includes the pair's header unless `changed` says more."""
    usual = {"headers": (f"{library.name}.h",), "system": SYSTEM, "print": "printf"}
    return render(template, library, about, **{**usual, **changed})


def examples(library: Library, about: About, folder: str) -> dict[str, str]:
    """The streaming example in C and in C++, in `folder`: {file name: text}."""
    return {f"{folder}/{file}": example(f"{file}.j2", library, about) for file in ("stream.c", "stream.cpp")}


def common(library: Library, form: Format, about: About) -> dict[str, str]:
    """What every export has: README.md, and the licences' texts, those that are known."""
    texts = {"LICENSE": licence_text()}
    if about.license_text is not None:
        texts["LICENSE-weights.txt"] = about.license_text
    return {"README.md": render("README.md.j2", library, about, form=form), **texts}


def _context(library: Library, about: About) -> Mapping[str, object]:
    return {
        "name": library.name,
        "NAME": library.name.upper(),
        "target_name": target_name(library.name),
        "library": library,
        "about": about,
        "runtime_licence": RUNTIME_LICENCE,
        "expression": about.expression(library.name),
        "sentence": library.sentence,
    }
