"""What a module of this package says of its corpus: the command line is made from it."""

from collections.abc import Callable
from dataclasses import dataclass

from .recording import Corpus


@dataclass(frozen=True)
class Option:
    """An option that only some corpora take: a whole number, with its default."""

    name: str
    default: int
    help: str


@dataclass(frozen=True)
class Reader:
    """One corpus.

    read: read(source, **options) of the corpus in the folder `source`; where the corpus has no folder, but is made
    here, read(watch=..., **options). packages: those of Debian that hold it, fetched where no folder is given. remark:
    what a user should know, a sentence.
    """

    name: str
    read: Callable[..., Corpus]
    folder: bool = True
    packages: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()
    remark: str = ""
