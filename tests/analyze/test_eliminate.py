"""The choice of thresholds: within the limit, by instructions, and as the study made it."""

from dataclasses import replace

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc.analyze import eliminate as search
from shrinkc.analyze.eliminate import _Candidate, _Search, allowed, eliminate
from shrinkc.analyze.elimination import MOST_IN_FULL, InFull
from shrinkc.analyze.sending import ZERO, Sending, at_zero, delta_of, plan_with, ranges_of
from shrinkc.analyze.study import study, switched_on, switches, threshold_at
from shrinkc.analyze.thresholds import cost_on
from shrinkc.analyze.trials import Held, Outcome, Trials
from shrinkc.analyze.tried import Tried
from shrinkc.errors import LimitError
from shrinkc.lower import FAMILIES
from shrinkc.project import Delta, Metric, Plan, Rule
from shrinkc.quantize import QuantizedNetwork
from shrinkc.target import load_target

NETWORK = recognizer("lstm", units=6, outputs=4, layers=2)
PLAN = Plan(rounding="nearest")
CORE = load_target("cortex-m0plus")


@pytest.fixture(scope="module", autouse=True)
def rising():
    """A thousand points of error for a nat: a small network's own errors hardly rise."""
    plain = Trials.held

    def held(self: Trials, network: QuantizedNetwork, limit: int | None = None) -> Held:
        found = plain(self, network, limit)
        return replace(found, outcome=replace(found.outcome, increase=1000 * found.outcome.divergence))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trials, "held", held)
        yield


@pytest.fixture(scope="module")
def tried() -> Tried:
    trials = Trials.of(NETWORK, labelled(NETWORK, 3, seed=9), labelled(NETWORK, 12), Metric())
    return Tried(trials, trials.quantized(PLAN, Delta()), jobs=1)


@pytest.fixture(scope="module")
def cost(tried: Tried):
    return cost_on(tried.network, FAMILIES[CORE.kernels], CORE.core.costs)


def in_full(tried: Tried):
    def confirm(wanted) -> Held:
        return tried.trials.held(
            tried.trials.quantized(plan_with(PLAN, ranges_of(tried.network, wanted)), delta_of(wanted))
        )

    return confirm


@pytest.mark.parametrize(
    ("points", "increase", "divergence"),
    [
        ([(0.1, 1.0), (0.2, 2.0)], 0.5, 0.05),  # a line
        ([(1.0, 1.0), (2.0, 4.0)], 2.25, 1.5),  # a parabola
        ([(1.0, 1.0), (2.0, 4.0)], 9.0, 2.0),  # not beyond what was tried
        ([(0.1, 1.0), (0.2, 2.0), (0.9, 50.0)], 0.5, 0.05),  # too far above the limit to count
        ([(1.0, 1.0), (4.0, 2.0)], 0.5, 17 / 18),  # it bends down: the line alone
        ([(0.1, -1.0), (0.2, -2.0)], 0.5, 0.2),  # nothing rises
        ([(0.1, 1.0), (0.2, 2.0)], -0.5, 0.1),  # nothing is allowed
    ],
)
def test_the_divergence_that_is_allowed(points, increase: float, divergence: float) -> None:
    assert allowed(points, increase) == pytest.approx(divergence)


@pytest.mark.parametrize("limit", [2.0, 10.0])
def test_the_limit_is_kept_and_work_is_saved(tried: Tried, cost, limit: float) -> None:
    found = eliminate(tried, cost, limit, in_full(tried))
    assert found.held.outcome.increase <= limit and found.utterances == 12
    again = in_full(tried)(found.sendings)
    assert found.held == again and found.instructions == cost(found.sendings, again.shares) < found.before
    assert found.sendings.keys() == at_zero(tried.network).keys()
    assert found.ranges == ranges_of(tried.network, found.sendings)
    assert eliminate(tried, cost, limit, in_full(tried)) == found


def test_more_points_save_more(tried: Tried, cost) -> None:
    spent = [eliminate(tried, cost, limit, in_full(tried)).instructions for limit in (1.0, 4.0, 16.0)]
    assert spent == sorted(spent, reverse=True) and spent[0] > spent[-1]


def test_it_saves_more_than_the_study_does(tried: Tried, cost) -> None:
    ours, theirs = (way(tried, cost, 10.0, in_full(tried)) for way in (eliminate, study))
    assert ours.instructions < theirs.instructions < theirs.before == ours.before


def test_where_its_search_finds_less_it_takes_what_the_study_would(tried: Tried, cost, monkeypatch) -> None:
    monkeypatch.setattr(search, "_searched", lambda tried, cost, increase: [])
    ours, theirs = (way(tried, cost, 10.0, in_full(tried)) for way in (eliminate, study))
    assert ours.instructions <= theirs.instructions < ours.before
    assert ours.held.outcome.increase <= 10 and len(set(ours.sendings.values()) - {ZERO}) == 1


@pytest.mark.parametrize("way", [eliminate, study])
def test_a_limit_that_thresholds_of_0_break(tried: Tried, cost, way) -> None:
    with pytest.raises(LimitError, match=r"without any threshold the plan raises the error rate .* limit of -90"):
        way(tried, cost, -90.0, in_full(tried))


@pytest.mark.parametrize("way", [eliminate, study])
def test_what_breaks_the_limit_in_full_is_not_taken(tried: Tried, cost, way) -> None:
    """Made in full, every choice of a group other than the last one's breaks it."""
    fresh = Tried(tried.trials, tried.network, jobs=1)
    last = list(at_zero(tried.network))[-1]

    def confirm(wanted) -> Held:
        held = in_full(fresh)(wanted)
        broken = any(way != ZERO for name, way in wanted.items() if name != last)
        return Held(Outcome(held.outcome.divergence, 0.0, 99.0 if broken else 0.0, None), held.shares)

    found = way(fresh, cost, 10.0, confirm)
    assert not any(way != ZERO for name, way in found.sendings.items() if name != last)


def test_a_swap_takes_from_one_group_and_gives_to_another() -> None:
    """a's next way saves 10 for 2 of divergence; b's one before gives back 3 of divergence for 4."""
    one, two = Sending(1), Sending(coarse=4)
    now = _Candidate({"a": one, "b": one}, 5.0, 100.0)
    less, more = _Candidate({"a": two, "b": one}, 7.0, 90.0), _Candidate({"a": one, "b": ZERO}, 2.0, 104.0)
    assert _Search._swaps(now, [less], [more], 5.0) == [{"a": two, "b": ZERO}]
    assert _Search._swaps(now, [less], [more], 3.9) == []
    dear = _Candidate({"a": one, "b": ZERO}, 2.0, 111.0)
    assert _Search._swaps(now, [less], [dear], 5.0) == []
    same = _Candidate({"a": ZERO, "b": one}, 2.0, 104.0)
    assert _Search._swaps(now, [less], [same], 5.0) == []


def test_the_studys_switches_leave_the_first_layer(tried: Tried) -> None:
    found = switches(tried.network)
    assert found == [
        ("rnn2.x@8",), ("rnn2.h@8",), ("head.x@8",), ("rnn2.x@8", "rnn2.h@8"), ("rnn2.x@8", "head.x@8"),
        ("rnn2.h@8", "head.x@8"), ("rnn2.x@8", "rnn2.h@8", "head.x@8"),
    ]  # fmt: skip


def test_the_study_has_one_threshold(tried: Tried, cost) -> None:
    found = study(tried, cost, 10.0, in_full(tried))
    assert found.held.outcome.increase <= 10 and len(set(found.sendings.values()) - {ZERO}) == 1
    assert found.sendings["rnn1.x@8"] == found.sendings["rnn1.h@8"] == ZERO and not found.ranges


def test_one_threshold_is_one_share_of_the_range_whatever_the_bits() -> None:
    plan = Plan(rounding="nearest", groups=(Rule("rnn2.x", activations=16), Rule("rnn2.h", activations=4)))
    trials = Trials.of(NETWORK, labelled(NETWORK, 3, seed=9), labelled(NETWORK, 4), Metric())
    network = trials.quantized(plan, Delta())
    assert [threshold_at(group, 24) for group in network.groups] == [24, 24, 3096, 1, 24]
    whole = switched_on(Tried(trials, network, jobs=1), 1e9)
    together = [each for each, _ in whole if each["rnn2.x@16"].threshold == 3096 and each["head.x@8"] != ZERO]
    assert {each["head.x@8"].threshold for each in together} == {24}


def in_full_of(tried: Tried, cost, confirm) -> InFull:
    return InFull(Tried(tried.trials, tried.network, jobs=1), cost, 10.0, confirm)


def test_no_more_are_made_in_full_than_a_user_would_wait_for(tried: Tried, cost) -> None:
    """From the first to the last, which is the most careful one."""
    steps: list[int] = []
    nothing = in_full(tried)(at_zero(tried.network))

    def confirm(wanted) -> Held:
        steps.append(wanted["head.x@8"].threshold)
        rises = 0.0 if steps[-1] == 100 else 99.0
        return replace(nothing, outcome=replace(nothing.outcome, increase=rises))

    choices = [at_zero(tried.network) | {"head.x@8": Sending(step)} for step in range(1, 101)]
    found = in_full_of(tried, cost, confirm).first(choices)
    assert found.sendings == choices[-1]
    assert len(steps) == MOST_IN_FULL and steps == sorted(steps) and (steps[0], steps[-1]) == (1, 100)
    steps.clear()
    assert in_full_of(tried, cost, confirm).first(choices[:5]) is None and steps == [1, 2, 3, 4, 5]


def test_what_costs_no_less_is_passed_over(tried: Tried, cost) -> None:
    choices = [at_zero(tried.network) | {"head.x@8": Sending(step)} for step in (1, 64)]
    dear, cheap = (in_full_of(tried, cost, in_full(tried)).first([each]) for each in choices)
    assert cheap.instructions < dear.instructions
    assert in_full_of(tried, cost, in_full(tried)).first(choices, dear.instructions) == cheap
    assert in_full_of(tried, cost, in_full(tried)).first(choices, cheap.instructions) is None
