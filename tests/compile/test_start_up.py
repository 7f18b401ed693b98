"""Boards' start-up code, run on this machine with memory for registers: it ends where nothing answers, and where clocks
do answer, the registers come to the clocks, pins and serial ports of the boards' files.
"""

import dataclasses
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from shrinkc.compile.image import board_flags
from shrinkc.resources import data_folder
from shrinkc.target import Board, list_targets, load_target
from tools import needs_gcc

pytestmark = needs_gcc

IMAGE = data_folder("firmware_templates") / "image"
HOST = Path(__file__).with_name("start_up_host.c")
BOARDS = [
    name for name in list_targets() if load_target(name).board.name == name and load_target(name).board.setup != "none"
]
MHZ = 1_000_000
# Ready bits that stay up, and the clock switch that shows what is chosen, as the parts' clocks give them.
READY = {
    "stm32f4": {0x40023800: 0x0202_0083, 0x40023808: 0x8, 0x40007004: 0x3_0000, 0x40023C00: 5},
    "stm32l4": {0x40021000: 0x0200_0563, 0x40021008: 0xC, 0x40022000: 4},
    "stm32h7": {0x58024400: 0x0202_0005, 0x58024410: 0x18, 0x58024804: 0x2000, 0x58024818: 0x2000, 0x52002000: 0x22},
    "nrf51": {},
    "nrf52": {},
    "rp2040": {0x4000C008: 0xFFFFFFFF, 0x40008038: 5, 0x40008044: 3, 0x40024004: 1 << 31, 0x40028000: 1 << 31},
    "rp2350": {0x40020008: 0xFFFFFFFF, 0x40010038: 5, 0x40010044: 3, 0x40048004: 1 << 31, 0x40050000: 1 << 31},
}


def started(name: str, presets: Mapping[int, int], folder: Path, **changes: int) -> dict[int, int]:
    """Words by address after the start-up of a board, but for changes to its file."""
    target = load_target(name)
    target = dataclasses.replace(target, board=dataclasses.replace(target.board, **changes))
    source = IMAGE / f"board_{target.board.setup}.c"
    caches = ["-DHAS_CACHES"] if target.board.setup == "stm32h7" else []
    # An address is a number of 32 bits there, and a pointer has 64 here.
    command = ["gcc", "-std=gnu11", "-O1", "-w", f"-I{IMAGE}", *board_flags(target), *caches]
    subprocess.run([*command, str(source), str(HOST), "-o", "start"], cwd=folder, check=True)
    arguments = [f"{address:x}={value:x}" for address, value in presets.items()]
    result = subprocess.run(["./start", *arguments], cwd=folder, capture_output=True, text=True, check=True, timeout=20)
    return {int(line[:8], 16): int(line[9:], 16) for line in result.stdout.splitlines()}


@pytest.mark.parametrize("name", BOARDS)
def test_it_ends_where_nothing_answers(name: str, tmp_path: Path) -> None:
    started(name, {}, tmp_path)


def source_hz(board: Board) -> int:
    return board.crystal_hz + board.clock_input_hz


@pytest.mark.parametrize("name", [name for name in BOARDS if load_target(name).board.setup == "stm32f4"])
def test_stm32f4_runs_at_its_clock(name: str, tmp_path: Path) -> None:
    """RM0090, 7.3.2: the core's clock is source / M x N / P."""
    board = load_target(name).board
    words = started(name, READY["stm32f4"], tmp_path)
    pll, switch, flash = words[0x40023804], words[0x40023808], words[0x40023C00]
    vco = source_hz(board) // (pll & 63) * (pll >> 6 & 511)
    assert pll >> 22 & 1  # from the crystal or the input
    assert source_hz(board) // (pll & 63) == MHZ
    assert 100 * MHZ <= vco <= 432 * MHZ
    assert vco // (2 * (pll >> 16 & 3) + 2) == board.clock_hz
    assert vco // (pll >> 24 & 15) <= 48 * MHZ
    assert flash & 0xF == 5 and flash >> 8 & 7 == 7
    assert (switch >> 10 & 7, switch >> 13 & 7) == (5, 4)  # APB1 a quarter, APB2 a half
    assert bool(words[0x40023800] >> 18 & 1) == bool(board.clock_input_hz)
    assert bool(words.get(0x40007000, 0) & 3 << 16) == (board.clock_hz > 168 * MHZ)  # over-drive


@pytest.mark.parametrize(("crystal", "clock"), [(4, 180), (8, 84), (12, 121), (26, 50)])
def test_stm32f4_on_a_board_of_somebodys_own(crystal: int, clock: int, tmp_path: Path) -> None:
    asked = {"crystal_hz": crystal * MHZ, "clock_hz": clock * MHZ}
    words = started("stm32f4-discovery", {**READY["stm32f4"], 0x40023C00: (clock - 1) // 30}, tmp_path, **asked)
    pll = words[0x40023804]
    vco = crystal * MHZ // (pll & 63) * (pll >> 6 & 511)
    assert vco // (2 * (pll >> 16 & 3) + 2) == clock * MHZ
    assert vco // (pll >> 24 & 15) <= 48 * MHZ
    assert 30 * ((words[0x40023C00] & 0xF) + 1) >= clock  # RM0090, table 10: 30 MHz a wait state from 2.7 V on
    assert words[0x40023808] & 3 == 2  # on the PLL


def test_stm32f4_takes_its_own_oscillator_where_the_crystal_is_dead(tmp_path: Path) -> None:
    dead = {**READY["stm32f4"], 0x40023800: 0x0200_0083}
    pll = started("stm32f4-discovery", dead, tmp_path)[0x40023804]
    assert pll >> 22 & 1 == 0
    assert 16 * MHZ // (pll & 63) * (pll >> 6 & 511) // 2 == 168 * MHZ


def test_stm32l4_runs_at_its_clock(tmp_path: Path) -> None:
    """RM0351, 6.4.4: HSI16 / M x N / R."""
    words = started("nucleo-l476rg", READY["stm32l4"], tmp_path)
    pll = words[0x4002100C]
    assert (pll & 3, pll >> 24 & 1) == (2, 1)
    assert 16 * MHZ // ((pll >> 4 & 7) + 1) * (pll >> 8 & 127) // (2 * (pll >> 25 & 3) + 2) == 80 * MHZ
    assert words[0x40022000] & 7 == 4
    assert words[0x40021008] & 3 == 3
    assert words[0x40021088] == 2 << 2  # USART2 from HSI16
    assert words[0x40021058] == 1 << 17


@pytest.mark.parametrize("mhz", [8, 25, 48])
def test_stm32h7_runs_at_its_clock(mhz: int, tmp_path: Path) -> None:
    """RM0433, 8.5.5: source / M x N / P, of PLL 1."""
    board = load_target("nucleo-h743zi").board
    assert source_hz(board) == 8 * MHZ
    words = started("nucleo-h743zi", READY["stm32h7"], tmp_path, clock_input_hz=mhz * MHZ)
    choice, dividers = words[0x58024428], words[0x58024430]
    reference = mhz * MHZ // (choice >> 4 & 63)
    assert choice & 3 == 2
    assert 4 * MHZ <= reference <= 8 * MHZ and words[0x5802442C] & 0xF == 2 << 2
    assert reference * ((dividers & 511) + 1) // ((dividers >> 9 & 127) + 1) == board.clock_hz
    assert words[0x58024418] & 0xF == 8  # the bus at half
    assert words[0x52002000] & 0x3F == 0x22
    assert words[0x5802480C] & 7 == 2  # the LDO
    assert words[0x58024818] >> 14 & 3 == 3  # VOS1
    assert words[0x58024454] & 7 == 3 and words[0x580244E8] == 1 << 18  # USART3, from HSI
    assert words[0x58024400] >> 18 & 1


def test_stm32h7_takes_its_own_oscillator_where_the_input_is_dead(tmp_path: Path) -> None:
    words = started("nucleo-h743zi", {**READY["stm32h7"], 0x58024400: 0x0200_0005}, tmp_path)
    choice, dividers = words[0x58024428], words[0x58024430]
    assert choice & 3 == 0
    assert 64 * MHZ // (choice >> 4 & 63) * ((dividers & 511) + 1) // ((dividers >> 9 & 127) + 1) == 400 * MHZ


@pytest.mark.parametrize(
    ("name", "base", "gpio", "enabled"),
    [
        ("stm32f4-discovery", 0x40020000, "A", {0x40023830: 1, 0x40023840: 1 << 17}),
        ("nucleo-f446re", 0x40020000, "A", {0x40023830: 1, 0x40023840: 1 << 17 | 1 << 28}),
        ("netduinoplus2", 0x40020800, "C", {0x40023830: 4, 0x40023844: 1 << 5}),
        ("nucleo-l476rg", 0x48000000, "A", {0x4002104C: 1}),
        ("nucleo-h743zi", 0x58020C00, "D", {0x580244E0: 8}),
    ],
)
def test_stm32_gives_its_pins_to_the_port(
    name: str, base: int, gpio: str, enabled: dict[int, int], tmp_path: Path
) -> None:
    uart = load_target(name).board.uart
    words = started(name, READY[load_target(name).board.setup], tmp_path)
    assert "ABCDEFGH"[uart.tx // 16] == gpio
    for pin in (uart.tx % 16, uart.rx % 16):
        assert words[base] >> 2 * pin & 3 == 2  # alternate function
        assert words[base + 0x0C] >> 2 * pin & 3 == 1  # pulled up
        assert words[base + 0x20 + 4 * (pin // 8)] >> 4 * (pin % 8) & 15 == uart.alternate
    assert {address: words[address] for address in enabled} == enabled


@pytest.mark.parametrize(("name", "tx", "rx"), [
    ("microbit", (0, 24), (0, 25)),
    ("microbit-v2", (0, 6), (1, 8)),
    ("nrf52840-dk", (0, 6), (0, 8)),
    ("nano33ble", (1, 3), (1, 10)),
])  # fmt: skip
def test_nordic_gives_its_pins_to_the_port(name: str, tx: tuple[int, int], rx: tuple[int, int], tmp_path: Path) -> None:
    running = {0x40010400: 1}  # a watchdog that somebody started
    words = started(name, running, tmp_path)
    assert words[0x40000000] == 1  # the crystal is started
    assert words.get(0x4000250C, 0) == 32 * tx[0] + tx[1]
    assert words.get(0x40002514, 0) == 32 * rx[0] + rx[1]
    assert words[0x50000000 + 0x300 * tx[0] + 0x700 + 4 * tx[1]] == 3  # an output
    assert words[0x50000000 + 0x300 * rx[0] + 0x700 + 4 * rx[1]] == 0xC  # an input, pulled up
    assert [words[0x40010600 + 4 * channel] for channel in range(8)] == [0x6E524635] * 8
    assert words.get(0x4001E540, 0) == (load_target(name).board.setup == "nrf52")  # the flash's cache


@pytest.mark.parametrize(
    ("name", "clocks", "pll", "io", "pads", "watchdog"),
    [
        ("pico", 0x40008000, 0x40028000, 0x40014000, 0x4001C000, 0x40058000),
        ("pico2", 0x40010000, 0x40050000, 0x40028000, 0x40038000, 0x400D8000),
    ],
)
def test_rp2_runs_at_its_clock(
    name: str, clocks: int, pll: int, io: int, pads: int, watchdog: int, tmp_path: Path
) -> None:
    """RP2040 datasheet, 2.18.2: the crystal x FBDIV / (POSTDIV1 x POSTDIV2); what is set and cleared is in aliases."""
    board = load_target(name).board
    words = started(name, READY[board.setup], tmp_path)
    vco = board.crystal_hz * words[pll + 0x08]
    assert 750 * MHZ <= vco <= 1600 * MHZ
    assert vco // ((words[pll + 0x0C] >> 16 & 7) * (words[pll + 0x0C] >> 12 & 7)) == board.clock_hz
    assert words[clocks + 0x30] == 2  # the reference is the crystal
    assert words[clocks + 0x203C] & 1  # the core is on the PLL
    assert words[clocks + 0x48] == 1 << 11 | 4 << 5  # serial ports: on, from the crystal
    assert words[watchdog + 0x3000] == 1 << 30
    for pin in (board.uart.tx, board.uart.rx):
        assert words[io + 8 * pin + 4] == 2
        assert words[pads + 4 * pin + 4] & (1 << 8 | 1 << 7 | 1 << 6) == 1 << 6  # connected, driven, read
