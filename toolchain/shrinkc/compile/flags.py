"""Compiler flags, the same for our own builds and for the generated CMake project."""

from ..target import Target

# Every C file is held to these. The language is C99 throughout: GNU inline assembly needs no more.
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Werror")
LANGUAGE = ("-std=c99", "-pedantic")
# One section a function or object, so that the linker drops what nobody uses.
SECTIONS = ("-ffunction-sections", "-fdata-sections", "-fno-common")
LINK = ("-nostartfiles", "-Wl,--gc-sections", "-Wl,--build-id=none", "-Wl,--fatal-warnings")


def target_flags(target: Target) -> tuple[str, ...]:
    """Flags for one file of the library or the image on a target."""
    return (*target.flags, *LANGUAGE, *WARNINGS, *SECTIONS)
