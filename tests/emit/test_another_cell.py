"""One more cell is one more definition: cells that this file alone knows run through every stage to C."""

import numpy as np
import pytest

from bits import check_against_reference
from networks import quantized, recognizer, speech_like
from shrinkc.cells import _DEFINITIONS, Cell, Equation, State
from shrinkc.cells.expressions import Call, Value, affine, function, mix
from shrinkc.lower import lower
from shrinkc.network import floating
from shrinkc.project import Delta, Plan
from shrinkc.reference import run

x, h, z, r, n = (Value(name) for name in ("x", "h", "z", "r", "n"))


def sigmoid(argument):
    return function("sigmoid", argument)


def one_minus(argument):
    return Call("one_minus", (argument,))


def minimal_gru() -> Cell:
    """The gate scales h before the product of the candidate: two stages, and h is bounded by tanh."""
    zh = Value("zh")
    return Cell(
        name="minimal_gru",
        states=(State("h", "h_new"),),
        equations=(
            Equation("z", sigmoid(affine("forget", x, h))),
            Equation("zh", z * h),
            Equation("n", function("tanh", affine("candidate", x, zh))),
            Equation("h_new", mix(z, n, h)),
        ),
        output="h_new",
        source="Heck and Salem 2017",
    )


def one_minus_a_sum() -> Cell:
    """A sum under 1 - ... keeps its brackets in C."""
    return Cell(
        name="one_minus_a_sum",
        states=(State("h", "h_new"),),
        equations=(
            Equation("z", sigmoid(affine("update", x, h))),
            Equation("r", sigmoid(affine("reset", x, h))),
            Equation("h_new", r * one_minus(z * r + z * h)),
        ),
        output="h_new",
        source="made up",
    )


@pytest.mark.parametrize("cell", [minimal_gru, one_minus_a_sum])
@pytest.mark.parametrize("plan", [Plan(), Plan(weights=4, accumulators="separate")])
@pytest.mark.parametrize("threshold", [0, 3, None])
def test_through_every_stage(monkeypatch, on_host, cell, plan, threshold):
    monkeypatch.setitem(_DEFINITIONS, cell.__name__, cell)
    network = recognizer(cell.__name__)
    made = quantized(network, plan, Delta(threshold=threshold))
    check_against_reference(made, on_host)
    if plan.weights == 8 and threshold == 0:
        utterances = speech_like()
        real = np.concatenate(floating.run(network, utterances))
        outputs = run(made, [made.quantize_input(u) for u in utterances]).outputs
        error = np.abs(np.concatenate(outputs) * made.output_scale - real)
        assert error.max() < 0.15 * np.abs(real).max()


def test_a_product_of_what_the_step_computed_makes_a_second_stage(monkeypatch):
    monkeypatch.setitem(_DEFINITIONS, "minimal_gru", minimal_gru)
    program = lower(quantized(recognizer("minimal_gru", layers=1)))
    updates = [update for stage in program.stages for update in stage.updates]
    assert [update.name for update in updates] == ["rnn1_0", "rnn1_1", "head"]
    assert [read.group.source for read in program.stages[1].reads] == ["zh"]
    assert {store.field for store in updates[0].stores} == {"rnn1_zh", "rnn1_z"}
