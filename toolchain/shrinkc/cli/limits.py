"""The limits of `shrinkc verify`: their options, from the table of shrinkc.toml, and the JUnit file of the checks."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from ..files import check_place, write_whole
from ..project.checks import BYTES, NUMBER
from ..project.fields import LIMITS
from ..project.values import Values
from .console import Number

if TYPE_CHECKING:
    from ..score.limits import Outcome

_METAVARS = {BYTES: "BYTES", NUMBER: "N"}


def limit_options(command: Callable) -> Callable:
    """Add an option for each limit to a command, which gets them by their keys in [limits]."""
    for field in reversed(LIMITS):
        metavar = _METAVARS.get(field.check, "POINTS")
        option = click.option(field.option, type=Number(field.check), metavar=metavar, help=field.meaning)
        command = option(command)
    return command


def with_limits(values: Values, given: Mapping[str, object]) -> Values:
    """The project's values with those limits over them that the command line gives."""
    for field in LIMITS:
        value = given.get(field.parts[1])
        if value is not None:
            values = values.set(field.parts, value, field.option)
    return values


def print_kept(outcomes: "Sequence[Outcome]") -> None:
    """A line for each limit that was kept: a check that passes should say what it checked."""
    from ..score.limits import BIT_EXACT, SELF_TEST, State

    for outcome in outcomes:
        if outcome.state is State.KEPT and outcome.name not in (BIT_EXACT, SELF_TEST):
            click.echo(f"limit kept: {outcome.sentence}")


class Checks:
    """What is known so far of a run: who it is of, which checks it is for, and, once it has ended, how they ended."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.suite, self.of = "shrinkc verify", "shrinkc"
        self.names: Sequence[str] = ("bit-exact",)
        self.outcomes: Sequence[Outcome] = ()

    def of_build(self, folder: Path, model: str, target: str) -> None:
        """Name the build; refuse a file inside its folder, which the next build would find to be foreign."""
        self.suite, self.of = f"{model} for {target}", f"{model}.{target}"
        if self.path is not None and self.path.resolve().is_relative_to(folder.resolve()):
            path, self.path = self.path, None
            raise InputError(
                f"--junit: {path} lies in the build's folder, which holds what `shrinkc build` wrote and nothing "
                "else: choose another place"
            )


@contextlib.contextmanager
def junit_written(path: str | None) -> Iterator[Checks]:
    """Write the checks as JUnit XML when the block ends, whichever way: an old file must not pass for this run's."""
    checks = Checks(None if path is None else Path(path))
    if checks.path is not None:
        check_place(checks.path, "--junit")
    try:
        yield checks
    except BaseException as error:
        _write(checks, error)
        raise
    _write(checks, None)


def _write(checks: Checks, error: BaseException | None) -> None:
    if checks.path is None:
        return
    from ..score.junit import junit, junit_of_error

    if checks.outcomes:
        text = junit(checks.suite, checks.of, checks.outcomes)
    else:
        kind = type(error).__name__
        text = junit_of_error(checks.suite, checks.of, checks.names, kind, str(error) or kind)
    write_whole(checks.path, text)
