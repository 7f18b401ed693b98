"""Reading `shrinkc.toml`: syntax, keys and types, each fault one line that names file, place and remedy."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..c_names import name_problem
from ..errors import InputError
from . import fields
from .checks import Name

FILE_NAME = "shrinkc.toml"

Key = tuple[str, ...]

_DOTTED = r"""((?:[A-Za-z0-9_-]++|"(?:[^"\\]|\\.)*+"|'[^']*+'|\s*+\.\s*+)++)"""
_HEADER = re.compile(rf"\s*\[\s*{_DOTTED}\s*\]\s*(#.*)?")
_ASSIGNMENT = re.compile(rf"\s*{_DOTTED}\s*=")

_KINDS = {dict: "a table", list: "an array"}


@dataclass(frozen=True)
class Value:
    """A checked value, the folder that its path, if it is one, starts from, and where it was given, for messages."""

    value: object
    folder: Path
    where: str


@dataclass(frozen=True)
class Values:
    """What a project says, key by key. `entries` keeps the order of the file: of patterns the last wins."""

    entries: Mapping[Key, Value]
    folder: Path

    def get(self, key: str) -> object:
        """The value of a dotted key (no patterns), or the field's default."""
        entry = self.entries.get(tuple(key.split(".")))
        return fields.find(tuple(key.split("."))).default if entry is None else entry.value

    def folder_of(self, key: str) -> Path:
        """The folder that a path under this key starts from."""
        entry = self.entries.get(tuple(key.split(".")))
        return self.folder if entry is None else entry.folder

    def place(self, table: str, pattern: str) -> str:
        """Where the first value of a pattern of a table was given."""
        start = (*table.split("."), pattern)
        return next(entry.where for key, entry in self.entries.items() if key[: len(start)] == start)

    def table(self, prefix: str) -> dict[str, dict[str, object]]:
        """A table of pattern tables, such as `plan.paths`: {pattern: {key: value}}."""
        start, found = tuple(prefix.split(".")), {}
        for key, entry in self.entries.items():
            if key[: len(start)] == start and len(key) == len(start) + 2:
                found.setdefault(key[-2], {})[key[-1]] = entry.value
        return found

    def patterns(self, prefix: str) -> dict[str, object]:
        """A table of patterns, such as `delta.groups`: {pattern: value}."""
        start = tuple(prefix.split("."))
        return {
            key[-1]: entry.value
            for key, entry in self.entries.items()
            if key[: len(start)] == start and len(key) == len(start) + 1
        }

    def set(self, key: Key, value: object, where: str) -> "Values":
        """With one more value, as from a command-line option: it comes last, and its path starts here."""
        check(key, value, where)
        entries = {old: entry for old, entry in self.entries.items() if old != key}
        return replace(self, entries={**entries, key: Value(value, Path.cwd(), where)})

    def without(self, prefix: str) -> "Values":
        """Without the keys that start so."""
        start = tuple(prefix.split("."))
        entries = {key: entry for key, entry in self.entries.items() if key[: len(start)] != start}
        return replace(self, entries=entries)


def empty() -> Values:
    """A project that says nothing: all defaults, paths from the current folder."""
    return Values({}, Path.cwd())


def read(folder: Path) -> Values:
    """Read and check the `shrinkc.toml` of a folder; InputError where it is missing or wrong."""
    return read_file(folder / FILE_NAME, "`shrinkc init DIR` writes a project")


def read_file(path: Path, remedy: str) -> Values:
    """Read and check a file of a project's keys; its paths start at its folder. remedy: where there is no such file."""
    try:
        text = path.read_bytes().decode()
        content = tomllib.loads(text)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: {remedy}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}): save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not valid TOML: {error}: write `key = value`, with text in quotes") from error
    entries = {}
    for key, value in _leaves(content, (), path, text):
        where = _place(path, text, key)
        check(key, value, where)
        entries[key] = Value(value, path.parent, where)
    return Values(entries, path.parent)


def _leaves(table: Mapping[str, object], prefix: Key, path: Path, text: str) -> Iterator[tuple[Key, object]]:
    """All keys with their values, in the order of the file; a table in a value's place is `check`'s."""
    for name, value in table.items():
        key = (*prefix, name)
        if not fields.is_table(key):
            yield key, value
        elif value == {} and len(key) > 2:
            raise InputError(f"{_place(path, text, key)}: {dotted(key)} sets nothing: give it a key, or remove it")
        elif isinstance(value, dict):
            yield from _leaves(value, key, path, text)
        else:
            raise InputError(f"{_place(path, text, key)}: {dotted(key)} must be a table, [{dotted(key)}]")


def check(key: Key, value: object, where: str) -> None:
    """Raise InputError, starting with `where`, for an unknown key or a value that it cannot have."""
    field = fields.find(key)
    if field is None:
        meant = _meant(key)
        hint = f"did you mean {dotted(meant)!r}?" if meant else "docs/project.md lists the keys"
        raise InputError(f"{where}: unknown key {dotted(key)!r}: {hint}")
    if field.check.allows(value):
        return
    if isinstance(field.check, Name) and isinstance(value, str):
        raise InputError(f"{where}: {dotted(key)} = {value!r} {name_problem(value)}")
    plain = isinstance(value, bool | str | int | float)
    shown = fields.shown(value) if plain else _KINDS.get(type(value), "a date or time")
    raise InputError(f"{where}: {dotted(key)} must be {field.check.wants}, not {shown}")


def _meant(key: Key) -> Key | None:
    """The key that an unknown one is nearest to: the same one in its table, or one spelt alike."""
    inside = [field.parts for field in fields.FIELDS if field.parts[1:] == key]
    if inside:
        return inside[0]
    near = difflib.get_close_matches(key[-1], fields.siblings(key), n=1, cutoff=0.4)
    return (*key[:-1], near[0]) if near else None


def dotted(key: Key) -> str:
    """A key as TOML writes it, quoted where it must be."""
    return ".".join(part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else _quoted(part) for part in key)


def _quoted(text: str) -> str:
    """In quotes; JSON's escapes are TOML's, but for DEL, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _place(path: Path, text: str, key: Key) -> str:
    line = line_of(text, key)
    return f"{path}:{line}" if line else str(path)


def line_of(text: str, key: Key) -> int | None:
    """The line, from 1, that sets `key`; None where a plain reading of headers and keys does not find it."""
    table: Key = ()
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.fullmatch(line)
        if header:
            table = _parse_key(header[1])
            if table == key:
                return number
            continue
        start = _ASSIGNMENT.match(line)
        if start:
            here = table + _parse_key(start[1])
            if here and key[: len(here)] == here:
                return number
    return None


def _parse_key(text: str) -> Key:
    """The parts of a dotted key as TOML reads it; () for what is none."""
    try:
        node: object = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    parts: Key = ()
    while isinstance(node, dict):
        name, node = next(iter(node.items()))
        parts = (*parts, name)
    return parts
