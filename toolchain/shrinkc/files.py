"""Files are written whole or not at all."""

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from .errors import BuildError, InputError


@contextlib.contextmanager
def system_errors(doing: str) -> Iterator[None]:
    """Turn an OSError (a full disk, a missing permission) into one clear line, exit code 1."""
    try:
        yield
    except OSError as error:
        raise BuildError(f"{doing}: {error.strerror or error}") from error


def write_whole(path: Path, content: bytes | str) -> None:
    """Write `content` to `path` in one step: readers see the old file or the new one, never a part."""
    write_all({path: content})


def write_all(files: Mapping[Path, bytes | str]) -> None:
    """Write several files (path: content): each in one step, and none before all of them are on the disk."""
    written: dict[Path, str] = {}
    try:
        for path, content in files.items():
            with system_errors(f"cannot write {path}"):
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                path.parent.mkdir(parents=True, exist_ok=True)
                handle, written[path] = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
                with os.fdopen(handle, "wb") as stream:
                    stream.write(content.encode() if isinstance(content, str) else content)
                umask = os.umask(0)
                os.umask(umask)
                os.chmod(written[path], 0o666 & ~umask)
        for path, name in written.items():
            with system_errors(f"cannot write {path}"):
                os.replace(name, path)
    except BaseException:
        for name in written.values():
            Path(name).unlink(missing_ok=True)
        raise


def check_place(path: Path, option: str) -> None:
    """Refuse before the work a file of `option` that could not be written after it."""
    if path.is_dir():
        raise InputError(f"{path} is a folder: give a file with {option}")
    for parent in path.absolute().parents:
        if parent.exists():
            if not parent.is_dir():
                raise InputError(f"{parent} is a file: choose another place with {option}")
            return


def replace_folder(folder: Path, files: Mapping[str, bytes | str]) -> None:
    """Put `files` (relative name: content) in place of `folder` and all that it holds.

    The new folder is written beside the old one and then renamed over it; on any failure the old one stays.
    """
    folder = Path(os.path.abspath(folder))
    with system_errors(f"cannot write {folder}"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
        old = fresh.with_name(fresh.name + ".old")
        try:
            fresh.chmod(0o755)
            for name, content in files.items():
                target = fresh / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode() if isinstance(content, str) else content)
            if folder.exists():
                os.rename(folder, old)
            try:
                os.rename(fresh, folder)
            except BaseException:
                if old.exists():
                    os.rename(old, folder)
                raise
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
