"""What tables take in flash, known before compiling: held against compiled images."""

import dataclasses

import numpy as np
import pytest

from networks import both_ways, quantized, recognizer, with_head
from shrinkc.analyze.chooser import Modes
from shrinkc.compile.image import compile_image
from shrinkc.emit import emit
from shrinkc.lower import FAMILIES, dense_modes, lower, plain_modes
from shrinkc.lower.tables import table_bytes
from shrinkc.network import Network
from shrinkc.project import Plan, Rule
from shrinkc.target import load_target
from tools import needs_arm

MIXED = Plan(weights=4, paths=(Rule("*.candidate.*", weights=8), Rule("*.h", weights=2)), rounding="nearest")
LAST_FILLING = 7
"""Bytes at the very end that nothing follows: the only ones that table_bytes may count too many."""


def network(kind: str) -> Network:
    match kind:
        case "sru":
            return recognizer("sru", inputs=9, units=9, layers=1)
        case "tied":
            return both_ways("lstm", tied=True, layers=1)
    return recognizer("lstm", layers=1)


@needs_arm
@pytest.mark.parametrize(
    "target, kind, plan, modes",
    [
        ("cortex-m0plus", "lstm", MIXED, plain_modes),
        ("cortex-m4", "lstm", MIXED, dense_modes),
        ("cortex-m55", "lstm", MIXED, plain_modes),
        ("cortex-m55", "sru", Plan(weights=2, rounding="nearest"), dense_modes),
        ("cortex-m4", "tied", Plan(weights=16, activations=16, rounding="nearest"), plain_modes),
    ],
)
def test_tables_are_as_large_as_compiled(target: str, kind: str, plan: Plan, modes: Modes) -> None:
    core = load_target(target)
    made = quantized(network(kind), plan)
    if kind == "lstm":  # thresholds that vary are an array of their own
        varied = (dataclasses.replace(one, thresholds=np.arange(one.width, dtype=np.int16)) for one in made.groups)
        made = dataclasses.replace(made, groups=tuple(varied))
    program = lower(made, FAMILIES[core.kernels], modes(made), None if made.streams else 20)
    weights = compile_image(emit(program).files, "toy", core).sizes.weights
    assert weights <= table_bytes(program) <= weights + LAST_FILLING


def test_by_hand() -> None:
    """A dense layer of 3 x 7 at 8 bits: a word a column, 4 biases, 3 multipliers and a filler, 2 structs."""
    dense = with_head([], inputs=7, outputs=3, random=np.random.default_rng(1))
    program = lower(quantized(dense, Plan(rounding="nearest")), FAMILIES["portable"])
    assert table_bytes(program) == 7 * 4 + 4 * 4 + 8 + 16 + 8
