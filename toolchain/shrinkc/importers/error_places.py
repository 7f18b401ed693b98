"""Where in a file an error stands: every refusal names the file, and the layer where there is one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError
from ..printable import printable


def layer_at(path: Path, name: str, kind: str) -> str:
    """The place of a layer; `kind` is what the framework calls it."""
    return f"{path}: layer {name!r} ({printable(kind)})"


@contextmanager
def named(path: Path, place: str, remedy: str = "") -> Iterator[None]:
    """Raises an InputError inside that does not name the file at `path` again, as one at `place` with a remedy."""
    try:
        yield
    except InputError as error:
        if str(error).startswith(f"{path}: "):
            raise
        raise InputError(f"{place}: {error}{remedy}") from error
