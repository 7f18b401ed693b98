"""How much of a model file is read; a file that claims more is refused before any of it is held in memory."""

from pathlib import Path

from ..errors import InputError

WEIGHTS_LIMIT = 512 << 20
"""Bytes of weights: a microcontroller's model has far less."""


def check_size(path: Path) -> None:
    """Raises InputError for a file of more bytes than its weights may take."""
    if path.stat().st_size > WEIGHTS_LIMIT:
        raise InputError(f"{path}: over {WEIGHTS_LIMIT >> 20} MiB, too large for a microcontroller; save less in it")
