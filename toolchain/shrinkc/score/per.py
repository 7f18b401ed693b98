"""Phone error rate: greedy decoding, alignment, and the interval that goes with a figure.

PER = (S + D + I) / N over all utterances: substitutions, deletions and insertions of the cheapest alignment
of each decoded sequence with its reference (all costs 1), over the number of reference symbols.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import Levenshtein

from ..errors import InputError

INTERVAL_PERCENT = 95


@dataclass(frozen=True)
class Errors:
    """Counts of one utterance, or of several added up. `symbols` is the length of the reference."""

    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0
    symbols: int = 0

    @property
    def total(self) -> int:
        """S + D + I."""
        return self.substitutions + self.deletions + self.insertions

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
            self.symbols + other.symbols,
        )


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, and what was resampled for it: "utterances" or "speakers"."""

    low: float
    high: float
    over: str


def decode_all(outputs: Sequence[np.ndarray], blank: int | None = 0) -> list[list[int]]:
    """Of each utterance: the best class of each frame, repeats collapsed, `blank` dropped (None: nothing is dropped).

    `outputs` holds one (frames, classes) array an utterance, real or integer. Equal outputs give the lowest class, so
    that integers and the reals they stand for decode alike.
    """
    lengths = np.array([len(output) for output in outputs], dtype=np.int64)
    if not lengths.sum():
        return [[] for _ in outputs]
    best = np.concatenate([np.argmax(output, axis=1) for output in outputs if len(output)])
    ends = np.cumsum(lengths)
    kept = np.ones(len(best), dtype=bool)
    kept[1:] = best[1:] != best[:-1]
    # A first frame is kept even where the utterance before it ended on the same class.
    kept[(ends - lengths)[lengths > 0]] = True
    if blank is not None:
        kept &= best != blank
    bounds = zip(ends - lengths, ends, strict=True)
    return [best[start:end][kept[start:end]].tolist() for start, end in bounds]


def without(sequence: Sequence[int], symbol: int) -> list[int]:
    """The sequence with every `symbol` left out (silence, where it is not counted)."""
    return [int(item) for item in sequence if item != symbol]


def phone_errors(reference: Sequence[int], hypothesis: Sequence[int]) -> Errors:
    """Errors of one utterance, by the cheapest alignment (all costs 1) of two sequences of symbol indices."""
    first, second = [int(item) for item in reference], [int(item) for item in hypothesis]
    counts = {"replace": 0, "delete": 0, "insert": 0}
    for edit in Levenshtein.editops(first, second):
        counts[edit.tag] += 1
    return Errors(counts["replace"], counts["delete"], counts["insert"], len(first))


def utterance_errors(
    references: Sequence[Sequence[int]], hypotheses: Sequence[Sequence[int]], silence: int | None = None
) -> list[Errors]:
    """Errors of each utterance. `silence` is the symbol left out on both sides; None counts every symbol."""
    pairs = zip(references, hypotheses, strict=True)
    if silence is None:
        return [phone_errors(reference, hypothesis) for reference, hypothesis in pairs]
    return [phone_errors(without(one, silence), without(other, silence)) for one, other in pairs]


def total(errors: Sequence[Errors]) -> Errors:
    """All utterances' counts added up."""
    return sum(errors, Errors())


def per(errors: Sequence[Errors] | Errors) -> float:
    """Phone error rate, a fraction (it can pass 1 where much is inserted).

    Raises InputError when the references hold no symbol at all: the rate has no meaning then.
    """
    summed = errors if isinstance(errors, Errors) else total(errors)
    if summed.symbols == 0:
        raise InputError("no reference symbols to score against: give a data set with labels")
    return summed.total / summed.symbols


def bootstrap_interval(
    errors: Sequence[Errors],
    baseline: Sequence[Errors] | None = None,
    groups: Sequence[Hashable] | None = None,
    samples: int = 2000,
    seed: int = 0,
) -> Interval:
    """95 % percentile interval of PER (a fraction), or of its increase over `baseline` (in points).

    Utterances are drawn with replacement, paired between `errors` and `baseline` (Bisani and Ney 2004); where
    `groups` names at least two speakers, whole speakers are drawn. A draw without any symbol is not counted.
    """
    wrong = np.array([item.total for item in errors], dtype=np.float64)
    symbols = np.array([item.symbols for item in errors], dtype=np.float64)
    per(list(errors))
    if baseline is not None:
        before = np.array([item.total for item in baseline], dtype=np.float64)
        wrong = 100.0 * (wrong - before)
    over = "utterances"
    if groups is not None and len(set(groups)) > 1:
        over = "speakers"
        wrong, symbols = _by_group(wrong, groups), _by_group(symbols, groups)
    draws = np.random.default_rng(seed).integers(0, len(wrong), (samples, len(wrong)))
    counts = symbols[draws].sum(axis=1)
    rates = wrong[draws].sum(axis=1)[counts > 0] / counts[counts > 0]
    tail = (100 - INTERVAL_PERCENT) / 2
    low, high = np.percentile(rates, [tail, 100 - tail])
    return Interval(float(low), float(high), over)


def _by_group(values: np.ndarray, groups: Sequence[Hashable]) -> np.ndarray:
    """Sum per group: (groups,), in the order of first appearance."""
    order = {name: index for index, name in enumerate(dict.fromkeys(groups))}
    return np.bincount([order[name] for name in groups], weights=values, minlength=len(order))
