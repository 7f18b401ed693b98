"""The fine-tuned models of docs/tuned: each stands on the grids of its plan, and the quantiser finds them again. The
one tuned with thresholds sends little with them.
"""

from pathlib import Path

import numpy as np
import pytest

from shrinkc import importers, zoo
from shrinkc.analyze.thresholds import work_eliminated
from shrinkc.analyze.trials import Trials
from shrinkc.calibrate import calibrate
from shrinkc.datasets import load
from shrinkc.project import Delta, Metric
from shrinkc.project.plan_file import with_plan
from shrinkc.project.resolve import delta_of, plan_of
from shrinkc.project.values import empty
from shrinkc.quantize import quantize
from shrinkc.reference import measurer

TUNED = Path(__file__).parents[2] / "docs" / "tuned"
NAMES = ("gru", "ligru", "lstm", "sru")
HELD = "ligru-held"
"""Tuned with thresholds, at 8 bits."""


def test_there_is_one_for_each_cell() -> None:
    assert tuple(sorted(path.parent.name for path in TUNED.glob("*/model.keras"))) == tuple(sorted((*NAMES, HELD)))


@pytest.mark.parametrize("name", NAMES)
def test_the_grids_are_found_again(name: str) -> None:
    """Whatever set ranges are calibrated on: here it is another corpus than the one that the plan was made with."""
    network = importers.load(TUNED / name / "model.keras", name)
    plan = plan_of(with_plan(empty(), TUNED / name / "plan.toml"))
    utterances = [features for features, _ in load(zoo.find(name).calibration)]
    made = quantize(network, calibrate(network, utterances), plan, Delta(), measurer(utterances))
    coarse = 0
    for layer, quantized in zip(network.layers, made.layers, strict=True):
        for accumulator in quantized.accumulators:
            for matrix in (each for each in accumulator.matrices if each.bits <= 4):
                group = made.group(matrix.group)
                steps = np.split(accumulator.scales / group.scale, len(accumulator.gates))
                for gate, step in zip(accumulator.gates, steps, strict=True):
                    floats = layer.matrices[f"{gate}.{group.source}"]
                    exact = floats / step[:, None]
                    apart = np.abs(exact - np.rint(exact)).max(axis=1)
                    assert np.quantile(apart, 0.99) < 0.02, f"{layer.name}.{gate}.{group.source}"
                    coarse += floats.size
    assert coarse > 0.8 * network.parameters


def test_the_thresholds_that_it_was_tuned_with_leave_most_unsent() -> None:
    """On another corpus than the one that docs/results.md has; thresholds of 0 leave less."""
    network, data = importers.load(TUNED / HELD / "model.keras", "held"), load(zoo.find("ligru").calibration)
    project = with_plan(empty(), TUNED / HELD / "plan.toml")
    trials = Trials.of(network, data, data, Metric())
    unsent = []
    for delta in (Delta(), delta_of(project)):
        made = trials.quantized(plan_of(project), delta)
        unsent.append(work_eliminated(made, trials.held(made).shares))
    assert unsent[0] + 0.15 < unsent[1] and unsent[1] > 0.7, unsent
