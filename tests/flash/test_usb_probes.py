"""Debug probes in a folder that is laid out like Linux' list of USB devices."""

import re
from pathlib import Path

import pytest
from flash_jobs import job

from shrinkc.errors import BuildError, InputError
from shrinkc.flash import FLASHERS, probes
from shrinkc.flash.flasher import Flasher
from shrinkc.flash.probes import Probe, listed, usb_probes

DEVICES = {
    "1-1": ("STM32 STLink", "0670FF", "0483", "374b"),
    "1-2": ("BBC micro:bit CMSIS-DAP", "9904", "0d28", "0204"),
    "1-3": ("J-Link", "000683", "1366", "1015"),
    "1-4": ("Optical Mouse", "1", "046d", "c077"),
    "1-5": ("STLINK-V3", "0033", "0483", "374f"),
}


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        device = folder / name
        device.mkdir(parents=True)
        for key, text in zip(("product", "serial", "idVendor", "idProduct"), DEVICES[name], strict=True):
            (device / key).write_text(f"{text}\n")
    (folder / "usb1").mkdir(parents=True)  # a hub without attributes
    return folder


def test_probes_are_told_by_what_they_call_themselves(tmp_path: Path) -> None:
    folder = fill(tmp_path, *DEVICES)
    assert [probe.serial for probe in usb_probes(folder=folder)] == ["0670FF", "9904", "000683", "0033"]
    assert [probe.serial for probe in usb_probes(r"st-?link", folder)] == ["0670FF", "0033"]
    assert usb_probes(r"j-?link", folder) == [Probe("000683", "J-Link", "1366", "1015")]
    assert usb_probes(folder=tmp_path / "none") == []


def test_probes_for_a_message() -> None:
    assert listed([Probe("1", "a"), Probe("2", "b\x1b[2J")]) == "1 (a), 2 (b?[2J)"
    assert listed([]) == "none"


@pytest.fixture
def plugged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, "1-1", "1-2")
    monkeypatch.setattr(probes.usb_probes, "__defaults__", (probes._PRODUCTS, tmp_path))


@pytest.mark.parametrize("name", ["openocd", "probe-rs"])
def test_of_several_probes_none_is_taken(name: str, plugged: None) -> None:
    """OpenOCD would program whichever comes first."""
    with pytest.raises(InputError, match=r"several probes are plugged in: choose with --probe; there are .*0670FF"):
        FLASHERS[name].check(job())
    FLASHERS[name].check(job(probe="0670FF"))


def test_only_those_that_a_tool_can_use_count(plugged: None) -> None:
    FLASHERS["st-flash"].check(job())
    FLASHERS["jlink"].check(job())


def test_probe_rs_names_probes_its_way(plugged: None) -> None:
    assert [probe.serial for probe in FLASHERS["probe-rs"].probes()] == ["0483:374b:0670FF", "0d28:0204:9904"]


@pytest.mark.parametrize("flasher", [FLASHERS["openocd"], FLASHERS["probe-rs"]], ids=lambda flasher: flasher.name)
def test_what_is_plugged_in_stands_in_the_message(flasher: Flasher, plugged: None) -> None:
    with pytest.raises(InputError, match=r"tool finds no probe '99'; plugged in: .*0670FF \(STM32 STLink\), .*9904"):
        flasher.refuse_probe(job(probe="99"), "tool")
    with pytest.raises(BuildError, match=re.escape(flasher.plug)):
        flasher.refuse_probe(job(), "tool")
