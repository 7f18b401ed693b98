"""Target files: all of ours load, and each kind of mistake is one line that names file and key."""

import shutil
from pathlib import Path

import pytest

from shrinkc.errors import InputError
from shrinkc.lower import FAMILIES
from shrinkc.lower import kernels as families
from shrinkc.quantize.products import WEIGHT_RANGES
from shrinkc.resources import data_folder
from shrinkc.target import fields, list_targets, load_target

CORES = ["cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"]


def test_every_target_loads() -> None:
    for name in list_targets():
        target = load_target(name)
        assert target.name == name
        assert target.core.name in target.board.cores
        image = data_folder("firmware_templates") / "image"
        assert (image / f"board_{target.board.setup}.c").is_file()
        assert target.board.uart is None or (image / f"uart_{target.board.uart.driver}.c").is_file()


def test_the_families_and_widths_are_the_kernels_own() -> None:
    """Written again in fields.py, since the commands that only read targets do without numpy."""
    (kernels,) = (field for field in fields.CORE_FIELDS if field.name == "kernels")
    assert kernels.allowed == tuple(FAMILIES)
    assert families.WEIGHT_BITS == fields.WEIGHT_BITS == tuple(WEIGHT_RANGES)


def test_the_names_and_their_order() -> None:
    names = list_targets()
    assert set(CORES) | {"microbit", "netduinoplus2"} <= set(names)
    assert names.index("cortex-m7") < names.index("cortex-m33") < names.index("microbit")


def test_a_core_gets_its_board_and_a_board_its_core() -> None:
    assert load_target("cortex-m0plus").board.name == "mps2-an385"
    assert load_target("mps2-an385").core.name == "cortex-m3"
    assert load_target("netduinoplus2").core.name == "cortex-m4"
    assert load_target("netduinoplus2").kernels == "dsp"


def test_the_first_real_board_has_the_parts_memories() -> None:
    regions = {region.kind: region for region in load_target("netduinoplus2").board.regions}
    assert (regions["flash"].origin, regions["flash"].length) == (0x0800_0000, 1024 * 1024)
    assert (regions["ram"].origin, regions["ram"].length) == (0x2000_0000, 128 * 1024)


def test_what_flashers_know_of_a_board() -> None:
    assert load_target("netduinoplus2").board.flashers["openocd"] == ("interface/stlink.cfg", "target/stm32f4x.cfg")
    assert load_target("mps2-an386").board.flashers == {}


def test_an_unknown_target_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match=r"unknown target 'cortex-m5'; there are cortex-m0, .*netduinoplus2"):
        load_target("cortex-m5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the target files, to break."""
    shutil.copytree(data_folder("targets"), tmp_path / "targets")
    return tmp_path / "targets"


BOARD = "boards/netduinoplus2.toml"
PLAIN = "boards/mps2-an386.toml"
PICO = "boards/pico.toml"
CORE = "cores/cortex-m4.toml"


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        (BOARD, "clock_hz =", "clok_hz =", r"netduinoplus2.toml: unknown key 'clok_hz'; there are title, cores"),
        (BOARD, "stack = 8192\n", "", r"'stack' is missing; it is an integer above 0"),
        (BOARD, "stack = 8192", "stack = 0", r"'stack' is 0; it must be an integer above 0"),
        (BOARD, "stack = 8192", "stack = true", r"'stack' is True; it must be an integer above 0"),
        (BOARD, "stack = 8192", "stack = 8190", r"'stack' is 8190; it must be a multiple of 8"),
        (BOARD, "systick_hz = 168_000_000", "systick_hz = 8_000_000", r"must be at least 16000000"),
        (BOARD, "systick_hz = 168_000_000\n", "", r"'systick_hz' is missing; 'qemu_machine' needs it"),
        (
            BOARD,
            'qemu_machine = "netduinoplus2"\n',
            "",
            r"'qemu_arguments' belongs to 'qemu_machine', which is missing",
        ),
        (BOARD, "clock_hz = 168", "clock_hz = 200", r"'clock_hz' is 200000000; stm32f4 can set 50 to 180 MHz"),
        (BOARD, "crystal_hz = 25_000_000", "crystal_hz = 11_059_200", r"stm32f4 can use 4 to 26 MHz in steps of 1 MHz"),
        (BOARD, "crystal_hz = 25", "clock_input_hz = 8_000_000\ncrystal_hz = 25", r"are both there"),
        (PLAIN, "stack =", "crystal_hz = 8_000_000\nstack =", r"none makes no use of 'crystal_hz'; leave it out"),
        (PICO, "crystal_hz = 12_000_000\n", "", r"'crystal_hz' is missing; rp2040 needs 12 MHz"),
        (PICO, "0x100\n", "0x80\n", r"region 'boot2' is of kind header; rp2040 wants 256 bytes"),
        (PICO, 'kind = "header"', 'kind = "weights"', r"there is no region of kind header"),
        (PLAIN, 'kind = "flash"', 'kind = "header"', r"there is no region of kind flash"),
        (
            BOARD,
            "base = 0x40011400",
            "base = 0x40013800",
            r"\[uart\] 'base' is 0x40013800; stm32f4 can start 0x40004400",
        ),
        (
            BOARD,
            "clock_hz = 84_000_000",
            "clock_hz = 16_000_000",
            r"\[uart\] 'clock_hz' is 16000000; stm32f4 makes it 84",
        ),
        (BOARD, 'driver = "stm32"', 'driver = "nrf"', r"\[uart\] 'driver' is 'nrf'; with stm32f4 it is stm32"),
        (BOARD, 'tx = "PC6"', 'tx = "P0.06"', r"\[uart\] 'tx' is 'P0.06'; with stm32f4 a pin is called as in PA2"),
        (BOARD, 'tx = "PC6"', 'tx = "PC16"', r"\[uart\] 'tx' is 'PC16'"),
        (BOARD, 'rx = "PC7"\n', "", r"\[uart\] 'rx' is missing; stm32f4 needs it"),
        (BOARD, "alternate = 8", "alternate = 16", r"'alternate' is 16; it must be an integer from 0 to 15"),
        (PLAIN, "baud =", 'tx = "PA2"\nbaud =', r"\[uart\] none makes no use of 'tx'"),
        (BOARD, "0x20000000", "0x080F0000", r"regions 'flash' and 'ram' overlap"),
        (BOARD, 'name = "ram"', 'name = "flash"', r"two regions are called 'flash'"),
        (BOARD, "0x20000000", "0xFFFF0000", r"region 'ram' ends behind the last 32-bit address"),
        (
            BOARD,
            'cores = ["cortex-m4"]',
            'cores = ["cortex-m9"]',
            r"'stm32f4', which is for cortex-m4, not for cortex-m9",
        ),
        (PLAIN, 'cores = ["cortex-m4"]', 'cores = ["cortex-m9"]', r"no cortex-m9 in cores; there are cortex-m0"),
        (BOARD, 'cores = ["cortex-m4"]', "cores = []", r"'cores' is empty"),
        (BOARD, 'kind = "ram"', 'kind = "rom"', r"'kind' is 'rom'; it must be one of flash, ram, boot"),
        (BOARD, 'kind = "ram"', 'kind = "flash"', r"no region of kind ram"),
        (BOARD, 'name = "ram"', 'name = "my ram"', r"region name 'my ram' is no C identifier"),
        (BOARD, "origin = 0x20000000", "origin = -1", r"'origin' is -1; it must be a 32-bit address"),
        (
            BOARD,
            'flasher = "pyocd"',
            'flasher = "uf2"',
            r"'flasher' is 'uf2'; it must be none or a key of \[flashers\]",
        ),
        (BOARD, 'pyocd = "stm32f405rgtx"', 'pycd = "stm32f405rg"', r"unknown key 'pycd'; there are pyocd, openocd"),
        (BOARD, 'pyocd = "stm32f405rgtx"', "pyocd = true", r"'pyocd' is True; it must be a string"),
        (BOARD, "st-flash = true", "st-flash = false", r"'st-flash' is False; it must be true"),
        (
            BOARD,
            '["interface/stlink.cfg", "target/stm32f4x.cfg"]',
            "[]",
            r"'openocd' is \[\]; it must be a file's name",
        ),
        (BOARD, "st-flash = true", "uf2 = -1", r"'uf2' is -1; it must be a 32-bit number"),
        (BOARD, "stack = 8192", "stack = ", r"not valid TOML: .*line"),
        (BOARD, 'driver = "stm32"', 'driver = "uart"', r"'driver' is 'uart'; it must be one of cmsdk, stm32"),
        (BOARD, "baud = 115_200\n", "", r"'baud' is missing; it is an integer above 0"),
        (CORE, 'kernels = "dsp"', 'kernels = "simd"', r"'simd'; it must be one of portable, dsp"),
        (CORE, 'flags = ["-mcpu=cortex-m4"', 'flags = [4, "-mcpu=cortex-m4"', r"it must be a list of strings"),
    ],
)
def test_mistakes_are_named(folder: Path, file: str, before: str, after: str, message: str) -> None:
    path = folder / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))
    with pytest.raises(InputError, match=message) as error:
        load_target(path.stem, folder)
    assert "\n" not in str(error.value)


def test_a_board_may_do_without_a_serial_port(folder: Path) -> None:
    path = folder / BOARD
    path.write_text(path.read_text().split("[uart]")[0])
    assert load_target("netduinoplus2", folder).board.uart is None
    assert load_target("netduinoplus2").board.uart.base == 0x4001_1400


def test_a_core_on_a_board_that_does_not_run_it(folder: Path) -> None:
    path = folder / CORE
    path.write_text(path.read_text().replace("mps2-an386", "microbit"))
    with pytest.raises(InputError, match="board microbit does not run cortex-m4; it runs cortex-m0"):
        load_target("cortex-m4", folder)
