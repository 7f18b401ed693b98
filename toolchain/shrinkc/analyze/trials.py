"""Trying plans: each is quantised in full, run by the integer reference over a dev set, and held against float."""

import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np

from ..calibrate import Ranges, calibrate
from ..datasets import Dataset
from ..errors import BuildError
from ..network import Network, floating
from ..project import Delta, Metric, Plan
from ..quantize import QuantizedNetwork, quantize
from ..reference import measurer, run
from ..score import per as rates
from ..score.distance import distance, divergence
from ..score.verification import errors_of

Outputs = Sequence[np.ndarray]


@dataclass(frozen=True)
class Outcome:
    """What a quantised network does on the dev set, against the float one.

    divergence: how far its outputs are from float's, as `score.distance.divergence` has it. rmse: in the outputs' unit.
    increase: of the PER, or of the share of wrong labels, in points; None without labels. interval: of that, 95 %.
    """

    divergence: float
    rmse: float
    increase: float | None
    interval: rates.Interval | None


@dataclass(frozen=True)
class Trials:
    """A model, the data to quantise it with, and the data to try it on.

    reference: the network whose float outputs the trials are held against, `floats` on the dev set: the model itself,
    or the one that it was fine-tuned from.
    """

    network: Network
    reference: Network
    ranges: Ranges
    calibration: Dataset
    dev: Dataset
    metric: Metric
    floats: Outputs

    @classmethod
    def of(
        cls, network: Network, calibration: Dataset, dev: Dataset, metric: Metric, reference: Network | None = None
    ) -> "Trials":
        """Calibrates the model, and runs it, or another reference, in float."""
        reference = reference or network
        ranges = calibrate(network, [features for features, _ in calibration])
        return cls(network, reference, ranges, calibration, dev, metric, _float_outputs(reference, dev))

    def on(self, dev: Dataset) -> "Trials":
        """The same model, tried on other data."""
        return replace(self, dev=dev, floats=_float_outputs(self.reference, dev))

    @property
    def logits(self) -> bool:
        """Whether a softmax stands behind the outputs, so that distances are taken there."""
        classifies = self.metric.kind != "outputs" or bool(self.network.left_off)
        return classifies and self.network.outputs > 1

    @property
    def scored(self) -> bool:
        """Whether the dev set has labels for the metric. Raises InputError where the two do not fit."""
        return errors_of(self.dev, self.metric, {"float": self.floats})[0] is not None

    def quantized(self, plan: Plan, delta: Delta) -> QuantizedNetwork:
        """The model's integers by a plan. Raises InputError for a pattern in it that names nothing."""
        measure = measurer([features for features, _ in self.calibration])
        return quantize(self.network, self.ranges, plan, delta, measure)

    def outcome(self, quantized: QuantizedNetwork, limit: int | None = None) -> Outcome:
        """What these integers do on the first `limit` utterances of the dev set."""
        dev = self.dev.limit(limit)
        floats = self.floats[: len(dev)]
        outputs = run(quantized, [quantized.quantize_input(features) for features, _ in dev]).outputs
        real = [each * quantized.output_scale for each in outputs]
        errors, _ = errors_of(dev, self.metric, {"float": floats, "device": outputs})
        increase = interval = None
        if errors:
            increase = 100.0 * (rates.per(errors["device"]) - rates.per(errors["float"]))
            interval = rates.bootstrap_interval(errors["device"], errors["float"], list(dev.speakers) or None)
        return Outcome(divergence(floats, real, self.logits), distance(floats, real).rmse, increase, interval)

    def outcomes(
        self, plans: Sequence[Plan], delta: Delta, limit: int | None = None, jobs: int | None = None
    ) -> Iterator[Outcome]:
        """What each plan does, in order, as they are found; `jobs` processes work side by side (None: a core each)."""
        jobs = min(jobs or len(os.sched_getaffinity(0)), len(plans))
        if jobs <= 1:
            yield from (self.outcome(self.quantized(plan, delta), limit) for plan in plans)
            return
        try:
            with ProcessPoolExecutor(jobs, get_context("fork"), _take, (self, delta, limit)) as pool:
                yield from pool.map(_try, plans)
        except BrokenProcessPool as error:
            raise BuildError("a trial's process was killed, as when memory runs out: use fewer --jobs") from error


def _float_outputs(network: Network, dataset: Dataset) -> Outputs:
    return floating.run(network, [features for features, _ in dataset])


_TAKEN: dict[str, tuple[Trials, Delta, int | None]] = {}
"""What a worker process was started with."""


def _take(trials: Trials, delta: Delta, limit: int | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, and ends the others
    _TAKEN["trials"] = (trials, delta, limit)


def _try(plan: Plan) -> Outcome:
    trials, delta, limit = _TAKEN["trials"]
    return trials.outcome(trials.quantized(plan, delta), limit)
