"""What comes before a build whose plan is to be found: what each path does alone, and the plan within a budget."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from . import importers
from .analyze.budget import LEAST_BITS, Budget
from .analyze.choose import Choice, Search, choose, largest, quickly
from .analyze.refine import Key, refinements
from .analyze.report import Analysis, analysis
from .analyze.sensitivity import Sensitivities, sensitivities
from .analyze.trials import Trials
from .compile.image import compile_image
from .compile.sizes import Sizes
from .emit import emit
from .errors import InputError
from .lower import FAMILIES
from .numbers.functions import tanh_table
from .pipeline import Prepared, Progress, labels_for, load_fitting, modes_of, send_shares
from .project import Plan, Settings
from .quantize import QuantizedNetwork, check_names
from .target import Target, load_target


def analyze(
    settings: Settings, limit: int | None = None, jobs: int | None = None, progress: Progress = lambda *_: None
) -> Analysis:
    """What each path of the model costs on the target, and what quantising it alone does on the dev set.

    limit: utterances of it. Raises InputError for a dataset that is missing or does not fit.
    """
    target = load_target(settings.target)
    trials = _trials(settings, limit, progress)
    found = sensitivities(trials, settings.plan, None, jobs, progress)
    name = settings.source("dev").name
    return analysis(trials, found, name, target.name, FAMILIES[target.kernels], target.core.costs)


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
    target = load_target(settings.target)
    trials = _trials(settings, None, progress)
    if budget.increase is not None and not trials.scored:
        raise InputError(
            f"--plan auto: {settings.source('dev').name} has no labels, or metric.kind asks for none, so there are no "
            "points of PER to hold: give --max-flash or --min-compression alone"
        )
    plain = trials.quantized(quickly(settings.plan), settings.delta)
    shares = send_shares(plain, trials.calibration)

    def modes(quantized: QuantizedNetwork) -> dict[str, str]:
        return modes_of(settings, quantized, target, shares)

    def linked(plan: Plan) -> Sizes:
        quantized = trials.quantized(quickly(plan), settings.delta)
        return _linked(settings, Prepared(trials.network, trials.calibration, quantized, shares), target)

    progress("measuring the code")
    sizes = linked(replace(settings.plan, weights=LEAST_BITS))  # this also finds what no build would take
    if budget.flash is not None:
        budget = replace(budget, code=_code_alone(sizes))
    budget.check(trials.network.parameters)
    family = FAMILIES[target.kernels]
    free = refinements(trials.network, settings.plan, settings.delta, said)
    search = Search(trials, settings.plan, settings.delta, family, modes, jobs, progress, free)
    return _fitted(search, search.sensitivities(), budget, linked)


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
