"""Two reports held against each other: what is compared, what is refused, and limits on what grew."""

from pathlib import Path

import msgspec
import pytest

from shrinkc.errors import InputError, LimitError
from shrinkc.schema import to_json
from shrinkc.score import report as reports
from shrinkc.score.comparison import Comparison, compare
from shrinkc.score.comparison_table import figure_rows, heading, path_rows, value_rows
from shrinkc.score.figures import FIGURES, value_of
from shrinkc.score.growth import GROWTHS, Growth, growths
from shrinkc.score.limits import check
from shrinkc.score.reference_table import markdown_table, rows_of

replace = msgspec.structs.replace
ROOT = Path(__file__).parents[2]
BEFORE = reports.from_json(Path(__file__).with_name("sample_report.json").read_bytes(), "sample")


def changed(**verification: object) -> reports.Report:
    """The sample with 4 bits in one path, 1,000 bytes less flash, a changed setting and another compiler."""
    first, second, third = BEFORE.paths
    found = replace(BEFORE.verification, **verification)
    return replace(
        BEFORE,
        digest="1" * 64,
        sizes=replace(BEFORE.sizes, flash=8000, weights=400),
        paths=(first, replace(second, weight_bits=4, rounding="compensated"), third),
        build={**BEFORE.build, "delta": {"threshold": 0, "groups": {}}},
        tools={"arm-none-eabi-gcc": "13.2.1"},
        verification=found,
    )


PER = replace(BEFORE.verification.per, device=0.27, increase=2.0)
AFTER = changed(per=PER)


def test_every_figure_and_every_growth_is_of_the_report():
    keys = {key for key, _, _ in rows_of(reports.Report)}
    assert {figure.key for figure in FIGURES} <= keys
    assert set(GROWTHS.values()) <= {figure.key for figure in FIGURES}
    assert value_of(BEFORE, "verification.accuracy.change") is None


def test_what_changed():
    found = compare(BEFORE, AFTER)
    figures = {entry.key: entry for entry in found.figures}
    flash = figures["sizes.flash"]
    assert (flash.before, flash.after, flash.change, flash.percent) == (9000, 8000, -1000, pytest.approx(-100 / 9))
    device = figures["verification.per.device"]
    assert (device.change, device.percent) == (pytest.approx(1.0), None)
    assert figures["verification.per.increase"].change == pytest.approx(1.0)
    [path] = found.paths
    assert (path.name, path.before.weight_bits, path.after.weight_bits) == ("rnn1.input.h", 8, 4)
    assert [(change.key, change.before, change.after) for change in found.settings] == [
        ('delta.groups."rnn1.h"', 8, None)
    ]
    assert [(change.before, change.after) for change in found.tools] == [("12.2.1", "13.2.1")]
    assert (found.same_sources, found.same_data, found.notes) == (False, True, ())


def test_a_build_is_like_itself():
    found = compare(BEFORE, BEFORE)
    assert found.same_sources and not (found.paths or found.settings or found.tools or found.notes)
    assert {entry.change for entry in found.figures if entry.change is not None} == {0}
    changes = {row[0]: row[-1] for row in figure_rows(found, ("a", "b"))}
    assert changes["flash"] == changes["digest"] == "same"


def test_the_rows():
    found = compare(BEFORE, AFTER)
    rows = {row[0]: row[1:] for row in figure_rows(found, ("a", "b"))}
    assert rows[""] == ("a", "b", "change")
    assert rows["PER, device"] == ("26.00 %", "27.00 %", "+1.00 points")
    assert rows["flash"] == ("9,000 bytes", "8,000 bytes", "-1,000 (-11.1 %)")
    assert rows["digest"] == ("0" * 12, "1" * 12, "other sources")
    assert path_rows(found, ("a", "b"))[1:] == [
        ("rnn1.input.h", "8-bit weights, rounding nearest", "4-bit weights, rounding compensated")
    ]
    assert value_rows(found.settings, "setting", ("a", "b"))[1:] == [('delta.groups."rnn1.h"', "8", "-")]
    assert heading(found) == "lstm for cortex-m4 on zoo:lstm/test: 2 utterances"


def test_paths_of_one_build_alone():
    gone = replace(BEFORE, paths=BEFORE.paths[:2])
    [path] = compare(BEFORE, gone).paths
    assert (path.name, path.after) == ("head.out.x", None)
    row = path_rows(compare(gone, BEFORE), ("a", "b"))[1]
    assert row == (
        "head.out.x",
        "-",
        "3 x 4, 8-bit weights, 8-bit inputs, clipping mmse, rounding nearest, threshold off, delta",
    )


@pytest.mark.parametrize(
    ("after", "note"),
    [
        (changed(dataset="zoo:lstm/dev"), r"verified on other data \(zoo:lstm/test, 2 of 60 utterances; zoo:lstm/dev"),
        (changed(utterances=3), "2 of 60 utterances; .* 3 of 60"),
        (changed(silence=True), "silence counted"),
        (replace(AFTER, verification=None), "not verified: the second build"),
    ],
)
def test_other_data_leaves_what_a_build_knows(after, note):
    found = compare(BEFORE, after)
    assert not found.same_data
    keys = {entry.key for entry in found.figures}
    assert "sizes.flash" in keys and not any(key.startswith("verification") for key in keys)
    with pytest.raises(InputError, match=f"--max-per-growth cannot be checked: .*{note}"):
        check(growths(found, {"max_per_growth": Growth(1.0)}))
    check(growths(found, {"max_flash_growth": Growth(0)}))


def test_other_cores_and_other_models_are_told():
    other = replace(AFTER, target="cortex-m0plus", model=replace(BEFORE.model, parameters=9))
    target, model = compare(BEFORE, other).notes
    assert target.startswith("built for cortex-m4 and for cortex-m0plus")
    assert model == "other models: lstm of 1,234 parameters and lstm of 9"
    trained = changed(per=replace(PER, float=0.2))
    assert compare(BEFORE, trained).notes == ("the float models differ in their PER: the weights were trained anew",)


def test_other_inputs_are_refused():
    wide = replace(AFTER, paths=(replace(BEFORE.paths[0], columns=40), *BEFORE.paths[1:]))
    with pytest.raises(InputError, match="lstm reads 3 values a frame and lstm 40: give two builds"):
        compare(BEFORE, wide)


def test_all_growths_that_are_missed_are_named():
    found = compare(AFTER, BEFORE)
    check(growths(found, {"max_flash_growth": Growth(1000), "max_ram_growth": Growth(0), "max_per_growth": Growth(0)}))
    check(growths(found, {"max_flash_growth": Growth(12.5, percent=True)}))
    [shrunk] = growths(compare(BEFORE, AFTER), {"max_flash_growth": Growth(0)})
    assert shrunk.sentence.startswith("flash shrank by 1,000 bytes (9,000 bytes to 8,000 bytes), within the limit of 0")
    limits = {"max_instructions_growth": Growth(0), "max_flash_growth": Growth(12.4, percent=True)}
    with pytest.raises(LimitError) as caught:
        check(growths(found, limits))
    assert str(caught.value) == ("flash grew by 12.50 % (8,000 bytes to 9,000 bytes), above the limit of 12.4 %")
    worse = replace(AFTER, sizes=replace(BEFORE.sizes, flash=9001))
    with pytest.raises(
        LimitError, match=r"^2 checks failed: PER, device grew by 1\.00 points .*; flash grew by 1 bytes"
    ):
        check(growths(compare(BEFORE, worse), {"max_flash_growth": Growth(0), "max_per_growth": Growth(0.5)}))


def test_the_documentation_has_its_keys():
    assert markdown_table(Comparison) in (ROOT / "docs" / "report.md").read_text()


def test_it_can_be_read_back():
    found = compare(BEFORE, AFTER)
    assert msgspec.json.decode(to_json(found), type=Comparison) == found
