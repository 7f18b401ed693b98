"""Trials that are kept: made once, found again after an interruption, and begun anew for anything else."""

import dataclasses
from pathlib import Path

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc.analyze.sending import Sending, at_zero
from shrinkc.analyze.trials import Held, Outcome, Trials
from shrinkc.analyze.tried import SCHEMA, Tried, check_record
from shrinkc.errors import InputError
from shrinkc.project import Delta, Metric, Plan

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)
TRIALS = Trials.of(NETWORK, labelled(NETWORK, 3, seed=9), labelled(NETWORK), Metric())
QUANTIZED = TRIALS.quantized(Plan(rounding="nearest"), Delta())


def wanted(*steps: int) -> list[dict[str, Sending]]:
    return [at_zero(QUANTIZED) | {"rnn1.h@8": Sending(step)} for step in steps]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The thresholds of rnn1.h of every trial that is really made."""
    steps: list[int] = []
    plain = Trials.held

    def held(self, network, limit=None):
        steps.append(int(network.group("rnn1.h@8").thresholds[0]))
        return plain(self, network, limit)

    monkeypatch.setattr(Trials, "held", held)
    return steps


def test_what_was_tried_is_not_tried_again(tmp_path: Path, made: list[int]) -> None:
    record = tmp_path / "x.tried.json"
    first = Tried(TRIALS, QUANTIZED, record, 1).held(wanted(4, 8, 4), 3, "trying")
    assert made == [4, 8] and first[0] == first[2] != first[1]
    again = Tried(TRIALS, QUANTIZED, record, 1)
    assert again.held(wanted(8, 4), 3, "trying") == [first[1], first[0]] and made == [4, 8]
    again.held(wanted(8), 2, "trying")  # of other utterances
    assert made == [4, 8, 8]
    check_record(record)


def test_an_interrupted_search_goes_on(tmp_path: Path, made: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    record, plain = tmp_path / "x.tried.json", Trials.held

    def interrupted(self, network, limit=None):
        if network.group("rnn1.h@8").thresholds[0] == 8:
            raise KeyboardInterrupt
        return plain(self, network, limit)

    monkeypatch.setattr(Trials, "held", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Tried(TRIALS, QUANTIZED, record, 1).held(wanted(2, 4, 8, 16), 3, "trying")
    monkeypatch.setattr(Trials, "held", plain)
    Tried(TRIALS, QUANTIZED, record, 1).held(wanted(2, 4, 8, 16), 3, "trying")
    assert made == [2, 4, 8, 16]


def test_a_choice_made_in_full_is_kept_too(tmp_path: Path) -> None:
    """Beside the same choice with weights that were not rounded for it; and progress counts only what is made."""
    record, steps, said = tmp_path / "x.tried.json", [], []

    def confirm(sendings) -> Held:
        steps.append(sendings["rnn1.h@8"].threshold)
        return Held(Outcome(0.5, 0.0, 1.0, None), {"rnn1.h@8": 0.25})

    for _ in range(2):
        tried = Tried(TRIALS, QUANTIZED, record, 1, lambda *each: said.append(each))
        assert tried.in_full(wanted(4)[0], confirm, "in full", 2, 5).outcome.divergence == 0.5
        assert tried.held(wanted(4), None, "trying")[0].outcome.divergence != 0.5
    assert steps == [4] and said == [("in full", 2, 5), ("trying", 1, 1)]


@pytest.mark.parametrize("what", ["plan", "data", "metric"])
def test_of_anything_else_it_is_begun_anew(tmp_path: Path, made: list[int], what: str) -> None:
    record = tmp_path / "x.tried.json"
    Tried(TRIALS, QUANTIZED, record, 1).held(wanted(4), 3, "trying")
    trials, network = TRIALS, QUANTIZED
    if what == "plan":
        network = TRIALS.quantized(Plan(weights=4, rounding="nearest"), Delta())
    elif what == "data":
        trials = TRIALS.on(labelled(NETWORK, seed=6))
    else:
        trials = dataclasses.replace(TRIALS, metric=Metric("outputs"))
    Tried(trials, network, record, 1).held(wanted(4), 3, "trying")
    assert made == [4, 4]


@pytest.mark.parametrize("content", [b"{}", b"[plan]", b"\xff", b'{"schema":"other","digest":"","tried":[]}'])
def test_what_is_no_record_is_refused(tmp_path: Path, content: bytes) -> None:
    record = tmp_path / "x.tried.json"
    record.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.tried\.json is in the place of the record of trials"):
        check_record(record)


def test_a_record_of_another_version_is_begun_anew(tmp_path: Path, made: list[int]) -> None:
    record = tmp_path / "x.tried.json"
    first = Tried(TRIALS, QUANTIZED, record, 1).held(wanted(4), 3, "trying")
    record.write_bytes(record.read_bytes().replace(SCHEMA.encode(), b"shrinkc-tried-1"))
    check_record(record)
    assert Tried(TRIALS, QUANTIZED, record, 1).held(wanted(4), 3, "trying") == first and made == [4, 4]


def test_progress_counts_what_is_left(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    tried = Tried(TRIALS, QUANTIZED, None, 1, lambda *said: seen.append(said))
    tried.held(wanted(4), 2, "trying")
    tried.held(wanted(4, 8, 16), 2, "trying")
    assert seen == [("trying", 1, 1), ("trying", 1, 2), ("trying", 2, 2)]
