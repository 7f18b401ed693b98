"""Measures one model on the cores that can run it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from .. import pipeline
from ..emit import emit
from ..errors import BuildError, InputError
from ..project import Settings
from ..quantize import QuantizedNetwork
from ..target import Target
from . import report
from .measure import Bench, Work
from .shapes import WARM_UP
from .standard import result_of

Progress = Callable[..., None]


def measure_model(
    bench: Bench, settings: Settings, targets: Sequence[Target], steps: int, jobs: int, progress: Progress
) -> tuple[report.Result, ...]:
    """One result a target. One that the model does not fit is said so in the result, unless it is the only one.

    Raises InputError as `pipeline.build` does, and BuildError where the model runs on none of the targets.
    """
    model = pipeline.prepare(settings, progress)
    features = pipeline.test_features(settings, model.network)
    work = model_work(settings.model.name, model.quantized, features, steps, settings.max_frames)
    shares = work.shares(model.quantized)
    progress("measuring", 0, len(targets))

    def one(target: Target) -> report.Result:
        program = model.program(settings, target)
        found = bench.measure(program, emit(program), target, work)
        return result_of(work.name, program, target, found, shares)

    results, errors = [], []
    with ThreadPoolExecutor(jobs) as pool:
        pending = [pool.submit(one, target) for target in targets]
        for target, future in zip(targets, pending, strict=True):
            try:
                results.append(future.result())
            except BuildError as error:
                if not _does_not_fit(error):
                    pool.shutdown(cancel_futures=True)
                    raise
                errors.append(error)
                results.append(_unfit(settings, model.quantized, target, error))
            progress("measuring", len(results), len(targets))
    if len(errors) == len(targets):
        raise errors[0]
    return tuple(results)


def _does_not_fit(error: BuildError) -> bool:
    """Whether it says that a region or the stack is too small (compile/link.py, compile/stack.py)."""
    return "does not fit" in str(error) or "bytes of stack" in str(error)


def _unfit(settings: Settings, network: QuantizedNetwork, target: Target, error: BuildError) -> report.Result:
    multiplications = sum(matrix.weights.size for one in network.accumulators for matrix in one.matrices)
    return report.Result(
        name=settings.model.name,
        target=target.name,
        kernels=target.kernels,
        multiplications=multiplications,
        problem=str(error),
    )


def model_work(
    name: str, network: QuantizedNetwork, features: Sequence[np.ndarray], steps: int, max_frames: int | None
) -> Work:
    """The first frames of a test set: `steps`, behind a warm-up where the network goes frame by frame.

    A network of whole utterances gets as many of them as hold the steps, the last one cut. Raises InputError where
    the set is shorter.
    """
    wanted = steps + (WARM_UP if network.streams else 0)
    inputs: list[np.ndarray] = []
    for utterance in features:
        missing = wanted - sum(map(len, inputs))
        if not missing:
            break
        if len(utterance):
            inputs.append(network.quantize_input(utterance[: min(missing, max_frames or missing)]))
    held = sum(map(len, inputs))
    if held < wanted:
        raise InputError(f"the test set holds {held} frames, and --steps {steps} needs {wanted}; give fewer")
    return Work.of(name, network, inputs, wanted - steps)
