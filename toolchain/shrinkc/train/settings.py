"""The settings of one training run: one table of fields reads and writes train.toml."""

import dataclasses
import json
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .cells import CELLS, misplaced


@dataclass(frozen=True)
class Settings:
    """All that decides the weights, beside the data. Times in frames; rates and shares as fractions."""

    cell: str = "lstm"
    layers: int = 2
    units: int = 128
    batch_norm: bool = False  # on the input of each recurrent layer (LiGRU has its own); the importer folds it
    projection: int = 0  # SRU only: width that a layer's input is projected to first, 0 for none
    seed: int = 1
    batch: int = 48
    frame_epochs: int = 14  # epochs on frame labels
    ctc_epochs: int = 75  # most epochs of CTC after them
    frame_rate: float = 2e-3  # learning rate of the first stage
    ctc_rate: float = 2e-3
    hold: float = 1 / 3  # share of the CTC epochs at full rate; from there it falls in a straight line to 0
    patience: int = 20  # CTC ends early after so many epochs without a better dev PER
    delay: int = 3  # frames by which the target runs behind the input: the look-ahead of a causal network
    dropout: float = 0.15  # on each layer's output, in training only
    teaching: float = 0.5  # weight of what the teachers say beside the labels; without teachers it means nothing
    sending: float = 1.0  # weight of the share of multiplications done; without thresholds it means nothing
    clip: float = 1.0  # largest norm of the gradient
    average: float = 0.98  # decay per step of the running average of the weights, which is what is kept
    stretch: float = 0.12  # utterances are made faster or slower by up to this share
    warp: float = 0.1  # bands are moved up or down by up to this share
    gain: float = 1.0  # standard deviation of a loudness offset, natural logarithm of energy
    tilt: float = 0.5  # standard deviation of a slope from the lowest to the highest band
    noise: float = 0.1  # standard deviation of noise on each value, in units of the feature's own
    time_masks: int = 2
    time_mask: int = 6  # most frames that one mask hides
    band_masks: int = 1
    band_mask: int = 6  # most bands that one mask hides

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise InputError(f"unknown cell {self.cell!r}: one of {', '.join(CELLS)}")
        for name in ("layers", "units", "batch", "patience"):
            if getattr(self, name) < 1:
                raise InputError(f"training setting '{name}' is {getattr(self, name)}: it must be 1 or more")
        for name in ("dropout", "hold", "average", "stretch", "warp"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"training setting '{name}' is {getattr(self, name)}: it must be from 0 to below 1")
        for name in ("projection", "frame_epochs", "ctc_epochs", "delay", "time_masks", "band_masks", "seed"):
            if getattr(self, name) < 0:
                raise InputError(f"training setting '{name}' is {getattr(self, name)}: it must be 0 or more")
        for name in ("time_mask", "band_mask", "gain", "tilt", "noise", "teaching", "sending"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"training setting '{name}' is {getattr(self, name)}: it must be 0 or more")
        for name in ("frame_rate", "ctc_rate", "clip"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(f"training setting '{name}' is {getattr(self, name)}: it must be above 0")
        problem = misplaced(self)
        if problem:
            raise InputError(f"training setting {problem}")


def read_settings(path: Path | None, given: dict[str, Any]) -> Settings:
    """Settings from a TOML file (None: the defaults), with `given` options over them; None values are not given.

    An unknown key or a value of another type is an InputError that names file and key.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"{path}: cannot be read: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{path}: not TOML: {error}") from None
    values |= {name: value for name, value in given.items() if value is not None}
    known = {field.name: field.type for field in dataclasses.fields(Settings)}
    for name, value in values.items():
        if name not in known:
            raise InputError(f"{path}: unknown key '{name}'; known: {', '.join(known)}")
        if known[name] is float and type(value) is int:
            values[name] = float(value)
        elif type(value) is not known[name]:
            raise InputError(f"{path}: '{name}' must be {known[name].__name__}, not {value!r}")
    return Settings(**values)


def write_settings(settings: Settings) -> str:
    """The settings as TOML, in the order of the table."""
    # JSON writes texts, numbers and booleans as TOML does.
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in dataclasses.asdict(settings).items())
