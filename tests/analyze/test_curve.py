"""The curve of PER against size: what is read of the table, and that the picture in docs/ is of the table there."""

import re
from pathlib import Path

import pytest

from shrinkc import zoo
from shrinkc.analyze.curve import HEADING, Point, digest, draw, lines_of, main, points
from shrinkc.errors import InputError

DOCS = Path(__file__).parents[2] / "docs"
PAGE = f"""# Results

{HEADING} divergence |
|---|---|---|---|---|
| zoo:gru | 8 bits | 75.0 % | +0.02 (-0.06 to +0.10) | 0.0012 |
| zoo:gru | fine-tuned, 87 % | 87.5 % | -0.10 (-0.40 to +0.20) | 0.0200 |
| zoo:sru | 2 bits | 90.0 % | +7.00 (+6.00 to +8.00) | 0.2000 |

More.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path / "page.md"


def test_what_the_table_says(page: Path) -> None:
    gru, sru = (4 * zoo.find(name).card["parameters"] for name in ("gru", "sru"))
    found = points(lines_of(page))
    assert found == [
        Point("zoo:gru", "8 bits", gru / 4, 0.02, -0.06, 0.1),
        Point("zoo:gru", "fine-tuned, 87 %", gru / 8, -0.1, -0.4, 0.2),
        Point("zoo:sru", "2 bits", pytest.approx(sru / 10), 7.0, 6.0, 8.0),
    ]
    assert [point.kind for point in found] == ["post-training", "fine-tuned", "post-training"]
    assert Point("zoo:sru", "M1-like with skips", 1.0, 0.0, 0.0, 0.0).kind == "M1-like"


def test_a_page_without_the_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Nothing\n")
    with pytest.raises(InputError, match=r"page\.md: has no table that begins '\| model"):
        lines_of(tmp_path / "page.md")


def test_the_picture_has_what_is_not_too_far_off(page: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    main([str(page), str(tmp_path / "one.svg")])
    draw(points(lines_of(page)), "other", tmp_path / "two.svg")
    one, two = ((tmp_path / name).read_text() for name in ("one.svg", "two.svg"))
    assert "zoo:gru (48.7 %), post-training" in one and "zoo:gru (48.7 %), fine-tuned" in one
    assert "zoo:sru" not in one
    assert one.replace(f"table {digest(lines_of(page))}", "other") == two


def test_the_picture_in_the_docs_is_of_the_table_there() -> None:
    described = re.search(r"table ([0-9a-f]{16})", (DOCS / "shrink.svg").read_text())
    assert described and described[1] == digest(lines_of(DOCS / "results.md"))
