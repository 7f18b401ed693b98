"""One board: its file read and checked, and what it comes to."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from ..errors import InputError
from .fields import BOARD_FIELDS, FLASHER_FIELDS, REGION_FIELDS, UART_FIELDS, check
from .setups import SETUPS, check_port, check_setup
from .toml_file import frozen, read_toml

# At fewer ticks to an instruction of 64 ns (emulate/counter.py) the count of instructions would not be exact.
LEAST_SYSTICK_HZ = 16_000_000


@dataclass(frozen=True)
class Region:
    """One memory of a board: `length` bytes from address `origin`; `kind` is one of KINDS of fields.py."""

    name: str
    origin: int
    length: int
    kind: str

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.origin + self.length


@dataclass(frozen=True)
class Uart:
    """A board's serial port: driver, first address, its clock (Hz), bits per second.

    tx, rx: the numbers of its pins, as the start-up code counts them; alternate: their function. None where the board
    has no choice.
    """

    driver: str
    base: int
    clock_hz: int
    baud: int
    tx: int | None = None
    rx: int | None = None
    alternate: int | None = None


@dataclass(frozen=True)
class Board:
    """One board: its memories, clocks (Hz), stack (bytes), how QEMU runs it, and its serial port, if it has one.

    qemu_machine and systick_hz are "" and 0 where QEMU has no such machine; crystal_hz and clock_input_hz are 0 where
    there is none. flashers: by the flasher's name, what its tool needs to know of the board. The fields are in
    fields.py.
    """

    name: str
    title: str
    cores: tuple[str, ...]
    clock_hz: int
    stack: int
    setup: str
    console: str
    flasher: str
    sources: tuple[str, ...]
    regions: tuple[Region, ...]
    crystal_hz: int = 0
    clock_input_hz: int = 0
    qemu_machine: str = ""
    qemu_arguments: tuple[str, ...] = ()
    systick_hz: int = 0
    flashers: Mapping[str, object] = dataclasses.field(default_factory=dict)
    uart: Uart | None = None

    def has(self, kind: str) -> bool:
        """Is there a region of a kind?"""
        return any(region.kind == kind for region in self.regions)

    def region(self, kind: str) -> Region:
        """The first region of a kind. Vector table and weights go to flash where they have no region of their own."""
        for region in self.regions:
            if region.kind == kind:
                return region
        if kind in ("boot", "weights"):
            return self.region("flash")
        raise InputError(f"board {self.name} has no region of kind {kind}")


def read_board(path: Path, name: str | None = None) -> Board:
    """The board in one file of `targets/boards`, or in a user's own; it is called `name`, else as the file is.

    Raises InputError naming the file and the key.
    """
    values = read_toml(path)
    check(values, BOARD_FIELDS, path)
    if not values["cores"]:
        raise InputError(f"{path}: 'cores' is empty; name the board's core")
    if values["stack"] % 8 != 0:
        raise InputError(f"{path}: 'stack' is {values['stack']}; it must be a multiple of 8")
    check_setup(values, path)
    _check_emulator(values, path)
    values["flashers"] = _flashers(values, path)
    values["regions"] = _regions(values, path)
    values["uart"] = _uart(values, path)
    return Board(name=name or path.stem, **frozen(values))


def _check_emulator(values: Mapping[str, object], path: Path) -> None:
    for key in ("qemu_arguments", "systick_hz"):
        if key in values and "qemu_machine" not in values:
            raise InputError(f"{path}: {key!r} belongs to 'qemu_machine', which is missing")
    if "qemu_machine" not in values:
        return
    if "systick_hz" not in values:
        raise InputError(f"{path}: 'systick_hz' is missing; 'qemu_machine' needs it")
    if values["systick_hz"] < LEAST_SYSTICK_HZ:
        raise InputError(f"{path}: 'systick_hz' is {values['systick_hz']}; it must be at least {LEAST_SYSTICK_HZ}")


def _regions(values: Mapping[str, object], path: Path) -> list[Region]:
    for region in values["regions"]:
        check(region, REGION_FIELDS, path)
        if not re.fullmatch(r"[A-Za-z_]\w*", region["name"], re.ASCII):
            raise InputError(f"{path}: region name {region['name']!r} is no C identifier")
    regions = [Region(**region) for region in values["regions"]]
    header = SETUPS[values["setup"]].header
    for kind in ("flash", "ram", *(["header"] if header else [])):
        if kind not in [region.kind for region in regions]:
            raise InputError(f"{path}: there is no region of kind {kind}")
    for region in regions:
        if region.kind == "header" and region.length != header:
            wants = f"{header} bytes" if header else "none"
            raise InputError(f"{path}: region {region.name!r} is of kind header; {values['setup']} wants {wants}")
    for region in regions:
        if region.end > 1 << 32:
            raise InputError(f"{path}: region {region.name!r} ends behind the last 32-bit address")
    for one, other in combinations(regions, 2):
        if one.name == other.name:
            raise InputError(f"{path}: two regions are called {one.name!r}")
        if one.origin < other.end and other.origin < one.end:
            raise InputError(f"{path}: regions {one.name!r} and {other.name!r} overlap")
    return regions


def _uart(values: Mapping[str, object], path: Path) -> Uart | None:
    uart = values.get("uart")
    if uart is None:
        return None
    check(uart, UART_FIELDS, path)
    check_port(values["setup"], values["clock_hz"], uart, path)
    pins = SETUPS[values["setup"]].pins
    return Uart(**uart | {key: pins.number(uart[key]) for key in ("tx", "rx") if pins})


def _flashers(values: Mapping[str, object], path: Path) -> dict:
    """What each tool needs to know, and whether the board's own tool is one of them."""
    flashers = values.get("flashers", {})
    check(flashers, FLASHER_FIELDS, path)
    if values["flasher"] not in ("none", *flashers):
        raise InputError(f"{path}: 'flasher' is {values['flasher']!r}; it must be none or a key of [flashers]")
    return frozen(flashers)
