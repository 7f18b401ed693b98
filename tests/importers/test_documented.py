"""Every row of the pages on model files names tests that exist, and quotes messages that the importers have."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
PAGES = sorted(DOCS.glob("models-*.md"))


@pytest.fixture(scope="module")
def collected() -> dict[str, set[str]]:
    """The ids of all tests beside this one: file -> {test_function[parameters]}, as pytest lists them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", str(HERE)]
    listed = subprocess.run(command, capture_output=True, text=True, cwd=DOCS.parent).stdout
    found: dict[str, set[str]] = {path.name: set() for path in HERE.glob("test_*.py")}
    for line in listed.splitlines():
        file, separator, test = line.partition("::")
        if separator:
            found[Path(file).name].add(test)
    assert any(found.values()), listed[-2000:]
    return found


def cells_of(line: str) -> list[str]:
    """The cells of a table's line; a bar inside of code is no border."""
    line = re.sub(r"`[^`]*`", lambda code: code.group().replace("|", "/"), line)
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows(text: str) -> Iterator[tuple[int, tuple[str, ...], str]]:
    """(line, files of tests without one, cell of tests) of every row in a table whose last column is of tests.

    A test without a file is in that of the table's header, such as Test (damaged), or one that the section names.
    """
    header: list[str] | None = None
    files: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            files = []
        if not line.startswith("|"):
            header = None
            files += re.findall(r"\btest_\w+\.py", line)
        elif header is None:
            header = cells_of(line)
        elif not set(line) <= set("|-: ") and header[-1].startswith("Test"):
            of_header = re.search(r"\((.*)\)", header[-1])
            yield number, (of_header.group(1),) if of_header else tuple(files), cells_of(line)[-1]


def named(cell: str, default: tuple[str, ...], short: dict[str, str]) -> Iterator[tuple[tuple[str, ...], str]]:
    """(files that may have it, id) of every test that a cell names: `file: id, id; function: id`, where `short` has
    short names of files."""
    files = tuple(short.get(file, file) for file in default)
    for part in cell.split(";"):
        where, _, ids = (piece.strip() for piece in part.rpartition(": "))
        function = where if where.startswith("test_") and not where.endswith(".py") else ""
        if where and not function:
            files = (short.get(where, where),)
        for one in re.findall(r"[^,\[\]]+(?:\[[^\]]*\])?", ids):
            name = one.strip(" `")
            if name:
                yield files, f"{function}[{name}]" if function else name


def exists(name: str, tests: set[str]) -> bool:
    """Whether a name is a test's function (with or without test_), one of its ids, or function[id]."""
    function, bracket, _ = name.partition("[")
    function = f"test_{function.removeprefix('test_')}"
    if bracket:
        return f"{function}[{name.partition('[')[2]}" in tests
    id_ = re.compile(rf"\[(?:.*-)?{re.escape(name)}(?:-.*)?\]$")
    return any(test.partition("[")[0] == function or id_.search(test) for test in tests)


# A file whose packages are missing lists no tests, and its rows are not looked at.
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_names_tests_that_exist(page: Path, collected: dict[str, set[str]]) -> None:
    text = page.read_text(encoding="utf-8")
    short = {name: file for name, file in re.findall(r"`(\w+)`\s+is\s+`(test_\w+\.py)`", text)}
    wrong, count = [], 0
    for line, default, cell in rows(text):
        names = list(named(cell, default, short))
        wrong += [f"{page.name}:{line}: names no test"] * (not names)
        for files, name in names:
            count += 1
            if not files or not set(files) <= set(collected):
                wrong.append(f"{page.name}:{line}: no file {files} for {name!r}")
            elif all(map(collected.get, files)) and not any(exists(name, collected[file]) for file in files):
                wrong.append(f"{page.name}:{line}: {' and '.join(files)} have no test {name!r}")
    assert wrong == []
    assert count > 20


def messages(text: str) -> Iterator[tuple[int, str]]:
    """(line, quoted words) of every column called Message."""
    column: int | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("|"):
            column = None
        elif column is None:
            header = cells_of(line)
            column = header.index("Message") if "Message" in header else -1
        elif column >= 0 and not set(line) <= set("|-: "):
            for quoted in re.findall(r"`` (.*?) ``|`([^`]+)`", cells_of(line)[column]):
                yield number, "".join(quoted)


@pytest.fixture(scope="module")
def texts() -> tuple[str, str]:
    """All texts of the importers and of these tests: whole ones, and the parts of those with values in them."""
    whole, parts = [], []
    for path in [*HERE.glob("*.py"), *(DOCS.parent / "toolchain" / "shrinkc" / "importers").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts += [part.value for part in node.values if isinstance(part, ast.Constant)]
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.append(node.value)
    return "\n".join(whole), "\n".join(parts)


VALUES = re.compile(r"'[^']*'|\(.*?\)|\b(?:\d[\w.]*|True|False|None|[A-Z]\w+)\b|\w+ = ")
"""What stands in a message for a value of the file: names, numbers, settings."""


def stands(message: str, texts: tuple[str, str]) -> bool:
    """Whether every stretch of a message between its dots is in a text, or the words around its values are."""
    whole, parts = texts
    for stretch in (piece.strip() for piece in message.split("...")):
        words = (word.strip(" ,;:()") for word in VALUES.split(stretch))
        pool = f"{whole}\n{parts}"
        if stretch not in whole and not all(around_values(word, pool, len(word.split()) // 4) for word in words):
            return False
    return True


def around_values(words: str, pool: str, values: int) -> bool:
    """Whether words are in the pool, but for so many single ones that stand for values."""
    if len(words) <= 3 or words in pool:
        return True
    if not values:
        return False
    single = words.split(" ")
    for place in range(len(single)):
        left, right = " ".join(single[:place]), " ".join(single[place + 1 :])
        if left not in pool:
            return False
        if around_values(right, pool, values - 1):
            return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_message_stands_in_the_sources_or_tests(page: Path, texts: tuple[str, str]) -> None:
    quoted = list(messages(page.read_text(encoding="utf-8")))
    assert len(quoted) > 15
    assert [f"{page.name}:{line}: {message}" for line, message in quoted if not stands(message, texts)] == []


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("has the setting 'x', which is not known", True),
        ("stands after ...; remove it", True),
        ("stands after the midday lunch", False),
        ("wears the hat 'x', which is not known", False),
    ],
)
def test_messages_are_told_from_others(message: str, found: bool, texts: tuple[str, str]) -> None:
    of_importers = tuple(text.replace("the midday lunch", "").replace("wears the hat", "") for text in texts)
    assert stands(message, of_importers) is found


@pytest.mark.parametrize(
    ("name", "found"),
    [("both", True), ("test_a", True), ("a", True), ("a[both-x]", True), ("bot", False), ("b", False), ("a[x]", False)],
)
def test_names_are_told_from_parts_of_names(name: str, found: bool) -> None:
    assert exists(name, {"test_a[both-x]", "test_ab"}) is found


def test_the_index_names_every_page() -> None:
    linked = set(re.findall(r"\]\((models-\w+\.md)", (DOCS / "models.md").read_text(encoding="utf-8")))
    assert {page.name for page in PAGES} == linked
