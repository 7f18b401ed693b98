"""The build's own CMake project, with examples: for this machine, and for the target with its test image."""

from ..errors import BuildError
from .about import About
from .format import Format
from .library import Library
from .render import SYSTEM, example, render


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """The library and the project as they were built; the project has a version now."""
    headers = [f"{library.name}_io.h", *([] if library.decode == "none" else [f"{library.name}_decode.h"])]
    examples = {
        f"examples/{file}": example(f"{file}.j2", library, about, headers=headers, system=SYSTEM)
        for file in ("stream.c", "stream.cpp")
    }
    return {
        **library.files,
        **library.project,
        "CMakeLists.txt": _with_version(library, about),
        "examples/CMakeLists.txt": render("cmake/CMakeLists.txt.j2", library, about),
        **examples,
    }


def _with_version(library: Library, about: About) -> str:
    line = f"project({library.name} LANGUAGES C)"
    lists = library.project["CMakeLists.txt"]
    if lists.count(line) != 1:
        raise BuildError("CMakeLists.txt has not the shape of a generated one; build again")
    number = about.version.partition("+")[0].partition("-")[0]
    return lists.replace(line, f"project({library.name} VERSION {number} LANGUAGES C) # {about.version}")


CMAKE = Format("cmake", "a CMake project", files)
