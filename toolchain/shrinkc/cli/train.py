"""`shrinkc train`: data sets in, a trained Keras model out."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..train.cells import CELLS

if TYPE_CHECKING:
    from ..project.values import Values


OWN = "plan"
"""In place of thresholds: those of the plan itself."""


@click.command("train")
@click.option(
    "--data",
    "data_paths",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Train set; repeatable.",
)
@click.option(
    "--dev",
    "dev_paths",
    multiple=True,
    required=True,
    type=click.Path(path_type=Path),
    help="Dev set; repeatable.",
)
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder of the run.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings as TOML; the options below override them.")
@click.option("--start", type=click.Path(path_type=Path), help="A trained .keras model whose weights are the first.")
@click.option(
    "--teacher",
    "teachers",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A trained .keras model to learn from beside the labels; repeatable.",
)
@click.option(
    "--quantize",
    type=click.Path(path_type=Path),
    help="Fine-tune --start on the grids that this plan gives its weights.",
)
@click.option(
    "--delta",
    metavar="plan|T|GROUP=T,...",
    help="With --quantize: thresholds in force in training, the plan's own or these.",
)
@click.option("--cell", help=f"{', '.join([*CELLS][:-1])} or {[*CELLS][-1]}.")
@click.option("--layers", type=int, help="Recurrent layers.")
@click.option("--units", type=int, help="Units of each recurrent layer.")
@click.option("--projection", type=int, help="SRU: width that a layer's input is projected to first.")
@click.option("--frame-epochs", type=int, help="Epochs on frame labels.")
@click.option("--ctc-epochs", type=int, help="Most epochs of CTC after them.")
@click.option("--batch", type=int, help="Utterances per batch.")
@click.option("--seed", type=int, help="Fixes all that is random.")
def command(
    data_paths: tuple[Path, ...],
    dev_paths: tuple[Path, ...],
    output: Path,
    config: Path | None,
    start: Path | None,
    teachers: tuple[Path, ...],
    quantize: Path | None,
    delta: str | None,
    **given: object,
) -> None:
    """Train a phone recogniser with Keras: frame labels first, then CTC, until the dev PER stops falling.

    OUTPUT holds model.keras (the best by dev PER), train.toml, train.log.jsonl and a checkpoint: the same
    command goes on where a killed run stopped. With --quantize it also holds plan.toml, to build the model with. With
    --delta too, products see in training what they will see on the device, and what is sent has a price.
    """
    import os

    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from ..train.settings import read_settings

    settings = read_settings(config, given)
    plan = _plan(quantize, delta)
    datasets = {path: _labelled(path) for path in (*data_paths, *dev_paths)}
    progress = _run(settings, datasets, data_paths, dev_paths, output, (start, teachers), plan, delta is not None)
    click.echo(f"{output / 'model.keras'}: dev PER {progress.best:.4f} (without silence) at {progress.best_epoch}")


def _labelled(path: Path):  # type: ignore[no-untyped-def]
    """A data set that has labels."""
    from ..datasets.dataset import load
    from ..train.batches import check_labelled

    dataset = load(path)
    check_labelled(dataset, str(path))
    return dataset


def _plan(path: Path | None, delta: str | None) -> "Values | None":
    """A project that is the plan of a file, with the thresholds that are asked for."""
    from ..errors import InputError
    from ..project import Options, with_options
    from ..project.plan_file import with_plan
    from ..project.values import empty

    if path is None:
        if delta is not None:
            raise InputError("--delta trains for the grids of a plan: give it with --quantize")
        return None
    plan = with_plan(empty(), path, "give --quantize a file with the table [plan]")
    return plan if delta in (None, OWN) else with_options(plan, Options(delta=delta))


def _run(settings, datasets, data_paths, dev_paths, output, trained, plan, held):  # type: ignore[no-untyped-def]
    """Gather the data and train."""
    from ..datasets.dataset import check_width
    from ..train.batches import gather
    from .console import watched

    data = gather([datasets[path] for path in data_paths], [str(path) for path in data_paths])
    for name, count in data.left_out.items():
        click.echo(f"{name}: {count} utterances with fewer frames than labels are left out", err=True)
    for path in dev_paths:
        check_width(datasets[path], path, len(data.mean))
    try:
        from ..train.loop import train
        from ..train.trained_models import TrainedModels
    except ImportError as error:
        from ..errors import BuildError

        raise BuildError(f"training needs {error.name}: pip install 'shrinkc[tensorflow]'") from None
    return train(
        data,
        {_name(path, datasets[path]): datasets[path] for path in dev_paths},
        output,
        settings,
        sources=[_name(path, datasets[path]) for path in (*data_paths, *dev_paths)],
        tell=lambda line: click.echo(line, err=True),
        # Elsewhere than on a terminal the line an epoch is progress enough.
        watch=lambda batches, count: watched(batches, count, "training") if sys.stderr.isatty() else batches,
        trained=TrainedModels(*trained),
        plan=plan,
        held=held,
    )


def _name(path: Path, dataset) -> str:  # type: ignore[no-untyped-def]
    """What the set calls itself, or its file's name."""
    return str(dataset.meta.get("name") or path.stem)
