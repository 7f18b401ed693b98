"""The CMake project that stands beside the generated C: the same flags, linker script and harness as our own build."""

from collections.abc import Iterable

from .. import __version__
from ..target import Target
from .about import SelfTest
from .flags import LANGUAGE, LINK, SECTIONS, WARNINGS
from .image import board_flags, check_name, compiled, harness_files
from .link import linker_script
from .templates import render

# CMake keeps these target names for itself.
_RESERVED = {"all", "clean", "depend", "edit_cache", "help", "install", "package", "rebuild_cache", "test"}


def target_name(name: str) -> str:
    """What CMake calls the library of model `name`."""
    return f"{name}_library" if name in _RESERVED else name


def cmake_files(name: str, source_names: Iterable[str], target: Target, test: SelfTest | None = None) -> dict[str, str]:
    """CMakeLists.txt, the toolchain file arm-none-eabi.cmake, and what the test image needs: {file name: text}.

    `source_names` are the library's own files, which go beside these. By default the project builds the
    static library for the machine that CMake runs on; with the toolchain file, library and test image for
    `target`, which tests itself with `test` at boot. Raises InputError for a name that is no C identifier.
    """
    check_name(name)
    library = compiled(source_names)
    image = harness_files(name, target, test)
    lists = render(
        "cmake",
        "CMakeLists.txt.j2",
        name=name,
        target_name=target_name(name),
        target=target.name,
        board=target.board.name,
        runtime=f"the {target.kernels} kernels of shrinkc {__version__}",
        library=library,
        image=compiled(image),
        board_flags=board_flags(target),
        # -Werror is an option there: a later compiler may find something new.
        options=[flag for flag in (*LANGUAGE, *WARNINGS, *SECTIONS) if flag != "-Werror"],
        link=LINK,
    )
    toolchain = render("cmake", "arm-none-eabi.cmake.j2", core=target.core.title, flags=target.flags)
    script = linker_script(target, name, entry="Reset_Handler", stack=target.board.stack)
    return {
        "CMakeLists.txt": lists,
        "arm-none-eabi.cmake": toolchain,
        **image,
        "image/image.ld": script,
    }
