"""The one table of what a target file may say: it checks the TOML and writes the reference in docs/targets.md."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from .setups import SETUPS


@dataclass(frozen=True)
class Field:
    """One key of a target file: its name, type, meaning, the values allowed (empty: any of the type), and whether a
    file may do without it.
    """

    name: str
    type: str
    meaning: str
    allowed: tuple[str, ...] = ()
    optional: bool = False


WEIGHT_BITS = (2, 4, 8, 16)
"""As in lower/kernels.py, like the families' names below; importing that would take numpy."""

KINDS = ("flash", "ram", "boot", "weights", "header")
"""Of a region of memory."""

CORE_FIELDS = (
    Field("title", "text", "The name that people use."),
    Field("isa", "text", "The instruction set, as Arm writes it."),
    Field("flags", "texts", "Compiler flags that choose the core and its floating point unit."),
    Field("optimisation", "texts", "Compiler flags for speed or size."),
    Field(
        "kernels",
        "text",
        "The family of kernels that the library is built with.",
        ("portable", "dsp", "helium"),
    ),
    Field("costs", "costs", "What the kernels cost here, in instructions: the compiler chooses by it."),
    Field("board", "text", "The board that stands in for the core when only the core is named."),
)

BOARD_FIELDS = (
    Field("title", "text", "The name that people use."),
    Field("cores", "texts", "Cores whose code runs here; the first is the board's own."),
    Field("clock_hz", "count", "The core's clock on the real board, in Hz."),
    Field("crystal_hz", "count", "The crystal that the start-up code starts the clock from, in Hz.", optional=True),
    Field(
        "clock_input_hz",
        "count",
        "The signal at the crystal's pin, where another part gives it (as the probe of a NUCLEO board), in Hz.",
        optional=True,
    ),
    Field("stack", "count", "Bytes of RAM set aside for the stack; a multiple of 8."),
    Field(
        "setup",
        "text",
        "Start-up code for clocks and pins: firmware_templates/image/board_<setup>.c.",
        tuple(SETUPS),
    ),
    Field(
        "qemu_machine",
        "text",
        "QEMU's machine that runs the board's images; without it the core's own board stands in.",
        optional=True,
    ),
    Field("qemu_arguments", "texts", "Further arguments for QEMU.", optional=True),
    Field(
        "systick_hz",
        "count",
        "The clock that SysTick counts in QEMU, in Hz; at least 16 000 000. It belongs to `qemu_machine`.",
        optional=True,
    ),
    Field("console", "text", "Where the test image's files and messages go in QEMU.", ("semihosting",)),
    Field("flasher", "text", "The tool that programs the board unless `--flasher` names another, or none."),
    Field("flashers", "flashers", "What each tool needs to know of the board.", optional=True),
    Field("sources", "texts", "Where the figures come from."),
    Field("uart", "uart", "The serial port of the image's console; without it the image has none.", optional=True),
    Field("regions", "regions", "The memories; at least one of kind flash and one of kind ram."),
)

REGION_FIELDS = (
    Field("name", "text", "The region's name in the linker script; a C identifier."),
    Field("origin", "address", "Its first address."),
    Field("length", "count", "Its size in bytes."),
    Field(
        "kind",
        "text",
        "What goes there: code and constants; data; the vector table where it must lie apart from the code; the "
        "model's tables where they do not fit beside the code; or what the part's ROM wants before all else.",
        KINDS,
    ),
)

UART_FIELDS = (
    Field(
        "driver",
        "text",
        "firmware_templates/image/uart_<driver>.c: Arm's CMSDK (MPS2, MPS3), the USART of STM32F4 or of later STM32, "
        "the UART of nRF51 and nRF52, or Arm's PL011 (RP2040, RP2350).",
        ("cmsdk", "stm32", "stm32v2", "nrf", "pl011"),
    ),
    Field("base", "address", "The first address of its registers."),
    Field("clock_hz", "count", "Its clock once the set-up code has run, in Hz."),
    Field("baud", "count", "Bits per second; 8 data bits, no parity, 1 stop bit."),
    Field("tx", "text", "The pin that sends, as the part's maker writes it: PA2, P0.06, GP0.", optional=True),
    Field("rx", "text", "The pin that receives.", optional=True),
    Field("alternate", "number", "STM32: the alternate function of both pins.", optional=True),
)

FLASHER_FIELDS = (
    Field("pyocd", "text", "pyOCD's name for the part: `pyocd list --targets`.", optional=True),
    Field("openocd", "files", "OpenOCD's files for the board, or for the probe and the part.", optional=True),
    Field("st-flash", "yes", "The part can be programmed through an ST-LINK.", optional=True),
    Field("probe-rs", "text", "probe-rs' name for the part: `probe-rs chip list`.", optional=True),
    Field("jlink", "text", "SEGGER's name for the part.", optional=True),
    Field("uf2", "word", "The family id that the board's UF2 bootloader takes.", optional=True),
)
"""One for each flasher of flash/ that must know something of the board; all but `gdb`."""

COST_FIELDS = (
    Field("scan", "cost", "An element of a vector that is scanned for changes."),
    Field("send", "cost", "More, for each that is sent."),
    Field("quantize", "cost", "An element of a vector that is read whole, by dense products."),
    Field("hold", "cost", "The same, where elements are held until they move by more than a threshold."),
    Field("dense", "products", "A dense product: of each multiplication, and more for each row, by bits of a weight."),
    Field("delta", "products", "A delta product: the same, of the columns sent."),
)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 16


def _is_address(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 32


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_files(value: object) -> bool:
    return _is_text(value) or (_is_texts(value) and value != [])


def _is_cost(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < math.inf


def _is_products(value: object) -> bool:
    pairs = value.values() if isinstance(value, dict) and sorted(value) == sorted(map(str, WEIGHT_BITS)) else [None]
    return all(isinstance(pair, list) and len(pair) == 2 and all(map(_is_cost, pair)) for pair in pairs)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(item, dict) for item in value)


# type name: (what it accepts, how the documentation and an error say it)
TYPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "text": (_is_text, "a string that is not empty"),
    "texts": (_is_texts, "a list of strings"),
    "count": (_is_count, "an integer above 0"),
    "number": (_is_number, "an integer from 0 to 15"),
    "address": (_is_address, "a 32-bit address"),
    "word": (_is_address, "a 32-bit number"),
    "files": (_is_files, "a file's name, or a list of them"),
    "yes": (lambda value: value is True, "true"),
    "flashers": (lambda value: isinstance(value, dict), "a table [flashers]"),
    "costs": (lambda value: isinstance(value, dict), "a table [costs]"),
    "cost": (_is_cost, "a number, 0 or more"),
    "products": (_is_products, "a table of the keys 2, 4, 8 and 16, each with two numbers"),
    "uart": (lambda value: isinstance(value, dict), "a table [uart]"),
    "regions": (_is_tables, "one or more [[regions]] tables"),
}


def check(values: Mapping[str, object], fields: tuple[Field, ...], where: Path) -> None:
    """Hold one table of a target file against its fields.

    Raises InputError naming the file and the key when one is unknown, missing, or has a value that is not allowed.
    """
    names = [field.name for field in fields]
    for key in values:
        if key not in names:
            raise InputError(f"{where}: unknown key {key!r}; there are {', '.join(names)}")
    for field in fields:
        if field.name not in values:
            if field.optional:
                continue
            raise InputError(f"{where}: {field.name!r} is missing; it is {TYPES[field.type][1]}")
        accepts, words = TYPES[field.type]
        value = values[field.name]
        if not accepts(value):
            raise InputError(f"{where}: {field.name!r} is {value!r}; it must be {words}")
        if field.allowed and value not in field.allowed:
            raise InputError(f"{where}: {field.name!r} is {value!r}; it must be one of {', '.join(field.allowed)}")
