"""The sources in the folder of a finished build."""

from collections.abc import Callable
from pathlib import Path

from ..emit import digest_of
from ..errors import InputError
from ..files import system_errors
from .report import Report


def library_sources(folder: Path, report: Report) -> dict[str, str]:
    """The text of each C file of the library, by name.

    Raises InputError where one is missing, and where they are not those that the build wrote, by their digest.
    """
    name = report.model.name
    files = read_sources(folder, report, lambda file: "/" not in file and file.endswith((".c", ".h")))
    if f"{name}.h" not in files or digest_of(name, files) != report.digest:
        raise InputError(f"{folder}: its C files are not those that the build wrote: build again")
    return files


def read_sources(folder: Path, report: Report, wanted: Callable[[str], bool]) -> dict[str, str]:
    """The text of those files that are `wanted` by name. Raises InputError where one is missing."""
    return {file: _read(folder / file) for file in report.files if wanted(file)}


def _read(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: missing: build again")
    with system_errors(f"cannot read {path}"):
        return path.read_text(encoding="utf-8")
