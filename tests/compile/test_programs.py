"""The table of programs, and what scripts/install-tools installs of it."""

import re
from pathlib import Path

import pytest

from shrinkc.compile import programs
from shrinkc.compile.processes import find_tool
from shrinkc.compile.programs import LIBC_PACKAGE, TOOLS
from shrinkc.errors import BuildError

SCRIPT = (Path(__file__).parents[2] / "scripts" / "install-tools").read_text()
OTHERS = {"python3-venv", "g++", "espeak-ng"}
"""What the script installs and shrinkc does not run: Python's own, and what only tests use."""


def test_a_missing_tool_comes_with_its_package(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="cmake is not installed; on Debian: apt-get install cmake make"):
        find_tool("cmake")
    with pytest.raises(BuildError, match="teapot is not installed; on Debian: apt-get install teapot"):
        find_tool("teapot")


def test_the_script_knows_each_program_by_its_package():
    packages = {tool.name: tool.packages for tool in TOOLS}
    pairs = dict(re.findall(r"^ +has (\S+) \|\| echo (\S+)$", SCRIPT, re.MULTILINE))
    assert {"arm-none-eabi-gcc", "qemu-system-arm", "gcc", "cmake"} <= pairs.keys()
    for program, package in pairs.items():
        assert package in packages.get(program, OTHERS), program


def test_the_script_installs_what_is_needed_and_nothing_unknown():
    installed = set(re.findall(r"\becho ([a-z0-9+-]+)$", SCRIPT, re.MULTILINE))
    needed = {package for tool in TOOLS if tool.needed for package in tool.packages}
    assert needed | {LIBC_PACKAGE} <= installed
    assert installed - OTHERS <= {package for tool in TOOLS for package in tool.packages}


def test_what_pip_installs_may_stand_beside_python(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs.sysconfig, "get_path", lambda name: str(tmp_path / "bin"))
    with pytest.raises(BuildError, match=r"pyocd is not installed; pip install 'shrinkc\[flash\]'$"):
        find_tool("pyocd")
    for name in ("pyocd", "cmake"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.touch(0o755)
    assert find_tool("pyocd") == str(tmp_path / "bin" / "pyocd")
    with pytest.raises(BuildError, match="cmake is not installed"):
        find_tool("cmake")
