"""Measure a trained model as Keras runs it: PER without silence, with its interval, on any number of data sets.

    python -m shrinkc.train.measure MODEL DATA.npz [MORE.npz ...] [+ OTHER.npz ...]

Data sets of one group are counted together; `+` starts the next group. MODEL is a path or zoo:NAME. What is printed is
TOML, as it stands in a model's card.
"""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..datasets.dataset import Dataset, check_width, load
from ..errors import InputError, ShrinkcError
from ..score.per import Interval, bootstrap_interval, decode_all, per, total, utterance_errors
from ..zoo import PREFIX, find
from .network import load_model, outputs


@dataclass(frozen=True)
class Figure:
    """One PER: what it was measured on, its counts, and its 95 % interval."""

    data: str
    utterances: int
    speakers: int
    substitutions: int
    deletions: int
    insertions: int
    symbols: int
    per: float
    interval: Interval

    def as_toml(self) -> str:
        """One `[[per]]` table of a card."""
        return "\n".join(
            [
                "[[per]]",
                f'data = "{self.data}"',
                f"utterances = {self.utterances}",
                f"speakers = {self.speakers}",
                f"substitutions = {self.substitutions}",
                f"deletions = {self.deletions}",
                f"insertions = {self.insertions}",
                f"symbols = {self.symbols}",
                "silence = false",
                f"per = {self.per:.4f}",
                f"low = {self.interval.low:.4f}",
                f"high = {self.interval.high:.4f}",
                f'over = "{self.interval.over}"',
                "",
            ]
        )


def measure(model: Any, datasets: Sequence[Dataset], name: str) -> Figure:
    """PER of a Keras model over all utterances of `datasets` together.

    The interval is over speakers where there are two or more, else over utterances.
    """
    errors, speakers = [], []
    for dataset in datasets:
        hypotheses = decode_all(outputs(model, [features for features, _ in dataset]))
        errors += utterance_errors([labels for _, labels in dataset], hypotheses)
        speakers += dataset.speakers
    summed = total(errors)
    return Figure(
        data=name,
        utterances=len(errors),
        speakers=len(set(speakers)),
        substitutions=summed.substitutions,
        deletions=summed.deletions,
        insertions=summed.insertions,
        symbols=summed.symbols,
        per=per(errors),
        interval=bootstrap_interval(errors, groups=speakers),
    )


def grouped(words: Sequence[str]) -> list[list[str]]:
    """The words between the `+` signs: ["a", "b", "+", "c"] are [["a", "b"], ["c"]]."""
    groups: list[list[str]] = [[]]
    for word in words:
        if word == "+":
            groups.append([])
        else:
            groups[-1].append(word)
    return [group for group in groups if group]


def main(arguments: Sequence[str]) -> None:
    """Measure and print; see the module's own text."""
    if len(arguments) < 2:
        raise InputError("usage: python -m shrinkc.train.measure MODEL DATA.npz [MORE.npz ...] [+ OTHER.npz ...]")
    first = arguments[0]
    model = load_model(find(first).model if first.startswith(PREFIX) else Path(first))
    for paths in grouped(arguments[1:]):
        datasets = [load(path) for path in paths]
        for dataset, path in zip(datasets, paths, strict=True):
            check_width(dataset, path, model.input_shape[-1])
        name = " + ".join(str(dataset.meta.get("name", path)) for dataset, path in zip(datasets, paths, strict=True))
        print(measure(model, datasets, name).as_toml(), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        main(sys.argv[1:])
    except ShrinkcError as error:
        sys.exit(f"error: {error}")
