"""What the JSON documents of `shrinkc` are made of: parts whose keys say what they mean, and how they are written."""

import msgspec


def about(description: str, **limits: float) -> msgspec.Meta:
    """A key's meaning with its unit, and the limits of its value (ge, le)."""
    return msgspec.Meta(description=description, **limits)


class Part(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A part of a document. Unknown keys are refused: they mean another schema."""


def to_json(document: object) -> str:
    """The text of a document: keys in declared order, two spaces of indent, a newline at the end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode() + "\n"
