"""One header and one C file, for any build system."""

from .about import About
from .format import Format
from .library import Library
from .render import examples, pair


def files(library: Library, about: About) -> dict[str, bytes | str]:
    """NAME.h and NAME.c, with examples that need nothing else."""
    both = pair(library, about)
    return {
        f"{library.name}.h": both.header,
        f"{library.name}.c": both.source,
        **examples(library, about, "examples"),
    }


SINGLE = Format("single", "a single pair of files", files)
