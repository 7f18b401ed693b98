"""What a format is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .about import About
from .library import Library


@dataclass(frozen=True)
class Format:
    """One way to hand a library on.

    title: what it gives, as in "written as ...". needs, takes: fields of `about.FIELDS` that its manifest must or can
    say, beside those that every format takes. files: what an export holds, file name to content.
    """

    name: str
    title: str
    files: Callable[[Library, About], Mapping[str, bytes | str]]
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
