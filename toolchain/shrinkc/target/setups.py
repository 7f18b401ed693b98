"""What each firmware_templates/image/board_<setup>.c can do: it checks a board's clocks and serial port, and documents
the start-up code in docs/targets.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputError

_MHZ = 1_000_000


@dataclass(frozen=True)
class Pins:
    """How a family names its pins. `pattern` has a group for the port (empty: there is but one) and one for the pin;
    a pin's number is port x `per_port` + pin.
    """

    pattern: str
    ports: str
    per_port: int
    example: str

    def number(self, name: str) -> int | None:
        """The number of the pin called `name`, None where there is no such pin."""
        found = re.fullmatch(self.pattern, name, re.ASCII)
        if found is None or int(found[2]) >= self.per_port:
            return None
        return self.ports.index(found[1]) * self.per_port + int(found[2])


_STM32_PINS = Pins(r"P([A-K])(\d{1,2})", "ABCDEFGHIJK", 16, "PA2")
_NORDIC_PINS = Pins(r"P([01])\.(\d\d)", "01", 32, "P0.06")
_RASPBERRY_PINS = Pins(r"GP()(\d{1,2})", "", 30, "GP0")


@dataclass(frozen=True)
class Setup:
    """Start-up code for a family of parts.

    cores: that the family has. clocks: Hz that it can set the core to. sources: Hz of a crystal or clock input that it
    can start from; empty where it asks for none. source_needed: does it start from nothing else? driver: of the serial
    port. ports: by first address of a serial port, what the port's clock is: the core's over a number up to 16, or as
    many Hz. pins: None where the board has but one way. alternate: does a pin's function have a number? header: bytes
    that the part's ROM wants in a region of their own; 0: none. files: that it has in firmware_templates/image besides
    its own.
    """

    meaning: str
    cores: tuple[str, ...]
    clocks: range
    sources: Sequence[int] = ()
    source_needed: bool = False
    driver: str = ""
    ports: Mapping[int, int] = field(default_factory=dict)
    pins: Pins | None = None
    alternate: bool = False
    header: int = 0
    files: tuple[str, ...] = ()

    def port_clock(self, base: int, clock_hz: int) -> int:
        """Hz that the serial port at `base` runs at when the core runs at `clock_hz`."""
        clock = self.ports[base]
        return clock_hz // clock if clock <= 16 else clock


def _only(hz: int) -> range:
    return range(hz, hz + 1)


SETUPS: Mapping[str, Setup] = {
    "none": Setup(
        "Nothing: the part runs on the clock that it wakes with, and pins need no choice",
        (),
        range(1, 1 << 32),
    ),
    "stm32f4": Setup(
        "STM32F405, F407, F446 and the like: the PLL from `crystal_hz` or `clock_input_hz`, or else from the internal "
        "16 MHz; wait states, prefetch and caches of the flash; over-drive above 168 MHz. APB1 runs at a quarter, APB2 "
        "at half",
        ("cortex-m4",),
        range(50 * _MHZ, 180 * _MHZ + 1, _MHZ),
        sources=range(4 * _MHZ, 26 * _MHZ + 1, _MHZ),
        driver="stm32",
        ports={0x40011000: 2, 0x40011400: 2, **dict.fromkeys((0x40004400, 0x40004800, 0x40004C00, 0x40005000), 4)},
        pins=_STM32_PINS,
        alternate=True,
        files=("board_wait.h", "stm32.h"),
    ),
    "stm32l4": Setup(
        "STM32L47x and L48x: the PLL from the internal 16 MHz; wait states, prefetch and caches of the flash. Serial "
        "ports run on the internal 16 MHz",
        ("cortex-m4",),
        _only(80 * _MHZ),
        driver="stm32v2",
        ports=dict.fromkeys((0x40013800, 0x40004400, 0x40004800, 0x40004C00, 0x40005000), 16 * _MHZ),
        pins=_STM32_PINS,
        alternate=True,
        files=("board_wait.h", "stm32.h"),
    ),
    "stm32h7": Setup(
        "STM32H742, H743 and H753: supply from the LDO at VOS1; the PLL from `crystal_hz` or `clock_input_hz`, or else "
        "from the internal 64 MHz; wait states of the flash; both caches of the core. Serial ports run on the internal "
        "64 MHz",
        ("cortex-m7",),
        _only(400 * _MHZ),
        sources=tuple(mhz * _MHZ for mhz in range(4, 49) if mhz % 4 == 0 or mhz % 5 == 0),
        driver="stm32v2",
        ports=dict.fromkeys((0x40011000, 0x40011400, 0x40004400, 0x40004800, 0x40004C00, 0x40005000), 64 * _MHZ),
        pins=_STM32_PINS,
        alternate=True,
        files=("board_wait.h", "stm32.h", "cortex_m7_caches.h", "cortex_m7_caches.c"),
    ),
    "nrf51": Setup(
        "nRF51: the crystal, since the oscillator that it wakes with is too far off for a serial port",
        ("cortex-m0",),
        _only(16 * _MHZ),
        driver="nrf",
        ports={0x40002000: 16 * _MHZ},
        pins=_NORDIC_PINS,
        files=("board_wait.h", "nordic.h"),
    ),
    "nrf52": Setup(
        "nRF52: the same, and the cache of the flash",
        ("cortex-m4",),
        _only(64 * _MHZ),
        driver="nrf",
        ports={0x40002000: 16 * _MHZ},
        pins=_NORDIC_PINS,
        files=("board_wait.h", "nordic.h"),
    ),
    "rp2040": Setup(
        "RP2040: the second stage of the boot in a region of kind `header`, which reads the flash with plain serial "
        "reads (command 03h); the watchdog stopped; the PLL from the crystal; GPIO. Serial ports run on the crystal",
        ("cortex-m0plus",),
        _only(125 * _MHZ),
        sources=_only(12 * _MHZ),
        source_needed=True,
        driver="pl011",
        ports=dict.fromkeys((0x40034000, 0x40038000), 12 * _MHZ),
        pins=_RASPBERRY_PINS,
        header=256,
        files=("board_wait.h", "rp2.h", "board_rp2040_boot2.S"),
    ),
    "rp2350": Setup(
        "RP2350's Arm cores: the IMAGE_DEF block behind the vector table; the watchdog stopped; the PLL from the "
        "crystal; GPIO. Serial ports run on the crystal",
        ("cortex-m33",),
        _only(150 * _MHZ),
        sources=_only(12 * _MHZ),
        source_needed=True,
        driver="pl011",
        ports=dict.fromkeys((0x40070000, 0x40078000), 12 * _MHZ),
        pins=_RASPBERRY_PINS,
        files=("board_wait.h", "rp2.h"),
    ),
}


def _megahertz(allowed: Sequence[int]) -> str:
    """The clocks that are allowed, in words."""
    if not isinstance(allowed, range):
        return f"{', '.join(f'{hz / _MHZ:g}' for hz in allowed)} MHz"
    low, high = allowed[0] / _MHZ, allowed[-1] / _MHZ
    step = f" in steps of {allowed.step / _MHZ:g} MHz" if allowed.step > 1 else ""
    return f"{low:g} MHz" if low == high else f"{low:g} to {high:g} MHz{step}"


def limits(setup: Setup) -> list[str]:
    """What the start-up code takes of the keys about clocks and the serial port, in words."""
    if not setup.cores:
        return []
    said = [f"`clock_hz` {_megahertz(setup.clocks)}"]
    if setup.source_needed:
        said.append(f"`crystal_hz` {_megahertz(setup.sources)}")
    elif setup.sources:
        said.append(f"`crystal_hz` or `clock_input_hz` {_megahertz(setup.sources)}, or neither")
    ports = ", ".join(f"`{base:#010x}`" for base in sorted(setup.ports))
    return [*said, f"`driver` `{setup.driver}`, `base` {ports}"]


def check_setup(values: Mapping[str, object], where: Path) -> None:
    """Hold what a board's file says of clocks against its start-up code.

    Raises InputError naming the file and the key.
    """
    name = values["setup"]
    setup = SETUPS[name]
    for core in values["cores"]:
        if setup.cores and core not in setup.cores:
            raise InputError(f"{where}: 'setup' is {name!r}, which is for {', '.join(setup.cores)}, not for {core}")
    if values["clock_hz"] not in setup.clocks:
        raise InputError(f"{where}: 'clock_hz' is {values['clock_hz']}; {name} can set {_megahertz(setup.clocks)}")
    given = [key for key in ("crystal_hz", "clock_input_hz") if key in values]
    if len(given) == 2:
        raise InputError(f"{where}: 'crystal_hz' and 'clock_input_hz' are both there; a part has one of them")
    for key in given:
        if not setup.sources:
            raise InputError(f"{where}: {name} makes no use of {key!r}; leave it out")
        if values[key] not in setup.sources:
            raise InputError(f"{where}: {key!r} is {values[key]}; {name} can use {_megahertz(setup.sources)}")
    if setup.source_needed and "crystal_hz" not in values:
        raise InputError(f"{where}: 'crystal_hz' is missing; {name} needs {_megahertz(setup.sources)}")


def check_port(name: str, clock_hz: int, uart: Mapping[str, object], where: Path) -> None:
    """Hold a board's [uart] against the start-up code `name`, which chooses the port's clock and pins.

    Raises InputError naming the file and the key.
    """
    setup = SETUPS[name]
    wrong = f"{where}: [uart]"
    if setup.driver and uart["driver"] != setup.driver:
        raise InputError(f"{wrong} 'driver' is {uart['driver']!r}; with {name} it is {setup.driver}")
    if setup.ports and uart["base"] not in setup.ports:
        known = ", ".join(f"{base:#010x}" for base in sorted(setup.ports))
        raise InputError(f"{wrong} 'base' is {uart['base']:#010x}; {name} can start {known}")
    if setup.ports and uart["clock_hz"] != setup.port_clock(uart["base"], clock_hz):
        found = setup.port_clock(uart["base"], clock_hz)
        raise InputError(f"{wrong} 'clock_hz' is {uart['clock_hz']}; {name} makes it {found}")
    for key, wanted in (("tx", setup.pins), ("rx", setup.pins), ("alternate", setup.alternate)):
        if not wanted and key in uart:
            raise InputError(f"{wrong} {name} makes no use of {key!r}; leave it out")
        if wanted and key not in uart:
            raise InputError(f"{wrong} {key!r} is missing; {name} needs it")
    for key in ("tx", "rx"):
        if setup.pins and setup.pins.number(uart[key]) is None:
            raise InputError(
                f"{wrong} {key!r} is {uart[key]!r}; with {name} a pin is called as in {setup.pins.example}"
            )
