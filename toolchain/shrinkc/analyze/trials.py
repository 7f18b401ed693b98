"""Trying plans: each is quantised in full, run by the integer reference over a dev set, and held against float."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..calibrate import Ranges, calibrate
from ..datasets import Dataset
from ..datasets.enough import few_to_calibrate, few_to_try
from ..network import Network, floating
from ..project import Delta, Metric, Plan
from ..quantize import QuantizedNetwork, quantize
from ..reference import measurer, run, shares_of
from ..score import per as rates
from ..score.distance import distance, divergence
from ..score.verification import errors_of
from .side_by_side import side_by_side

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
class Held:
    """What a quantised network with thresholds does. shares: by send group, of its columns that are sent, 0 to 1."""

    outcome: Outcome
    shares: Mapping[str, float]


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
    def notes(self) -> tuple[str, ...]:
        """Of data that is too little to go by."""
        return (*few_to_calibrate(len(self.calibration)), *few_to_try(len(self.dev)))

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
        return self.held(quantized, limit).outcome

    def held(self, quantized: QuantizedNetwork, limit: int | None = None) -> Held:
        """The same, with the columns that were sent."""
        dev = self.dev.limit(limit)
        floats = self.floats[: len(dev)]
        inputs = [quantized.quantize_input(features) for features, _ in dev]
        execution = run(quantized, inputs)
        outputs = execution.outputs
        real = [each * quantized.output_scale for each in outputs]
        errors, _ = errors_of(dev, self.metric, {"float": floats, "device": outputs})
        increase = interval = None
        if errors:
            increase = 100.0 * (rates.per(errors["device"]) - rates.per(errors["float"]))
            interval = rates.bootstrap_interval(errors["device"], errors["float"], list(dev.speakers) or None)
        outcome = Outcome(divergence(floats, real, self.logits), distance(floats, real).rmse, increase, interval)
        sent = sum(counts.sum(axis=0, dtype=np.int64) for counts in execution.sent)
        return Held(outcome, shares_of(quantized, sent, sum(map(len, inputs)), len(inputs)))

    def outcomes(
        self, plans: Sequence[Plan], delta: Delta, limit: int | None = None, jobs: int | None = None
    ) -> Iterator[Outcome]:
        """What each plan does, in order, as they are found; `jobs` processes work side by side (None: a core each)."""
        yield from side_by_side(lambda plan: self.outcome(self.quantized(plan, delta), limit), plans, jobs)


def _float_outputs(network: Network, dataset: Dataset) -> Outputs:
    return floating.run(network, [features for features, _ in dataset])
