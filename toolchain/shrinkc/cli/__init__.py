"""The command line. One module a command, imported only when it is asked for, so that `--help` is quick.

Every error that a user can cause or meet ends as one line on stderr, `shrinkc: ...`, and an exit code: 1 a
build, tool or system failure; 2 usage or bad input; 3 a validation limit missed; 130 interrupted.
"""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence

import click

from .. import __version__
from ..errors import ShrinkcError
from ..printable import printable

COMMANDS = {
    "init": "Write a project: a folder with shrinkc.toml.",
    "build": "Compile a model into C sources and an image for a target.",
    "verify": "Run an image over a data set and hold it against the reference.",
    "flash": "Write an image to a board, and verify it there.",
    "export": "Write a build's library as a project to drop in.",
    "compare": "Show what changed between two builds.",
    "analyze": "Show what quantising each path alone does to a model.",
    "bench": "Count the instructions of a step on each core.",
    "inspect": "Show the layers, paths and sizes of a model.",
    "targets": "List the targets, or show one.",
    "zoo": "List the bundled models.",
    "doctor": "Check compiler, emulator and packages, and say how to get them.",
    "corpus": "Make data sets from speech corpora.",
    "train": "Train a phone recogniser.",
}
"""Each command's module in this package, and its line in `shrinkc --help`."""

INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group whose commands are modules of this package, each with a click command named `command`."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return importlib.import_module(f".{name}", __package__).command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, context: click.Context, arguments: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if arguments and arguments[0] not in COMMANDS and not arguments[0].startswith("-"):
            near = difflib.get_close_matches(arguments[0], COMMANDS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "`shrinkc --help` lists the commands"
            raise click.UsageError(f"unknown command {arguments[0]!r}: {hint}")
        return super().resolve_command(context, arguments)


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="shrinkc", message="%(prog)s %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Compile trained recurrent networks into small integer C for Cortex-M, proven in QEMU."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(2)


def run(arguments: Sequence[str]) -> int:
    """Run one command line; returns the exit code. Messages of errors are one line on stderr."""
    try:
        result = group.main(list(arguments), prog_name="shrinkc", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except ShrinkcError as error:
        return _fail(str(error), error.exit_code)
    except click.UsageError as error:
        return _fail(_usage(error), 2)
    except click.ClickException as error:
        return _fail(error.format_message(), 1)
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        # The reader has gone (`shrinkc targets | head`): say nothing, now or when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _fail(f"{error.filename or 'system'}: {error.strerror or error}", 1)
    except MemoryError:
        return _fail("out of memory: use a smaller model or data set, or fewer --jobs", 1)


def _usage(error: click.UsageError) -> str:
    """click's message in one line, with the command whose help says more."""
    path = error.ctx.command_path if error.ctx else "shrinkc"
    message = error.format_message().rstrip(".")
    return message if "--help" in message else f"{message} (see `{path} --help`)"


def _fail(message: str, code: int) -> int:
    # One line whatever a library put into its message, and nothing that a terminal obeys: names come from files.
    print(f"shrinkc: {printable(' '.join(message.split()))}", file=sys.stderr)
    return code
