"""`shrinkc verify`: the image in QEMU against the reference, bit for bit, and its score."""

import math
import os
from pathlib import Path

import click

from ..errors import InputError
from ..project import Options, Settings, resolve, with_options
from ..project.resolve import from_recorded
from ..project.values import FILE_NAME, Values, read
from ..score import report as reports
from ..target import list_targets
from ..zoo import PREFIX as ZOO
from .console import Progress, print_report


def _finite(context: click.Context, option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise click.BadParameter("give a number of points, such as 0.5")
    return value


@click.command("verify")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--dataset", metavar="DATA", help="Data set to run: a file, or zoo:NAME/test.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Run the first N utterances only.")
@click.option(
    "--max-per-increase",
    type=float,
    callback=_finite,
    metavar="POINTS",
    help="Exit with 3 if PER rises by more, device over float.",
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="QEMUs side by side.  [default: cores]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    folder: str | None,
    dataset: str | None,
    limit: int | None,
    max_per_increase: float | None,
    jobs: int | None,
    as_json: bool,
) -> None:
    """Run the image of the build in DIR over a data set, and add the result to its report.

    Without DIR, the project's build. Exits with 3 if one bit differs or a limit is missed.
    """
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else None
    place = Path(folder) if folder else output_of(project)
    settings = settings_of(reports.load(place), project, dataset)
    from .. import pipeline
    from ..score.page import page
    from ..score.verification import check_limits, check_per_is_there

    if max_per_increase is not None:
        check_per_is_there(settings.metric.kind == "per")
    with Progress() as progress:
        report = pipeline.verify(place, settings, limit=limit, jobs=jobs, progress=progress)
    reports.save(place, report, page)
    print_report(report, as_json)
    if not as_json:
        click.echo(f"added to {os.path.relpath(place / reports.FILE_NAME)} and {reports.PAGE_NAME}")
    check_limits(report.verification, max_per_increase)


def output_of(project: Values | None) -> Path:
    """The project's one build: its output folder, for the target of the file or the only one built."""
    if project is None:
        raise InputError("no DIR and no shrinkc.toml here: give the folder that `shrinkc build` wrote")
    if project.get("target") is not None:
        return resolve(project).output
    folders = {resolve(with_options(project, Options(target=name))).output for name in list_targets()}
    built = sorted(folder for folder in folders if (folder / reports.FILE_NAME).is_file())
    if len(built) == 1:
        return built[0]
    names = ", ".join(folder.name for folder in built)
    raise InputError(f"several builds ({names}): give DIR" if built else "nothing is built yet: `shrinkc build` first")


def settings_of(report: reports.Report, project: Values | None, dataset: str | None) -> Settings:
    """The settings that a build was made with; of its project, if there is one here, the data and the metric.

    A report holds names, not paths: outside its project, a build of a model that is not in the zoo needs
    `--dataset`. Raises InputError where there is no data to run.
    """
    values = from_recorded(report.build, reports.FILE_NAME)
    for role in ("dev", "test"):
        key = f"data.{role}"
        if not str(values.get(key)).startswith(ZOO):
            values = values.without(key)
    if project is not None and _name(project.get("model.path")) == _name(values.get("model.path")):
        values = _with_project(values, project)
    settings = resolve(with_options(values, Options(test=dataset)))
    settings.source("test")
    return settings


def _with_project(values: Values, project: Values) -> Values:
    """The build's values with the project's paths, data and metric; plan and thresholds stay as built."""
    taken = {
        key: entry for key, entry in project.entries.items() if key[0] in ("data", "metric") or key == ("model", "path")
    }
    return Values({**values.entries, **taken}, project.folder)


def _name(text: object) -> str:
    return text if str(text).startswith(ZOO) else Path(str(text)).name
