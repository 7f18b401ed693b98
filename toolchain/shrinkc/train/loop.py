"""The training loop: two stages over the same network, one checkpoint an epoch, the best model kept.

Stage `frames` learns which phone each frame belongs to, some frames late; stage `ctc` then learns the
sequence itself (CTC from scratch does not leave its plateau on this little data). Dev PER decides: greedy
decoding, silence left out.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..datasets.dataset import Dataset
from ..errors import InputError
from ..files import write_whole
from ..project.plan_file import plan_text
from ..project.resolve import delta_of, plan_of, record_of_plan
from ..project.values import Values
from .batches import TrainingData, epoch_batches
from .blank import dev_figures, settle_blank
from .grids import grids_of, groups_of, normalisation, ranges_of, without_batch_norm
from .held import held_forward
from .network import build, load_model
from .progress import STAGES, Progress
from .settings import Settings, write_settings
from .state import (
    CHECKPOINT,
    MODEL,
    PLAN,
    SETTINGS,
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
    write_log,
    write_model,
)
from .step import Trainer
from .trained_models import TrainedModels, load_teachers, start_from

PLAN_HEADING = "What `shrinkc train --quantize` trained for: build its model.keras with --plan and this file."


def train(
    data: TrainingData,
    devs: dict[str, Dataset],
    folder: Path,
    settings: Settings,
    sources: Sequence[str],
    tell: Callable[[str], None],
    watch: Callable[[Any, int], Any] = lambda items, _count: items,
    trained: TrainedModels = TrainedModels(),  # noqa: B008  frozen
    plan: Values | None = None,
    held: bool = False,
) -> Progress:
    """Run both stages, or what is left of them after a kill; returns where the run ended.

    `sources` name the data (a resumed run must have the same), `tell` takes a line an epoch, `watch(batches,
    count)` passes the batches of an epoch through, for a progress bar. `trained`: models to begin with. `plan`: a
    project whose plan gives the start model's weights grids, on which it is fine-tuned and stands in the end; its
    batch norm is folded. held: are the plan's thresholds in force in training? In `folder`: model, log, settings,
    checkpoint, and the plan with the ranges of its vectors.
    """
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(settings.seed)
    tf.config.experimental.enable_op_determinism()
    # How long CTC lasts may be changed on the way: the log has the rate of every epoch.
    run = {key: value for key, value in asdict(settings).items() if key != "ctc_epochs"} | {"sources": list(sources)}
    run |= trained.digests()
    if not trained.teachers and settings.teaching != Settings().teaching:
        raise InputError(f"training setting 'teaching' is {settings.teaching}, but there is no --teacher; leave it out")
    _check_stages(data, settings, bool(trained.teachers))
    if not held and settings.sending != Settings().sending:
        raise InputError(f"training setting 'sending' is {settings.sending}, but there is no --delta; leave it out")
    if plan is not None:
        run |= {"plan": repr(plan_of(plan))}
    if held:
        run |= {"delta": repr(delta_of(plan))}
    trainer, kept = _trainer(data, settings, trained, plan, held)
    model = trainer.model
    progress, history = _resume(folder, run, trainer, tell)
    write_whole(folder / SETTINGS, write_settings(settings))
    if kept is not None:
        write_whole(folder / PLAN, plan_text(record_of_plan(kept), [PLAN_HEADING], {}))
    while True:
        if progress.stage_over(settings):
            if progress.stage + 1 == len(STAGES):
                return _settle(folder, devs, progress, history, tell, trainer)
            trainer.start_stage()
            progress = progress.next_stage()
            continue
        progress, entry = _epoch(trainer, data, devs, progress, settings, watch)
        history = [*history, entry]
        if progress.best_epoch == f"{entry['stage']} {entry['epoch']}":
            with trainer.averaged():
                write_model(model, folder / MODEL)
        write_checkpoint(folder, Checkpoint(trainer.arrays(), progress, history, run))
        tell(_line(entry, progress))


def _trainer(
    data: TrainingData, settings: Settings, trained: TrainedModels, plan: Values | None, held: bool
) -> tuple[Trainer, Values | None]:
    """The network with its first weights and what trains it, and the plan with the ranges that its grids go by."""
    mean, std, grids, forward = data.mean, data.std, None, None
    if plan is not None:
        if trained.start is None:
            raise InputError("--quantize fine-tunes a trained model: give it with --start")
        mean, std = normalisation(trained.start, len(mean))
    model = build(settings, len(data.symbols), mean, std, folded=plan is not None)
    if plan is not None:
        without_batch_norm(model, trained.start)
        heard = [utterance.features for utterance in data.utterances]
        for vector, value in ranges_of(model, plan_of(plan), heard).items():
            plan = plan.set(("plan", "groups", vector, "range"), value, "--quantize")
        grids = grids_of(model, plan_of(plan), heard)
        if held:
            found = groups_of(model, plan_of(plan), delta_of(plan), heard)
            forward = held_forward(model, settings.cell, found)
    elif trained.start:
        start_from(model, trained.start)
    return Trainer(model, settings, load_teachers(trained.teachers, model), grids, forward), plan


def _check_stages(data: TrainingData, settings: Settings, taught: bool) -> None:
    """Refuse a stage that would learn nothing, whose untrained network could be kept as the best."""
    if settings.frame_epochs == settings.ctc_epochs == 0:
        raise InputError("training settings 'frame_epochs' and 'ctc_epochs' are both 0: nothing would be trained")
    if settings.frame_epochs and not data.frame_labelled and not taught:
        raise InputError(
            f"{', '.join(data.names)}: no frame labels, on which the first {settings.frame_epochs} epochs would be "
            "trained; give --frame-epochs 0 to train with CTC alone, or put 'frame_labels' into the file"
        )


def _settle(
    folder: Path,
    devs: dict[str, Dataset],
    progress: Progress,
    history: list[dict],
    tell: Callable[[str], None],
    trainer: Trainer,
) -> Progress:
    """Choose the blank's bias of the best model by dev PER and write the model and the log with it.

    Returns where the run ended, with the dev PER of the model as it is then.
    """
    if not (folder / MODEL).is_file():
        return progress
    model = load_model(folder / MODEL)
    bias, dev_per, each = settle_blank(model, devs, trainer.run_of(model))
    if bias:
        write_model(model, folder / MODEL)
    write_log(folder, [*history, {"stage": "blank", "bias": bias, "dev_per": dev_per, "dev": each}])
    tell(f"blank: bias {-bias:+.2f}, dev PER {dev_per:.4f}")
    return replace(progress, best=dev_per)


def _resume(folder: Path, run: dict, trainer: Trainer, tell: Callable[[str], None]) -> tuple[Progress, list[dict]]:
    """Where to begin: the checkpoint's state, put into the trainer, or the start."""
    checkpoint = read_checkpoint(folder)
    if checkpoint is None:
        return Progress(), []
    # A setting that is younger than the checkpoint had no effect then, which is what its default means.
    begun = {key: value for key, value in asdict(Settings()).items() if key in run} | checkpoint.run
    for key in run.keys() | begun.keys():
        if run.get(key) != begun.get(key):
            raise InputError(
                f"{folder}: holds a run with {key} = {begun.get(key)}, now it is {run.get(key)};"
                " give another --output or delete the folder"
            )
    try:
        trainer.restore(checkpoint.groups)
    except ValueError as error:
        raise InputError(
            f"{folder / CHECKPOINT}: not a checkpoint of this network ({error}); delete it to start afresh"
        ) from None
    tell(f"resuming after {len(checkpoint.history)} epochs")
    return checkpoint.progress, checkpoint.history


def _epoch(
    trainer: Trainer,
    data: TrainingData,
    devs: dict[str, Dataset],
    progress: Progress,
    settings: Settings,
    watch: Callable[[Any, int], Any],
) -> tuple[Progress, dict]:
    """One epoch and its dev PER: the new state, and the log's entry."""
    begun, rate = time.monotonic(), progress.rate(settings)
    count = -(-len(data.utterances) // settings.batch)
    losses, done = [], []
    batches = watch(epoch_batches(data, settings, progress.stage, progress.epoch), count)
    for number, batch in enumerate(batches):
        loss, share = trainer.step(batch, STAGES[progress.stage], rate, progress.step + number)
        losses.append(loss)
        done.append(share)
    with trainer.averaged():
        dev_per, each = dev_figures(trainer.model, devs, trainer.run)
    entry = {
        "stage": STAGES[progress.stage],
        "epoch": progress.epoch + 1,
        "rate": rate,
        "loss": float(np.mean(losses)),
        **({"done": float(np.mean(done))} if trainer.run else {}),
        "dev_per": dev_per,
        "dev": each,
        "seconds": round(time.monotonic() - begun, 1),
    }
    return progress.advance(dev_per, len(losses)), entry


def _line(entry: dict, progress: Progress) -> str:
    each = ", ".join(f"{name} {value:.4f}" for name, value in entry["dev"].items())
    parts = (
        f"{entry['stage']} {entry['epoch']}: loss {entry['loss']:.4f}",
        *([f"{100 * entry['done']:.1f} % of multiplications done"] if "done" in entry else []),
        f"dev PER {entry['dev_per']:.4f} ({each})",
        f"best {progress.best:.4f} at {progress.best_epoch}",
        f"rate {entry['rate']:.2g}",
        f"{entry['seconds']:.0f} s",
    )
    return ", ".join(parts)
