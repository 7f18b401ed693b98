"""What the written parts of the documentation share: tables, and a part between two marks of a page."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a bar within a cell stays one."""
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def written(page: str, begin: str, end: str, text: str) -> str:
    """`page` with `text` between its marks `begin` and `end`.

    Raises ValueError where one is missing, or the first stands twice.
    """
    if page.count(begin) != 1 or end not in page.partition(begin)[2]:
        raise ValueError(f"the page needs the marks {begin!r} and {end!r}, once")
    head, _, rest = page.partition(begin)
    return f"{head}{begin}\n\n{text}\n{end}{rest.partition(end)[2]}"
