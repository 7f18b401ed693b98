"""A user's own board: a file that build takes, that goes with the build, and that verify and flash find there."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from build_folders import snapshot

from shrinkc.resources import data_folder
from shrinkc.score import report as reports
from shrinkc.target import list_targets
from tools import needs_qemu

# A part that no file of ours describes, and that QEMU has.
BOARD = """
title = "My board with an STM32F205RG"
cores = ["cortex-m3"]
clock_hz = 16_000_000
stack = 8192
setup = "none"
qemu_machine = "netduino2"
systick_hz = 120_000_000
console = "semihosting"
flasher = "openocd"
sources = ["ST datasheet DS6329"]

[flashers]
openocd = ["interface/stlink.cfg", "target/stm32f2x.cfg"]

[[regions]]
name = "flash"
origin = 0x08000000
length = 0x100000
kind = "flash"

[[regions]]
name = "ram"
origin = 0x20000000
length = 0x20000
kind = "ram"
"""
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A board file in a folder of its own under the current one."""
    path = tmp_path / "boards" / "myboard.toml"
    path.parent.mkdir()
    path.write_text(BOARD)
    return path


@needs_qemu
def test_from_the_file_to_the_last_bit(shrinkc_run: Run, own: Path, tmp_path: Path) -> None:
    code, out, err = shrinkc_run("build", "zoo:gru-small", "--board", "boards/myboard.toml")
    assert (code, out.splitlines()[0]) == (0, "gru_small for myboard"), err
    built = tmp_path / "build" / "myboard"
    assert (built / "board.toml").read_text() == BOARD
    assert "board.toml" in reports.load(built).files
    own.unlink()  # the build needs it no more
    code, out, err = shrinkc_run("verify", "build/myboard", "--limit", "1")
    assert code == 0 and "bit-exact" in out, err
    code, out, err = shrinkc_run("flash", "build/myboard", "--dry-run")
    assert (code, out.split()[:5]) == (0, ["openocd", "-f", "interface/stlink.cfg", "-f", "target/stm32f2x.cfg"]), err


def test_a_project_names_its_board(shrinkc_run: Run, own: Path, tmp_path: Path, pipeline) -> None:
    (tmp_path / "shrinkc.toml").write_text('board = "boards/myboard.toml"\n[model]\npath = "zoo:lstm"\n')
    assert shrinkc_run("build")[0] == 0
    assert (pipeline.settings.target, pipeline.settings.board.path) == ("myboard", own)
    assert pipeline.settings.load_target().board.title == "My board with an STM32F205RG"
    report = reports.load(tmp_path / "build" / "myboard")
    assert (report.target, report.build["target"], report.build["board"]) == ("myboard", None, "myboard.toml")
    assert shrinkc_run("verify")[0] == 0
    assert pipeline.folder == tmp_path / "build" / "myboard"
    assert shrinkc_run("build", "--target", "cortex-m4")[0] == 0
    assert (pipeline.settings.target, pipeline.settings.board) == ("cortex-m4", None)


def test_a_board_that_comes_with_shrinkc_has_a_name(shrinkc_run: Run, pipeline) -> None:
    assert shrinkc_run("build", "zoo:lstm", "--board", "pico")[0] == 0
    assert (pipeline.settings.target, pipeline.settings.board) == ("pico", None)
    code, _, err = shrinkc_run("build", "zoo:lstm", "--board", "cortex-m4")
    assert (code, err.startswith("shrinkc: unknown board 'cortex-m4'; give a file, such as ./myboard.toml, or")) == (
        2,
        True,
    )


def test_the_file_can_be_looked_at(shrinkc_run: Run, own: Path) -> None:
    code, out, _ = shrinkc_run("targets", "boards/myboard.toml")
    assert code == 0
    assert out.startswith("myboard: Arm Cortex-M3 on My board with an STM32F205RG")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("myboard", BOARD.replace("stack = 8192", "stak = 8192"), "myboard.toml: unknown key 'stak'; there are title"),
        ("myboard", BOARD.replace('"cortex-m3"', '"cortex-a9"'), "no cortex-a9 in cores; there are cortex-m0, "),
        ("myboard", BOARD.replace('"flash"\norigin', '"flash"\nstart'), "myboard.toml: unknown key 'start'; there are"),
        ("myboard", "title = [", "myboard.toml: not valid TOML"),
        ("my board", BOARD, "a board is called as its file is: letters, digits, '_', '+' and '-', not 'my board'"),
        ("pico", BOARD, "there is a target pico already: give the file another name"),
    ],
)
def test_a_file_that_is_wrong(shrinkc_run: Run, tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / f"{name}.toml").write_text(text)
    before = snapshot(tmp_path)
    for command in (("build", "zoo:gru-small", "--board"), ("targets",)):
        code, out, err = shrinkc_run(*command, f"./{name}.toml")
        assert (code, out) == (2, "")
        assert message in err and err.count("\n") == 1, err
    assert snapshot(tmp_path) == before


def test_what_is_no_board_file(shrinkc_run: Run, tmp_path: Path, own: Path) -> None:
    code, _, err = shrinkc_run("build", "zoo:gru-small", "--board", "other.toml")
    assert (
        code,
        err.endswith("other.toml: no such board file; `shrinkc targets` lists the boards that need none\n"),
    ) == (2, True)
    code, _, err = shrinkc_run("build", "zoo:gru-small", "--board", "boards/myboard.toml", "--target", "cortex-m3")
    assert (code, err) == (2, "shrinkc: --target and --board both say what to build for: give one\n")
    (tmp_path / "shrinkc.toml").write_text(
        'target = "cortex-m4"\nboard = "boards/myboard.toml"\n[model]\npath = "zoo:lstm"\n'
    )
    code, _, err = shrinkc_run("build")
    assert (code, "target and board both say what to build for: remove one" in err) == (2, True)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    code, _, err = shrinkc_run("targets", "binary.toml")
    assert (code, err) == (2, "shrinkc: binary.toml: not valid TOML: byte 0 is not UTF-8\n")


def test_every_board_of_ours_is_an_example_to_copy(shrinkc_run: Run, tmp_path: Path) -> None:
    boards = sorted((data_folder("targets") / "boards").glob("*.toml"))
    assert {path.stem for path in boards} < set(list_targets())
    for path in boards:
        (tmp_path / f"my-{path.name}").write_text(path.read_text())
        assert shrinkc_run("targets", f"my-{path.name}")[0] == 0


@needs_qemu
def test_where_qemu_has_no_machine_the_cores_own_stands_in(shrinkc_run: Run, tmp_path: Path) -> None:
    """The same library: the report is the board's, and what ran is said."""
    assert shrinkc_run("build", "zoo:gru-small", "--target", "nucleo-l476rg")[0] == 0
    folder = tmp_path / "build" / "nucleo-l476rg"
    code, out, _ = shrinkc_run("verify", "build/nucleo-l476rg", "--limit", "1")
    assert code == 0 and "bit-exact" in out and ", mps2-an386 in place of nucleo-l476rg" in out
    report = json.loads((folder / "report.json").read_text())
    assert report["target"] == "nucleo-l476rg" and report["verification"]["emulator"].endswith(
        " in place of nucleo-l476rg"
    )
    source = folder / "gru_small.c"
    source.write_text(source.read_text() + "\n")
    code, _, err = shrinkc_run("verify", "build/nucleo-l476rg", "--limit", "1")
    assert code == 2 and "its C files are not those that the build wrote: build again" in err
