"""A UF2 drive, with a folder in its place: a thread does what a bootloader does, or does not."""

import contextlib
import dataclasses
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flash_jobs import job

from shrinkc.errors import BuildError, InputError
from shrinkc.flash import drive
from shrinkc.flash.drive import INFO, Drive, board_of, drives
from shrinkc.flash.uf2 import encode
from shrinkc.target import load_target

TEXT = "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n"
FAMILY = 0xE48BFF56
BOARD = dataclasses.replace(load_target("netduinoplus2").board, flashers={"uf2": FAMILY})


@pytest.fixture
def board_drive(tmp_path: Path) -> Path:
    place = tmp_path / "RPI RP2"
    place.mkdir()
    (place / INFO).write_text(TEXT)
    return place


@contextlib.contextmanager
def bootloader(place: Path, taken: list[bytes], size: int) -> Iterator[None]:
    """Takes the file once it has all of its blocks, and is gone with the drive."""

    def watch() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for file in place.glob("*.uf2"):
                if file.stat().st_size == size:
                    taken.append(file.read_bytes())
                    shutil.rmtree(place)
                    return
            time.sleep(0.01)

    thread = threading.Thread(target=watch)
    thread.start()
    yield
    thread.join()


def test_the_board_takes_the_file_and_leaves(board_drive: Path, tmp_path: Path) -> None:
    taken, said = [], []
    work = job(BOARD, probe=str(board_drive), work=tmp_path)
    with bootloader(board_drive, taken, 512):
        Drive().write(work, said.append)
    assert taken == [encode(work.elf.segments, FAMILY)]
    assert f"{board_drive} is Raspberry Pi RP2 (RPI-RP2)" in said[0]
    assert "the board has taken the file" in said[-1]


def test_a_board_of_another_family_stays_and_is_an_error(board_drive: Path, tmp_path: Path) -> None:
    flasher = Drive()
    flasher.leaves_within_s = 0.2
    with pytest.raises(
        BuildError, match=r"still there 0.2 s after net.uf2 .* Raspberry Pi RP2 \(RPI-RP2\) has not taken"
    ):
        flasher.write(job(BOARD, probe=str(board_drive), work=tmp_path), lambda text: None)


def test_a_drive_that_cannot_be_written(board_drive: Path, tmp_path: Path) -> None:
    (board_drive / "net.uf2").mkdir()
    with pytest.raises(BuildError, match=r"cannot write .*net.uf2: Is a directory"):
        Drive().write(job(BOARD, probe=str(board_drive), work=tmp_path), lambda text: None)


def test_mounted_drives_are_found_by_their_file(board_drive: Path, tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    place = str(board_drive).replace(" ", "\\040")
    mounts.write_text(f"/dev/sdb1 {place} vfat rw 0 0\nproc /proc proc rw 0 0\n/dev/sda {tmp_path} ext4 rw 0 0\n")
    assert drives(mounts) == [board_drive]
    # Without such a list, as on macOS, the folder of all volumes is looked through.
    assert drives(tmp_path / "none", tmp_path) == [board_drive]
    assert board_of(board_drive) == "Raspberry Pi RP2 (RPI-RP2)"


def test_which_drive_is_told_or_asked(board_drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = job(BOARD, work=tmp_path)
    monkeypatch.setattr(drive, "drives", list)
    with pytest.raises(BuildError, match="no UF2 drive is mounted: hold BOOTSEL"):
        Drive().write(work, lambda text: None)
    monkeypatch.setattr(drive, "drives", lambda: [board_drive, board_drive])
    with pytest.raises(InputError, match=r"several UF2 drives are mounted: choose with --probe; there are .*RPI RP2"):
        Drive().write(work, lambda text: None)
    with pytest.raises(InputError, match=r"is no UF2 drive: it has no INFO_UF2.TXT; there are .*RPI RP2"):
        Drive().write(dataclasses.replace(work, probe=str(tmp_path)), lambda text: None)


def test_a_dry_run_tells_how_to_do_it_by_hand() -> None:
    plan = Drive().plan(job(BOARD))
    assert plan.script().splitlines() == [
        "python3 -m shrinkc.flash out/net.elf 0xe48bff56 net.uf2",
        "cp net.uf2 DRIVE",
    ]
