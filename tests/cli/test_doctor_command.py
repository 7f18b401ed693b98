"""`shrinkc doctor`."""

import json
from pathlib import Path

import pytest

from shrinkc.cli import doctor, run
from tools import needs_qemu


@needs_qemu
def test_what_is_here_is_found_with_its_version(capsys: pytest.CaptureFixture) -> None:
    assert run(["doctor", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    findings = {finding["name"]: finding for finding in shown["findings"]}
    assert shown["ready"] is True
    assert findings["qemu-system-arm"]["found"] and findings["qemu-system-arm"]["version"][0].isdigit()
    assert findings["newlib"]["found"] and findings["QEMU machines"]["found"]
    assert findings["numpy"]["needed"] and findings["numpy"]["version"]
    assert not findings["tensorflow"]["needed"]
    assert {"pyocd", "openocd", "st-flash"} <= set(findings)


def test_what_is_missing_comes_with_its_remedy(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(["doctor"]) == 1
    shown = capsys.readouterr().out
    assert "apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi" in shown
    assert "apt-get install qemu-system-arm" in shown
    assert "missing: arm-none-eabi-gcc, arm-none-eabi-objdump, qemu-system-arm, newlib, QEMU machines" in shown


def test_missing_probes_are_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = doctor.find_program(doctor.Tool("no-such-probe", "programs boards", False, "pip install no-such-probe"))
    assert (finding.found, finding.needed, finding.remedy) == (False, False, "pip install no-such-probe")
    monkeypatch.setattr(doctor, "examine", lambda: [finding])
    assert run(["doctor"]) == 0
