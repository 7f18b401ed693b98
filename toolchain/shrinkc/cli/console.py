"""What commands print: tables and progress, rich on a terminal, plain text elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import TextIO

import click

from ..project.checks import Amount, Share
from ..score.table import plain

PLAIN_STEP_SECONDS = 10.0


def print_table(heading: str, rows: Sequence[Sequence[str]], stream: TextIO | None = None) -> None:
    """Print rows under a heading; the first column names the row. All rows have the same length."""
    stream = stream or sys.stdout
    if not stream.isatty():
        stream.write(plain(heading, rows))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(heading), title_justify="left", show_header=False, box=box.SIMPLE)
    for column in range(len(rows[0]) if rows else 0):
        table.add_column(style="bold" if column == 0 else "", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console(file=stream).print(table)


def print_json(text: str) -> None:
    """Print a JSON document for a machine, ending in one newline."""
    sys.stdout.write(text.rstrip("\n") + "\n")


def print_report(report: object, as_json: bool) -> None:
    """Print a build's report: its headline, or all of it as JSON."""
    from ..schema import to_json
    from ..score.table import headline, title

    if as_json:
        print_json(to_json(report))
        return
    print_table(title(report), headline(report))
    print_notes(report.notes)


def print_notes(notes: Iterable[str]) -> None:
    """Print what a reader should know beside the figures."""
    for note in notes:
        print(f"note: {note}")


class Number(click.ParamType):
    """A number that a key of shrinkc.toml could have, by the same check: 0.5, 65536, 64K."""

    name = "number"

    def __init__(self, check: Amount | Share) -> None:
        self.check = check

    def convert(self, value: object, option: click.Parameter | None, context: click.Context | None) -> int | float:
        try:
            found = self.check.read(value) if isinstance(self.check, Amount) else float(value)
        except ValueError:
            found = None
        if found is None or not self.check.allows(found):
            self.fail(f"{value!r} is not {self.check.wants}", option, context)
        return found


class Progress:
    """Progress on stderr: call it with what is being done, and how much of how much, if that is known.

    On a terminal it is a bar; elsewhere a line for each new step, and one every ten seconds within it.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._bar = None
        self._task = None
        self._message = ""
        self._printed = 0.0

    def __enter__(self) -> "Progress":
        if self._stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[count]}"),
                TimeElapsedColumn(),
            )
            self._bar = Progress(*columns, console=Console(file=self._stream), transient=True)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, message: str, done: int = 0, total: int = 0) -> None:
        """Say that `done` of `total` items of the step `message` are finished; a total of 0 is not known."""
        if self._bar is None:
            self._plain(message, done, total)
        elif message != self._message or self._task is None:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(message, total=total or None, completed=done, count=_count(done, total))
        else:
            self._bar.update(self._task, completed=done, total=total or None, count=_count(done, total))
        self._message = message

    def _plain(self, message: str, done: int, total: int) -> None:
        now = time.monotonic()
        if message == self._message and now - self._printed < PLAIN_STEP_SECONDS:
            return
        self._printed = now
        count = f" ({_count(done, total)})" if total else ""
        print(f"{message}{count}", file=self._stream, flush=True)


def watched(items: Iterable, count: int, doing: str) -> Iterator:
    """Pass `items` through and show on stderr how many of `count` are done."""
    with Progress() as show:
        for done, item in enumerate(items):
            show(doing, done, count)
            yield item


def _count(done: int, total: int) -> str:
    return f"{done:,} of {total:,}" if total else ""
