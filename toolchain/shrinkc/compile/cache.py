"""Objects kept by what they were compiled from, for work that compiles the same runtime again and again."""

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..files import system_errors

_INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
_KEPT = (".o", ".ci")


class ObjectCache:
    """Objects, and the call graphs beside them, in `folder`. Several threads or processes may share it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def key(self, command: Sequence[str], name: str, folder: Path) -> str:
        """Of the compiler's arguments, and of the text of the file `name` with all that it includes from `folder`."""
        whole = hashlib.sha256("\0".join([*command, name]).replace(str(folder), "").encode())
        for path in _sources(folder / name):
            whole.update(f"\0{path.name}\0".encode() + path.read_bytes())
        return whole.hexdigest()

    def fetch(self, key: str, name: str, folder: Path) -> bool:
        """Copy the object of `key` to `folder`, as that of the file `name`; whether it was there."""
        if not (self.folder / f"{key}.o").exists():
            return False
        for ending in _KEPT:
            with contextlib.suppress(FileNotFoundError):  # an assembler writes no call graph
                shutil.copyfile(self.folder / (key + ending), folder / f"{name}{ending}")
        return True

    def keep(self, key: str, name: str, folder: Path) -> None:
        """Keep what the compiler made of the file `name`. The object comes last: once it is there, all is."""
        for ending in reversed(_KEPT):
            made = folder / f"{name}{ending}"
            if made.exists():
                with system_errors(f"cannot write to {self.folder}"):
                    handle, part = tempfile.mkstemp(dir=self.folder)
                    os.close(handle)
                    shutil.copyfile(made, part)
                    os.replace(part, self.folder / (key + ending))


def _sources(path: Path) -> list[Path]:
    """A C file and all that it includes by a name in quotes, as far as it is there."""
    found: list[Path] = []
    waiting = [path]
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        with contextlib.suppress(FileNotFoundError):
            text = one.read_text(encoding="utf-8")
            found.append(one)
            waiting += [Path(os.path.normpath(one.parent / name)) for name in _INCLUDE.findall(text)]
    return sorted(found)
