"""`shrinkc bench`: what a step costs on each core, in instructions by part, and memory."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError
from ..files import check_place, write_whole
from ..project import Options, resolve, with_options
from ..project.values import FILE_NAME, Values, empty, read
from .console import Progress, print_json, print_table

if TYPE_CHECKING:
    from ..bench.measure import Bench
    from ..bench.report import Bench as BenchReport
    from ..target import Target

Measure = Callable[["Bench", list["Target"], int, int, Progress], tuple]
"""measure(bench, targets, steps, jobs, progress) -> results."""

ALL = "all"
STANDARD_OPTIONS = ("weights", "kernels")
"""Of the options that say how a model is built, those that the standard shapes take too."""


@click.command("bench")
@click.argument("model", required=False)
@click.option("--target", metavar="T|all", default=ALL, help="Core or board, or all cores.  [default: all]")
@click.option(
    "--steps", type=click.IntRange(min=1, max=100_000), default=20, metavar="N", help="Steps to count.  [default: 20]"
)
@click.option("--shapes", metavar="PATTERN", help="Of the standard shapes, those that it names: 'lstm-40-128-w8*'.")
@click.option("--calibration", metavar="DATA", help="Data set to measure ranges on.")
@click.option("--dataset", "test", metavar="DATA", help="Data set whose first steps are run.")
@click.option("--weights", type=int, metavar="BITS", help="Bits of a weight: 2, 4, 8 or 16.")
@click.option("--activations", type=int, metavar="BITS", help="Bits of the products' inputs: 4, 8 or 16.")
@click.option("--clipping", metavar="WAY", help="Range of the weights: mmse, max or percentile.")
@click.option("--delta", metavar="off|T|GROUP=T,...", help="Thresholds, in steps of each input's grid.")
@click.option("--kernels", metavar="WAY", help="Products with thresholds: auto, delta or dense.")
@click.option("--max-frames", type=int, metavar="N", help="Frames of the longest utterance, for a bidirectional model.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Measurements side by side.  [default: cores]")
@click.option("-o", "--output", metavar="FILE", help="Also write the figures to FILE, as JSON.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def command(
    target: str, steps: int, shapes: str | None, jobs: int | None, output: str | None, as_json: bool, **options: object
) -> None:
    """Count the instructions of one step of MODEL (a file, or zoo:NAME) on each core, in QEMU.

    In a project, MODEL is its own. Elsewhere without MODEL, or with --shapes: the standard shapes, an LSTM, GRU, LiGRU
    and SRU of 64, 128 and 256 units, dense and with 0, 60 and 80 % of the columns unsent, to the nearest whole column.
    Where delta does not pay on a core they are built with dense products, as any model is; --kernels delta forces it.
    """
    if output is not None:
        check_place(Path(output), "-o")
    project = read(Path.cwd()) if (Path.cwd() / FILE_NAME).exists() else empty()
    standard = shapes is not None or (options["model"] is None and project.get("model.path") is None)
    measure = _standard(shapes or "*", options) if standard else _model(project, options)
    found = _measured(measure, _targets(target, standard), steps, jobs or len(os.sched_getaffinity(0)))
    _print(found, as_json, named=standard)
    if output is not None:
        from ..schema import to_json

        write_whole(Path(output), to_json(found))
        click.echo(f"written to {os.path.relpath(output)}", err=as_json)


def _targets(name: str, standard: bool) -> list["Target"]:
    """The target called `name`, or all cores; of the standard shapes, those that they are counted on."""
    from ..bench.shapes import CORES
    from ..target import list_targets, load_target

    if name != ALL:
        return [load_target(name)]
    if standard:
        return [load_target(core) for core in CORES]
    targets = [load_target(each) for each in list_targets()]
    return [one for one in targets if one.name == one.core.name]


def _standard(pattern: str, options: dict[str, object]) -> Measure:
    """What measures the standard shapes. Raises InputError for options that they do not take."""
    for name, value in options.items():
        if value is not None and name not in STANDARD_OPTIONS:
            said = "MODEL" if name == "model" else "--dataset" if name == "test" else f"--{name.replace('_', '-')}"
            raise InputError(f"{said} is of no use to the standard shapes: they bring weights, data and thresholds")
    given = with_options(empty(), Options(**{name: options[name] for name in STANDARD_OPTIONS}))
    from ..bench.shapes import WEIGHTS, standard_shapes

    weights = WEIGHTS if options["weights"] is None else (given.get("plan.weights"),)
    shapes = [shape for shape in standard_shapes(weights) if shape.matches(pattern)]
    if not shapes:
        example = next(standard_shapes(weights)).name
        raise InputError(f"--shapes {pattern!r} names none of the standard shapes; they are called {example} and so on")
    kernels = "auto" if options["kernels"] is None else given.get("delta.kernels")

    def measure(bench: "Bench", targets: list["Target"], steps: int, jobs: int, progress: Progress) -> tuple:
        from ..bench.standard import measure_shapes

        def shown(done: int, total: int) -> None:
            progress("measuring", done, total)

        return measure_shapes(bench, shapes, targets, steps, kernels, jobs, shown)

    return measure


def _model(project: Values, options: dict[str, object]) -> Measure:
    """What measures a model, the project's or another."""

    def measure(bench: "Bench", targets: list["Target"], steps: int, jobs: int, progress: Progress) -> tuple:
        from ..bench.model import measure_model

        settings = resolve(with_options(project, Options(target=targets[0].name, **options)))
        return measure_model(bench, settings, targets, steps, jobs, progress)

    return measure


def _measured(measure: Measure, targets: list["Target"], steps: int, jobs: int) -> "BenchReport":
    """All that was found, with what found it."""
    from ..bench.measure import Bench
    from ..bench.report import SCHEMA, tools
    from ..bench.report import Bench as Report
    from ..compile.processes import scratch_folder

    with scratch_folder() as folder, Progress() as progress:
        bench = Bench(folder)
        results = measure(bench, targets, steps, jobs, progress)
    return Report(schema=SCHEMA, tools=tools(), steps=steps, no_split=bench.no_split, results=results)


def _print(found: "BenchReport", as_json: bool, named: bool) -> None:
    from ..bench.report import rows
    from ..schema import to_json

    if as_json:
        print_json(to_json(found))
        return
    name = "standard shapes" if named else found.results[0].name
    print_table(f"{name}: instructions a step, mean of {found.steps}", rows(found.results, named))
    for one in found.results:
        if one.problem is not None:
            click.echo(f"note: {one.target}: {one.problem}")
    if found.no_split is not None:
        click.echo(f"note: totals only: {found.no_split}")
