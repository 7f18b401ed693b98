"""What `--plan auto` and `--delta auto` choose, as settings of a build, and the files that they leave."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..project import Settings, resolve
from ..project.values import Values
from .console import Progress

AUTO, STUDY = "auto", "study"
WAYS = {"plan": (AUTO,), "delta": (AUTO, STUDY)}
"""What can be asked for, by option."""
DEFAULT_INCREASE = 0.3
"""Points of PER that a choice may cost where no limit is given."""
SHARED = 0.5
"""The bits' share of the points where thresholds are to be chosen too and nothing else limits the bits."""


@dataclass(frozen=True)
class Limits:
    """What a choice may cost: bytes of flash, per cent off the float parameters, points of PER; None for no limit."""

    flash: int | None
    compression: float | None
    increase: float | None


@dataclass(frozen=True)
class Chosen:
    """A project with what was chosen, the text of the plan's file, and what a reader should know beside it."""

    project: Values
    plan: str
    notes: tuple[str, ...]


def chosen(project: Values, settings: Settings, ways: Mapping[str, str], limits: Limits, jobs: int | None) -> Chosen:
    """The project with the best bits and thresholds, as `ways` asks for them."""
    from ..analyze.tried import check_record
    from ..analyze.written import in_the_way, plan_file
    from ..datasets.enough import few_to_try

    said = in_the_way(project)
    if "plan" in ways and said is not None:
        raise InputError(f"--plan {AUTO} chooses the bits of weights, and {said} gives some: leave one of them out")
    check_plan_path(plan_path(settings))
    if "delta" in ways:
        check_record(record_path(settings))
    choice = found = None
    if "plan" in ways:
        project, choice = _plan(project, settings, limits, "delta" in ways, jobs)
    if "delta" in ways:
        project, found = _thresholds(project, ways["delta"], limits, jobs)
    options = " ".join(f"--{option} {way}" for option, way in ways.items())
    text = plan_file(
        resolve(project).recorded, options, choice, found, settings.model.name, settings.source("dev").name
    )
    return Chosen(project, text, few_to_try((choice or found).utterances))


def _plan(project, settings, limits, shared, jobs):  # type: ignore[no-untyped-def]
    """The project with the best plan, and the choice. shared: do thresholds come after it?"""
    from .. import planning
    from ..analyze.budget import Budget
    from ..analyze.written import with_choice

    increase = limits.increase
    if (limits.flash, limits.compression) == (None, None):
        increase = (DEFAULT_INCREASE if increase is None else increase) * (SHARED if shared else 1)
    budget = Budget(compression=limits.compression, flash=limits.flash, increase=increase)
    with Progress() as progress:
        choice = planning.choose_plan(settings, budget, jobs, progress, said=project.entries)
    return with_choice(project, choice), choice


def _thresholds(project, way, limits, jobs):  # type: ignore[no-untyped-def]
    """The project with the best thresholds, and what they come to."""
    from .. import planning
    from ..analyze.written import with_sendings

    settings = resolve(project)
    increase = DEFAULT_INCREASE if limits.increase is None else limits.increase
    with Progress() as progress:
        found = planning.choose_thresholds(settings, way, increase, record_path(settings), jobs, progress)
    return with_sendings(project, found), found


def plan_path(settings: Settings) -> Path:
    """Where a chosen plan goes: beside the output folder, which a later build replaces."""
    return _beside(settings, "plan.toml")


def record_path(settings: Settings) -> Path:
    """Where the trials of a search for thresholds are kept."""
    return _beside(settings, "tried.json")


def _beside(settings: Settings, ending: str) -> Path:
    folder = Path(os.path.normpath(settings.output))
    return folder.with_name(f"{folder.name}.{ending}")


def check_plan_path(path: Path) -> None:
    """Refuse, before the search, to write over what is no chosen plan."""
    from ..analyze.written import FIRST_WORDS

    if path.is_dir() or (path.exists() and not path.read_bytes().startswith(f"# {FIRST_WORDS}".encode())):
        raise InputError(f"{path} is in the place of the plan to be chosen: move it, or choose another folder with -o")
