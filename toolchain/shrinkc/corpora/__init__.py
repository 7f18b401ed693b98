"""Readers of speech corpora: each turns one corpus' own layout into the sides of a dataset.

One more corpus is one more module here, whose `READER` says all about it, and its name in `NAMES`.
"""

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .reader import Reader

NAMES = ("timit", "speechocean762", "asterisk", "espeak")


@cache
def readers() -> "dict[str, Reader]":
    """Every corpus by its name."""
    return {name: import_module(f".{name}", __name__).READER for name in NAMES}
