"""The tools themselves, as far as they go without a probe: names they must know, and what they say of its absence."""

import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from flash_jobs import tiny_job

from shrinkc.compile import processes, programs
from shrinkc.errors import BuildError, InputError
from shrinkc.flash import FLASHERS, pyocd
from shrinkc.flash.probes import usb_probes
from shrinkc.target import Board, list_targets, load_target
from tools import needs_arm

LATER = {"target/rp2350.cfg"}
"""OpenOCD's files that came after 0.12, which Debian 12 has."""
BOARDS = [target.board for target in map(load_target, list_targets()) if target.name == target.board.name]
needs_openocd = pytest.mark.skipif(shutil.which("openocd") is None, reason="not installed: openocd")
needs_st_flash = pytest.mark.skipif(shutil.which("st-flash") is None, reason="not installed: st-flash")
needs_pyocd = pytest.mark.skipif(programs.find_program("pyocd") is None, reason="not installed: pyocd")
no_probe_here = pytest.mark.skipif(bool(usb_probes()), reason="a debug probe is plugged in")


def known_to(flasher: str) -> list:
    return [pytest.param(board, id=board.name) for board in BOARDS if flasher in board.flashers]


def write(flasher: str, target: str, folder: Path, probe: str | None = None) -> None:
    FLASHERS[flasher].write(tiny_job(target, folder, probe), lambda text: None)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_boards_own_flasher_is_one_of_ours(board: Board) -> None:
    assert board.flasher in ("none", *board.flashers)
    assert set(board.flashers) <= set(FLASHERS)


@needs_openocd
@pytest.mark.parametrize("board", known_to("openocd"))
def test_openocd_has_the_boards_files(board: Board) -> None:
    """It reads them, takes a serial number, and knows a flash where the image goes, or one to be asked (at 0)."""
    told = board.flashers["openocd"]
    files = [word for file in ([told] if isinstance(told, str) else told) for word in ("-f", file)]
    command = ["openocd", *files, "-c", "adapter serial 123", "-c", "flash list", "-c", "shutdown"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if any(f"Can't find {file}" in ended.stderr for file in LATER):
        pytest.skip(f"this openocd does not have {LATER & set(files)} yet")
    assert ended.returncode == 0, ended.stderr
    banks = {int(base, 0) for base in re.findall(r"base (0x[0-9a-f]+|\d+)", ended.stdout + ended.stderr)}
    assert banks & {min(region.origin for region in board.regions if region.kind != "ram"), 0}


@needs_openocd
@needs_arm
@no_probe_here
@pytest.mark.parametrize("target", ["netduinoplus2", "microbit"])
def test_openocd_without_a_probe(target: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"openocd finds no debug probe: plug in .*; plugged in: none"):
        write("openocd", target, tmp_path)
    with pytest.raises(InputError, match="openocd finds no probe '123'; plugged in: none"):
        write("openocd", target, tmp_path, "123")


@needs_openocd
@needs_arm
def test_files_that_openocd_does_not_have(tmp_path: Path) -> None:
    job = tiny_job("netduinoplus2", tmp_path)
    board = dataclasses.replace(job.board, flashers={"openocd": "board/no_such_board.cfg"})
    with pytest.raises(BuildError, match=r"this openocd has no file board/no_such_board.cfg: a later one may"):
        FLASHERS["openocd"].write(dataclasses.replace(job, board=board), lambda text: None)


@needs_st_flash
@needs_arm
@no_probe_here
def test_st_flash_without_a_probe(tmp_path: Path) -> None:
    """It ends with code 0 all the same."""
    with pytest.raises(BuildError, match="st-flash finds no debug probe: plug in the board's ST-LINK port"):
        write("st-flash", "netduinoplus2", tmp_path)
    # The file that it would have written: the image from its first byte on.
    job = tiny_job("netduinoplus2", tmp_path)
    assert (tmp_path / "tiny.bin").read_bytes()[:64] == job.elf.section_content(".vectors")
    assert len((tmp_path / "tiny.bin").read_bytes()) >= job.size


@needs_pyocd
def test_pyocd_knows_every_part() -> None:
    """Built in, or by the name that pyOCD's own list of boards has for a part of a pack."""
    known = {each["name"] for each in pyocd._list("targets", "targets")} | parts_of_boards()
    parts = {board.name: board.flashers["pyocd"] for board in BOARDS if "pyocd" in board.flashers}
    assert {name: part for name, part in parts.items() if part not in known} == {}


def parts_of_boards() -> set[str]:
    """The parts in pyOCD's list of boards, which lies where its program's Python finds it."""
    program = Path(programs.find_program("pyocd")).resolve()
    python = program.read_text("utf-8").splitlines()[0].removeprefix("#!")
    command = [python, "-c", "import pyocd.board.board_ids as ids; print(ids.__file__)"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(re.findall(r'BoardInfo\( *"[^"]*", *"([^"]*)"', Path(found.stdout.strip()).read_text("utf-8")))


@needs_pyocd
@needs_arm
@no_probe_here
def test_pyocd_without_a_probe_and_without_a_pack(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pyocd finds no probe '99'; plugged in: none"):
        write("pyocd", "microbit", tmp_path, "99")
    job = tiny_job("microbit", tmp_path)
    board = dataclasses.replace(job.board, flashers={"pyocd": "no_such_part"})
    with pytest.raises(BuildError, match="this pyocd does not know no_such_part yet: run `pyocd pack install no_such"):
        FLASHERS["pyocd"].write(dataclasses.replace(job, board=board), lambda text: None)


@needs_pyocd
@needs_arm
@no_probe_here
def test_pyocd_takes_our_command_lines(tmp_path: Path) -> None:
    """Run as they are, they fail at the missing probe and at nothing before it."""
    plan = FLASHERS["pyocd"].plan(tiny_job("microbit", tmp_path))
    for command in (plan.commands[0], plan.commands[2]):
        ended = subprocess.run([processes.find_tool("pyocd"), *command[1:]], capture_output=True, text=True, timeout=60)
        assert ended.returncode != 0
        assert re.search(FLASHERS["pyocd"].no_probe, ended.stdout + ended.stderr), ended.stderr


@needs_arm
@pytest.mark.parametrize(
    ("flasher", "program"), [("probe-rs", "probe-rs"), ("jlink", "JLinkExe"), ("gdb", "gdb-multiarch")]
)
def test_a_missing_tool_comes_with_its_source(
    flasher: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = tiny_job("netduinoplus2", tmp_path, "localhost:1")
    (tmp_path / "arm-none-eabi-objcopy").symlink_to(shutil.which("arm-none-eabi-objcopy"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=rf"{program} is not installed; (see https://|on Debian: apt-get install)"):
        FLASHERS[flasher].write(job, lambda text: None)
