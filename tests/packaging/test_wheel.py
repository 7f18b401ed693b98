"""The wheel: it holds all that shrinkc needs and nothing else, and works in an empty environment far from here."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePath

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA_FOLDERS = ("firmware_templates", "targets")
KINDS = {".py", ".c", ".h", ".S", ".j2", ".toml", ".npz", ".keras", ".jsonl", ".md", ".txt"}
"""Every kind of file that belongs into the package."""

PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess:
    """Run a command with nothing of this environment's Python in its way."""
    clean = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=900
    )


def succeed(*command: str | Path, cwd: Path) -> str:
    """Run a command that must end with 0; returns its stdout."""
    ended = run(*command, cwd=cwd)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skips where the package index cannot be reached, so that a failure later on is a failure."""
    folder = tmp_path_factory.mktemp("index")
    if run(sys.executable, *PIP, "--version", cwd=folder).returncode != 0:
        pytest.skip("this environment has no pip")
    if run(sys.executable, *PIP, "download", "--no-deps", "--dest", folder, "hatchling", cwd=folder).returncode != 0:
        pytest.skip("the package index cannot be reached")


@pytest.fixture(scope="module")
def wheel(index: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    succeed(sys.executable, *PIP, "wheel", "--no-deps", "--wheel-dir", folder, ROOT, cwd=folder)
    [built] = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """installed("zoo", cwd=...): run the shrinkc of an environment that holds the wheel and what it depends on."""
    place = tmp_path_factory.mktemp("empty") / "venv"
    succeed(sys.executable, "-m", "venv", place, cwd=place.parent)
    succeed(place / "bin/python", *PIP, "install", wheel, cwd=place.parent)
    return lambda *arguments, cwd: succeed(place / "bin/shrinkc", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def contents(wheel: Path) -> set[PurePath]:
    """The names of the files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {PurePath(name) for name in archive.namelist()}


def sources() -> Iterator[PurePath]:
    """What the wheel should hold of the package, under the names that it has there."""
    for folder, inside in (
        (ROOT / "toolchain/shrinkc", PurePath("shrinkc")),
        *((ROOT / name, PurePath("shrinkc/_data", name)) for name in DATA_FOLDERS),
    ):
        for path in folder.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield inside / path.relative_to(folder)


def test_wheel_holds_the_package_and_its_data(contents: set[PurePath]) -> None:
    assert set(sources()) <= contents


def test_wheel_holds_nothing_foreign(contents: set[PurePath]) -> None:
    package = {name for name in contents if name.parts[0] == "shrinkc"}
    others = {name.parts[0] for name in contents - package}
    assert {name.suffix for name in package if name.name != "LICENSE"} <= KINDS
    assert len(others) == 1 and others.pop().endswith(".dist-info")


def test_wheel_holds_the_licences(contents: set[PurePath]) -> None:
    own = {name.name for name in contents if "licenses" in name.parts}
    assert own == {"LICENSE", "NOTICE"}
    assert PurePath("shrinkc/_data/LICENSE") in contents
    assert PurePath("shrinkc/zoo/asterisk/LICENSE.txt") in contents
    assert PurePath("shrinkc/zoo/LICENSE-weights.txt") in contents


def test_installed_wheel_knows_targets_and_zoo(installed: Callable[..., str], tmp_path: Path) -> None:
    assert "cortex-m0plus" in installed("targets", cwd=tmp_path)
    assert "zoo:lstm" in installed("zoo", cwd=tmp_path)


@pytest.mark.skipif(
    not (shutil.which("arm-none-eabi-gcc") and shutil.which("qemu-system-arm")),
    reason="needs arm-none-eabi-gcc and qemu-system-arm",
)
def test_installed_wheel_builds_and_verifies_the_zoo_model(installed: Callable[..., str], tmp_path: Path) -> None:
    installed("init", "project", "--from", "zoo:lstm", cwd=tmp_path)
    project = tmp_path / "project"
    built = json.loads(installed("build", "--target", "cortex-m4", "--json", cwd=project))
    assert built["target"] == "cortex-m4"
    report = json.loads(installed("verify", "--limit", "2", "--json", cwd=project))
    assert report["digest"] == built["digest"]
    assert report["verification"]["utterances"] == 2
    assert report["verification"]["bit_exact"] is True
