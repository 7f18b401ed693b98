"""`shrinkc verify`'s limits and its JUnit file, around a pipeline that does nothing."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from shrinkc.errors import BuildError
from shrinkc.score import report as reports

PROJECT = 'target = "cortex-m4"\n[model]\npath = "zoo:lstm"\n'


@pytest.fixture
def built(shrinkc_run, pipeline, tmp_path) -> Path:
    (tmp_path / "shrinkc.toml").write_text(PROJECT)
    shrinkc_run("build")
    return tmp_path / "build" / "cortex-m4"


def cases(path: Path) -> dict[str, str]:
    """By name of the check: the tag that says how it ended."""
    return {case.get("name"): case[0].tag for case in ElementTree.parse(path).iter("testcase")}


def test_all_limits_that_are_missed(shrinkc_run, built):
    options = ("--max-flash", "8K", "--max-ram", "512", "--max-stack", "300", "--max-instructions", "1.5k")
    code, out, err = shrinkc_run("verify", *options, "--max-per-increase", "1")
    assert code == 3
    line = err.splitlines()[-1]
    assert line.startswith("shrinkc: 3 checks failed: flash is 9,000 bytes, above the limit of 8,192")
    assert "stack is 320" in line and "instructions are 1,500.5 a frame, above the limit of 1,500" in line
    assert "limit kept: RAM is 512 bytes, within the limit of 512" in out
    assert "limit kept: PER increase is +1.00 points" in out
    assert reports.load(built).verification is not None


def test_limits_of_the_project(shrinkc_run, built, tmp_path):
    text = PROJECT + '[limits]\nmax_flash = "8K"\nmax_ram = 600\n'
    (tmp_path / "shrinkc.toml").write_text(text)
    code, out, err = shrinkc_run("verify")
    assert code == 3
    assert "flash is 9,000 bytes" in err and "limit kept: RAM is 512" in out
    code, out, _ = shrinkc_run("verify", "--max-flash", "9K", "--json")
    assert code == 0
    assert json.loads(out)["verification"]["bit_exact"]
    assert "limits" not in json.loads(out)["build"]


def test_limits_of_another_model_are_not_checked(shrinkc_run, built, tmp_path):
    (tmp_path / "shrinkc.toml").write_text('[model]\npath = "zoo:gru"\n[limits]\nmax_flash = 1\n')
    code, _, err = shrinkc_run("verify", str(built))
    assert code == 0
    assert "note: shrinkc.toml here is of another model: its limits are not checked" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-flash", "0"), "'0' is not a number of bytes above 0"),
        (("--max-flash", "-1"), "'-1' is not a number of bytes"),
        (("--max-instructions", "1G"), "'1G' is not a number above 0"),
        (("--max-ram", "1e3"), "(K is 1,024)"),
        (("--max-per-increase", "inf"), "a number from -100 to 100"),
        (("--max-accuracy-drop", "1"), "needs metric.kind 'accuracy'"),
        (("--junit", "."), ". is a folder: give a file with --junit"),
        (("--junit", "shrinkc.toml/j.xml"), "shrinkc.toml is a file: choose another place with --junit"),
        (("--junit", "build/cortex-m4/j.xml"), "lies in the build's folder"),
    ],
)
def test_what_is_refused(shrinkc_run, pipeline, built, arguments, message):
    before = sorted(built.iterdir())
    code, _, err = shrinkc_run("verify", *arguments)
    assert code == 2
    assert message in err and err.count("\n") == 1
    assert not hasattr(pipeline, "options")
    assert sorted(built.iterdir()) == before


def test_junit_of_a_good_run_and_of_one_that_misses(shrinkc_run, built, tmp_path):
    path = tmp_path / "results" / "junit.xml"
    limits = ("--max-flash", "9K", "--junit", str(path))
    assert shrinkc_run("verify", *limits)[0] == 0
    assert cases(path) == {"bit-exact": "system-out", "max-flash": "system-out"}
    code, _, err = shrinkc_run("verify", *limits, "--max-ram", "1")
    assert code == 3
    assert cases(path)["max-ram"] == "failure"
    [failure] = ElementTree.parse(path).iter("failure")
    assert failure.text == err.splitlines()[-1].removeprefix("shrinkc: ")
    assert [item.name for item in path.parent.iterdir()] == ["junit.xml"]


def test_junit_of_a_run_that_failed(shrinkc_run, pipeline, built, tmp_path):
    """What an earlier run left must not pass for this one's."""
    limits = ("--max-flash", "9K", "--junit", "junit.xml")
    shrinkc_run("verify", *limits)
    for error in (BuildError("QEMU hangs"), KeyboardInterrupt(), MemoryError()):
        pipeline.error = error
        assert shrinkc_run("verify", *limits)[0] != 0
        assert cases(tmp_path / "junit.xml") == {"bit-exact": "error", "max-flash": "skipped"}
        [found] = ElementTree.parse(tmp_path / "junit.xml").iter("error")
        assert found.get("message") == (str(error) or type(error).__name__)
    (built / "report.json").unlink()
    assert shrinkc_run("verify", *limits)[0] == 2
    [found] = ElementTree.parse(tmp_path / "junit.xml").iter("error")
    assert "give a folder that `shrinkc build` wrote" in found.text
