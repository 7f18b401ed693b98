"""A plan in a file of its own: the tables [plan] and [delta] of a project, for `--plan FILE`, read and written."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..errors import InputError
from . import fields, values
from .values import Values

TABLES = ("plan", "delta")


REMEDY = "give --plan a file with the tables [plan] and [delta], or --plan auto"


def with_plan(project: Values, path: Path, remedy: str = REMEDY) -> Values:
    """The project with the plan of a file in place of its own. remedy: where there is no such file.

    Raises InputError, one line with file, place and remedy, for whatever is wrong with it.
    """
    given = values.read_file(path, remedy)
    for key, entry in given.entries.items():
        if key[0] not in TABLES:
            raise InputError(
                f"{entry.where}: {values.dotted(key)} is not of a plan: only the tables [plan] and [delta] stand here"
            )
    if not given.entries:
        raise InputError(f"{path}: sets nothing: write it under [plan] or [delta]")
    for table in TABLES:
        project = project.without(table)
    return Values({**project.entries, **given.entries}, project.folder)


def plan_text(recorded: Mapping[str, object], heading: Sequence[str], remarks: Mapping[str, str]) -> str:
    """A plan as TOML. recorded: the tables `plan` and `delta`, as `Settings.recorded` has them.

    heading: comment lines on top. remarks: a comment over the rule of a pattern, where there is one. Read back with
    `with_plan` it gives the same tables.
    """
    lines = [f"# {line}" for line in heading]
    for name in TABLES:
        lines += ["", f"[{name}]", *_plain(recorded[name])]
        for part, rules in _tables(recorded[name]):
            if not any(isinstance(rule, dict) for rule in rules.values()):
                lines += ["", f"[{name}.{part}]", *_assignments(rules.items())]
                continue
            for pattern, rule in rules.items():
                lines += ["", *([f"# {remarks[pattern]}"] if pattern in remarks else [])]
                lines += [f"[{values.dotted((name, part, pattern))}]", *_plain(rule)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _plain(table: Mapping[str, object]) -> list[str]:
    return _assignments((key, value) for key, value in table.items() if not isinstance(value, dict))


def _assignments(items: Iterable[tuple[str, object]]) -> list[str]:
    return [f"{values.dotted((key,))} = {fields.shown(value)}" for key, value in items if value is not None]


def _tables(table: Mapping[str, object]) -> list[tuple[str, Mapping[str, object]]]:
    return [(key, value) for key, value in table.items() if isinstance(value, dict) and value]
