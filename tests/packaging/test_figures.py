"""The figures of the zoo that README and docs print are those of the models that ship: their cards have them too."""

import re
from pathlib import Path

import pytest

from shrinkc import zoo
from shrinkc.analyze.curve import lines_of
from shrinkc.project.plan_file import with_plan
from shrinkc.project.values import empty

ROOT = Path(__file__).parents[2]


def measured(name: str, data: str) -> float:
    """A card's PER on a data set, in per cent."""
    return next(100 * figure["per"] for figure in zoo.find(name).card["per"] if figure["data"] == data)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the table under a heading line."""
    lines = (ROOT / page).read_text().splitlines()
    first = lines.index(heading) + 2
    last = next(number for number in range(first, len(lines)) if not lines[number].startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:last]]


def test_the_demo_is_of_the_model_that_ships():
    found = re.search(r"^PER, float +([0-9.]+) %", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert float(found[1]) == pytest.approx(measured("lstm", "asterisk test"), abs=0.0051)


def test_the_results_are_of_the_models_that_ship():
    table = rows("docs/results.md", "| model | PER float | PER device | increase, points |")
    assert {row[0].removeprefix("zoo:") for row in table} == set(zoo.names())
    for row in table:
        name = row[0].removeprefix("zoo:")
        assert float(row[1].removesuffix(" %")) == pytest.approx(measured(name, "asterisk test"), abs=0.0051)


def test_the_page_of_training_has_the_figures_of_the_cards():
    heading = "| model | parameters | speechocean762, 85 test speakers | TIMIT sample | bundled set, split by text |"
    table = rows("docs/training.md", heading)
    assert {row[0].removeprefix("zoo:") for row in table} == set(zoo.names())
    for row in table:
        name = row[0].removeprefix("zoo:")
        assert int(row[1].replace(",", "")) == zoo.find(name).card["parameters"]
        sets = ("speechocean762 test", "timit-sample, all sides", "asterisk test")
        for cell, data in zip(row[2:], sets, strict=True):
            assert float(cell.split(" %")[0]) == pytest.approx(measured(name, data), abs=0.051)


def test_the_summary_is_of_the_table_of_results():
    known = {}
    for line in lines_of(ROOT / "docs/results.md"):
        model, plan, *others = (cell.strip() for cell in line.strip("|").split("|"))
        known[model, plan] = others
    table = rows("README.md", "| model | 8 bits | `--plan auto`, at least 85 % off | fine-tuned, at least 87 % off |")
    assert [row[0] for row in table] == ["zoo:lstm", "zoo:gru", "zoo:ligru", "zoo:sru"]
    for model, *cells in table:
        plans = ("8 bits", "`auto`, at least 85 % off", "fine-tuned for a plan of 87 %")
        assert cells == [known[model, plan][1] for plan in plans]
        assert float(known[model, plans[1]][0].split()[0]) >= 85 and float(known[model, plans[2]][0].split()[0]) >= 87


def test_the_work_left_out_is_that_of_the_table_of_results():
    heading = (
        "| model | thresholds | increase, points | eliminated on the M4 | instructions, M4 | eliminated on the M0+ "
        "| instructions, M0+ |"
    )
    known = {row[0]: row for row in rows("docs/results.md", heading) if row[1] == "`auto`, +0.3"}
    heading = "| model | points above float | multiplications eliminated, M4 | instructions, M4 | instructions, M0+ |"
    table = rows("README.md", heading)
    assert [row[0] for row in table] == ["zoo:lstm", "zoo:gru", "zoo:ligru", "zoo:sru"]
    for row in table:
        assert row[1:] == [known[row[0]][place] for place in (2, 3, 4, 6)]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "plans").rglob("*.toml")), ids=lambda path: path.stem)
def test_every_plan_of_the_docs_can_be_read(path: Path):
    with_plan(empty(), path)
