"""The settings of one build, checked and resolved: what `shrinkc.toml` and the options come to."""

import dataclasses
import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path

from ..errors import InputError
from ..target import Target, load_own, load_target


@dataclass(frozen=True)
class Source:
    """A file to read. `name` is what reports say (a file's name or `zoo:NAME`), never an absolute path."""

    path: Path
    name: str

    def __fspath__(self) -> str:
        return str(self.path)


@dataclass(frozen=True)
class Data:
    """The data sets, by role; None where there is none."""

    calibration: Source | None = None
    dev: Source | None = None
    test: Source | None = None


@dataclass(frozen=True)
class Metric:
    """How outputs are scored.

    `kind` is "per", "accuracy" or "outputs" (distance from float only). `blank` names the symbol that greedy
    decoding drops, or is None. `silence` says whether the first symbol counts in the rate.
    """

    kind: str = "per"
    blank: str | None = "sil"
    silence: bool = False


@dataclass(frozen=True)
class PathPlan:
    """One path's numbers: weight bits, bits of its input vector, how weights are clipped and rounded, whether each row
    has a scale of its own. rounding: "nearest" or "compensated".
    """

    weights: int
    activations: int
    clipping: str
    rounding: str
    per_row: bool


PATH_KEYS = tuple(each.name for each in dataclasses.fields(PathPlan))
"""What a rule can set of a path."""


@dataclass(frozen=True)
class GroupPlan:
    """One vector's numbers, as far as no path says otherwise: bits, how its range is clipped, or the range itself."""

    activations: int
    clipping: str
    range: float | None = None


@dataclass(frozen=True)
class Rule:
    """What a pattern's table sets; None leaves a value as it is. The last rule that matches wins.

    where: file and line, or the option, that it comes from, for messages.
    """

    pattern: str
    weights: int | None = None
    activations: int | None = None
    clipping: str | None = None
    rounding: str | None = None
    per_row: bool | None = None
    range: float | None = None
    where: str = field(default="", compare=False, repr=False)

    def matches(self, name: str) -> bool:
        return matches(self.pattern, name)


def matches(pattern: str, name: str) -> bool:
    """Does a shell pattern name this path, vector or send group? `rnn1.h` names the group `rnn1.h@8` too."""
    return fnmatchcase(name, pattern) or fnmatchcase(name.partition("@")[0], pattern)


COMPENSATED_BELOW = 8
"""Weights of fewer bits are rounded with compensation unless the plan says otherwise: from 8 on it changes nothing."""


@dataclass(frozen=True)
class Plan:
    """How the network is quantised. Bits: weights 2, 4, 8 or 16; activations 4, 8 or 16; state 16 or 32.

    clipping: "mmse", "max" or "percentile", of which `percentile` says how many values are within the range.
    rounding: "auto", "nearest" or "compensated". bias_correction: do biases take up the products' mean error?
    """

    weights: int = 8
    activations: int = 8
    clipping: str = "mmse"
    activation_clipping: str = "mmse"
    percentile: float = 99.9
    rounding: str = "auto"
    bias_correction: bool = False
    state: int = 32
    accumulators: str = "auto"
    per_row: bool = True
    paths: tuple[Rule, ...] = ()
    groups: tuple[Rule, ...] = ()

    def for_path(self, path: str, vector: str) -> PathPlan:
        """The numbers of path `path` (`rnn1.candidate.h`), whose input is `vector` (`rnn1.h`).

        Its activation bits are the path's own if a path rule sets them, else the vector's, else the plan's.
        """
        found = PathPlan(self.weights, self.for_group(vector).activations, self.clipping, self.rounding, self.per_row)
        for rule in self.paths:
            if rule.matches(path):
                set_here = {name: getattr(rule, name) for name in PATH_KEYS if getattr(rule, name) is not None}
                found = dataclasses.replace(found, **set_here)
        if found.rounding == "auto":
            chosen = "compensated" if found.weights < COMPENSATED_BELOW else "nearest"
            return dataclasses.replace(found, rounding=chosen)
        return found

    def for_group(self, vector: str) -> GroupPlan:
        """The numbers of a vector (`rnn1.h`) or send group (`rnn1.h@16`)."""
        found = GroupPlan(self.activations, self.activation_clipping)
        for rule in self.groups:
            if rule.matches(vector):
                found = GroupPlan(
                    rule.activations or found.activations,
                    rule.clipping or found.clipping,
                    rule.range or (None if rule.clipping else found.range),
                )
        return found


@dataclass(frozen=True)
class Delta:
    """Thresholds in steps of each send group's grid; None: dense products. `groups` is (pattern, value)s, and `places`
    where each comes from, for messages, if that is known.

    kernels: how products with thresholds are computed: "auto" (whichever is cheaper on the target), "delta" or "dense".
    """

    threshold: int | None = 0
    groups: tuple[tuple[str, int | None], ...] = ()
    kernels: str = "auto"
    places: tuple[str, ...] = field(default=(), compare=False, repr=False)

    def for_group(self, group: str) -> int | None:
        """The threshold of a send group (`rnn1.h@8`); None where its products are computed densely."""
        found = self.threshold
        for pattern, threshold in self.groups:
            if matches(pattern, group):
                found = threshold
        return found


@dataclass(frozen=True)
class Limits:
    """What a build that was verified may come to, as `fields.LIMITS` says of each key; None for no limit."""

    max_per_increase: float | None = None
    max_accuracy_drop: float | None = None
    max_flash: int | None = None
    max_ram: int | None = None
    max_stack: int | None = None
    max_instructions: int | None = None


_MISSING = {
    "calibration": "no calibration set: give one with --calibration, or as data.calibration in shrinkc.toml",
    "dev": "no data to try plans on: give --dev, or set data.dev in shrinkc.toml",
    "test": "no data to run: give --dataset, or set data.test in shrinkc.toml",
}


@dataclass(frozen=True)
class Settings:
    """Everything about one build. `recorded` is the same as plain nested values, for the report.

    target: its name; board: the file of the user's own board that it is, or None. max_frames: of the longest utterance,
    or None. decode: "none", "argmax" or "ctc".
    """

    model: Source
    name: str
    target: str
    max_frames: int | None
    decode: str
    data: Data
    metric: Metric
    plan: Plan
    delta: Delta
    limits: Limits
    output: Path
    recorded: dict[str, object] = field(compare=False)
    board: Source | None = None

    def load_target(self) -> Target:
        """The target itself. Raises InputError where there is none of this name, or its file is wrong."""
        return load_own(self.board.path) if self.board else load_target(self.target)

    def source(self, role: str) -> Source:
        """The data set of a role, "calibration" or "test". Raises InputError, with the remedy, where there is none."""
        found = getattr(self.data, role)
        if found is None:
            raise InputError(_MISSING[role])
        return found


def check_patterns(plan: Plan, delta: Delta, paths: Iterable[str], groups: Iterable[str]) -> None:
    """Refuse a pattern that names nothing: a setting must never be ignored in silence.

    `paths` and `groups` are the names of the network at hand. Raises InputError with the nearest name.
    """
    paths, groups = list(paths), list(groups)
    for rule in plan.paths:
        _check_pattern("plan.paths", rule.pattern, paths, rule.where)
    for rule in plan.groups:
        _check_pattern("plan.groups", rule.pattern, [group.partition("@")[0] for group in groups], rule.where)
    for (pattern, _), where in zip_longest(delta.groups, delta.places, fillvalue=""):
        _check_pattern("delta.groups", pattern, groups, where)


def _check_pattern(table: str, pattern: str, names: list[str], where: str) -> None:
    if any(matches(pattern, name) for name in names):
        return
    near = difflib.get_close_matches(pattern, names, n=1, cutoff=0.0)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    kind = "path" if table == "plan.paths" else "send group"
    raise InputError(f"{f'{where}: ' if where else ''}{table}: {pattern!r} matches no {kind} of this model{hint}")
