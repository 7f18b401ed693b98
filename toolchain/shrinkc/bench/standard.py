"""Measures the standard shapes on every core, several at a time."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from ..calibrate import calibrate
from ..emit import Sources, emit
from ..errors import BuildError
from ..lower import FAMILIES, Program, cheapest_modes, dense_modes, lower, plain_modes
from ..lower.modes import DELTA
from ..project import Delta, Plan
from ..quantize import QuantizedNetwork, quantize
from ..reference import measurer
from ..target import Target
from . import report
from .measure import Bench, Measurement, Work
from .shapes import INPUTS, WARM_UP, StandardShape, calibration_of, features_of, network_of, unsent_columns

WORST_SHARE_ERROR = 0.01
"""How far the share of unsent columns may lie from that of the shape's whole columns before its figures are refused."""

_TEST_SEED = 3

Progress = Callable[[int, int], None]


def measure_shapes(
    bench: Bench,
    shapes: Sequence[StandardShape],
    targets: Sequence[Target],
    steps: int,
    kernels: str,
    jobs: int,
    progress: Progress = lambda *_: None,
) -> tuple[report.Result, ...]:
    """One result for each shape and target, in that order. kernels: of deltas, "auto", "delta" or "dense".

    Raises BuildError for the first that fails; no other is begun then.
    """
    results: dict[int, list[report.Result]] = {}
    lock, stop = threading.Lock(), threading.Event()
    total = len(shapes) * len(targets)

    def one(index: int) -> None:
        for result in _results(bench, shapes[index], targets, steps, kernels):
            with lock:
                results.setdefault(index, []).append(result)
                progress(sum(map(len, results.values())), total)
            if stop.is_set():
                return

    # The largest first, so that none is left alone at the end.
    order = sorted(range(len(shapes)), key=lambda index: -shapes[index].units)
    with ThreadPoolExecutor(jobs) as pool:
        try:
            pending = [pool.submit(one, index) for index in order]
            for future in wait(pending, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)
    return tuple(result for index in range(len(shapes)) for result in results[index])


def quantized_shape(shape: StandardShape) -> QuantizedNetwork:
    """The integers of a standard shape: 8-bit inputs, thresholds of 0 or none."""
    network, calibration = network_of(shape), calibration_of(shape)
    delta = Delta(threshold=None if shape.unsent is None else 0)
    plan = Plan(weights=shape.weights, clipping="max", activation_clipping="max", rounding="nearest")
    return quantize(network, calibrate(network, calibration), plan, delta, measurer(calibration))


def shape_work(shape: StandardShape, network: QuantizedNetwork, steps: int) -> Work:
    """`steps` steps behind the warm-up."""
    features = features_of(shape, WARM_UP + steps, _TEST_SEED)
    return Work.of(shape.name, network, [network.quantize_input(features)], WARM_UP)


def shape_program(shape: StandardShape, network: QuantizedNetwork, target: Target, kernels: str) -> Program:
    """The program of a standard shape on a target."""
    family = FAMILIES[target.kernels]
    shares = {group.name: 1.0 - _unsent(shape, group.width) for group in network.groups}
    modes = {
        "auto": lambda: cheapest_modes(network, family, target.core.costs, shares),
        "delta": lambda: plain_modes(network),
        "dense": lambda: dense_modes(network),
    }
    return lower(network, family, modes[kernels]())


def _results(
    bench: Bench, shape: StandardShape, targets: Sequence[Target], steps: int, kernels: str
) -> Iterator[report.Result]:
    network = quantized_shape(shape)
    work = shape_work(shape, network, steps)
    shares = work.shares(network)
    if shape.unsent is not None:
        check_shares(shape, network, shares)
    for target in targets:
        program = shape_program(shape, network, target, kernels)
        found = bench.measure(program, alike(emit(program)), target, work)
        described = report.Shape(
            cell=shape.cell, inputs=INPUTS, units=shape.units, weights=shape.weights, unsent=shape.unsent
        )
        yield result_of(shape.name, program, target, found, shares, described)


def alike(sources: Sources) -> Sources:
    """Sources without their digest, so that the harness of shapes with the same state is compiled once."""
    files = {name: text.replace(sources.digest, "0" * len(sources.digest)) for name, text in sources.files.items()}
    return Sources(sources.name, files, sources.digest)


def _unsent(shape: StandardShape, width: int) -> float:
    """The share of a vector's columns that stays unsent."""
    return unsent_columns(width, shape.unsent) / width


def check_shares(shape: StandardShape, network: QuantizedNetwork, shares: Mapping[str, float]) -> None:
    """Raise BuildError where thresholds send another share of a vector's columns than the shape says."""
    for group in network.groups:
        found, wanted = 1.0 - shares[group.name], _unsent(shape, group.width)
        if abs(found - wanted) > WORST_SHARE_ERROR:
            raise BuildError(
                f"{shape.name}: {100 * found:.1f} % of the columns of {group.name} stay unsent, not {100 * wanted:.1f} "
                "%; use another number of --steps"
            )


def result_of(
    name: str,
    program: Program,
    target: Target,
    found: Measurement,
    shares: Mapping[str, float],
    shape: report.Shape | None = None,
) -> report.Result:
    """A measurement as the report has it. shares: of the columns that each group sends where its products are delta."""
    network = program.network
    cheaper = cheapest_modes(network, program.family, target.core.costs, shares)
    parts = found.parts or dict.fromkeys(("scan", "products", "elementwise", "rest"))
    sizes = found.sizes
    return report.Result(
        name=name,
        target=target.name,
        kernels=target.kernels,
        multiplications=sum(matrix.rows * matrix.columns for matrix in program.matrices),
        shape=shape,
        instructions=report.Instructions(total=round(found.total, 2), **_rounded(parts)),
        memory=report.Memory(
            flash=sizes.flash, weights=sizes.weights, code=sizes.code, ram=sizes.ram, stack=sizes.stack
        ),
        groups=tuple(
            report.Group(
                name=group.name,
                width=group.width,
                mode=program.modes[group.name],
                cheaper=cheaper[group.name],
                unsent=round(1.0 - shares[group.name], 4) if program.modes[group.name] == DELTA else 0.0,
            )
            for group in network.groups
        ),
    )


def _rounded(parts: dict[str, float | None]) -> dict[str, float | None]:
    return {part: None if value is None else round(value, 2) for part, value in parts.items()}
