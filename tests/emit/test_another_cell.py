"""One more cell is one more definition: cells that this file alone knows run through every stage to C."""

import numpy as np
import pytest

from bits import check_against_reference
from networks import quantized, recognizer, speech_like
from shrinkc.cells import _DEFINITIONS, Cell, Equation, State
from shrinkc.cells.expressions import Call, Value, affine, function, sigmoid, tanh
from shrinkc.lower import lower
from shrinkc.network import floating
from shrinkc.project import Delta, Plan
from shrinkc.reference import run

x, h, z, r, n, rh = (Value(name) for name in ("x", "h", "z", "r", "n", "rh"))


def one_minus(argument):
    return Call("one_minus", (argument,))


def gru_reset_before() -> Cell:
    """A product reads r * h, which the step itself computes: two stages."""
    return Cell(
        name="gru_reset_before",
        states=(State("h", "h_new"),),
        equations=(
            Equation("z", sigmoid(affine("update", x, h))),
            Equation("r", sigmoid(affine("reset", x, h))),
            Equation("rh", r * h),
            Equation("n", tanh(affine("candidate", x, rh))),
            Equation("h_new", z * h + one_minus(z) * n),
        ),
        output="h_new",
        source="Cho et al. 2014",
    )


def gru_reset_after() -> Cell:
    """The candidate's product of h is multiplied before it is added: it needs a sum of its own."""
    return Cell(
        name="gru_reset_after",
        states=(State("h", "h_new"),),
        equations=(
            Equation("z", sigmoid(affine("update", x, h))),
            Equation("r", sigmoid(affine("reset", x, h))),
            Equation("n", tanh(affine("candidate", x) + r * affine("recurrent", h))),
            Equation("h_new", z * h + one_minus(z) * n),
        ),
        output="h_new",
        source="Keras' default GRU",
    )


def ligru() -> Cell:
    """A state that ReLU leaves unbounded."""
    return Cell(
        name="ligru",
        states=(State("h", "h_new"),),
        equations=(
            Equation("z", sigmoid(affine("update", x, h))),
            Equation("n", function("relu", affine("candidate", x, h))),
            Equation("h_new", z * h + one_minus(z) * n),
        ),
        output="h_new",
        source="Ravanelli et al. 2018",
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


@pytest.mark.parametrize("cell", [gru_reset_before, gru_reset_after, ligru, one_minus_a_sum])
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
    monkeypatch.setitem(_DEFINITIONS, "gru_reset_before", gru_reset_before)
    program = lower(quantized(recognizer("gru_reset_before", layers=1)))
    assert [stage.update.name for stage in program.stages] == ["rnn1_0", "rnn1_1", "head"]
    assert [read.group.source for read in program.stages[1].reads] == ["rh"]
    assert {store.field for store in program.stages[0].update.stores} >= {"rnn1_rh", "rnn1_z"}
