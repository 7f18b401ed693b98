"""Images: sizes, determinism, and each way in which a compilation can fail."""

import dataclasses
import functools
from pathlib import Path

import pytest

from shrinkc.compile import image as image_module
from shrinkc.compile.elf import Elf
from shrinkc.compile.image import Image, compile_image, load_image
from shrinkc.errors import BuildError, InputError
from shrinkc.target import load_target
from tiny_model import DATA, DIGEST, GROUPS, INPUTS, OUTPUTS, sources
from tools import needs_arm

BIG_TABLE = DATA + "\nextern const int8_t tiny_table[SIZE];\nconst int8_t tiny_table[SIZE] = {1};\n"
USE_TABLE = "extern const int8_t tiny_table[]; state->sum += tiny_table[input[0] & 15];"


def big_table(size: int) -> dict[str, str]:
    """The tiny model with `size` more bytes of weights."""
    return sources(extra=USE_TABLE, data=BIG_TABLE.replace("SIZE", str(size)))


def big_state(size: int) -> dict[str, str]:
    """The tiny model with `size` more bytes of state."""
    files = sources()
    return {**files, "tiny.h": files["tiny.h"].replace("int32_t sum;", f"int32_t sum; int8_t more[{size}];")}


@functools.cache
def usual(target: str) -> Image:
    return compile_image(sources(), "tiny", load_target(target))


def tiny(target: str = "cortex-m4", files: dict[str, str] | None = None) -> Image:
    return compile_image(files, "tiny", load_target(target)) if files else usual(target)


@needs_arm
def test_the_interface_is_read_from_the_image() -> None:
    interface = tiny().interface
    assert (interface.inputs, interface.outputs, interface.send_groups) == (INPUTS, OUTPUTS, GROUPS)
    assert interface.digest == DIGEST
    assert interface.state_bytes == 2 * GROUPS + 2 * INPUTS + 2 + 4


@needs_arm
def test_sizes_are_the_products_own() -> None:
    sizes = tiny().sizes
    assert sizes.weights == 3
    assert sizes.flash == sizes.weights + sizes.code
    assert sizes.ram == 16  # the state; the library has no variables
    assert sizes.image > sizes.flash
    assert sum(symbol.size for symbol in sizes.symbols) <= sizes.flash
    names = {symbol.name for symbol in sizes.symbols}
    assert {"tiny_step", "tiny_reset", "tiny_weights", "shrinkc_add"} <= names
    assert not names & {"harness_run", "Reset_Handler", "host_word"}


@needs_arm
def test_what_the_library_takes_from_libgcc_counts() -> None:
    """A Cortex-M0+ has no divide instruction: the division is linked, and is part of the flash and the stack."""
    small, large = tiny("cortex-m4").sizes, tiny("cortex-m0plus").sizes
    assert "__divsi3" in {symbol.name for symbol in large.symbols} - {symbol.name for symbol in small.symbols}
    assert large.code > small.code + 200


@needs_arm
def test_tables_and_variables_count_where_they_lie() -> None:
    base = tiny().sizes
    assert tiny(files=big_table(1000)).sizes.weights == base.weights + 1000
    assert tiny(files=big_state(1000)).sizes.ram == base.ram + 1000
    variable = tiny(files=sources(extra="static int32_t calls = 5; state->sum += calls++;")).sizes
    assert variable.ram == base.ram + 4
    assert variable.flash >= base.flash + 4  # its start value


@needs_arm
def test_weights_lie_in_a_region_of_their_own() -> None:
    """5 MB of them, more than the board's flash; nothing else is there, and the sizes are those of the plain board."""
    image = tiny("mps2-an386-psram", big_table(5 << 20))
    psram = image.target.board.region("weights")
    there = [section for section in Elf(image.elf).sections if psram.origin <= section.address]
    assert [(section.name, section.address) for section in there] == [(".weights", psram.origin)]
    assert image.sizes.weights == tiny().sizes.weights + (5 << 20)
    assert image.sizes.code == tiny("cortex-m4", big_table(1000)).sizes.code
    with pytest.raises(BuildError, match=r"psram needs 16777\d{3} bytes and has 16777216 \(flash, ram fits\)"):
        tiny("mps2-an386-psram", big_table(16 << 20))


@needs_arm
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m55"])
def test_the_same_input_gives_the_same_bytes(target: str) -> None:
    one, other = tiny(target), tiny(target, sources())
    assert one.elf == other.elf
    assert one == other


@needs_arm
def test_no_path_and_no_date_gets_in() -> None:
    elf = tiny().elf
    assert b"/tmp" not in elf and str(Path.cwd()).encode() not in elf and b"shrinkc-" not in elf


@needs_arm
@pytest.mark.parametrize(
    ("target", "files", "message"),
    [
        ("netduinoplus2", big_table(1 << 20), r"flash needs 10\d{5} bytes and has 1048576 \(ram fits\)"),
        ("netduinoplus2", big_state(130_000), r"ram needs 14\d{4} bytes and has 131072 \(flash fits\)"),
        ("microbit", big_table(260_000), r"flash needs 26\d{4} bytes and has 262144"),
        ("microbit", big_state(12_000), r"ram needs 1\d{4} bytes and has 16384"),
        (
            "microbit",
            {**big_table(260_000), "tiny.h": big_state(12_000)["tiny.h"]},
            r"flash needs 26\d{4} bytes and has 262144; ram needs 1\d{4} bytes and has 16384; use",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_figures(target: str, files: dict[str, str], message: str) -> None:
    with pytest.raises(BuildError, match=f"tiny does not fit {target}: {message}") as error:
        tiny(target, files)
    assert "\n" not in str(error.value)


@needs_arm
def test_a_stack_that_does_not_fit_is_refused() -> None:
    extra = "volatile int8_t deep[3000]; deep[input[0] & 63] = 1; state->sum += deep[3];"
    with pytest.raises(BuildError, match=r"needs 30\d\d bytes of stack .* microbit sets 2048 aside"):
        tiny("microbit", sources(extra=extra))


@needs_arm
@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("int unused;", r"arm-none-eabi-gcc cannot compile tiny.c: tiny.c:\d+:\d+: error: unused variable"),
        ("state->last[0] = state->sum;", r"error: conversion from 'int32_t'"),
        ("return 1", r"cannot compile tiny.c"),
        ("extern void nowhere(void); nowhere();", r"cannot link tiny for cortex-m4: .*nowhere"),
        ("volatile int8_t a[input[0] + 1]; a[0] = 1; state->sum += a[0];", r"stack of tiny_step has no bound"),
    ],
)
def test_c_that_is_wrong_is_one_line(extra: str, message: str) -> None:
    with pytest.raises(BuildError, match=message) as error:
        tiny(files=sources(extra=extra))
    assert "\n" not in str(error.value)
    assert "/tmp" not in str(error.value)


def test_a_missing_compiler_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="arm-none-eabi-gcc is not installed; on Debian: apt-get install gcc-arm"):
        tiny(files=sources())


@pytest.mark.parametrize("name", ["", "2lstm", "my-model", "a b", "ümlaut", "../x"])
def test_a_name_that_is_no_identifier(name: str) -> None:
    with pytest.raises(InputError, match="model name"):
        compile_image(sources(), name, load_target("cortex-m4"))


@needs_arm
def test_every_board_has_its_start_up_code() -> None:
    for name in ("netduinoplus2", "microbit"):
        files = image_module.harness_files("tiny", load_target(name))
        assert f"image/board_{load_target(name).board.setup}.c" in files


@needs_arm
def test_an_image_loads_again(tmp_path: Path) -> None:
    made = tiny()
    (tmp_path / "tiny.elf").write_bytes(made.elf)
    assert load_image(tmp_path / "tiny.elf", "tiny", made.target) == dataclasses.replace(made, sizes=None)


@needs_arm
def test_a_file_that_is_no_image_is_refused(tmp_path: Path) -> None:
    elf, target = tiny().elf, load_target("cortex-m4")
    path = tmp_path / "tiny.elf"
    with pytest.raises(InputError, match="no such file; run shrinkc build"):
        load_image(path, "tiny", target)
    for content in (b"", b"not an ELF file at all", elf[: len(elf) // 2], elf[:60]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"tiny.elf: (not a whole ELF file|the image has no symbol)"):
            load_image(path, "tiny", target)


@needs_arm
def test_an_address_leads_to_its_function() -> None:
    elf = Elf(tiny().elf)
    step = elf.symbol("tiny_step")
    assert elf.function_at(step.address + 5) == "tiny_step"
    assert elf.function_at(0xF000_0000) is None
