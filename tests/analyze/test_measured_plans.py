"""The rows that docs/results.md is made of, from a zoo model and its bundled sets."""

import re

import pytest

from shrinkc import zoo
from shrinkc.analyze.measure import main, plan_named
from shrinkc.errors import InputError
from shrinkc.project import Plan

MODEL = zoo.find("gru-small")
CALIBRATION, DEV, TEST = map(str, (MODEL.calibration, MODEL.dev, MODEL.test))


def rows(capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    main(words)
    head, _, *lines = capsys.readouterr().out.splitlines()
    assert head == "| plan | off | data | float | integer | increase, points | divergence |"
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def points(cell: str) -> float:
    return float(re.match(r"[+-]?[0-9.]+", cell)[0])


def test_a_row_for_each_plan_and_each_group_of_sets(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    (tmp_path / "mixed.toml").write_text('[plan]\nweights = 8\n[plan.paths."head.*"]\nweights = 16\n')
    found = rows(capsys, "zoo:gru-small", CALIBRATION, f"8,{tmp_path / 'mixed.toml'}", TEST, "+", DEV, TEST)
    assert [row[0] for row in found] == ["8", "8", "mixed", "mixed"]
    assert points(found[0][1]) > points(found[2][1])
    per = next(100 * figure["per"] for figure in MODEL.card["per"] if figure["data"] == "asterisk test")
    assert points(found[0][3]) == pytest.approx(per, abs=0.0051)
    for row in found:
        assert points(row[4]) == pytest.approx(points(row[3]) + points(row[5]), abs=0.011)
        assert 0 < float(row[6]) < 0.1


def test_a_tuned_model_is_held_against_the_one_that_it_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    own, same, other = (
        rows(capsys, model, CALIBRATION, "8", TEST)[0]
        for model in ("zoo:gru-small", "zoo:gru-small@zoo:gru-small", "zoo:gru-small@zoo:gru")
    )
    assert same == own
    assert points(other[4]) == points(own[4]) and points(other[3]) < points(own[3])
    assert float(other[6]) > 10 * float(own[6])


def test_a_plan_is_bits_or_a_file() -> None:
    assert plan_named("4") == Plan(weights=4)
    with pytest.raises(InputError, match=r"no-such\.toml"):
        plan_named("no-such.toml")


def test_too_few_words() -> None:
    with pytest.raises(InputError, match=r"usage: python -m shrinkc\.analyze\.measure MODEL"):
        main(["zoo:gru-small", CALIBRATION, "8"])
