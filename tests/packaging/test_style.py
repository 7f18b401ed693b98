"""The whole repository is as ruff wants it, and docstrings flow to the end of the line."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WIDTH = 120
QUOTES = '"""'


@pytest.mark.parametrize("command", [["check"], ["format", "--check"]], ids=["check", "format"])
def test_ruff_has_nothing_to_say(command: list[str]) -> None:
    found = subprocess.run([sys.executable, "-m", "ruff", *command, "."], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def docstrings(text: str) -> Iterator[tuple[int, int]]:
    """(first line, line after the last) of every text that stands as a statement, from 0."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno - 1, node.end_lineno


def paragraphs(lines: list[str], start: int, end: int) -> Iterator[tuple[int, int]]:
    """(first line, line after the last) of each paragraph in a docstring."""
    first = start
    for place in range(start, end + 1):
        if place == end or lines[place].strip() in ("", QUOTES):
            if place > first:
                yield first, place
            first = place + 1


def badly_flowed(text: str) -> Iterator[int]:
    """Lines, from 1, that end a paragraph in the middle of a name, or hold a word or two that fit the line before."""
    lines = text.splitlines()
    for start, end in docstrings(text):
        for first, after in paragraphs(lines, start, end):
            last = lines[after - 1].strip()
            if last.removesuffix(QUOTES).endswith("et al."):
                yield after
            elif after - first > 1 and len(last.removesuffix(QUOTES).split()) <= 2:
                # A docstring that becomes one line takes its quotes along.
                alone = (first, after) == (start, end - 1) and after - first == 2
                if len(lines[after - 2]) + 1 + len(last) + len(QUOTES) * alone <= WIDTH:
                    yield after


def test_docstrings_flow_to_the_end_of_the_line() -> None:
    paths = [path for folder in ("toolchain", "tests") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [f"{path.relative_to(ROOT)}:{line}" for path in paths for line in badly_flowed(path.read_text("utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f'"""Wide {"x" * 90} and\nthen two.\n\nMore.\n"""', [2]),
        (f'"""Wide {"x" * 100} and\nthen two.\n"""', []),
        ('"""As said (Park et al.\n\n2019).\n"""', [1]),
        ('"""As said (Park et al. 2019)."""', []),
        (f'"""First.\n\nWide {"x" * 90} and\nmany more words.\n"""', []),
    ],
)
def test_the_check_itself(text: str, lines: list[int]) -> None:
    assert list(badly_flowed(text)) == lines
