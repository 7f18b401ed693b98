"""The tables of docs/cli.md, from the commands themselves.

`python -m shrinkc.cli.reference docs/cli.md` writes them anew between their marks: an overview, and a part a command.
"""

import inspect
import sys
import textwrap
from pathlib import Path

import click

from ..files import write_whole
from ..markdown import table, written
from . import COMMANDS, group

BEGIN = "<!-- {}: written by `python -m shrinkc.cli.reference docs/cli.md` -->"
END = "<!-- end of {} -->"
OVERVIEW = "commands"


def overview() -> str:
    """Every command with what it does."""
    return table(("command", "what it does"), [(f"[`{name}`](#{name})", line) for name, line in COMMANDS.items()])


def part(name: str) -> str:
    """How a command is called, what its help says, and its options."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    context = click.Context(command, info_name=f"shrinkc {name}")
    usage = " ".join((f"shrinkc {name}", *command.collect_usage_pieces(context)))
    options = [_row(option) for option in command.params if isinstance(option, click.Option)]
    help_text = "\n\n".join(textwrap.fill(text, 120) for text in inspect.cleandoc(command.help).split("\n\n"))
    return "\n".join((f"`{usage}`\n", f"{help_text}\n", table(("option", "meaning"), options)))


def _row(option: click.Option) -> tuple[str, str]:
    value = "" if option.is_flag else f" {option.metavar or option.type.name.partition(' ')[0].upper()}"
    names = ", ".join((*(f"`{name}`" for name in option.opts[:-1]), f"`{option.opts[-1]}{value}`"))
    notes = ["required"] if option.required else []
    notes += [f"default: {option.default}"] if option.show_default else []
    return names, " ".join((*(option.help or "").split(), *(f"[{note}]" for note in notes)))


def updated(page: str) -> str:
    """`page` with every part written anew."""
    for name, text in {OVERVIEW: overview(), **{name: part(name) for name in COMMANDS}}.items():
        page = written(page, BEGIN.format(name), END.format(name), text)
    return page


if __name__ == "__main__":
    for file in sys.argv[1:]:
        write_whole(Path(file), updated(Path(file).read_text(encoding="utf-8")))
