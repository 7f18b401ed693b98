"""`shrinkc build` around a pipeline that does nothing."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest
from build_folders import BUILD, snapshot

from shrinkc.errors import BuildError
from shrinkc.score import report as reports


def test_a_build_writes_its_folder(shrinkc_run, pipeline, tmp_path):
    code, out, err = shrinkc_run(*BUILD)
    assert code == 0
    assert err == "importing\n"
    folder = tmp_path / "build" / "cortex-m4"
    assert sorted(snapshot(folder)) == ["lstm.c", "lstm.elf", "report.html", "report.json", "src/a.h"]
    assert sorted(reports.load(folder).files) == sorted(snapshot(folder))
    assert out.splitlines()[0] == "lstm for cortex-m4"
    assert "flash" in out
    assert "note: The softmax" in out
    assert out.splitlines()[-1] == "written to build/cortex-m4"


def test_builds_are_the_same_bytes(shrinkc_run, pipeline, tmp_path):
    shrinkc_run(*BUILD, "-o", "one")
    shrinkc_run(*BUILD, "-o", "two")
    assert snapshot(tmp_path / "one") == snapshot(tmp_path / "two")
    assert str(tmp_path).encode() not in b"".join(snapshot(tmp_path / "one").values())


def test_json_alone_stands_on_stdout(shrinkc_run, pipeline, tmp_path):
    code, out, _ = shrinkc_run(*BUILD, "-o", "out", "--json")
    assert code == 0
    assert json.loads(out)["model"]["name"] == "lstm"
    assert out == (tmp_path / "out" / "report.json").read_text()


def test_a_project_is_all_there_is_to_type(shrinkc_run, pipeline, tmp_path, monkeypatch):
    shrinkc_run("init", "p", "--from", "zoo:lstm")
    monkeypatch.chdir(tmp_path / "p")
    assert shrinkc_run("build", "--target", "cortex-m4")[0] == 0
    assert pipeline.settings.model.name == "zoo:lstm"
    code, out, _ = shrinkc_run("verify")
    assert code == 0
    assert pipeline.folder == tmp_path / "p" / "build" / "cortex-m4"
    assert pipeline.settings.data.test.name == "zoo:lstm/test"
    assert "bit-exact" in out


def test_options_reach_the_pipeline(shrinkc_run, pipeline, tmp_path):
    options = ["--calibration", "c.npz", "--weights", "4", "--activations", "16", "--clipping", "max"]
    shrinkc_run(*BUILD, *options, "--delta", "2,rnn1.h=off", "--name", "tiny", "-o", "o")
    settings = pipeline.settings
    assert settings.data.calibration.path == tmp_path / "c.npz"
    assert (settings.plan.weights, settings.plan.activations, settings.plan.clipping) == (4, 16, "max")
    assert (settings.delta.threshold, settings.delta.groups) == (2, (("rnn1.h", None),))
    assert settings.name == "tiny"


PLAN = """
[plan]
weights = 4
rounding = "nearest"
[plan.paths."rnn1.*"]
weights = 2
[delta]
threshold = 3
"""


def test_a_plan_in_a_file_is_the_plan_of_the_project(shrinkc_run, pipeline, tmp_path):
    """The same settings, the same record, and so the same bytes; options override both alike."""
    (tmp_path / "shrinkc.toml").write_text(f"{PLAN}threshold = 9\n".replace("threshold = 3\n", ""))
    (tmp_path / "other.toml").write_text(PLAN)
    assert shrinkc_run(*BUILD, "--plan", "other.toml", "--clipping", "max", "-o", "file")[0] == 0
    found = pipeline.settings
    (tmp_path / "shrinkc.toml").write_text(PLAN)
    assert shrinkc_run(*BUILD, "--clipping", "max", "-o", "project")[0] == 0
    assert (found.plan, found.delta) == (pipeline.settings.plan, pipeline.settings.delta)
    assert (found.plan.weights, found.plan.clipping, found.delta.threshold) == (4, "max", 3)
    assert snapshot(tmp_path / "file") == snapshot(tmp_path / "project")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[plan]\nwieghts = 4\n", "p.toml:2: unknown key 'plan.wieghts': did you mean 'plan.weights'?"),
        ("[plan]\nweights = 3\n", "p.toml:2: plan.weights must be 2, 4, 8 or 16, not 3"),
        ('[model]\npath = "x"\n', "p.toml:2: model.path is not of a plan"),
        ("[plan\n", "p.toml: not valid TOML"),
        ("", "p.toml: sets nothing"),
    ],
)
def test_a_bad_plan_file(shrinkc_run, pipeline, tmp_path, text, message):
    (tmp_path / "p.toml").write_text(text)
    code, out, err = shrinkc_run(*BUILD, "--plan", "p.toml")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"shrinkc: {message}")
    assert [item.name for item in tmp_path.iterdir()] == ["p.toml"]


def test_a_second_build_replaces_the_first(shrinkc_run, pipeline, tmp_path):
    shrinkc_run(*BUILD, "-o", "out")
    pipeline.files = {"new.c": ""}
    cmake = tmp_path / "out" / "cmake-build"
    cmake.mkdir()
    (cmake / "CMakeCache.txt").write_text("")
    (cmake / "liblstm.a").write_text("")
    assert shrinkc_run(*BUILD, "-o", "out")[0] == 0
    assert sorted(snapshot(tmp_path / "out")) == ["new.c", "report.html", "report.json"]
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_taken(shrinkc_run, pipeline, tmp_path):
    (tmp_path / "out").mkdir()
    assert shrinkc_run(*BUILD, "-o", "out")[0] == 0


def test_a_link_to_a_folder_stays_a_link(shrinkc_run, pipeline, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert shrinkc_run(*BUILD, "-o", "link")[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "report.json").is_file()


@pytest.mark.parametrize("case", ["other", "foreign report", "extra", "extra folder", "file", "below a file"])
def test_a_folder_that_holds_something_else_is_refused(shrinkc_run, pipeline, tmp_path, case):
    out = tmp_path / "out"
    if case in ("file", "below a file"):
        out.write_text("mine")
    elif case.startswith("extra"):
        shrinkc_run(*BUILD, "-o", "out")
        place = out / "notes" if case == "extra folder" else out
        place.mkdir(exist_ok=True)
        (place / "thesis.tex").write_text("mine")
    else:
        out.mkdir()
        (out / ("report.json" if "report" in case else "thesis.tex")).write_text('{"schema": "junit"}')
    before = snapshot(tmp_path)
    code, _, err = shrinkc_run(*BUILD, "-o", "out/deep" if case == "below a file" else "out")
    assert code == 2
    assert "out" in err and "-o" in err and err.count("\n") == 1
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["m.keras"], "no target"),
        (["--target", "cortex-m4"], "no model.path"),
        (["m.keras", "--target", "../x"], "--target"),
        (["m.keras", "--target", "cortex-m4", "--weights", "3"], "must be 2, 4, 8 or 16, not 3"),
        (["m.keras", "--target", "cortex-m4", "--clipping", "best"], '"mmse", "max" or "percentile", not "best"'),
        (["m.keras", "--target", "cortex-m4", "--rounding", "up"], '"nearest" or "compensated", not "up"'),
        (
            ["m.keras", "--target", "cortex-m4", "--plan", "none.toml"],
            "none.toml: No such file or directory: give --plan",
        ),
        (["m.keras", "--target", "cortex-m4", "--delta", "many"], "--delta"),
        (["m.keras", "--target", "cortex-m4", "--name", "double"], "keyword"),
        (["zoo:none", "--target", "cortex-m4"], "zoo:none"),
    ],
)
def test_bad_options_write_nothing(shrinkc_run, pipeline, tmp_path, arguments, message):
    code, out, err = shrinkc_run("build", *arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_typing_error_in_the_project(shrinkc_run, pipeline, tmp_path):
    (tmp_path / "shrinkc.toml").write_text('target = "cortex-m4"\n[plan]\nwieghts = 4\n')
    code, _, err = shrinkc_run("build")
    assert code == 2
    assert "shrinkc.toml:3: unknown key 'plan.wieghts': did you mean 'plan.weights'?" in err


def test_a_failed_build_leaves_the_old_one(shrinkc_run, pipeline, tmp_path):
    shrinkc_run(*BUILD, "-o", "out")
    before = snapshot(tmp_path)
    pipeline.error = BuildError("no compiler")
    assert shrinkc_run(*BUILD, "-o", "out")[0] == 1
    assert snapshot(tmp_path) == before


def test_a_full_disk_leaves_the_old_build(shrinkc_run, pipeline, tmp_path, monkeypatch):
    shrinkc_run(*BUILD, "-o", "out")
    before = snapshot(tmp_path)
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == "lstm.elf":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    code, _, err = shrinkc_run(*BUILD, "-o", "out")
    assert code == 1
    assert "No space left on device" in err and str(tmp_path / "out") in err
    assert snapshot(tmp_path) == before
    assert [item.name for item in tmp_path.iterdir()] == ["out"]


LIMITED = """
import resource, sys
sys.path.insert(0, {tests!r})
import shrinkc
from conftest import FakePipeline
shrinkc.pipeline = FakePipeline()
shrinkc.pipeline.files["big.c"] = "x" * 100000
resource.setrlimit(resource.RLIMIT_FSIZE, (50000, 50000))
from shrinkc.cli import run
sys.exit(run({arguments!r}))
"""


def test_a_write_that_the_system_refuses(shrinkc_run, pipeline, tmp_path):
    shrinkc_run(*BUILD, "-o", "out")
    before = snapshot(tmp_path)
    script = LIMITED.format(tests=str(Path(__file__).parent), arguments=[*BUILD, "-o", "out"])
    found = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True)
    assert found.returncode == 1
    assert found.stderr.splitlines()[-1].startswith(f"shrinkc: cannot write {tmp_path / 'out'}: ")
    assert snapshot(tmp_path) == before
