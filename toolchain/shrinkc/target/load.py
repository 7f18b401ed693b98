"""Reads `targets/`: TOML in, frozen dataclasses out."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..files import system_errors
from ..resources import data_folder
from .fields import BOARD_FIELDS, CORE_FIELDS, COST_FIELDS, FLASHER_FIELDS, REGION_FIELDS, UART_FIELDS, check

# At fewer ticks to an instruction of 64 ns (emulate/counter.py) the count of instructions would not be exact.
LEAST_SYSTICK_HZ = 16_000_000


@dataclass(frozen=True)
class Region:
    """One memory of a board: `length` bytes from address `origin`; `kind` is flash, ram, boot or weights."""

    name: str
    origin: int
    length: int
    kind: str


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
class Uart:
    """A board's serial port: driver, first address, its clock (Hz), bits per second."""

    driver: str
    base: int
    clock_hz: int
    baud: int


@dataclass(frozen=True)
class Board:
    """One board: its memories, clocks (Hz), stack (bytes), how QEMU runs it, and its serial port, if it has one.

    flashers: by the flasher's name, what its tool needs to know of the board. The fields are in fields.py.
    """

    name: str
    title: str
    cores: tuple[str, ...]
    clock_hz: int
    systick_hz: int
    stack: int
    setup: str
    qemu_machine: str
    qemu_arguments: tuple[str, ...]
    console: str
    flasher: str
    flashers: Mapping[str, object]
    sources: tuple[str, ...]
    regions: tuple[Region, ...]
    uart: Uart | None = None

    def region(self, kind: str) -> Region:
        """The first region of a kind. Vector table and weights go to flash where they have no region of their own."""
        for region in self.regions:
            if region.kind == kind:
                return region
        if kind in ("boot", "weights"):
            return self.region("flash")
        raise InputError(f"board {self.name} has no region of kind {kind}")


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


def _read(path: Path) -> dict:
    with system_errors(f"cannot read {path}"):
        text = path.read_text(encoding="utf-8")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from error


def _frozen(values: dict) -> dict:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def read_core(path: Path) -> Core:
    """One file of `targets/cores`. Raises InputError naming the file and the key."""
    values = _read(path)
    check(values, CORE_FIELDS, path)
    costs = values.pop("costs")
    check(costs, COST_FIELDS, path)
    return Core(name=path.stem, costs=_costs(costs), **_frozen(values))


def _costs(values: dict) -> Costs:
    pairs = {name: {int(bits): tuple(pair) for bits, pair in values[name].items()} for name in ("dense", "delta")}
    return Costs(**{**values, **pairs})


def read_board(path: Path) -> Board:
    """One file of `targets/boards`. Raises InputError naming the file and the key."""
    values = _read(path)
    check(values, BOARD_FIELDS, path)
    regions = values.pop("regions")
    for region in regions:
        check(region, REGION_FIELDS, path)
        if not re.fullmatch(r"[A-Za-z_]\w*", region["name"], re.ASCII):
            raise InputError(f"{path}: region name {region['name']!r} is no C identifier")
    for kind in ("flash", "ram"):
        if kind not in [region["kind"] for region in regions]:
            raise InputError(f"{path}: there is no region of kind {kind}")
    if not values["cores"]:
        raise InputError(f"{path}: 'cores' is empty; name the board's core")
    if values["stack"] % 8 != 0:
        raise InputError(f"{path}: 'stack' is {values['stack']}; it must be a multiple of 8")
    if values["systick_hz"] < LEAST_SYSTICK_HZ:
        raise InputError(f"{path}: 'systick_hz' is {values['systick_hz']}; it must be at least {LEAST_SYSTICK_HZ}")
    values["flashers"] = _flashers(values, path)
    uart = _uart(values.pop("uart", None), path)
    return Board(name=path.stem, regions=tuple(Region(**region) for region in regions), uart=uart, **_frozen(values))


def _uart(values: dict | None, path: Path) -> Uart | None:
    if values is None:
        return None
    check(values, UART_FIELDS, path)
    return Uart(**values)


def _flashers(values: dict, path: Path) -> dict:
    """What each tool needs to know, and whether the board's own tool is one of them."""
    flashers = values.get("flashers", {})
    check(flashers, FLASHER_FIELDS, path)
    if values["flasher"] not in ("none", *flashers):
        raise InputError(f"{path}: 'flasher' is {values['flasher']!r}; it must be none or a key of [flashers]")
    return _frozen(flashers)


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
