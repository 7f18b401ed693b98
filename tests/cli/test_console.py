"""Tables and progress, on a terminal and elsewhere."""

import io

from shrinkc.cli.console import Progress, print_table


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_plain_in_a_file(capsys):
    print_table("heading [bold]", [("a", "1"), ("b", "[red]")])
    assert capsys.readouterr().out == "heading [bold]\na  1\nb  [red]\n"


def test_a_table_on_a_terminal_keeps_brackets():
    stream = Terminal()
    print_table("heading", [("a", "[red]")], stream)
    assert "heading" in stream.getvalue() and "[red]" in stream.getvalue()


def test_progress_in_a_file_is_a_line_a_step():
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress("importing")
        progress("running", 0, 9)
        for done in range(9):
            progress("running", done, 9)
        progress("scoring")
    assert stream.getvalue() == "importing\nrunning (0 of 9)\nscoring\n"


def test_progress_on_a_terminal_is_a_bar():
    stream = Terminal()
    with Progress(stream) as progress:
        progress("importing")
        progress("running", 0, 9)
        progress("running", 9, 9)
    assert "running" in stream.getvalue()
    assert "9 of 9" in stream.getvalue()
