"""The standard shapes: their sizes, and that the share of columns that they name stays unsent, to the column."""

from pathlib import Path

import pytest

from shrinkc.bench.measure import Bench
from shrinkc.bench.report import rows
from shrinkc.bench.shapes import CELLS, UNITS, UNSENT, StandardShape, standard_shapes, unsent_columns
from shrinkc.bench.standard import check_shares, measure_shapes, quantized_shape, shape_program, shape_work
from shrinkc.errors import BuildError
from shrinkc.target import load_target
from tools import needs_qemu


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
@pytest.mark.parametrize("units", UNITS[:2])
def test_the_share_is_that_of_whole_columns(cell: str, unsent: int, weights: int, units: int) -> None:
    shape = StandardShape(cell, units, weights, unsent)
    network = quantized_shape(shape)
    shares = shape_work(shape, network, 20).shares(network)
    for group in network.groups:
        assert (1 - shares[group.name]) * group.width == pytest.approx(unsent_columns(group.width, unsent))


def test_the_columns_of_a_share() -> None:
    assert [unsent_columns(width, 60) for width in (40, 64, 128, 256)] == [24, 38, 77, 154]
    assert unsent_columns(64, None) == 0


def test_a_share_that_is_off_is_refused() -> None:
    shape = StandardShape("lstm", 64, 8, 60)
    network = quantized_shape(shape)
    check_shares(shape, network, {"rnn.x@8": 0.4, "rnn.h@8": 26 / 64 + 0.009})
    with pytest.raises(BuildError, match=r"58\.3 % of the columns of rnn\.h@8 stay unsent, not 59\.4 %"):
        check_shares(shape, network, {"rnn.x@8": 0.4, "rnn.h@8": 26 / 64 + 0.011})


@needs_qemu
def test_where_delta_does_not_pay_the_compilers_choice_is_the_dense_product(tmp_path: Path) -> None:
    shape, target = StandardShape("lstm", 64, 8, 60), load_target("cortex-m55")
    found = {}
    for kernels in ("auto", "delta", "dense"):
        (tmp_path / kernels).mkdir()
        (found[kernels],) = measure_shapes(Bench(tmp_path / kernels, splits=False), [shape], [target], 2, kernels, 1)
    auto, delta, dense = found["auto"], found["delta"], found["dense"]
    assert auto == dense and auto.instructions.total < delta.instructions.total
    assert {(group.mode, group.cheaper, group.unsent) for group in auto.groups} == {("dense", "dense", 0.0)}
    assert [(group.mode, group.cheaper, group.unsent) for group in delta.groups] == [
        ("delta", "dense", 0.6),
        ("delta", "dense", 0.5938),
    ]
    heads, *lines = rows((auto, delta), named=False)
    assert [line[heads.index("unsent")] for line in lines] == ["dense", "59.6 %"]
