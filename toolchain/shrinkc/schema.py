"""What the JSON documents of `shrinkc` are made of: parts whose keys say what they mean, and how they are written."""

from pathlib import Path

import msgspec


def about(description: str, **limits: float) -> msgspec.Meta:
    """A key's meaning with its unit, and the limits of its value (ge, le)."""
    return msgspec.Meta(description=description, **limits)


class Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a document. Unknown keys are refused: they mean another schema."""


class Header(msgspec.Struct):
    """What any document says of itself, whatever else it has: its schema, and the files that it came with."""

    schema: str
    files: tuple[str, ...] = ()


def files_beside(document: Path, family: str) -> tuple[str, ...] | None:
    """The files that were written with a document, by its own list; None where none of that family of schemas lies."""
    try:
        header = msgspec.json.decode(document.read_bytes(), type=Header)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return header.files if header.schema.startswith(family) else None


def to_json(document: object) -> str:
    """The text of a document: keys in declared order, two spaces of indent, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
