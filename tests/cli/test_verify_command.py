"""`shrinkc verify` around a pipeline that does nothing."""

import json
from pathlib import Path

import msgspec
import pytest
from build_folders import BUILD, snapshot

from shrinkc.errors import BuildError
from shrinkc.score import report as reports


@pytest.fixture
def built(shrinkc_run, pipeline, tmp_path) -> Path:
    shrinkc_run("build", "zoo:lstm", "--target", "cortex-m4", "-o", "out")
    return tmp_path / "out"


def test_verify_adds_to_the_report(shrinkc_run, pipeline, built):
    code, out, err = shrinkc_run("verify", "out", "--limit", "5", "--jobs", "2", "--max-per-increase", "1")
    assert code == 0
    assert pipeline.options == {"limit": 5, "jobs": 2, "board": None}
    assert reports.load(built).verification == pipeline.verification
    assert "work eliminated" in (built / "report.html").read_text()
    assert out.startswith("lstm for cortex-m4 on zoo:lstm/test: 2 of 60 utterances")
    assert err == "running (0 of 2)\n"
    assert shrinkc_run("build", "zoo:lstm", "--target", "cortex-m4", "-o", "out")[0] == 0


def test_verify_as_json(shrinkc_run, pipeline, built):
    code, out, _ = shrinkc_run("verify", "out", "--json")
    assert code == 0
    assert json.loads(out)["verification"]["per"]["device"] == 0.26


def test_a_limit_that_is_missed(shrinkc_run, pipeline, built):
    code, out, err = shrinkc_run("verify", "out", "--max-per-increase", "0.5")
    assert code == 3
    assert "PER increase is +1.00 points (95 % interval -0.50 to +2.50), above the limit of 0.5" in err
    assert "bit-exact" in out
    assert reports.load(built).verification is not None


def test_a_bit_that_differs(shrinkc_run, pipeline, built):
    found = reports.Divergence(layer="rnn2", quantity="h", utterance=1, frame=2, index=3, device=4, reference=5)
    pipeline.verification = msgspec.structs.replace(pipeline.verification, bit_exact=False, first_divergence=found)
    code, _, err = shrinkc_run("verify", "out")
    assert code == 3
    assert "h of rnn2, utterance 1, frame 2, index 3: device 4, reference 5" in err


def test_verify_that_fails_leaves_the_report(shrinkc_run, pipeline, built):
    before = snapshot(built)
    pipeline.error = BuildError("QEMU hangs")
    assert shrinkc_run("verify", "out")[0] == 1
    assert snapshot(built) == before


def test_verify_with_other_data(shrinkc_run, pipeline, built, tmp_path):
    shrinkc_run("verify", "out", "--dataset", "mine.npz")
    assert pipeline.settings.data.test.path == tmp_path / "mine.npz"
    shrinkc_run("verify", "out", "--dataset", "zoo:lstm/dev")
    assert pipeline.settings.data.test.name == "zoo:lstm/dev"


def test_verify_takes_data_and_metric_of_the_project(shrinkc_run, pipeline, tmp_path):
    project = 'target = "cortex-m4"\nmodel.path = "m.keras"\n[data]\ntest = "t.npz"\n[plan]\nweights = 8\n'
    (tmp_path / "shrinkc.toml").write_text(project)
    shrinkc_run("build", "--weights", "4")
    (tmp_path / "shrinkc.toml").write_text(project + "[metric]\nsilence = true\n")
    assert shrinkc_run("verify")[0] == 0
    settings = pipeline.settings
    assert settings.data.test.path == tmp_path / "t.npz"
    assert settings.model.path == tmp_path / "m.keras"
    assert settings.metric.silence
    assert settings.plan.weights == 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["verify"], "no shrinkc.toml here"),
        (["verify", "nowhere"], "give a folder that `shrinkc build` wrote"),
        (["verify", "plain"], "no data to run: give --dataset"),
    ],
)
def test_what_verify_needs(shrinkc_run, pipeline, arguments, message):
    shrinkc_run(*BUILD, "-o", "plain")
    code, _, err = shrinkc_run(*arguments)
    assert code == 2
    assert message in err and err.count("\n") == 1


def test_a_limit_on_per_needs_a_per(shrinkc_run, pipeline, tmp_path):
    (tmp_path / "shrinkc.toml").write_text('[model]\npath = "zoo:lstm"\n[metric]\nkind = "outputs"\n')
    shrinkc_run("build", "--target", "cortex-m4")
    code, _, err = shrinkc_run("verify", "--max-per-increase", "1")
    assert code == 2
    assert "--max-per-increase (limits.max_per_increase) needs metric.kind 'per'" in err


def test_verify_without_a_target_finds_the_one_build(shrinkc_run, pipeline, tmp_path):
    (tmp_path / "shrinkc.toml").write_text('[model]\npath = "zoo:lstm"\n')
    assert "nothing is built yet" in shrinkc_run("verify")[2]
    shrinkc_run("build", "--target", "cortex-m4")
    assert shrinkc_run("verify")[0] == 0
    shrinkc_run("build", "--target", "cortex-m7")
    code, _, err = shrinkc_run("verify")
    assert code == 2
    assert "several builds (cortex-m4, cortex-m7): give DIR" in err
