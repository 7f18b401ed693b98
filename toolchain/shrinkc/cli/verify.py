"""`shrinkc verify`: the image in QEMU or on a board against the reference, bit for bit, and its score."""

import os
from collections.abc import Mapping
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
from .limits import Checks, junit_written, limit_options, print_kept, with_limits


@click.command("verify")
@click.argument("folder", metavar="[DIR]", required=False)
@click.option("--dataset", metavar="DATA", help="Data set to run: a file, or zoo:NAME/test.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Run the first N utterances only.")
@limit_options
@click.option("--junit", metavar="FILE", help="Write every check as a test case to FILE: JUnit XML, for CI.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="QEMUs side by side.  [default: cores]")
@click.option(
    "--on",
    "place",
    type=click.Choice(("qemu", "board")),
    default="qemu",
    show_default=True,
    help="Run it in QEMU, or on a board that holds the image, over its serial port.",
)
@click.option(
    "--port",
    metavar="PORT",
    help="The board's port: /dev/ttyACM0, COM3, socket://HOST:PORT.  [default: the only one on USB]",
)
@click.option("--baud", type=click.IntRange(min=1), metavar="N", help="Bits per second.  [default: the board's]")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    folder: str | None,
    dataset: str | None,
    limit: int | None,
    jobs: int | None,
    place: str,
    port: str | None,
    baud: int | None,
    as_json: bool,
    junit: str | None,
    **limits: float | None,
) -> None:
    """Run the image of the build in DIR over a data set, and add the result to its report.

    It runs in QEMU, or on a board that it has been flashed to. Without DIR, the project's build. Exits with 3 if one
    bit differs or a limit is missed, and names all that are. Limits are those of shrinkc.toml, its table [limits], and
    of options, which override it. K is 1,024 for bytes and 1,000 for instructions.
    """
    _check_place(place, port, baud, jobs)
    board = (port, baud) if place == "board" else None
    with junit_written(junit) as checks:
        _verify(folder, dataset, limit, jobs, board, as_json, limits, checks)


def _verify(
    folder: str | None,
    dataset: str | None,
    limit: int | None,
    jobs: int | None,
    on: tuple[str | None, int | None] | None,
    as_json: bool,
    given: Mapping[str, object],
    checks: Checks,
) -> None:
    """Run, write and print the report, and check it. on: the board's port and baud, None for QEMU. given: limits of the
    command line, over those of the project.
    """
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else None
    build = Path(folder) if folder else output_of(project)
    made = reports.load(build)
    checks.of_build(build, made.model.name, made.target)
    settings = settings_of(made, project, dataset, given)
    from .. import pipeline
    from ..board import Attached
    from ..score.limits import check, check_counted, check_metric, names, outcomes
    from ..score.page import page

    checks.names = names(settings.limits)
    check_metric(settings.limits, settings.metric.kind)
    board = None if on is None else Attached(*on)
    if board is not None:
        check_counted(settings.limits, made)
    with Progress() as progress:
        report = pipeline.verify(build, settings, limit=limit, jobs=jobs, progress=progress, board=board)
    reports.save(build, report, page)
    print_report(report, as_json)
    if not as_json:
        click.echo(f"added to {os.path.relpath(build / reports.FILE_NAME)} and {reports.PAGE_NAME}")
    checks.outcomes = outcomes(report, settings.limits, on_board=board is not None)
    if not as_json:
        print_kept(checks.outcomes)
    check(checks.outcomes)


def _check_place(place: str, port: str | None, baud: int | None, jobs: int | None) -> None:
    """Refuse options that mean nothing where the image runs."""
    if place == "board" and jobs is not None:
        raise click.UsageError("--jobs is for QEMU: one board runs at a time")
    if place == "qemu" and (port is not None or baud is not None):
        raise click.UsageError("--port and --baud need --on board")


def output_of(project: Values | None) -> Path:
    """The project's one build: its output folder, for the target of the file or the only one built."""
    if project is None:
        raise InputError("no DIR and no shrinkc.toml here: give the folder that `shrinkc build` wrote")
    if project.get("target") is not None or project.get("board") is not None:
        return resolve(project).output
    folders = {resolve(with_options(project, Options(target=name))).output for name in list_targets()}
    built = sorted(folder for folder in folders if (folder / reports.FILE_NAME).is_file())
    if len(built) == 1:
        return built[0]
    names = ", ".join(folder.name for folder in built)
    raise InputError(f"several builds ({names}): give DIR" if built else "nothing is built yet: `shrinkc build` first")


def settings_of(
    report: reports.Report, project: Values | None, dataset: str | None, limits: Mapping[str, object]
) -> Settings:
    """The settings that a build was made with; of its project, if there is one here, the data, the metric and limits.

    limits: by their keys, over the project's. A report holds names, not paths: outside its project, a build of a model
    that is not in the zoo needs `--dataset`. Raises InputError where there is no data to run.
    """
    values = from_recorded(report.build, reports.FILE_NAME)
    for role in ("dev", "test"):
        key = f"data.{role}"
        if not str(values.get(key)).startswith(ZOO):
            values = values.without(key)
    if project is not None and _name(project.get("model.path")) == _name(values.get("model.path")):
        values = _with_project(values, project)
    elif project is not None and any(key[0] == "limits" for key in project.entries):
        click.echo(f"note: {FILE_NAME} here is of another model: its limits are not checked", err=True)
    settings = resolve(with_options(with_limits(values, limits), Options(test=dataset)))
    settings.source("test")
    return settings


def _with_project(values: Values, project: Values) -> Values:
    """The build's values with the project's paths, data, metric and limits; plan and thresholds stay as built."""
    taken = {
        key: entry
        for key, entry in project.entries.items()
        if key[0] in ("data", "metric", "limits") or key == ("model", "path")
    }
    return Values({**values.entries, **taken}, project.folder)


def _name(text: object) -> str:
    return text if str(text).startswith(ZOO) else Path(str(text)).name
