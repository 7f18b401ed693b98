"""docs/performance.md from figures."""

from pathlib import Path

import pytest

from shrinkc.bench import page
from shrinkc.bench.peers import CORES
from shrinkc.bench.report import Bench, Group, Instructions, Memory, Result, Shape
from shrinkc.bench.shapes import standard_shapes
from shrinkc.errors import InputError

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def made_up() -> Bench:
    """A figure for every shape and core: 1000 times the bits of a weight, and a unit for each unit."""
    results = []
    for shape in standard_shapes():
        described = Shape(cell=shape.cell, inputs=40, units=shape.units, weights=shape.weights, unsent=shape.unsent)
        mode = "dense" if shape.unsent is None else "delta"
        for core in CORES:
            results.append(
                Result(
                    name=shape.name,
                    target=core,
                    kernels="portable",
                    multiplications=1,
                    shape=described,
                    instructions=Instructions(
                        total=1000.0 * shape.weights + shape.units, scan=1.0, products=2.0, elementwise=3.0, rest=4.0
                    ),
                    memory=Memory(flash=5, weights=4, code=1, ram=6, stack=7),
                    groups=(Group(name="rnn.x@8", width=40, mode=mode, cheaper="dense", unsent=0.6),),
                )
            )
    tools = {"shrinkc": "0", "arm-none-eabi-gcc": "12.2"}
    return Bench(schema="shrinkc-bench-1", tools=tools, steps=20, no_split=None, results=tuple(results))


def test_the_tables() -> None:
    text = page.written(page.Figures(made_up(), "here"))
    assert "arm-none-eabi-gcc 12.2" in text
    assert "| **shrinkc, 8 bits, dense** | 8,128 | 8,128 |" in text
    assert "| CMSIS-NN's over these | 81.42 x | 40.30 x |" in text
    assert "| 40 to 256, 4 bits, delta, 60 % unsent | 4,256* |" in text


def test_a_missing_figure_is_named() -> None:
    whole = made_up()
    part = Bench(schema=whole.schema, tools={}, steps=20, no_split=None, results=whole.results[:-1])
    with pytest.raises(InputError, match=r"bench.json: no figure of \('sru', 256, 4, 80\) on cortex-m55"):
        page.Figures(part, "bench.json")


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    once = page.updated(text, "first\n")
    assert page.updated(once, "second\n").replace("second", "first") == once
    assert once.split(page.BEGIN)[0] == text.split(page.BEGIN)[0]
    assert once.split(page.END)[1] == text.split(page.END)[1]
