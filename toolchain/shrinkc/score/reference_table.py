"""The tables of docs/report.md, written from the definitions of the report and of the comparison."""

import types
import typing
from collections.abc import Iterator

import msgspec

from .report import Report

_PLAIN = {str: "text", int: "integer", float: "number", bool: "true or false", object: "any", type(None): "null"}


def rows_of(part: type[msgspec.Struct], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """(dotted key, type, meaning) of each key of a part of the report, parts of it following it."""
    for name, hint in typing.get_type_hints(part, include_extras=True).items():
        inner, description = hint.__origin__, hint.__metadata__[0].description
        yield f"{prefix}{name}", _kind(inner), description
        nested, many = _nested(inner)
        if nested is not None:
            yield from rows_of(nested, f"{prefix}{name}{'[]' if many else ''}.")


def _nested(hint: object) -> tuple[type[msgspec.Struct] | None, bool]:
    """(the part that a value of this type holds or is, whether there are many of it)."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return hint, False
    for argument in typing.get_args(hint):
        if isinstance(argument, type) and issubclass(argument, msgspec.Struct):
            return argument, typing.get_origin(hint) is tuple
    return None, False


def _kind(hint: object) -> str:
    """A type in words."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        return " or ".join(f'"{item}"' for item in arguments)
    if origin is types.UnionType:
        return " or ".join(_kind(item) for item in arguments)
    if origin is tuple:
        shown = [_kind(item) for item in arguments if item is not Ellipsis]
        return f"list of {shown[0]}s" if Ellipsis in arguments else f"[{', '.join(shown)}]"
    if origin is dict:
        return "object" if arguments[1] is object else f"object of {_kind(arguments[1])}s"
    return _PLAIN.get(hint, "object")


def markdown_table(document: type[msgspec.Struct] = Report) -> str:
    """The table of a document's keys, one row a key."""
    rows = ["| key | type | meaning |", "|---|---|---|"]
    rows += [f"| `{key}` | {kind} | {meaning} |" for key, kind, meaning in rows_of(document)]
    return "\n".join(rows) + "\n"
