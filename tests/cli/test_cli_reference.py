"""docs/cli.md is what the commands say of themselves."""

from pathlib import Path

import pytest

from shrinkc.cli import COMMANDS
from shrinkc.cli.reference import part, updated

PAGE = Path(__file__).parents[2] / "docs" / "cli.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == updated(page), "run: python -m shrinkc.cli.reference docs/cli.md"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    rows = [line for line in part(name).splitlines() if line.startswith("| `-")]
    assert rows
    for row in rows:
        assert row.split(" | ")[1].rstrip("| "), row
