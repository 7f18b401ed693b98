"""Reads `targets/`, and users' own boards: TOML in, frozen dataclasses out."""

import dataclasses
import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files import system_errors
from ..resources import data_folder
from .board import Board, read_board
from .fields import CORE_FIELDS, COST_FIELDS, check
from .toml_file import frozen, read_toml

BOARD_FILE = "board.toml"
"""Where a build keeps the user's own board that it was made for."""
NAME = r"[A-Za-z0-9][A-Za-z0-9_+-]*"
"""A target's name: what its file is called."""


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
    """A core on a board: all that the compiler, the linker and the emulator need to know.

    own: the text of a user's own board file; empty for what comes with shrinkc.
    """

    name: str
    core: Core
    board: Board
    own: str = ""

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
        return _on(name, core, read_board(_find(core.board, "boards", folder)))
    if name in _names(folder / "boards"):
        return _with_core(name, read_board(folder / "boards" / f"{name}.toml"), folder)
    raise InputError(f"unknown target {name!r}; there are {', '.join(list_targets(folder))}")


def _with_core(name: str, board: Board, folder: Path) -> Target:
    """A board with its own core."""
    return _on(name, read_core(_find(board.cores[0], "cores", folder)), board)


def _on(name: str, core: Core, board: Board) -> Target:
    if core.name not in board.cores:
        raise InputError(f"board {board.name} does not run {core.name}; it runs {', '.join(board.cores)}")
    return Target(name, core, board)


def is_board_file(text: str) -> bool:
    """Does a text name a user's own board file, and not a board that comes with shrinkc?"""
    return text.endswith(".toml")


def load_own(path: Path) -> Target:
    """The target that a user's own board file makes, called as the file is.

    Raises InputError where there is no such file, where it is wrong, or where its name says something else already.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such board file; `shrinkc targets` lists the boards that need none")
    if not re.fullmatch(NAME, path.stem):
        raise InputError(
            f"{path}: a board is called as its file is: letters, digits, '_', '+' and '-', not {path.stem!r}"
        )
    if path.stem in list_targets():
        raise InputError(f"{path}: there is a target {path.stem} already: give the file another name")
    return _own(path, path.stem)


def _own(path: Path, name: str) -> Target:
    with system_errors(f"cannot read {path}"):
        content = path.read_bytes()
    target = _with_core(name, read_board(path, name), data_folder("targets"))
    return dataclasses.replace(target, own=content.decode("utf-8"))


def load_board(text: str) -> Target:
    """The board that `--board` names: a file of the user's, or one that comes with shrinkc; with its own core."""
    if is_board_file(text):
        return load_own(Path(text))
    boards = _names(data_folder("targets") / "boards")
    if text not in boards:
        raise InputError(f"unknown board {text!r}; give a file, such as ./myboard.toml, or one of {', '.join(boards)}")
    return load_target(text)


def load_built(name: str, build: Path) -> Target:
    """The target of the finished build in a folder, whose report calls it `name`: a user's own board lies there too."""
    own = build / BOARD_FILE
    return _own(own, name) if own.is_file() else load_target(name)
