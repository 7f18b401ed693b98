"""docs/performance.md from figures."""

from pathlib import Path

import msgspec
import pytest

from shrinkc.bench import page
from shrinkc.bench.report import Bench, Group, Instructions, Memory, Result, Shape
from shrinkc.bench.shapes import CORES, StandardShape, standard_shapes
from shrinkc.errors import InputError
from shrinkc.schema import to_json
from shrinkc.target import load_target

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


def result(shape: StandardShape, core: str, kernels: str) -> Result:
    """1000 times the bits of a weight, and a unit for each unit; the M55, where delta never pays, takes the half."""
    cheaper = "dense" if core == "cortex-m55" or shape.unsent is None else "delta"
    mode = cheaper if kernels == "auto" or shape.unsent is None else "delta"
    total = (1000.0 * shape.weights + shape.units) / (1 + (core == "cortex-m55" and mode == "dense"))
    return Result(
        name=shape.name,
        target=core,
        kernels="portable",
        multiplications=1,
        shape=Shape(cell=shape.cell, inputs=40, units=shape.units, weights=shape.weights, unsent=shape.unsent),
        instructions=Instructions(total=total, scan=1.0, products=total - 8, elementwise=3.0, rest=4.0),
        memory=Memory(flash=5, weights=4, code=1, ram=6, stack=7),
        groups=(Group(name="rnn.x@8", width=40, mode=mode, cheaper=cheaper, unsent=0.6),),
    )


def made_up(kernels: str) -> Bench:
    """A figure for every shape and core."""
    results = [result(shape, core, kernels) for shape in standard_shapes() for core in CORES]
    tools = {"shrinkc": "0", "arm-none-eabi-gcc": "12.2"}
    return Bench(schema="shrinkc-bench-1", tools=tools, steps=20, no_split=None, results=tuple(results))


def figures(kernels: str) -> page.Figures:
    return page.Figures(made_up(kernels), standard_shapes(), kernels, "here")


def test_the_tables() -> None:
    text = page.written(figures("delta"), figures("auto"))
    assert "arm-none-eabi-gcc 12.2" in text
    assert "| **shrinkc, 8 bits, dense** | 8,128 | 8,128 | 8,128 | 8,128 | 8,128 | 4,064 |" in text
    assert "| CMSIS-NN's over these | 81.42 x | 40.30 x |" in text


def test_beside_the_peers_stands_what_the_compiler_builds_and_below_it_what_is_forced() -> None:
    text = page.written(figures("delta"), figures("auto"))
    assert "| **shrinkc, 8 bits, 60 % unsent** | 8,128 | 8,128 | 8,128 | 8,128 | 8,128 | 4,064 (dense) |" in text
    assert "| M55, 60 % unsent | 1 | 4,056 |" in text
    assert "| 40 to 128, 8 bits, delta, 60 % unsent | 8,128 | 8,128 | 8,128 | 8,128 | 8,128 | 8,128* |" in text


def test_products_that_are_dense_in_part_are_said_so() -> None:
    one = result(StandardShape("lstm", 128, 8, 60), "cortex-m4", "delta")
    (group,) = one.groups
    held = msgspec.structs.replace(group, mode="dense")
    assert page._chosen(msgspec.structs.replace(one, groups=(group, held))) == "8,128 (partly dense)"
    assert page._chosen(one) == "8,128"


def test_the_bare_product_stands_beside_cmsis_nns() -> None:
    text = page.written(figures("delta"), figures("auto"))
    multiplication, row = load_target("cortex-m4").core.costs.dense[4]
    assert f"| 4 bits | 5.07 | {multiplication + row / 256:.2f} |" in text
    assert "| 8 bits | 2.07 |" in text


def test_a_missing_figure_is_named() -> None:
    whole = made_up("delta")
    part = msgspec.structs.replace(whole, results=whole.results[:-1])
    with pytest.raises(InputError, match=r"bench\.json: no figure of sru-40-256-w4-unsent80 on cortex-m55"):
        page.Figures(part, standard_shapes(), "delta", "bench.json")


@pytest.mark.parametrize(("kernels", "wanted"), [("auto", "dense"), ("delta", "delta")])
def test_figures_of_other_kernels_are_refused(kernels: str, wanted: str) -> None:
    other = made_up({"auto": "delta", "delta": "auto"}[kernels])
    message = rf"there: rnn\.x@8 of lstm-40-64-w8-unsent0 on cortex-m55 is .* --kernels {kernels} makes it {wanted}"
    with pytest.raises(InputError, match=message):
        page.Figures(other, standard_shapes(), kernels, "there")


def test_the_whole_command(tmp_path: Path) -> None:
    for kernels in ("delta", "auto"):
        (tmp_path / f"{kernels}.json").write_text(to_json(made_up(kernels)))
    written = tmp_path / "performance.md"
    written.write_text(PAGE.read_text(encoding="utf-8"))
    said: list[str] = []
    page.main([str(tmp_path / name) for name in ("delta.json", "auto.json", "performance.md")], said.append)
    assert said == [f"written to {written}"]
    assert page.written(figures("delta"), figures("auto")) in written.read_text(encoding="utf-8")


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    once = page.updated(text, "first\n")
    assert page.updated(once, "second\n").replace("second", "first") == once
    assert once.split(page.BEGIN)[0] == text.split(page.BEGIN)[0]
    assert once.split(page.END)[1] == text.split(page.END)[1]
