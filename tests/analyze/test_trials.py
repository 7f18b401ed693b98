"""Trials and sensitivities on small networks: what an outcome says, and that processes change nothing."""

import dataclasses
import os

import pytest

from labelled import labelled
from networks import both_ways, recognizer
from shrinkc.analyze.sensitivity import sensitivities, vector_widths
from shrinkc.analyze.trials import Outcome, Trials
from shrinkc.datasets import Dataset
from shrinkc.errors import BuildError, InputError
from shrinkc.network import Network
from shrinkc.project import Delta, Metric, PathPlan, Plan, Rule

QUICK = Plan(rounding="nearest")
NETWORK = recognizer("gru", units=6, outputs=4, layers=1)


def trials_of(network: Network = NETWORK, metric: Metric | None = None, dev: Dataset | None = None) -> Trials:
    calibration = labelled(network, 3, seed=9)
    return Trials.of(network, calibration, labelled(network) if dev is None else dev, metric or Metric())


def outcome(trials: Trials, plan: Plan = QUICK, limit: int | None = None) -> Outcome:
    return trials.outcome(trials.quantized(plan, Delta()), limit)


def test_an_outcome_is_a_figure_against_float() -> None:
    trials = trials_of()
    fine = outcome(trials, Plan(weights=16, activations=16, rounding="nearest"))
    coarse = outcome(trials, Plan(weights=2, rounding="nearest"))
    assert 0 <= fine.divergence < coarse.divergence and fine.rmse < coarse.rmse
    assert fine.increase is not None and coarse.increase is not None
    assert coarse.interval.low <= coarse.increase <= coarse.interval.high
    assert coarse.interval.over == "speakers"
    assert trials.scored and trials.logits


def test_the_first_utterances_only() -> None:
    trials = trials_of()
    some = dataclasses.replace(trials, dev=trials.dev.limit(2), floats=trials.floats[:2])
    assert outcome(trials, limit=2) == outcome(some)
    assert outcome(trials, limit=2) != outcome(trials)


def test_without_labels_there_is_a_divergence_alone() -> None:
    trials = trials_of(dev=labelled(NETWORK, labels=False))
    found = outcome(trials)
    assert found.increase is None and found.interval is None and found.divergence > 0
    assert not trials.scored
    assert not trials_of(metric=Metric("outputs")).scored


def test_when_a_softmax_stands_behind_the_outputs() -> None:
    assert not trials_of(metric=Metric("outputs")).logits
    assert trials_of(dataclasses.replace(NETWORK, left_off="softmax"), Metric("outputs")).logits
    one = recognizer("gru", units=6, outputs=1, layers=1)
    assert not trials_of(one, Metric("outputs"), labelled(one, labels=False)).logits


def test_labels_that_do_not_fit_are_refused_before_any_trial() -> None:
    dev = dataclasses.replace(labelled(NETWORK), symbols=("sil", *"abcdef"))
    with pytest.raises(InputError, match="4 outputs and the data set has 7"):
        assert trials_of(dev=dev).scored
    with pytest.raises(InputError, match="accuracy needs one label"):
        assert trials_of(metric=Metric("accuracy")).scored


@pytest.mark.parametrize(
    "network", [both_ways("lstm", units=4, layers=1), recognizer("lstm", units=4, layers=1, last=True)]
)
def test_whole_utterances_and_last_steps(network: Network) -> None:
    found = outcome(trials_of(network, Metric("outputs"), labelled(network, labels=False)))
    assert found.divergence > 0 and found.increase is None


def test_processes_change_nothing() -> None:
    trials = trials_of()
    plans = [Plan(weights=bits, rounding="nearest") for bits in (2, 4, 8)]
    alone = list(trials.outcomes(plans, Delta(), limit=3, jobs=1))
    assert list(trials.outcomes(plans, Delta(), limit=3, jobs=2)) == alone
    assert alone == [outcome(trials, plan, 3) for plan in plans]


def test_what_a_process_meets_is_told() -> None:
    trials = trials_of(dev=dataclasses.replace(labelled(NETWORK), symbols=("sil", *"abcdef")))
    with pytest.raises(InputError, match="4 outputs and the data set has 7"):
        list(trials.outcomes([QUICK, QUICK], Delta(), jobs=2))


def test_a_process_that_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = trials_of()
    monkeypatch.setattr(Trials, "quantized", lambda *_: os._exit(9))
    with pytest.raises(BuildError, match="use fewer --jobs"):
        list(trials.outcomes([QUICK, QUICK], Delta(), jobs=2))


def test_every_path_and_every_vector_alone() -> None:
    trials = trials_of()
    seen: list[tuple[str, int, int]] = []
    found = sensitivities(trials, QUICK, None, 1, lambda *said: seen.append(said))
    assert list(found.paths) == list(NETWORK.matrices) and list(found.vectors) == list(vector_widths(NETWORK))
    assert found.vectors.keys() == {"rnn1.x", "rnn1.h", "head.x"}
    assert "rnn1.candidate.x" in found.paths and "head.output.x" in found.paths
    assert seen[-1] == ("trying each path alone", 1 + 3 * len(found.paths) + 2 * 3, 1 + 3 * len(found.paths) + 2 * 3)
    for effects in found.paths.values():
        assert list(effects) == [2, 4, 8]
        assert effects[8].divergence < 2 * effects[4].divergence < 4 * effects[2].divergence
        assert found.floor.divergence < 2 * effects[8].divergence
    for effects in found.vectors.values():
        assert list(effects) == [4, 8] and effects[8].divergence < 2 * effects[4].divergence


def test_a_plans_clipping_counts_and_its_bits_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    trials, tried = trials_of(), []
    monkeypatch.setattr(Trials, "outcomes", lambda self, plans, *rest: tried.append(plans) or [None] * len(plans))
    rules = (Rule("*", weights=2, activations=4), Rule("head.*", clipping="max", weights=2))
    few = Plan(2, 4, clipping="percentile", percentile=60.0, paths=rules, groups=(Rule("*", activations=4),))
    sensitivities(trials, few, 2, 1)
    floor, first, *others = tried[0]
    assert {floor.weights, floor.activations} == {16} and (floor.clipping, floor.percentile) == ("percentile", 60.0)
    assert floor.for_path("rnn1.update.x", "rnn1.x") == PathPlan(16, 16, "percentile", "nearest", True)
    assert first.for_path("rnn1.update.x", "rnn1.x").weights == 2
    assert first.for_path("head.output.x", "head.x") == PathPlan(16, 16, "max", "nearest", True)
    assert others[-1].for_group("head.x").activations == 8 and others[-1].for_group("rnn1.x").activations == 16
