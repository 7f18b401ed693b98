"""The same C on this machine: a shared library for ctypes, or the harness with stdio in place of semihosting."""

from collections.abc import Mapping
from pathlib import Path

from ..errors import BuildError
from ..resources import data_folder
from .flags import LANGUAGE, WARNINGS
from .image import check_name, compiled, harness_text, write_sources
from .toolchain import compile_objects, first_error, run_tool

_HARNESS = ("host.c", "crc32.c", "harness.c", "stream.c")
# No error is survived, so that a run that ends well had none.
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")


def host_flags(*, sanitize: bool) -> list[str]:
    """What every C file is compiled with on this machine."""
    return ["-O2", "-fPIC", *LANGUAGE, *WARNINGS, *(SANITIZERS if sanitize else ())]


def harness_files(name: str) -> dict[str, str]:
    """The harness of model `name` for this machine, under `image/`: {file name: text}."""
    return harness_text(name, _HARNESS, data_folder("firmware_templates") / "image")


def _build(
    files: Mapping[str, str],
    folder: Path,
    output: str,
    *,
    compiler: str,
    sanitize: bool,
    link: tuple[str, ...],
) -> Path:
    write_sources(files, folder)
    sanitizers = SANITIZERS if sanitize else ()
    objects = compile_objects(compiler, host_flags(sanitize=sanitize), compiled(files), folder)
    result = run_tool([compiler, *sanitizers, *link, *objects, "-o", output], folder)
    if result.code != 0:
        raise BuildError(f"{compiler} cannot link {output}: {first_error(result.messages)}")
    return folder / output


def compile_host(
    sources: Mapping[str, str],
    name: str,
    folder: Path,
    *,
    compiler: str = "gcc",
    sanitize: bool = False,
    extra_sources: Mapping[str, str] | None = None,
) -> Path:
    """Build lib<name>.so in `folder`, for ctypes; `extra_sources` are further C files, such as a test's own.

    Raises BuildError for a missing compiler, and for C that does not compile without warnings.
    """
    check_name(name)
    files = {**sources, **(extra_sources or {})}
    return _build(files, folder, f"lib{name}.so", compiler=compiler, sanitize=sanitize, link=("-shared",))


def compile_host_harness(
    sources: Mapping[str, str], name: str, folder: Path, *, compiler: str = "gcc", sanitize: bool = False
) -> Path:
    """Build the test harness for this machine in `folder`: the executable <name>_harness (see emulate/host.py).

    With `sanitize` it stops at the first error that AddressSanitizer or UndefinedBehaviorSanitizer finds.
    Raises BuildError for a missing compiler, and for C that does not compile without warnings.
    """
    check_name(name)
    files = {**harness_files(name), **sources}
    return _build(files, folder, f"{name}_harness", compiler=compiler, sanitize=sanitize, link=())
