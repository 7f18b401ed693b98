"""`make demo` with another model: the commands that the Makefile runs, on one utterance."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pages import ROOT, shell

from tools import needs_qemu


@needs_qemu
@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_demo_of_another_model(tmp_path: Path) -> None:
    would = subprocess.run(
        ["make", "-n", "demo", "MODEL=zoo:ligru"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    init, build, verify = re.findall(r"(?:\.venv/bin/|&& PATH=\S+ )(shrinkc .*)$", would, re.MULTILINE)
    assert init.startswith("shrinkc init build/demo/zoo-ligru ")
    shell(init, tmp_path)
    folder = tmp_path / "build/demo/zoo-ligru"
    shell(build, folder)
    printed = shell(f"{verify} --limit 1", folder)
    assert re.search(r"^ligru ", printed, re.MULTILINE) and re.search(r"^bit-exact +yes$", printed, re.MULTILINE)
