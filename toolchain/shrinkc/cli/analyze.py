"""`shrinkc analyze`: what each path of a model costs, and what quantising it alone does."""

from pathlib import Path

import click

from ..project import Options, resolve, with_options
from ..project.values import FILE_NAME, empty, read
from .console import Progress, print_json, print_table

DEFAULT_TARGET = "cortex-m4"


@click.command("analyze")
@click.argument("model", required=False)
@click.option("--target", metavar="T", help=f"Core or board whose costs are shown.  [default: {DEFAULT_TARGET}]")
@click.option("--dev", metavar="DATA", help="Data set to try on.")
@click.option("--calibration", metavar="DATA", help="Data set to measure ranges on, and to round with.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Try on the first N utterances only.")
@click.option("--clipping", metavar="WAY", help="Range of the weights: mmse, max or percentile.")
@click.option("--rounding", metavar="WAY", help="Rounding of the weights: auto, nearest or compensated.")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Trials side by side.  [default: cores]")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def command(limit: int | None, jobs: int | None, as_json: bool, **options: str | None) -> None:
    """Quantise each path of MODEL (a file, or zoo:NAME) alone, at each width, and show what that does.

    The rest stays at 16 bits. Divergence is that of the outputs from the float model's; it tells differences that the
    PER of a data set cannot. In a project, MODEL is its own.
    """
    here = Path.cwd()
    project = read(here) if (here / FILE_NAME).exists() else empty()
    project = with_options(project, Options(**options))
    if project.get("target") is None:
        project = project.set(("target",), DEFAULT_TARGET, "--target")
    settings = resolve(project)
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
