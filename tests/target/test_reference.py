"""docs/targets.md is what the table of fields and the target files say."""

from pathlib import Path

from shrinkc.target.reference import updated

PAGE = Path(__file__).parents[2] / "docs" / "targets.md"


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == updated(page), "run: python -m shrinkc.target.reference docs/targets.md"
