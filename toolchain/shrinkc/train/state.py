"""The files of a run: a checkpoint after every epoch, the log, and the best model.

Each is written whole or not at all.
"""

import json
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import npz
from ..errors import InputError
from ..files import write_whole
from .progress import Progress

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    OSError,
    MemoryError,
    RuntimeError,
)
"""What numpy, zipfile and json raise on damaged files (RuntimeError stands for RecursionError and others too)."""

CHECKPOINT, LOG, MODEL, PLAN, SETTINGS = "checkpoint.npz", "train.log.jsonl", "model.keras", "plan.toml", "train.toml"


@dataclass(frozen=True)
class Checkpoint:
    """Everything that the next epoch depends on: groups of arrays (weights, optimiser ...), schedule, log, and run."""

    groups: dict[str, list[np.ndarray]]
    progress: Progress
    history: list[dict]
    run: dict  # what the run was started with; a resumed run must be the same


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write the checkpoint, then the log that belongs to it."""
    arrays = {
        f"{group}/{index}": value for group, values in checkpoint.groups.items() for index, value in enumerate(values)
    }
    notes = {"progress": checkpoint.progress.as_dict(), "history": checkpoint.history, "run": checkpoint.run}
    content = npz.pack({"notes": np.array(json.dumps(notes)), **arrays}, npz.STORED)
    write_whole(folder / CHECKPOINT, content)
    write_log(folder, checkpoint.history)


def write_log(folder: Path, history: list[dict]) -> None:
    """The log: one JSON object a line, one line an epoch."""
    write_whole(folder / LOG, "".join(json.dumps(entry) + "\n" for entry in history))


def read_checkpoint(folder: Path) -> Checkpoint | None:
    """The checkpoint in `folder`, or None where there is none yet.

    A damaged one, or one of another version, is an InputError with the remedy.
    """
    path = folder / CHECKPOINT
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as stored:
            return _checkpoint(stored)
    except DAMAGE as error:
        reason = " ".join(str(error).split())[:100] or type(error).__name__
        raise InputError(
            f"{path}: not a whole checkpoint of this version of shrinkc train ({reason}); delete it to start afresh"
        ) from None


def _checkpoint(stored: Any) -> Checkpoint:
    """What an opened file holds. Raises what `DAMAGE` lists."""
    notes = json.loads(str(stored["notes"]))
    history, run = notes["history"], notes["run"]
    if not isinstance(run, dict) or not all(isinstance(entry, dict) for entry in history):
        raise ValueError("its notes are no log and settings")
    groups: dict[str, dict[int, np.ndarray]] = {}
    for key in stored.files:
        group, _, index = key.partition("/")
        if index:
            groups.setdefault(group, {})[int(index)] = stored[key]
    arrays = {group: [values[index] for index in range(len(values))] for group, values in groups.items()}
    return Checkpoint(arrays, Progress.from_dict(notes["progress"]), history, run)


def write_model(model: Any, path: Path) -> None:
    """Save a Keras model as `.keras`, without the times and addresses that Keras writes into it.

    Equal weights give equal bytes.
    """
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / MODEL
        model.save(saved)
        with zipfile.ZipFile(saved) as source:
            files = {name: source.read(name) for name in sorted(source.namelist())}
    steady = ((name, _steady(content) if name.endswith(".json") else content) for name, content in files.items())
    write_whole(path, npz.zipped(steady))


def _steady(content: bytes) -> bytes:
    """Keras' JSON with shared objects numbered in order of appearance (it has addresses), and without the date."""
    numbers: dict[int, int] = {}

    def visit(value: Any) -> Any:
        if isinstance(value, list):
            return [visit(item) for item in value]
        if not isinstance(value, dict):
            return value
        kept = {key: visit(item) for key, item in value.items() if key != "date_saved"}
        if "shared_object_id" in kept:
            kept["shared_object_id"] = numbers.setdefault(kept["shared_object_id"], len(numbers))
        return kept

    return json.dumps(visit(json.loads(content))).encode()
