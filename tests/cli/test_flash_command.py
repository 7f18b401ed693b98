"""`shrinkc flash` around the flashers: which build, which board, which tool, and what it answers."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from build_folders import snapshot

from conftest import SAMPLE
from shrinkc.cli.flash import refuse_other
from shrinkc.errors import InputError
from shrinkc.score import report as reports
from shrinkc.target import load_target
from tiny_image import tiny
from tools import needs_arm

pytestmark = needs_arm
Run = Callable[..., tuple[int, str, str]]


def write_folder(folder: Path, target: str, image: str | None = None) -> Path:
    """A build for `target`, with the image of another one if `image` says so."""
    report = reports.from_json(SAMPLE.read_bytes(), "sample")
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(reports.to_json(msgspec.structs.replace(report, target=target)))
    (folder / f"{report.model.name}.elf").write_bytes(tiny(image or target).elf)
    return folder


@pytest.fixture
def built(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "out", "netduinoplus2")


def test_a_dry_run_prints_commands_and_touches_nothing(
    shrinkc_run: Run, built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", "")  # no tool is needed either
    before = snapshot(tmp_path)
    code, out, err = shrinkc_run("flash", "out", "--board", "netduinoplus2", "--flasher", "openocd", "--dry-run")
    assert (code, err) == (0, "")
    assert out == (
        "openocd -f interface/stlink.cfg -f target/stm32f4x.cfg -c 'program out/lstm.elf verify reset exit'\n"
    )
    code, out, _ = shrinkc_run("flash", "out", "--probe", "06 70", "--dry-run")
    assert code == 0 and out.startswith("pyocd flash --no-wait --target stm32f405rgtx --probe '06 70' --format elf")
    assert snapshot(tmp_path) == before


def test_a_missing_tool_is_a_failure_of_the_system(
    shrinkc_run: Run, built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code, out, err = shrinkc_run("flash", "out", "--flasher", "openocd")
    assert (code, out) == (1, "")
    assert err == "shrinkc: openocd is not installed; on Debian: apt-get install openocd\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("out", "--board", "microbit"), "the image is for netduinoplus2 and does not run on microbit: `shrinkc build"),
        (("out", "--board", "nucleo"), "unknown board 'nucleo'; give a file"),
        (("out", "--flasher", "dfu"), "'dfu' is not one of 'pyocd', 'openocd', 'st-flash', 'probe-rs', 'jlink', 'uf2'"),
        (("out", "--flasher", "uf2"), "board netduinoplus2 has no 'uf2' in [flashers]: use --flasher with pyocd"),
        (("out", "--flasher", "gdb"), "--flasher gdb needs --probe with host:port"),
        (("out", "--flasher", "gdb", "--probe", "3333"), "--probe '3333' is no host:port"),
        (("nowhere",), "nowhere"),
        ((), "no DIR and no shrinkc.toml here: give the folder that `shrinkc build` wrote"),
    ],
)
def test_bad_usage(shrinkc_run: Run, built: Path, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = shrinkc_run("flash", *arguments, "--dry-run")
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1


def test_a_board_without_a_flasher(shrinkc_run: Run, tmp_path: Path) -> None:
    write_folder(tmp_path / "m4", "cortex-m4")
    code, _, err = shrinkc_run("flash", "m4", "--dry-run")
    assert code == 2
    assert "board mps2-an386 has no flasher of its own: --flasher gdb takes it" in err
    assert shrinkc_run("flash", "m4", "--dry-run", "--flasher", "gdb", "--probe", ":1234")[0] == 0
    assert shrinkc_run("flash", "m4", "--dry-run", "--board", "mps2-an385", "--flasher", "gdb", "--probe", ":1")[0] == 2


def test_images_that_cannot_be_written(shrinkc_run: Run, tmp_path: Path, built: Path) -> None:
    write_folder(tmp_path / "other", "microbit", "netduinoplus2")
    code, _, err = shrinkc_run("flash", "other", "--dry-run")
    assert code == 1
    assert "other/lstm.elf lies at 0x08000000, outside the flash of microbit; build it again" in err
    image = built / "lstm.elf"
    image.write_bytes(image.read_bytes()[:300])
    code, _, err = shrinkc_run("flash", "out", "--dry-run")
    assert code == 2 and "lstm.elf: not a whole ELF file; build it again" in err
    image.unlink()
    code, _, err = shrinkc_run("flash", "out", "--dry-run")
    assert code == 2 and "lstm.elf: no such file; run shrinkc build" in err


def test_a_board_that_differs_beside_the_image() -> None:
    """A file of the user's with another name, probe and flasher is the same board; one with another crystal is not."""
    built = load_target("netduinoplus2")
    other = dataclasses.replace(built.board, name="mine", flasher="none", flashers={}, title="x", sources=())
    refuse_other(built, other)
    with pytest.raises(InputError, match="the image is for netduinoplus2 and does not run on mine"):
        refuse_other(built, dataclasses.replace(other, crystal_hz=8_000_000))
