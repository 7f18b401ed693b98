"""Tables and written parts of pages."""

import pytest

from shrinkc.markdown import table, written


def test_a_table_keeps_bars():
    assert table(("a", "b"), [("`x|y`", "1")]) == "| a | b |\n| --- | --- |\n| `x\\|y` | 1 |\n"


def test_only_what_stands_between_the_marks_changes():
    page = "before <b>\n\nold\n<e> after <e>"
    once = written(page, "<b>", "<e>", "new\n")
    assert once == "before <b>\n\nnew\n\n<e> after <e>"
    assert written(once, "<b>", "<e>", "new\n") == once


@pytest.mark.parametrize("page", ["<e>", "<e> <b>", "<b> <b> <e>"])
def test_marks_that_are_missing_or_twice_are_refused(page):
    with pytest.raises(ValueError, match="marks"):
        written(page, "<b>", "<e>", "text")
