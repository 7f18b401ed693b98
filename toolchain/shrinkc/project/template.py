"""The `shrinkc.toml` that `shrinkc init` writes: every key, explained, with those set that are known."""

import json
from collections.abc import Iterator, Mapping

from . import fields
from .fields import FIELDS, Field

_EXAMPLES: dict[str, object] = {
    "target": "cortex-m4",
    "board": "myboard.toml",
    "model.path": "model.keras",
    "model.name": "model",
    "model.max_frames": 1000,
    "data.calibration": "calibration.npz",
    "data.dev": "dev.npz",
    "data.test": "test.npz",
    "plan.paths.*": 'weights = 16\n# activations = 16\n# clipping = "max"',
    "plan.groups.*": 'activations = 16\n# clipping = "max"',
    "delta.groups.*": '"rnn1.h" = 8',
    "limits.max_per_increase": 0.5,
    "limits.max_accuracy_drop": 0.5,
    "limits.max_flash": "128K",
    "limits.max_ram": "16K",
    "limits.max_stack": "1K",
    "limits.max_instructions": "200k",
}
"""What stands, commented out, for a key without a default, and for a pattern table."""


def project_text(known: Mapping[str, str]) -> str:
    """The text of a new `shrinkc.toml`; `known` maps dotted keys to the texts that are set in it."""
    lines = [
        "# A project of shrinkc. `shrinkc build` and `shrinkc verify`, run in this folder, read it.",
        "# Lines that start with # show the default, or an example where there is none.",
        "# Paths start at this folder. Options of the command line override what stands here.",
        "",
    ]
    table = ""
    for field in FIELDS:
        if fields.ANY in field.parts:
            lines += _pattern_lines(field)
            continue
        if len(field.parts) > 1 and field.parts[0] != table:
            table = field.parts[0]
            lines += ["", f"[{table}]"]
        lines += [f"# {field.meaning}", _value_line(field, known)]
    return "\n".join(lines) + "\n"


def _value_line(field: Field, known: Mapping[str, str]) -> str:
    name = field.parts[-1]
    if field.key in known:
        return f"{name} = {json.dumps(known[field.key], ensure_ascii=False)}"
    value = _EXAMPLES[field.key] if field.default is None else field.default
    return f"# {name} = {fields.shown(value)}"


def _pattern_lines(field: Field) -> Iterator[str]:
    """One commented example for each table of patterns, at its first field."""
    table = ".".join(field.parts[: field.parts.index(fields.ANY)])
    if field != next(item for item in FIELDS if item.key.startswith(f"{table}.")):
        return
    if field.key.endswith(fields.ANY):
        header, example = f"[{table}]", _EXAMPLES[field.key]
    else:
        pattern = "rnn1.candidate.h" if table == "plan.paths" else "rnn1.h"
        header, example = f'[{table}."{pattern}"]', _EXAMPLES[f"{table}.*"]
    yield "# For those that a pattern names; of several patterns the last that matches wins:"
    yield f"# {header}\n# {example}"
