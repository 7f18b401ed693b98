"""Reads `targets/`: TOML in, frozen dataclasses out."""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..resources import data_folder
from .board import Board, read_board
from .fields import CORE_FIELDS, COST_FIELDS, check
from .toml_file import frozen, read_toml


@dataclass(frozen=True)
class Costs:
    """Instructions of the kernels on a core; see COST_FIELDS.

    dense, delta: by bits of a weight, (a multiplication, a row besides).
    """

    scan: float
    send: float
    quantize: float
    hold: float
    dense: Mapping[int, tuple[float, float]]
    delta: Mapping[int, tuple[float, float]]


@dataclass(frozen=True)
class Core:
    """One processor core: how to compile for it, and its family of kernels."""

    name: str
    title: str
    isa: str
    flags: tuple[str, ...]
    optimisation: tuple[str, ...]
    kernels: str
    costs: Costs
    board: str


@dataclass(frozen=True)
class Target:
    """A core on a board: all that the compiler, the linker and the emulator need to know."""

    name: str
    core: Core
    board: Board

    @property
    def flags(self) -> tuple[str, ...]:
        """The compiler's flags for the core and for optimisation."""
        return self.core.flags + self.core.optimisation

    @property
    def kernels(self) -> str:
        """The family of kernels: portable, dsp or helium."""
        return self.core.kernels


def _names(folder: Path) -> list[str]:
    """The target files of a folder, cortex-m7 before cortex-m33."""

    def order(name: str) -> list[tuple[int, str]]:
        return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]

    return sorted((path.stem for path in folder.glob("*.toml")), key=order)


def read_core(path: Path) -> Core:
    """One file of `targets/cores`. Raises InputError naming the file and the key."""
    values = read_toml(path)
    check(values, CORE_FIELDS, path)
    costs = values.pop("costs")
    check(costs, COST_FIELDS, path)
    return Core(name=path.stem, costs=_costs(costs), **frozen(values))


def _costs(values: dict) -> Costs:
    pairs = {name: {int(bits): tuple(pair) for bits, pair in values[name].items()} for name in ("dense", "delta")}
    return Costs(**{**values, **pairs})


def _find(name: str, kind: str, folder: Path) -> Path:
    """The file of a core or board that another file names."""
    if name not in _names(folder / kind):
        raise InputError(f"{folder}: no {name} in {kind}; there are {', '.join(_names(folder / kind))}")
    return folder / kind / f"{name}.toml"


def list_targets(folder: Path | None = None) -> tuple[str, ...]:
    """Every name that `load_target` takes: the cores, then the boards."""
    folder = folder or data_folder("targets")
    return (*_names(folder / "cores"), *_names(folder / "boards"))


def load_target(name: str, folder: Path | None = None) -> Target:
    """The target called `name`: a core (on its default board) or a board (with its own core).

    Raises InputError for an unknown name, listing what there is, and for a target file that is wrong.
    """
    return _load(name, folder or data_folder("targets"))


@functools.cache
def _load(name: str, folder: Path) -> Target:
    if name in _names(folder / "cores"):
        core = read_core(folder / "cores" / f"{name}.toml")
        board = read_board(_find(core.board, "boards", folder))
    elif name in _names(folder / "boards"):
        board = read_board(folder / "boards" / f"{name}.toml")
        core = read_core(_find(board.cores[0], "cores", folder))
    else:
        raise InputError(f"unknown target {name!r}; there are {', '.join(list_targets(folder))}")
    if core.name not in board.cores:
        raise InputError(f"board {board.name} does not run {core.name}; it runs {', '.join(board.cores)}")
    return Target(name, core, board)
