"""Measure plans with the integer reference: a line of a table for each plan and data set.

    python -m shrinkc.analyze.measure MODEL CALIBRATION.npz PLAN[,PLAN ...] DATA.npz [MORE.npz ...] [+ OTHER.npz ...]

MODEL is a path or zoo:NAME. `TUNED@MODEL` holds a fine-tuned model against the float outputs of the one that it was
tuned from. PLAN is a plan's file, or a number of bits for all weights. Data sets of one group are
counted together; `+` starts the next group. The device gives the same bits (`shrinkc verify` holds it to them), so this
is the device's PER, in seconds instead of minutes. Sizes are those of a build for `TARGET`.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .. import importers
from ..datasets import Dataset, load
from ..datasets.dataset import check_alike
from ..errors import InputError, ShrinkcError
from ..lower import FAMILIES, cheapest_modes, lower
from ..lower.tables import constant_bytes, percent_off
from ..pipeline import send_shares
from ..project import Delta, Metric, Plan
from ..project.plan_file import with_plan
from ..project.resolve import model_source, plan_of
from ..project.values import empty
from ..quantize import QuantizedNetwork
from ..score.per import per
from ..score.verification import errors_of
from ..target import load_target
from ..train.measure import grouped
from .trials import Trials

TARGET = "cortex-m4"


def plan_named(text: str) -> Plan:
    """The plan of a file, or the default plan with so many bits a weight."""
    return Plan(weights=int(text)) if text.isdigit() else plan_of(with_plan(empty(), Path(text)))


def joined(paths: Sequence[str]) -> Dataset:
    """Data sets end to end."""
    parts = [load(path) for path in paths]
    first = parts[0]
    for part, path in zip(parts, paths, strict=True):
        check_alike(part, path, first, paths[0])
    return replace(
        first,
        features=np.concatenate([part.features for part in parts]),
        lengths=np.concatenate([part.lengths for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        label_lengths=np.concatenate([part.label_lengths for part in parts]),
        speakers=tuple(speaker for part in parts for speaker in part.speakers),
        names=(),
        frame_labels=None,
    )


def _bytes(quantized: QuantizedNetwork, calibration: Dataset) -> int:
    """What a build keeps in flash as constants, its products computed as is cheapest on the target."""
    target = load_target(TARGET)
    family = FAMILIES[target.kernels]
    modes = cheapest_modes(quantized, family, target.core.costs, send_shares(quantized, calibration))
    return constant_bytes(lower(quantized, family, modes, None))


def main(words: Sequence[str]) -> None:
    """Measure and print; see the module's own text."""
    if len(words) < 4:
        raise InputError(
            "usage: python -m shrinkc.analyze.measure MODEL CALIBRATION.npz PLAN[,PLAN ...] DATA.npz [...] [+ ...]"
        )
    calibration, plans = load(words[1]), words[2].split(",")
    network, *reference = (
        importers.load(model_source(each, Path.cwd()).path, "model") for each in words[0].split("@", maxsplit=1)
    )
    sets = [joined(paths) for paths in grouped(words[3:])]
    first = Trials.of(network, calibration, sets[0], Metric(), *reference)
    trials = [first, *(first.on(each) for each in sets[1:])]
    rates = [100 * per(errors_of(each.dev, each.metric, {"float": each.floats})[0]["float"]) for each in trials]
    print("| plan | off | data | float | integer | increase, points | divergence |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for text in plans:
        quantized = first.quantized(plan_named(text), Delta())
        off = percent_off(_bytes(quantized, calibration), network.float_bytes)
        for each, rate in zip(trials, rates, strict=True):
            found = each.outcome(quantized)
            low, high, over = found.interval.low, found.interval.high, found.interval.over
            name = str(each.dev.meta.get("name", "data"))
            print(
                f"| {Path(text).stem} | {off:.1f} % | {name} | {rate:.2f} % | {rate + found.increase:.2f} % "
                f"| {found.increase:+.2f} ({low:+.2f} to {high:+.2f}, over {over}) | {found.divergence:.4f} |",
                flush=True,
            )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except ShrinkcError as error:
        sys.exit(f"error: {error}")
