"""Limits on a verified report: what each is on, and what is said of those that are missed."""

import dataclasses
from pathlib import Path

import msgspec
import pytest

from shrinkc.errors import InputError, LimitError
from shrinkc.project import Limits
from shrinkc.project.fields import LIMITS
from shrinkc.score import report as reports
from shrinkc.score.limits import POINTS, WHOLE, State, check, check_counted, check_metric, names, outcomes, shown

SAMPLE = Path(__file__).with_name("sample_report.json")
REPORT = reports.from_json(SAMPLE.read_bytes(), "sample")

# The sample's figures, and what is said of each.
FIGURES = {
    "max_per_increase": (1.0, r"PER increase is \+1\.00 points \(95 % interval -0\.50 to \+2\.50\)"),
    "max_flash": (9000, "flash is 9,000 bytes"),
    "max_ram": (512, "RAM is 512 bytes"),
    "max_stack": (320, "stack is 320 bytes by the machine code"),
    "max_instructions": (1500.5, r"instructions are 1,500(\.5)? a frame"),
}


def with_accuracy(change: float) -> reports.Report:
    accuracy = reports.Accuracy(
        unit="frames", float=0.9, integer=0.9, device=0.9, change=change, ci95=(-2.0, 0.5), resampled="speakers"
    )
    return reports.with_verification(
        REPORT, msgspec.structs.replace(REPORT.verification, per=None, errors=None, accuracy=accuracy)
    )


@pytest.mark.parametrize("key", FIGURES)
def test_a_limit_holds_its_figure(key):
    value, said = FIGURES[key]
    check(outcomes(REPORT, Limits(**{key: value})))
    below = value - (1 if isinstance(value, int) else 0.25)
    with pytest.raises(LimitError, match=rf"^{said}, above the limit of [0-9.,]+: use ") as caught:
        check(outcomes(REPORT, Limits(**{key: below})))
    assert "\n" not in str(caught.value)


def test_every_limit_of_the_file_is_checked():
    keys = [field.parts[1] for field in LIMITS]
    assert keys == [field.name for field in dataclasses.fields(Limits)]
    assert names(Limits(**dict.fromkeys(keys, 1))) == ["bit-exact", *(key.replace("_", "-") for key in keys)]


def test_all_that_are_missed_are_named():
    divergence = reports.Divergence(
        layer="head", quantity="output", utterance=1, frame=2, index=0, device=0, reference=10
    )
    verification = msgspec.structs.replace(REPORT.verification, bit_exact=False, first_divergence=divergence)
    found = outcomes(reports.with_verification(REPORT, verification), Limits(0.5, 1.0, 8999, 512))
    assert [outcome.state for outcome in found] == [
        State.MISSED,
        State.MISSED,
        State.UNKNOWN,
        State.MISSED,
        State.KEPT,
    ]
    with pytest.raises(LimitError) as caught:
        check(found)
    assert str(caught.value).startswith("4 checks failed: device and reference differ: output of head, utterance 1")
    for part in ("PER increase", "--max-accuracy-drop (limits.max_accuracy_drop) needs", "above the limit of 8,999"):
        assert part in str(caught.value)
    assert "RAM" not in str(caught.value)


def test_a_limit_without_its_score():
    check_metric(Limits(max_per_increase=1.0), "per")
    with pytest.raises(InputError, match=r"metric\.kind 'per'"):
        check_metric(Limits(max_per_increase=1.0), "outputs")
    with pytest.raises(InputError, match=r"--max-per-increase .* needs metric\.kind 'per'"):
        check(outcomes(with_accuracy(0.0), Limits(max_per_increase=1.0)))


def test_accuracy_may_drop_by_so_much():
    check(outcomes(with_accuracy(-0.5), Limits(max_accuracy_drop=0.5)))
    said = r"accuracy drop is \+0\.51 points \(95 % interval -0\.50 to \+2\.00\), above the limit of 0\.5"
    with pytest.raises(LimitError, match=said):
        check(outcomes(with_accuracy(-0.51), Limits(max_accuracy_drop=0.5)))


def test_a_figure_is_never_shown_on_the_wrong_side():
    assert shown(0.5004, 0.5, POINTS) == "+0.5004"
    assert shown(-0.25, 0.5, POINTS) == "-0.25"
    assert shown(1000.4, 1000, WHOLE) == "1,000.4"
    assert shown(1000.4, 1001, WHOLE) == "1,000"
    assert shown(1000.6, 1000.8, WHOLE) == "1,000.6"


def on_board(self_test: bool | None = True) -> reports.Report:
    """The sample, with a run on a board beside QEMU's, in which PER rose by 3 points."""
    kept = {name: getattr(REPORT.verification, name) for name in reports.Checked.__struct_fields__}
    own = reports.BoardVerification(**kept, self_test=self_test, cycles_per_frame=None, systick_per_frame=None)
    per = msgspec.structs.replace(REPORT.verification.per, increase=3.0)
    return reports.with_verification(REPORT, msgspec.structs.replace(own, per=per, emulator="a board"))


def test_on_a_board_the_limits_are_of_its_run():
    """But for instructions, which QEMU's run has counted."""
    report = on_board()
    with pytest.raises(LimitError, match=r"PER increase is \+3\.00 points"):
        check(outcomes(report, Limits(max_per_increase=2.0, max_flash=9000, max_instructions=2000), on_board=True))
    check(outcomes(report, Limits(max_per_increase=4.0, max_instructions=2000), on_board=True))
    check(outcomes(report, Limits(max_per_increase=2.0)))  # QEMU's run, as before


def test_a_limit_on_instructions_needs_a_run_in_qemu_first():
    alone = msgspec.structs.replace(on_board(), verification=None)
    check_counted(Limits(max_flash=1), alone)
    check_counted(Limits(max_instructions=1), on_board())
    with pytest.raises(InputError, match="a board does not count: `shrinkc verify` without --on counts them first"):
        check_counted(Limits(max_instructions=2000), alone)


def test_a_self_test_that_fails_on_the_board_is_a_limit_missed():
    for passed, count in ((True, 2), (None, 1)):
        found = outcomes(on_board(passed), Limits(), on_board=True)
        assert [outcome.state for outcome in found] == [State.KEPT] * count
    assert len(outcomes(on_board(False), Limits())) == 1  # of QEMU's run
    with pytest.raises(LimitError, match="self-test fails at boot"):
        check(outcomes(on_board(False), Limits(), on_board=True))
