"""What comes before a build whose plan is to be found: what paths do alone, and bits or thresholds within limits."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from . import importers
from .analyze.budget import LEAST_BITS, Budget
from .analyze.choose import Choice, choose, largest
from .analyze.chooser import Search, quickly
from .analyze.delta_report import DeltaAnalysis, delta_analysis
from .analyze.deltas import moves
from .analyze.eliminate import eliminate
from .analyze.elimination import Elimination
from .analyze.refine import Key, refinements
from .analyze.report import Analysis, analysis
from .analyze.sending import Sendings, delta_of, plan_with, ranges_of
from .analyze.sensitivity import Sensitivities, sensitivities
from .analyze.study import study
from .analyze.thresholds import Cost, cost_on, each_alone
from .analyze.trials import Held, Trials
from .analyze.tried import Tried
from .compile.image import compile_image
from .compile.sizes import Sizes
from .datasets import Dataset
from .emit import emit
from .errors import InputError
from .lower import FAMILIES, products_cost
from .lower.modes import DELTA, DENSE
from .numbers.functions import tanh_table
from .pipeline import Prepared, Progress, labels_for, load_fitting, modes_of, send_shares
from .project import Delta, Plan, Settings
from .quantize import QuantizedNetwork, check_names
from .target import Target, load_target

WAYS = {"auto": eliminate, "study": study}
"""How thresholds are chosen."""


def analyze(
    settings: Settings, limit: int | None = None, jobs: int | None = None, progress: Progress = lambda *_: None
) -> Analysis:
    """What each path of the model costs on the target, and what quantising it alone does on the dev set.

    limit: utterances of it. Raises InputError for a dataset that is missing or does not fit.
    """
    target = settings.load_target()
    trials = _trials(settings, limit, progress)
    found = sensitivities(trials, settings.plan, None, jobs, progress)
    name = settings.source("dev").name
    return analysis(trials, found, name, target.name, FAMILIES[target.kernels], target.core.costs)


def analyze_delta(
    settings: Settings, limit: int | None = None, jobs: int | None = None, progress: Progress = lambda *_: None
) -> DeltaAnalysis:
    """How far the elements of each send group move, and what each threshold of it alone does on the dev set.

    The settings' plan is in force, their thresholds are not. limit: utterances. Raises InputError for a dataset that is
    missing or does not fit.
    """
    target = settings.load_target()
    _check_kernels(settings, "analyze --delta")
    trials = _trials(settings, limit, progress)
    network, cost = _without_thresholds(settings, target, trials, progress)
    counted = moves(network, [network.quantize_input(features) for features, _ in trials.dev])
    alone = each_alone(Tried(trials, network, None, jobs, progress), None)
    return delta_analysis(trials, network, counted, alone, cost, settings.source("dev").name, target.name)


def choose_plan(
    settings: Settings,
    budget: Budget,
    jobs: int | None = None,
    progress: Progress = lambda *_: None,
    said: Iterable[Key] = (),
) -> Choice:
    """The best plan within a budget, tried on the dev set; the settings' own plan gives no bits of weights.

    said: keys of the plan that the user has set, which stay as they are.

    Raises LimitError where there is none, InputError where a limit on errors has no labels to go by.
    """
    target = settings.load_target()
    trials = _trials(settings, None, progress)
    if budget.increase is not None and not trials.scored:
        raise InputError(
            f"--plan auto: {settings.source('dev').name} has no labels, or metric.kind asks for none, so there are no "
            "points of PER to hold: give --max-flash or --min-compression alone"
        )
    shares, family = _Shares(trials.calibration), FAMILIES[target.kernels]

    def modes(quantized: QuantizedNetwork) -> dict[str, str]:
        return modes_of(settings, quantized, target, shares.of(quantized))

    def instructions(quantized: QuantizedNetwork) -> float:
        delta_alone = settings.delta.kernels == DELTA
        return products_cost(quantized, family, target.core.costs, shares.of(quantized), delta_alone)

    def linked(plan: Plan) -> Sizes:
        quantized = trials.quantized(quickly(plan), settings.delta)
        prepared = Prepared(trials.network, trials.calibration, quantized, shares.of(quantized))
        return _linked(settings, prepared, target)

    progress("measuring the code")
    sizes = linked(replace(settings.plan, weights=LEAST_BITS))  # this also finds what no build would take
    if budget.flash is not None:
        budget = replace(budget, code=_code_alone(sizes))
    budget.check(trials.network.parameters, sizes.flash - _code_alone(sizes))
    free = refinements(trials.network, settings.plan, settings.delta, said, family.wide)
    search = Search(trials, settings.plan, settings.delta, family, modes, instructions, jobs, progress, free)
    return _fitted(search, search.sensitivities(), budget, linked)


def choose_thresholds(
    settings: Settings,
    way: str,
    increase: float,
    record: Path | None = None,
    jobs: int | None = None,
    progress: Progress = lambda *_: None,
) -> Elimination:
    """What saves the most on the target within a limit on points, of thresholds and grids for the settings' plan.

    way: "auto" by instructions and group by group, "study" as the study chose them.
    record: the file where trials are kept, so that another search of the same need not make them again.
    Raises LimitError where even thresholds of 0 break the limit, InputError where there are no labels to go by.
    """
    target = settings.load_target()
    _check_kernels(settings, f"--delta {way}")
    trials = _trials(settings, None, progress)
    if not trials.scored:
        raise InputError(
            f"--delta {way}: {settings.source('dev').name} has no labels, or metric.kind asks for none, so there are "
            "no points of PER to hold: give --delta a threshold"
        )
    network, cost = _without_thresholds(settings, target, trials, progress)
    every = {group.name: 1.0 for group in network.groups}
    Prepared(trials.network, trials.calibration, network, every).program(settings, target)  # what no build would take

    def confirm(wanted: Sendings) -> Held:
        return trials.held(trials.quantized(plan_with(settings.plan, ranges_of(network, wanted)), delta_of(wanted)))

    return WAYS[way](Tried(trials, network, record, jobs, progress), cost, increase, confirm)


def _check_kernels(settings: Settings, what: str) -> None:
    """Raise InputError where dense products are asked for, which save nothing."""
    if settings.delta.kernels == DENSE:
        raise InputError(f'{what}: nothing is saved with delta.kernels = "dense": leave it out, or set "auto"')


def _without_thresholds(
    settings: Settings, target: Target, trials: Trials, progress: Progress
) -> tuple[QuantizedNetwork, Cost]:
    """The settings' plan with thresholds of 0, and what ways to send cost on the target."""
    progress("quantizing")
    network = trials.quantized(settings.plan, Delta(kernels=settings.delta.kernels))
    return network, cost_on(network, FAMILIES[target.kernels], target.core.costs, settings.delta.kernels == DELTA)


class _Shares:
    """The share of columns that each send group sends, measured once for each set of groups: bits hardly change it."""

    def __init__(self, calibration: Dataset) -> None:
        self.calibration = calibration
        self._found: dict[tuple[str, ...], Mapping[str, float]] = {}

    def of(self, quantized: QuantizedNetwork) -> Mapping[str, float]:
        names = tuple(group.name for group in quantized.groups)
        if names not in self._found:
            self._found[names] = send_shares(quantized, self.calibration)
        return self._found[names]


def _fitted(search: Search, found: Sensitivities, budget: Budget, linked: Callable[[Plan], Sizes]) -> Choice:
    """The best plan within a budget, whose code is guessed at first, and known once there is a plan."""
    if budget.flash is None:
        return choose(search, found, budget)
    budget = replace(budget, code=_code_alone(linked(largest(search, found, budget))))
    while True:
        choice = choose(search, found, budget)
        over = linked(choice.plan).flash - budget.flash
        if over <= 0:
            return choice
        budget = replace(budget, code=budget.code + over)


def _code_alone(sizes: Sizes) -> int:
    """Without the table of tanh, which a budget counts among the constants."""
    return sizes.code - tanh_table().nbytes


def _linked(settings: Settings, model: Prepared, target: Target) -> Sizes:
    """What a product links of a model, whether it fits the target or not: measured on the board of its core."""
    sources = emit(model.program(settings, target), labels_for(settings, model.network, model.calibration))
    return compile_image(sources.files, sources.name, load_target(target.core.name)).sizes


def _trials(settings: Settings, limit: int | None, progress: Progress) -> Trials:
    progress("importing")
    network = importers.load(settings.model.path, settings.name)
    check_names(network, settings.plan, settings.delta)
    calibration = load_fitting(settings.source("calibration"), network)
    dev = load_fitting(settings.source("dev"), network).limit(limit)
    progress("calibrating")
    return Trials.of(network, calibration, dev, settings.metric)
