"""`shrinkc analyze`: what each path of a model costs, and what quantising it, or a threshold, does alone."""

from pathlib import Path

import click

from ..errors import InputError
from ..files import write_whole
from ..project import Options, Settings, resolve, with_options
from ..project.values import FILE_NAME, empty, read
from .console import Progress, print_json, print_notes, print_table

DEFAULT_TARGET = "cortex-m4"


@click.command("analyze")
@click.argument("model", required=False)
@click.option("--target", metavar="T", help=f"Core or board whose costs are shown.  [default: {DEFAULT_TARGET}]")
@click.option("--dev", metavar="DATA", help="Data set to try on.")
@click.option("--calibration", metavar="DATA", help="Data set to measure ranges on, and to round with.")
@click.option("--plan", metavar="FILE", help="How to clip and round; with --delta, all that the plan says.")
@click.option("--delta", is_flag=True, help="Show what thresholds and coarser grids do, not what bits do.")
@click.option("--picture", type=click.Path(path_type=Path), help="With --delta: draw it as well, as .svg or .png.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Try on the first N utterances only.")
@click.option("--clipping", metavar="WAY", help="Range of the weights: mmse, max or percentile.")
@click.option("--rounding", metavar="WAY", help="Rounding of the weights: auto, nearest or compensated.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Trials side by side.  [default: cores]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(
    delta: bool, picture: Path | None, limit: int | None, jobs: int | None, as_json: bool, **options: str | None
) -> None:
    """Quantise each path of MODEL (a file, or zoo:NAME) alone, at each width, and show what that does.

    The rest stays at 16 bits. Divergence is that of the outputs from the float model's; it tells differences that the
    PER of a data set cannot. In a project, MODEL is its own. With --delta the plan is in force, and each send group
    gets one threshold after the other, then one coarser grid after the other, all others at threshold 0.
    """
    if picture is not None:
        if not delta:
            raise InputError("--picture belongs to --delta: give both or neither")
        from ..analyze.delta_picture import check_picture

        check_picture(picture)
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else empty()
    project = with_options(project, Options(**options))
    if project.get("target") is None and project.get("board") is None:
        project = project.set(("target",), DEFAULT_TARGET, "--target")
    settings = resolve(project)
    if delta:
        _show_thresholds(settings, picture, limit, jobs, as_json)
    else:
        _show_bits(settings, limit, jobs, as_json)


def _show_bits(settings: Settings, limit: int | None, jobs: int | None, as_json: bool) -> None:
    from .. import planning
    from ..analyze.report import conclusions, cost_rows, path_rows, vector_rows
    from ..schema import to_json

    with Progress() as progress:
        found = planning.analyze(settings, limit, jobs, progress)
    if as_json:
        print_json(to_json(found))
        return
    trial = f"{found.model} on {found.dataset}, {found.utterances} utterances"
    print_table(f"{trial}: each path alone, all else at 16 bits", path_rows(found))
    print_table("each vector alone, all else at 16 bits", vector_rows(found))
    print_table(f"what a path costs on {found.target}, a step", cost_rows(found))
    for line in conclusions(found):
        click.echo(line)
    print_notes(found.notes)


def _show_thresholds(settings: Settings, path: Path | None, limit: int | None, jobs: int | None, as_json: bool) -> None:
    from .. import planning
    from ..analyze.delta_picture import picture
    from ..analyze.delta_report import move_rows, sending_rows
    from ..schema import to_json

    with Progress() as progress:
        found = planning.analyze_delta(settings, limit, jobs, progress)
    if path is not None:
        write_whole(path, picture(found, path.suffix.lower().removeprefix(".")))
    if as_json:
        print_json(to_json(found))
        return
    trial = f"{found.model} on {found.dataset}, {found.utterances} utterances"
    print_table(f"{trial}: steps that elements move from frame to frame", move_rows(found))
    step = f"of {found.instructions:,.0f} instructions a step on {found.target}"
    print_table(f"each group alone, all others at threshold 0; {step}", sending_rows(found))
    print_notes(found.notes)
    if path is not None:
        click.echo(f"the picture: {path}")
