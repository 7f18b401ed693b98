"""The CI files of docs/ci: their shell steps, run in a fresh project as the services would run them.

Left out are the steps that need root or the network (LEFT_OUT), and what the services themselves do: checkout, caches,
artefacts.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from pages import ROOT, SHRINKC, shell

from tools import needs_qemu

yaml = pytest.importorskip("yaml", reason="pip install PyYAML to read the CI files")

GITHUB, GITLAB = ROOT / "docs/ci/github-actions.yml", ROOT / "docs/ci/gitlab-ci.yml"
LEFT_OUT = {"apt-get": "needs root", "pip install": "needs the network"}
CHECKS = ["bit-exact", "max-per-increase", "max-flash", "max-ram", "max-instructions"]


@dataclass(frozen=True)
class Step:
    """Some shell that ends with one exit code. always: does it run after a failure too?"""

    name: str
    text: str
    always: bool = False

    @property
    def left_out(self) -> str | None:
        """Why it does not run here."""
        return next((why for word, why in LEFT_OUT.items() if word in self.text), None)


def load(path: Path) -> dict:
    """A CI file; every value is text, `on` too."""
    return yaml.load(path.read_text(), yaml.BaseLoader)


def github() -> tuple[list[Step], dict[str, str], list[str]]:
    """Steps, environment and the paths of what is kept."""
    file = load(GITHUB)
    job = file["jobs"]["verify"]
    assert job["defaults"]["run"]["shell"] == "bash"
    steps = [
        Step(step["name"], step["run"], "!cancelled()" in step.get("if", "")) for step in job["steps"] if "run" in step
    ]
    [kept] = [step["with"]["path"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    return steps, file["env"], kept.split()


def gitlab() -> tuple[list[Step], dict[str, str], list[str]]:
    """The same; a job's lines are one shell."""
    job = load(GITLAB)["shrinkc"]
    lines = [Step(line, line) for line in (*job["before_script"], *job["script"])]
    here = [line.text for line in lines if not line.left_out]
    steps = [*(line for line in lines if line.left_out), Step("job", "\n".join(here))]
    kept = job["artifacts"]
    assert kept["when"] == "always"
    variables = {name: value for name, value in job["variables"].items() if "$" not in value}
    return steps, variables, [*kept["paths"], kept["reports"]["junit"]]


SERVICES = pytest.mark.parametrize("service", [github, gitlab])


def run(steps: list[Step], environment: dict[str, str], project: Path) -> Iterator[tuple[Step, int, str]]:
    """(step, exit code, what it printed) of each step that runs; after one that fails only those that always do."""
    programs = project.parent / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "shrinkc").write_text(f'#!/bin/sh\nexec {SHRINKC} "$@"\n')
    (programs / "shrinkc").chmod(0o755)
    extra = {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
        "GITHUB_STEP_SUMMARY": str(project.parent / "summary.md"),
    }
    failed = False
    for step in steps:
        if step.left_out or (failed and not step.always):
            continue
        script = project.parent / "step.sh"
        script.write_text(step.text)
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=project, env={**os.environ, **environment, **extra}, capture_output=True, text=True, timeout=600,
        )  # fmt: skip
        failed = failed or ended.returncode != 0
        yield step, ended.returncode, ended.stdout + ended.stderr


@pytest.fixture(scope="module")
def smaller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a smaller build that was verified on the same data."""
    folder = tmp_path_factory.mktemp("smaller")
    shell("shrinkc build zoo:gru-small --target cortex-m4 --weights 4 -o small", folder)
    shell("shrinkc verify small", folder)
    return folder / "small/report.json"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shell("shrinkc init project --from zoo:gru-small", tmp_path)
    return tmp_path / "project"


def cases(project: Path) -> dict[str, str]:
    return {case.get("name"): case[0].tag for case in ElementTree.parse(project / "junit.xml").iter("testcase")}


@SERVICES
def test_only_installation_is_left_out(service) -> None:
    steps, _, _ = service()
    left_out = [step for step in steps if step.left_out]
    assert {step.left_out for step in left_out} == set(LEFT_OUT.values())
    assert all("shrinkc build" not in step.text and "shrinkc verify" not in step.text for step in left_out)
    assert all("${{" not in step.text for step in steps)


@needs_qemu
@SERVICES
def test_a_project_within_its_limits(service, project: Path) -> None:
    steps, environment, kept = service()
    for step, code, printed in run(steps, environment, project):
        assert code == 0, f"{step.name}\n{printed}"
    assert cases(project) == dict.fromkeys(CHECKS, "system-out")
    assert all(list(project.glob(pattern)) for pattern in kept)
    if service is github:
        summary = (project.parent / "summary.md").read_text()
        assert summary.startswith("```\ngru_small for cortex-m4 on zoo:gru-small/test") and summary.endswith("```\n")


@needs_qemu
@SERVICES
def test_a_limit_that_is_missed_and_a_build_that_grew(service, project: Path, smaller: Path) -> None:
    steps, environment, kept = service()
    (project / "ci").mkdir()
    shutil.copy(smaller, project / environment["BASELINE"])
    tight = [Step(step.name, step.text.replace("--max-flash 128K", "--max-flash 32K"), step.always) for step in steps]
    ended = {step.name: (code, printed) for step, code, printed in run(tight, environment, project)}
    code, printed = ended["Verify" if service is github else "job"]
    assert code == 3
    assert re.search(r"shrinkc: flash is [\d,]+ bytes, above the limit of 32,768", printed)
    assert cases(project) == dict.fromkeys(CHECKS, "system-out") | {"max-flash": "failure"}
    assert all(list(project.glob(pattern)) for pattern in kept)
    if service is github:
        code, printed = ended["Compare"]
        assert code == 3 and "flash grew by" in printed
        assert ended["Summary"][0] == 0
        assert (project.parent / "summary.md").read_text().count("```") == 4


@pytest.mark.parametrize(("path", "schema"), [(GITHUB, "github-workflows"), (GITLAB, "gitlab-ci")])
def test_the_services_schemas_hold(path: Path, schema: str) -> None:
    pytest.importorskip("check_jsonschema")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
