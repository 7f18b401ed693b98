"""The tools themselves, as far as they go without a probe: names they must know, and what they say of its absence."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from flash_jobs import tiny_job

from shrinkc.compile import processes, programs
from shrinkc.errors import BuildError, InputError
from shrinkc.flash import FLASHERS, pyocd
from shrinkc.flash.probes import usb_probes
from shrinkc.target import Board, list_targets, load_target
from tools import needs_arm

BOARDS = [target.board for target in map(load_target, list_targets()) if target.name == target.board.name]
needs_openocd = pytest.mark.skipif(shutil.which("openocd") is None, reason="not installed: openocd")
needs_st_flash = pytest.mark.skipif(shutil.which("st-flash") is None, reason="not installed: st-flash")
needs_pyocd = pytest.mark.skipif(programs.find_program("pyocd") is None, reason="not installed: pyocd")
no_probe_here = pytest.mark.skipif(bool(usb_probes()), reason="a debug probe is plugged in")


def known_to(flasher: str) -> list:
    return [pytest.param(board, id=board.name) for board in BOARDS if flasher in board.flashers]


def write(flasher: str, target: str, folder: Path, probe: str | None = None) -> str:
    """Try it; what the tool said."""
    said = []
    try:
        FLASHERS[flasher].write(tiny_job(target, folder, probe), said.append)
    finally:
        print("".join(said))
    return "".join(said)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_boards_own_flasher_is_one_of_ours(board: Board) -> None:
    assert board.flasher in ("none", *board.flashers)
    assert set(board.flashers) <= set(FLASHERS)


@needs_openocd
@pytest.mark.parametrize("board", known_to("openocd"))
def test_openocd_has_the_boards_files(board: Board) -> None:
    """It reads them, takes a serial number, and knows a flash at the place where the image goes."""
    told = board.flashers["openocd"]
    files = [word for file in ([told] if isinstance(told, str) else told) for word in ("-f", file)]
    command = ["openocd", *files, "-c", "adapter serial 123", "-c", "flash list", "-c", "shutdown"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    banks = {int(base, 0) for base in re.findall(r"base (0x[0-9a-f]+|\d+)", ended.stdout + ended.stderr)}
    assert board.region("flash").origin in banks or not banks


@needs_openocd
@needs_arm
@no_probe_here
@pytest.mark.parametrize("target", ["netduinoplus2", "microbit"])
def test_openocd_without_a_probe(target: str, tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="openocd finds no debug probe: plug in .*; plugged in: none"):
        write("openocd", target, tmp_path)
    with pytest.raises(InputError, match="openocd finds no probe '123'; plugged in: none"):
        write("openocd", target, tmp_path, "123")


@needs_openocd
@needs_arm
def test_files_that_openocd_does_not_have(tmp_path: Path) -> None:
    job = tiny_job("netduinoplus2", tmp_path)
    board = dataclasses.replace(job.board, flashers={"openocd": "board/no_such_board.cfg"})
    with pytest.raises(BuildError, match="this openocd has no file board/no_such_board.cfg: a later one may"):
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
@pytest.mark.parametrize("board", known_to("pyocd"))
def test_pyocd_knows_the_part(board: Board) -> None:
    """Built in, or by the name that pyOCD's own list of boards has for a pack's part."""
    folder = subprocess.run(
        [pyocd_python(), "-c", "import pyocd.board.board_ids as ids; print(ids.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    )
    of_boards = set(re.findall(r'BoardInfo\( *"[^"]*", *"([^"]*)"', Path(folder.stdout.strip()).read_text("utf-8")))
    built_in = {each["name"] for each in pyocd._list("targets", "targets")}
    assert board.flashers["pyocd"] in built_in | of_boards


def pyocd_python() -> str:
    """The Python that the program runs in."""
    program = Path(programs.find_program("pyocd")).resolve()
    first = program.read_text("utf-8").splitlines()[0].removeprefix("#!")
    return first if Path(first).is_file() else sys.executable


@needs_pyocd
@needs_arm
@no_probe_here
def test_pyocd_without_a_probe_and_without_a_pack(tmp_path: Path) -> None:
    assert json.loads(programs_answer("json", "--probes"))["boards"] == []
    with pytest.raises(BuildError, match="pyocd finds no debug probe: plug in .*; plugged in: none"):
        write("pyocd", "microbit", tmp_path)
    with pytest.raises(InputError, match="pyocd finds no probe '99'; plugged in: none"):
        write("pyocd", "microbit", tmp_path, "99")
    job = tiny_job("microbit", tmp_path)
    board = dataclasses.replace(job.board, flashers={"pyocd": "no_such_part"})
    with pytest.raises(BuildError, match="this pyocd does not know no_such_part yet: run `pyocd pack install no_such"):
        FLASHERS["pyocd"].write(dataclasses.replace(job, board=board), lambda text: None)


def programs_answer(*arguments: str) -> str:
    program = processes.find_tool("pyocd")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60).stdout


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
    ("flasher", "program"), [("probe-rs", "probe-rs"), ("jlink", "JLinkExe"), ("gdb", "gdb-multi")]
)
def test_a_missing_tool_comes_with_its_source(
    flasher: str, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = tiny_job("netduinoplus2", tmp_path, "localhost:1")
    for name in ("arm-none-eabi-objcopy",):
        (tmp_path / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=rf"{program}\S* is not installed; (see https://|on Debian: apt-get install)"):
        FLASHERS[flasher].write(job, lambda text: None)
