"""The standard shapes: their sizes, and that exactly the share of columns that they name stays unsent."""

from dataclasses import replace

import pytest

from shrinkc.bench.measure import Measurement
from shrinkc.bench.shapes import CELLS, UNSENT, StandardShape, standard_shapes
from shrinkc.bench.standard import WORST_SHARE_ERROR, check_shares, quantized_shape, shape_program, shape_work
from shrinkc.compile.sizes import Sizes
from shrinkc.errors import BuildError
from shrinkc.reference import sent_shares
from shrinkc.target import load_target


def test_there_are_all_of_them() -> None:
    shapes = list(standard_shapes())
    assert len(shapes) == 4 * 3 * 2 * 4 == len({shape.name for shape in shapes})
    assert shapes[0].name == "lstm-40-64-w8-dense"
    assert [shape.unsent for shape in shapes if shape.matches("gru-40-128-w4")] == list(UNSENT)
    assert [shape.name for shape in shapes if shape.matches("sru-*-256-w8-unsent60")] == ["sru-40-256-w8-unsent60"]


@pytest.mark.parametrize(("cell", "count"), [("lstm", 86_016), ("gru", 64_512), ("ligru", 43_008), ("sru", 20_480)])
def test_multiplications_of_a_step(cell: str, count: int) -> None:
    shape = StandardShape(cell, 128, 8, None)
    program = shape_program(shape, quantized_shape(shape), load_target("cortex-m4"), "delta")
    assert sum(matrix.rows * matrix.columns for matrix in program.matrices) == count


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("unsent", [0, 60, 80])
@pytest.mark.parametrize("weights", [4, 8])
def test_the_share_is_exact(cell: str, unsent: int, weights: int) -> None:
    shape = StandardShape(cell, 128, weights, unsent)
    network = quantized_shape(shape)
    inputs = shape_work(shape, network, 20).inputs[0]
    total = sent_shares(network, [inputs])
    warm_up = sent_shares(network, [inputs[:4]])
    for group in network.groups:
        sent = (total[group.name] * len(inputs) - warm_up[group.name] * 4) / 20
        assert abs(1 - sent - unsent / 100) <= WORST_SHARE_ERROR


def test_a_share_that_is_off_is_refused() -> None:
    shape = StandardShape("lstm", 128, 8, 60)
    found = Measurement(1.0, None, Sizes(0, 0, 0, 0, 0, 0, ()), {"rnn.x@8": 0.4, "rnn.h@8": 0.4})
    check_shares(shape, found)
    with pytest.raises(BuildError, match=r"61\.1 % of the columns of rnn\.h@8 were unsent, not 60 %"):
        check_shares(shape, replace(found, sent={"rnn.x@8": 0.4, "rnn.h@8": 0.389}))
