"""What a verified report is held against: bit-exactness and the user's limits, each checked, all told together."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from ..errors import InputError, LimitError
from ..project import Limits
from .figures import value_of
from .report import Report, of_board
from .table import describe

BIT_EXACT, SELF_TEST = "bit-exact", "self-test"
NEEDS = {"max_per_increase": "per", "max_accuracy_drop": "accuracy"}
"""Limits on a score, and the metric.kind that gives it."""


POINTS, WHOLE = "points", "whole"


class State(Enum):
    """How a check ended. UNKNOWN: the report has no figure to check."""

    KEPT = "kept"
    MISSED = "missed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """One check: its name (`bit-exact`, or a limit's, `max-flash`), how it ended, and that in one sentence."""

    name: str
    state: State
    sentence: str


@dataclass(frozen=True)
class _Figure:
    """What a limit is on. key: the figure's in report.json; says: it in words; form: of the shown number.

    falls: is the limit on how far the figure falls, not on how high it is?
    """

    key: str
    says: Callable[[Report, str], str]
    form: str
    remedy: str
    falls: bool = False


_FIGURES = {
    "max_per_increase": _Figure(
        "verification.per.increase",
        lambda report, shown: f"PER increase is {shown} points{_interval(report.verification.per.ci95)}",
        POINTS,
        "use more bits or lower thresholds",
    ),
    "max_accuracy_drop": _Figure(
        "verification.accuracy.change",
        lambda report, shown: (
            f"accuracy drop is {shown} points{_interval([-end for end in reversed(report.verification.accuracy.ci95)])}"
        ),
        POINTS,
        "use more bits or lower thresholds",
        falls=True,
    ),
    "max_flash": _Figure(
        "sizes.flash",
        lambda _, shown: f"flash is {shown} bytes",
        WHOLE,
        "use fewer weight bits (`shrinkc build --plan auto --max-flash`) or a smaller model",
    ),
    "max_ram": _Figure(
        "sizes.ram",
        lambda _, shown: f"RAM is {shown} bytes",
        WHOLE,
        "use `--delta off` or a smaller model",
    ),
    "max_stack": _Figure(
        "sizes.stack",
        lambda _, shown: f"stack is {shown} bytes by the machine code",
        WHOLE,
        "use a smaller model, or another target's kernels",
    ),
    "max_instructions": _Figure(
        "verification.instructions_per_frame.mean",
        lambda _, shown: f"instructions are {shown} a frame",
        WHOLE,
        "use higher thresholds (`shrinkc build --delta auto`) or a smaller model",
    ),
}


def outcomes(report: Report, limits: Limits, on_board: bool = False) -> list[Outcome]:
    """Every check of a verified report: bit-exactness, then each limit that is set, in the order of its table.

    on_board: of its run on a board, with the test at boot there, and not of the one in QEMU.
    """
    tested = _self_test(report) if on_board else []
    report = of_board(report) if on_board else report
    found = report.verification.first_divergence
    exact = (
        Outcome(BIT_EXACT, State.KEPT, "every output and count of sent columns equals the reference's")
        if found is None
        else Outcome(BIT_EXACT, State.MISSED, f"device and reference differ: {describe(found)}")
    )
    return [exact, *tested, *(_outcome(report, key, limit) for key, limit in _set(limits))]


def _self_test(report: Report) -> list[Outcome]:
    """The test at boot of the board that was run on; none of an image without one."""
    passed = report.on_board.self_test
    if passed is None:
        return []
    said = "the image's self-test passes at boot" if passed else "the image's self-test fails at boot: flash it again"
    return [Outcome(SELF_TEST, State.KEPT if passed else State.MISSED, said)]


def names(limits: Limits) -> list[str]:
    """The names of the checks that `outcomes` would make."""
    return [BIT_EXACT, *(_name(key) for key, _ in _set(limits))]


def check_metric(limits: Limits, kind: str) -> None:
    """Refuse, before a run, a limit on a score that metric.kind `kind` does not give."""
    for key, needed in NEEDS.items():
        if getattr(limits, key) is not None and kind != needed:
            raise InputError(_no_figure(key))


def check_counted(limits: Limits, report: Report) -> None:
    """Refuse, before a run on a board, a limit on instructions that no run in QEMU has counted."""
    if limits.max_instructions is not None and report.verification is None:
        raise InputError(
            "--max-instructions (limits.max_instructions) is of instructions, which a board does not count: "
            "`shrinkc verify` without --on counts them first, or leave the limit out"
        )


def check(found: Iterable[Outcome]) -> None:
    """Raise LimitError, with every sentence, where a check is missed; InputError where some are unknown and none is."""
    bad = [outcome for outcome in found if outcome.state is not State.KEPT]
    if not bad:
        return
    text = "; ".join(outcome.sentence for outcome in bad)
    lead = f"{len(bad)} checks failed: " if len(bad) > 1 else ""
    raise (LimitError if any(outcome.state is State.MISSED for outcome in bad) else InputError)(lead + text)


def _set(limits: Limits) -> list[tuple[str, float]]:
    values = ((field.name, getattr(limits, field.name)) for field in dataclasses.fields(limits))
    return [(key, value) for key, value in values if value is not None]


def _name(key: str) -> str:
    return key.replace("_", "-")


def _outcome(report: Report, key: str, limit: float) -> Outcome:
    figure = _FIGURES[key]
    value = value_of(report, figure.key)
    if value is None:
        return Outcome(_name(key), State.UNKNOWN, _no_figure(key))
    value = -value if figure.falls else value
    said = figure.says(report, shown(value, limit, figure.form))
    if value > limit:
        return Outcome(_name(key), State.MISSED, f"{said}, above the limit of {_limit(limit)}: {figure.remedy}")
    return Outcome(_name(key), State.KEPT, f"{said}, within the limit of {_limit(limit)}")


def shown(value: float, limit: float, form: str) -> str:
    """A figure, in POINTS or WHOLE, with as many digits as it takes to stand on its own side of the limit."""
    digits = 0 if form == WHOLE else 2
    while digits < 12 and (round(value, digits) > limit) != (value > limit):
        digits += 1
    return f"{value:{'' if form == WHOLE else '+'},.{digits}f}"


def _limit(limit: float) -> str:
    return f"{limit:,}" if isinstance(limit, int) else f"{limit:g}"


def _interval(ends: Sequence[float]) -> str:
    return f" (95 % interval {ends[0]:+.2f} to {ends[1]:+.2f})"


def _no_figure(key: str) -> str:
    if key not in NEEDS:
        return f"--{_name(key)} (limits.{key}) needs {_FIGURES[key].key}, which this run did not measure"
    return (
        f"--{_name(key)} (limits.{key}) needs metric.kind '{NEEDS[key]}' and labels in the data set: without them "
        "there is no score to limit"
    )
