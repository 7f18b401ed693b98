"""The bundled models: each a folder with the model, its training's settings and log, and a card that says where
everything came from. Data sets that several models share are a folder of their own, which their cards name.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..resources import zoo_folder

PREFIX = "zoo:"
WEIGHTS_LICENCE = "CC-BY-SA-3.0"
"""The licence of all models' weights, as SPDX names it."""


@dataclass(frozen=True)
class ZooModel:
    """One bundled model.

    `card` is card.toml: name, description, data, licences, sizes, PERs with intervals. `data` is the folder of its
    data sets.
    """

    name: str
    folder: Path
    card: dict

    @property
    def model(self) -> Path:
        return self.folder / "model.keras"

    @property
    def data(self) -> Path:
        return self.folder.parent / self.card["data"]

    @property
    def calibration(self) -> Path:
        return self.data / "calibration.npz"

    @property
    def dev(self) -> Path:
        return self.data / "dev.npz"

    @property
    def test(self) -> Path:
        return self.data / "test.npz"


def weights_licence_text() -> str:
    """What goes with the weights: their licence in words, and the credits that it asks for."""
    return (zoo_folder() / "LICENSE-weights.txt").read_text(encoding="utf-8")


def names() -> list[str]:
    """The known models, by name."""
    return sorted(card.parent.name for card in zoo_folder().glob("*/card.toml"))


def find(name: str) -> ZooModel:
    """The model called `name`, with or without `zoo:` before it.

    An unknown name is an InputError with the known ones.
    """
    plain = name.removeprefix(PREFIX)
    if plain not in names():
        raise InputError(f"no model 'zoo:{plain}'; the zoo has {', '.join(PREFIX + known for known in names())}")
    folder = zoo_folder() / plain
    return ZooModel(plain, folder, tomllib.loads((folder / "card.toml").read_text(encoding="utf-8")))
