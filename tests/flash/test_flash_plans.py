"""What each flasher runs, as text, for a board whose file tells them all."""

import dataclasses
import shlex
import subprocess
from pathlib import Path

import pytest
from flash_jobs import Bytes, job

from shrinkc.compile.elf import Segment
from shrinkc.errors import BuildError, InputError
from shrinkc.flash import FLASHERS, Plan
from shrinkc.flash.flasher import last_line
from shrinkc.flash.run import run_command
from shrinkc.target import load_target
from shrinkc.target.fields import FLASHER_FIELDS

OBJCOPY = "arm-none-eabi-objcopy -O binary --gap-fill 0xff out/net.elf net.bin"
OPTIONS = "--no-wait --target stm32f405rgtx --probe 0670FF"
CHIP = "--non-interactive --chip STM32F405RGTx --probe 0483:374b:0670FF"
SCRIPT = """ExitOnError 1
r
loadfile "net.bin", 0x08000000
verifybin "net.bin", 0x08000000
r
g
q
"""
LINES = {
    "pyocd": [
        f"pyocd flash {OPTIONS} --format elf out/net.elf",
        OBJCOPY,
        f"pyocd commander {OPTIONS} -O resume_on_disconnect --command 'compare 0x08000000 net.bin' --command reset",
    ],
    "openocd": [
        "openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c 'adapter serial 0670FF' "
        "-c 'program out/net.elf verify reset exit'"
    ],
    "st-flash": [OBJCOPY, "st-flash --reset --serial 0670FF write net.bin 0x08000000"],
    "probe-rs": [f"probe-rs download {CHIP} --verify out/net.elf", f"probe-rs reset {CHIP}"],
    "jlink": [
        f"printf %s {shlex.quote(SCRIPT)} > net.jlink",
        OBJCOPY,
        "JLinkExe -NoGui 1 -ExitOnError 1 -USB 0670FF -device STM32F405RG -if SWD -speed 4000 -autoconnect 1 "
        "-CommandFile net.jlink",
    ],
    "gdb": [
        "gdb-multiarch -nx -batch -ex 'set tcp auto-retry off' -ex 'target extended-remote localhost:3333' "
        "-ex 'monitor reset halt' -ex load -ex compare-sections -ex 'set $sp = 0x20002000' "
        "-ex 'set $xpsr = 0x01000000' -ex 'set $pc = 0x080007ac' -ex detach out/net.elf"
    ],
}
PROBES = {"probe-rs": "0483:374b:0670FF", "gdb": "localhost:3333"}


@pytest.mark.parametrize("name", LINES)
def test_the_commands(name: str) -> None:
    plan = FLASHERS[name].plan(job(probe=PROBES.get(name, "0670FF")))
    assert plan.script() == "\n".join(LINES[name])


@pytest.mark.parametrize("name", [name for name in LINES if name != "gdb"])
def test_without_a_probe_they_name_none(name: str) -> None:
    script = FLASHERS[name].plan(job()).script()
    assert not any(word in script for word in ("--probe", "serial", "-USB"))


def test_every_flasher_has_its_key_but_gdb() -> None:
    assert [field.name for field in FLASHER_FIELDS] == [name for name in FLASHERS if name != "gdb"]


def test_a_board_that_does_not_tell() -> None:
    with pytest.raises(InputError, match=r"microbit has no 'st-flash' in \[flashers\]: use --flasher with pyocd, open"):
        FLASHERS["st-flash"].plan(job("microbit"))


def test_one_file_of_openocds() -> None:
    board = dataclasses.replace(load_target("netduinoplus2").board, flashers={"openocd": "board/st_nucleo_f4.cfg"})
    (command,) = FLASHERS["openocd"].plan(job(board)).commands
    assert command[:3] == ("openocd", "-f", "board/st_nucleo_f4.cfg")


@pytest.mark.parametrize("probe", ["3333", "local host:1", "|cmd:1", "host:", "a:b:1"])
def test_gdb_takes_an_address_alone(probe: str) -> None:
    with pytest.raises(InputError, match=r"is no host:port"):
        FLASHERS["gdb"].plan(job(probe=probe))


@pytest.mark.parametrize("probe", ["localhost:3333", ":1234", "10.0.0.7:4242", "[::1]:3333"])
def test_addresses_that_gdb_takes(probe: str) -> None:
    assert f"target extended-remote {probe}" in FLASHERS["gdb"].plan(job(probe=probe)).commands[0]


def test_gdb_asks_for_an_address_and_a_vector_table() -> None:
    with pytest.raises(InputError, match="needs --probe with host:port"):
        FLASHERS["gdb"].plan(job())
    with pytest.raises(BuildError, match="has no vector table"):
        FLASHERS["gdb"].plan(job(probe=":1", elf=Bytes((Segment(0, b"x"),), b"")))


def test_two_memories_far_apart_are_no_plain_file() -> None:
    two = Bytes((Segment(0x08000000, b"x"), Segment(0x90000000, b"y")))
    for name in ("pyocd", "st-flash", "jlink"):
        with pytest.raises(InputError, match=f"{name} writes one memory, and out/net.elf lies in two"):
            FLASHERS[name].plan(job(elf=two))
    assert FLASHERS["openocd"].plan(job(elf=two)).commands


@pytest.mark.parametrize("folder", ["my builds", "o'clock", "$HOME;ls"])
def test_names_that_need_quotes(folder: str) -> None:
    """A shell gives back the words; OpenOCD's and pyOCD's own words are quoted in their way."""
    odd = job(image=f"{folder}/net.elf", work=Path(folder))
    for name in ("openocd", "st-flash", "probe-rs", "pyocd", "jlink"):
        plan = FLASHERS[name].plan(odd)
        lines = Plan(plan.commands).script().splitlines()
        assert [tuple(shlex.split(line)) for line in lines] == list(plan.commands)
    assert f"program {{{folder}/net.elf}} verify reset exit" in FLASHERS["openocd"].plan(odd).commands[0]
    assert f'compare 0x08000000 "{folder}/net.bin"' in FLASHERS["pyocd"].plan(odd).commands[2]


def test_a_shell_writes_the_files(tmp_path: Path) -> None:
    plan = Plan((("true",),), {"a script": "one 'two'\n%s\n"})
    subprocess.run(["sh", "-c", plan.script()], cwd=tmp_path, check=True)
    assert (tmp_path / "a script").read_text() == "one 'two'\n%s\n"


def test_braces_are_refused() -> None:
    with pytest.raises(InputError, match="openocd takes no braces"):
        FLASHERS["openocd"].plan(job(image="a{b/net.elf"))


def test_what_a_tool_said_last() -> None:
    assert last_line("Info : a\nError: no\n\rshutdown\n") == "Error: no"
    assert last_line("one\ntwo\n") == "two"
    assert last_line("") == "it gave no message"


def test_a_tool_that_does_not_say_that_it_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as pyOCD, whose commander ends with 0 after a byte that differs."""
    program = tmp_path / "st-flash"
    program.write_text("#!/bin/sh\necho working; echo Mismatched byte at 0x1; echo bye\n")
    program.chmod(0o755)
    (tmp_path / "arm-none-eabi-objcopy").symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    said = []
    with pytest.raises(BuildError, match="st-flash did not say that it verified the board: Mismatched byte at 0x1"):
        FLASHERS["st-flash"].write(job(work=tmp_path), said.append)
    assert "".join(said) == "working\nMismatched byte at 0x1\nbye\n"
    program.write_text("#!/bin/sh\necho Flash written and verified! jolly good!\nexit 3\n")
    with pytest.raises(BuildError, match="st-flash ended with code 3: Flash written"):
        FLASHERS["st-flash"].write(job(work=tmp_path), said.append)
    program.write_text("#!/bin/sh\necho Flash written and verified! jolly good!\n")
    FLASHERS["st-flash"].write(job(work=tmp_path), said.append)


def test_a_tool_that_hangs_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"sleep said nothing for 0.2 s and was stopped"):
        run_command(("sleep", "60"), tmp_path, lambda text: None, silence_s=0.2)
