"""The search for a plan: by literal sensitivities, and whole on small networks."""

import dataclasses
from collections.abc import Mapping

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc.analyze.budget import Budget
from shrinkc.analyze.choose import Choice, _best, _finest, choose, largest
from shrinkc.analyze.chooser import Chooser, Search, quickly
from shrinkc.analyze.refine import Refinement, refinements
from shrinkc.analyze.sensitivity import Sensitivities
from shrinkc.analyze.trials import Outcome, Trials
from shrinkc.errors import LimitError
from shrinkc.lower import FAMILIES, lower, plain_modes
from shrinkc.lower.tables import table_bytes
from shrinkc.numbers.functions import tanh_table
from shrinkc.project import Delta, Metric, Plan, Rule
from shrinkc.quantize import QuantizedNetwork
from shrinkc.score.per import Interval

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)
QUICK = Plan(rounding="nearest")


@pytest.fixture(scope="module")
def search() -> Search:
    trials = Trials.of(NETWORK, labelled(NETWORK, 3, seed=9), labelled(NETWORK, 12), Metric())
    return Search(trials, QUICK, Delta(), FAMILIES["portable"], plain_modes, jobs=1)


@pytest.fixture(scope="module")
def found(search: Search) -> Sensitivities:
    return search.sensitivities()


def bytes_of(search: Search, plan: Plan) -> int:
    quantized = search.trials.quantized(plan, search.delta)
    return table_bytes(lower(quantized, search.family, search.modes(quantized))) + tanh_table().nbytes


def literal(divergences: Mapping[str, tuple[float, float, float]], floor: float = 0.0) -> Sensitivities:
    """Sensitivities with these divergences at 2, 4 and 8 bits."""
    by_path = {
        path: {bits: Outcome(one, 0.0, None, None) for bits, one in zip((2, 4, 8), each, strict=True)}
        for path, each in divergences.items()
    }
    return Sensitivities(Outcome(floor, 0.0, None, None), by_path, {})


def test_the_best_divergence_a_byte_comes_first(search: Search) -> None:
    """x: 30 weights, h: 36 of them. The jump of h from 2 to 8 bits saves more a byte than that to 4."""
    x, h = "rnn1.update.x", "rnn1.update.h"
    order = Chooser(search, literal({x: (5.0, 1.0, 0.9), h: (6.0, 5.5, 0.5)}, floor=0.5)).order()
    assert order == [{x: 2, h: 2}, {x: 4, h: 2}, {x: 4, h: 8}, {x: 8, h: 8}]


def test_each_plan_of_the_order_has_more_bits(search: Search, found: Sensitivities) -> None:
    chooser = Chooser(search, found)
    order = chooser.order()
    totals = [sum(chooser.weights[path] * bits for path, bits in plan.items()) for plan in order]
    assert totals == sorted(set(totals))
    assert set(order[0].values()) == {2} and set(order[-1].values()) == {8}


def test_the_plan_has_one_width_and_rules_for_the_rest(search: Search) -> None:
    base = dataclasses.replace(QUICK, weights=16, paths=(Rule("*.h", clipping="max"),))
    chooser = Chooser(dataclasses.replace(search, base=base), literal({}))
    plan = chooser.plan({"a.b.x": 4, "a.b.h": 8, "a.c.x": 4})
    assert plan.weights == 4 and plan.paths == (Rule("*.h", clipping="max"), Rule("a.b.h", weights=8))


def test_a_budget_of_bytes_by_hand() -> None:
    assert Budget().bytes_for(1000) is None
    assert Budget(increase=0.5).bytes_for(1000) is None
    assert Budget(compression=90.0).bytes_for(1001) == 400
    assert Budget(flash=5000, code=4700, compression=90.0).bytes_for(1000) == 300


def test_what_is_hopeless_is_known_at_once() -> None:
    Budget(flash=650, code=400).check(1000, 250)
    Budget(increase=0.1).check(1000, 250)
    with pytest.raises(
        LimitError, match="even at 2 bits the model's tables take 250 bytes, and the limit leaves 249 beside"
    ):
        Budget(flash=649, code=400).check(1000, 250)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_the_bytes_are_kept(search: Search, found: Sensitivities, share: float) -> None:
    least = bytes_of(search, dataclasses.replace(QUICK, weights=2))
    most = bytes_of(search, dataclasses.replace(QUICK, weights=8))
    budget = Budget(flash=int(least + share * (most - least)) + 100, code=100)
    choice = choose(search, found, budget)
    assert choice.table_bytes == bytes_of(search, choice.plan) <= budget.flash - 100
    assert choice.bits.keys() == found.paths.keys() and choice.utterances == 12
    assert bytes_of(search, largest(search, found, budget)) <= budget.flash - 100
    assert choose(search, found, budget) == choice


def test_more_bytes_do_no_more_harm(search: Search, found: Sensitivities) -> None:
    chooser = Chooser(search, found)
    order = chooser.order()
    limits = sorted(chooser.bytes_of(bits) for bits in order)
    harms = [chooser.total_harm(chooser.largest(order, Budget(), limit)) for limit in limits]
    assert harms == sorted(harms, reverse=True)


def test_exchanges_stay_within_the_bytes(search: Search, found: Sensitivities) -> None:
    chooser = Chooser(search, found)
    order = chooser.order()
    bits = order[len(order) // 2]
    limit = chooser.bytes_of(bits)
    tried = chooser._exchanges(bits, limit)
    assert tried and bits not in tried
    assert all(chooser.bytes_of(each) <= limit for each in tried)
    before, after = chooser._divergences([chooser.plan(bits), chooser.plan(chooser.exchanged(bits, limit))])
    assert after <= before


BIAS = Refinement(("plan", "bias_correction"), True)
WIDE = Refinement(("plan", "groups", "rnn1.h", "activations"), 16)


@pytest.mark.parametrize(("with_it", "kept"), [(0.97, True), (0.99, False)])
def test_a_refinement_is_kept_where_that_helps(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch, with_it: float, kept: bool
) -> None:
    """It is kept below 98 % of the divergence without it."""

    def divergences(self: Chooser, plans: list[Plan]) -> list[float]:
        return [with_it if plan.bias_correction else 1.0 for plan in plans]

    monkeypatch.setattr(Chooser, "_divergences", divergences)
    free = dataclasses.replace(search, refinements=(BIAS,))
    choice = choose(free, found, Budget(flash=10_000))
    assert choice.plan.bias_correction == kept and choice.refinements == ((BIAS,) if kept else ())
    assert not choose(search, found, Budget(flash=10_000)).plan.bias_correction


def test_refinements_add_up_the_best_first(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone: 0.8 by the width, 0.9 by the biases, nothing by the clip. Both together: 0.7."""

    def divergences(self: Chooser, plans: list[Plan]) -> list[float]:
        return [1.0 - 0.2 * bool(plan.groups) - 0.1 * plan.bias_correction for plan in plans]

    monkeypatch.setattr(Chooser, "_divergences", divergences)
    clip = Refinement(("plan", "clipping"), "max")
    free = dataclasses.replace(search, refinements=(BIAS, WIDE, clip))
    choice = choose(free, found, Budget(flash=10_000))
    assert choice.refinements == (WIDE, BIAS)
    assert choice.plan.for_group("rnn1.h").activations == 16 and choice.plan.clipping == QUICK.clipping


def test_a_refinement_that_makes_the_step_slower_is_not_kept(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Chooser, "_divergences", lambda self, plans: [1.0 - 0.5 * bool(plan.groups) for plan in plans])

    def kept(slow: float) -> tuple[Refinement, ...]:
        def instructions(quantized: QuantizedNetwork) -> float:
            return slow if any(group.bits == 16 for group in quantized.groups) else 100.0

        free = dataclasses.replace(search, refinements=(WIDE,), instructions=instructions)
        return choose(free, found, Budget(flash=10_000)).refinements

    assert kept(101.9) == (WIDE,) and kept(102.1) == ()


def test_what_may_be_refined() -> None:
    names = {change.key[-1] for change in refinements(NETWORK, QUICK, Delta())}
    assert names == {"bias_correction", "clipping", "activation_clipping", "activations"}
    vectors = [change.key[2] for change in refinements(NETWORK, QUICK, Delta()) if change.key[1] == "groups"]
    assert vectors == ["rnn1.x", "rnn1.h", "head.x"]


@pytest.mark.parametrize("key", [("plan", "activations"), ("plan", "paths", "*.h", "activations")])
def test_what_the_user_says_of_widths_stays(key: tuple[str, ...]) -> None:
    keys = [change.key for change in refinements(NETWORK, QUICK, Delta(), [key, ("plan", "bias_correction")])]
    assert keys == [("plan", "clipping"), ("plan", "activation_clipping")]


@pytest.mark.parametrize("delta", [Delta(threshold=4), Delta(groups=(("rnn1.h@8", 4),))])
def test_thresholds_keep_the_widths_that_they_are_steps_of(delta: Delta) -> None:
    assert all(change.key[1] != "groups" for change in refinements(NETWORK, QUICK, delta))


def test_widths_are_tried_where_they_cost_no_instructions() -> None:
    assert [name for name, family in FAMILIES.items() if family.wide] == ["dsp"]
    assert all(change.key[1] != "groups" for change in refinements(NETWORK, QUICK, Delta(), wide=False))


def test_what_is_there_already_is_not_tried() -> None:
    plan = dataclasses.replace(QUICK, bias_correction=True, activations=16, clipping="max")
    assert [change.key[1] for change in refinements(NETWORK, plan, Delta())] == ["activation_clipping"]


def test_a_path_may_be_left_at_16_bits(search: Search) -> None:
    """Where there are bytes for it; alone it does no harm there."""
    paths = search.trials.network.matrices
    chooser = Chooser(search, literal({path: (3.0, 2.0, 1.0) for path in paths}))
    bits = dict.fromkeys(paths, 8)
    limit = chooser.bytes_of(bits | {"head.output.x": 16})
    tried = chooser._exchanges(bits, limit)
    assert bits | {"head.output.x": 16} in tried
    assert chooser.plan(tried[0]).weights == 8


def test_bytes_are_those_of_the_plan_in_full(search: Search, found: Sensitivities) -> None:
    """Whatever the search leaves out to be quick: rounding changes no size."""
    plan = dataclasses.replace(QUICK, rounding="compensated", bias_correction=True, weights=2)
    assert bytes_of(search, plan) == bytes_of(search, quickly(plan))


def increases(search: Search, by_weights: Mapping[int, float], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Trials whose increase depends on the bits of all weights together alone; those that were asked about."""
    asked: list[int] = []

    def outcome(self: Trials, quantized: object, limit: int | None = None) -> Outcome:
        total = sum(path.weight_bits for path in quantized.paths)
        asked.append(total)
        return Outcome(1.0, 0.0, next(value for least, value in by_weights.items() if total >= least), None)

    monkeypatch.setattr(Trials, "outcome", outcome)
    return asked


def test_the_smallest_plan_under_a_limit(search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch) -> None:
    """7 paths: 14 to 56 bits in all. From 30 on the limit is kept."""
    asked = increases(search, {30: 0.1, 0: 5.0}, monkeypatch)
    order = Chooser(search, found).order()
    wanted = next(bits for bits in order if sum(bits.values()) >= 30)
    choice = choose(search, found, Budget(increase=0.2))
    assert choice.bits == wanted and choice.outcome.increase == 0.1
    assert len(asked) < len(order)


def test_an_exchange_that_breaks_the_limit_is_taken_back(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    worse = dict.fromkeys(found.paths, 2)
    monkeypatch.setattr(Chooser, "exchanged", lambda self, bits, limit: worse)
    increases(search, {30: 0.1, 0: 5.0}, monkeypatch)
    assert choose(search, found, Budget(increase=0.2)).bits != worse


def test_a_refinement_that_breaks_the_limit_is_taken_back(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves half the divergence, and raises the PER of every plan."""

    def quantized(self: Trials, plan: Plan, delta: Delta) -> Plan:
        return plan

    def outcome(self: Trials, plan: Plan, limit: int | None = None) -> Outcome:
        worse = plan.bias_correction
        return Outcome(0.5 if worse else 1.0, 0.0, 0.3 if worse else 0.1, None)

    monkeypatch.setattr(Chooser, "bytes_of", lambda self, bits: sum(bits.values()))
    monkeypatch.setattr(Trials, "quantized", quantized)
    monkeypatch.setattr(Trials, "outcome", outcome)
    free = dataclasses.replace(search, refinements=(BIAS,))
    assert choose(free, found, Budget(increase=0.4)).refinements == (BIAS,)
    choice = choose(free, found, Budget(increase=0.2))
    assert choice.refinements == () and choice.outcome.increase == 0.1


@pytest.mark.parametrize(
    "budget, message",
    [
        (Budget(flash=1000), "even at 2 bits the model's tables take .* bytes, and the limit leaves 1,000: allow more"),
        (Budget(flash=1000, code=4000), "the limit leaves 0 beside 4,000 of code"),
        (Budget(compression=97.0), "even at 2 bits"),
        (Budget(increase=-50.0), r"raises the error rate on the dev set by .* points, above the limit of -50"),
    ],
)
def test_where_no_plan_fits(search: Search, found: Sensitivities, budget: Budget, message: str) -> None:
    with pytest.raises(LimitError, match=message):
        choose(search, found, budget)


def test_thresholds_are_in_force_in_what_is_tried(search: Search, found: Sensitivities) -> None:
    held = dataclasses.replace(search, delta=Delta(threshold=40))
    budget = Budget(flash=10_000)
    plain, other = choose(search, found, budget), choose(held, found, budget)
    assert isinstance(plain, Choice) and other.outcome.divergence > plain.outcome.divergence


@dataclasses.dataclass(frozen=True)
class Known:
    """Stands for a search that has plans of known sizes and increases, by the bits of a path."""

    bytes: Mapping[int, int]
    increase: Mapping[int, float]
    divergence: float = 1.0

    def plan(self, bits: Mapping[str, int]) -> tuple:
        return id(self), bits["a"]

    def bytes_of(self, bits: Mapping[str, int]) -> int:
        return self.bytes[bits["a"]]

    def outcome(self, bits: Mapping[str, int]) -> Outcome:
        rise = self.increase[bits["a"]]
        return Outcome(self.divergence, 0.0, rise, Interval(rise - 0.3, rise + 0.3, "speakers"))


def winner(search: Search, budget: Budget, *finalists: tuple[Known, int]) -> tuple[Known, int]:
    chooser, bits, _ = _best(search, budget, [(known, {"a": width}) for known, width in finalists])
    return chooser, bits["a"]


def test_within_the_bytes_the_least_divergence_wins(search: Search) -> None:
    """Unless the error rate of another is lower by more than chance: its interval ends below."""
    near = Known({2: 10, 4: 20}, {2: 0.4, 4: 0.5}, divergence=0.5)
    far = Known({4: 19, 8: 21}, {4: 0.3, 8: 0.1}, divergence=2.0)
    assert winner(search, Budget(flash=100), (far, 4), (near, 4)) == (near, 4)
    assert winner(search, Budget(flash=100), (near, 4), (far, 4), (far, 8)) == (far, 8)
    with pytest.raises(LimitError, match=r"by 0\.30 points, above the limit of 0\.2: allow more points, or more bytes"):
        winner(search, Budget(flash=100, increase=0.2), (near, 4), (far, 4))


def test_within_the_points_the_smallest_wins(search: Search) -> None:
    refined = Known({2: 10, 4: 20, 8: 40}, {2: 0.9, 4: 0.3, 8: 0.0})
    plain = Known({4: 19}, {4: 0.4})
    finalists = (refined, 8), (refined, 4), (plain, 4), (refined, 2)
    assert winner(search, Budget(increase=0.35), *finalists) == (refined, 4)
    assert winner(search, Budget(increase=0.4), *finalists) == (plain, 4)
    with pytest.raises(LimitError, match=r"by 0\.00 points, above the limit of -0\.5: allow more points$"):
        winner(search, Budget(increase=-0.5), *finalists)


def test_an_even_plan_is_among_the_finalists(search: Search, found: Sensitivities) -> None:
    chooser = Chooser(search, found)
    four = chooser.bytes_of(dict.fromkeys(found.paths, 4))
    within = _finest(chooser, chooser.order(), Budget(), four + 1)
    assert dict.fromkeys(found.paths, 4) in [bits for _, bits in within]
    assert all(each.bytes_of(bits) <= four + 1 for each, bits in within)


def test_what_refinements_gain_makes_the_plan_smaller(
    search: Search, found: Sensitivities, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without corrected biases 30 bits are needed, with them 20."""
    monkeypatch.setattr(Chooser, "_divergences", lambda self, plans: [1.0 - plan.bias_correction for plan in plans])
    monkeypatch.setattr(Chooser, "_exchanges", lambda self, bits, limit: [])

    def outcome(self: Chooser, bits: Mapping[str, int]) -> Outcome:
        return Outcome(1.0, 0.0, 0.0 if sum(bits.values()) >= (20 if self.changes else 30) else 1.0, None)

    monkeypatch.setattr(Chooser, "outcome", outcome)
    without = choose(search, found, Budget(increase=0.2))
    choice = choose(dataclasses.replace(search, refinements=(BIAS,)), found, Budget(increase=0.2))
    assert choice.plan.bias_correction and choice.table_bytes < without.table_bytes
    assert sum(choice.bits.values()) < 30 <= sum(without.bits.values())
