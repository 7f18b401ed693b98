"""`shrinkc build --plan auto` and `--delta auto`: the plan they write, the limits it keeps, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from build_folders import snapshot
from toy_model import MODEL, write_toy

from networks import both_ways, recognizer
from shrinkc import importers
from tools import needs_arm

Run = Callable[..., tuple[int, str, str]]
TARGET = ("--target", "cortex-m4", "-o", "out")
AUTO = ("build", *MODEL, *TARGET, "--plan", "auto", "--rounding", "nearest")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_toy(tmp_path, monkeypatch)
    return tmp_path


def flash_of(folder: Path) -> int:
    return json.loads((folder / "report.json").read_text())["sizes"]["flash"]


@needs_arm
def test_the_plan_that_was_chosen_repeats_the_build(shrinkc_run: Run, toy: Path) -> None:
    code, out, _ = shrinkc_run(*AUTO, "--delta", "3", "--max-flash", "5.4K")
    assert code == 0 and "the plan: out.plan.toml" in out.splitlines()
    assert "note: tried on 6 utterances only; what fewer than 10 say is not to be trusted" in out.splitlines()
    plan = (toy / "out.plan.toml").read_text()
    assert plan.startswith("# Chosen by `shrinkc build --plan auto` for toy.keras.\n# Bits: ")
    assert "On 6 utterances of dev.npz: divergence 0." in plan and "threshold = 3" in plan
    assert flash_of(toy / "out") <= 5.4 * 1024
    again = ("build", "toy.keras", "--calibration", "calibration.npz", "--target", "cortex-m4", "-o", "again")
    assert shrinkc_run(*again, "--dev", "dev.npz")[0] == 2  # no option of the search without it
    project = '[data]\ndev = "dev.npz"\n'
    (toy / "shrinkc.toml").write_text(project)
    assert shrinkc_run(*again, "--plan", "out.plan.toml")[0] == 0
    assert snapshot(toy / "again") == snapshot(toy / "out")


@needs_arm
@pytest.mark.parametrize("way", ["auto", "study"])
def test_the_thresholds_that_were_chosen_repeat_the_build(shrinkc_run: Run, toy: Path, way: str) -> None:
    """A plan's own thresholds give way. The trials are kept: a second search makes none of them again."""
    (toy / "given.toml").write_text("[plan]\nweights = 4\n[delta]\nthreshold = 40\n")
    search = ("build", *MODEL, *TARGET, "--plan", "given.toml", "--delta", way, "--max-per-increase", "60")
    code, _, err = shrinkc_run(*search)
    assert code == 0 and "(1 of " in err
    plan = (toy / "out.plan.toml").read_text()
    assert plan.startswith(f"# Chosen by `shrinkc build --delta {way}` for toy.keras.\n# Thresholds: ")
    assert "weights = 4" in plan and "threshold = 0" in plan and '"head.x@8" = ' in plan
    again = ("build", "toy.keras", "--calibration", "calibration.npz", "--target", "cortex-m4", "-o", "again")
    (toy / "shrinkc.toml").write_text('[data]\ndev = "dev.npz"\n')
    assert shrinkc_run(*again, "--plan", "out.plan.toml")[0] == 0
    assert snapshot(toy / "again") == snapshot(toy / "out")
    before = (toy / "out.tried.json").read_bytes()
    code, _, err = shrinkc_run(*search)
    assert code == 0 and "(1 of " not in err and (toy / "out.plan.toml").read_text() == plan
    assert (toy / "out.tried.json").read_bytes() == before


@needs_arm
def test_bits_and_thresholds_together(shrinkc_run: Run, toy: Path) -> None:
    code, _, err = shrinkc_run(*AUTO, "--delta", "auto", "--max-per-increase", "90")
    assert code == 0, err
    plan = (toy / "out.plan.toml").read_text()
    assert plan.startswith("# Chosen by `shrinkc build --plan auto --delta auto` for toy.keras.\n# Bits: ")
    assert "\n# Thresholds: " in plan


def test_what_is_no_record_of_trials_is_not_written_over(shrinkc_run: Run, toy: Path) -> None:
    (toy / "out.tried.json").write_text("{}")
    code, _, err = shrinkc_run("build", *MODEL, *TARGET, "--delta", "auto")
    assert code == 2 and "out.tried.json is in the place of the record of trials" in err
    assert (toy / "out.tried.json").read_text() == "{}"


@needs_arm
def test_thresholds_that_no_limit_allows(shrinkc_run: Run, toy: Path) -> None:
    code, out, err = shrinkc_run("build", *MODEL, *TARGET, "--delta", "auto", "--max-per-increase", "-90")
    assert (code, out) == (3, "") and "without any threshold the plan raises the error rate" in err
    assert not (toy / "out").exists() and not (toy / "out.plan.toml").exists()


@needs_arm
def test_compression_is_kept_and_json_stands_alone(shrinkc_run: Run, toy: Path, monkeypatch) -> None:
    """At 8 bits 57 % are off, at 4 bits 68 %; an earlier plan is written over."""
    monkeypatch.setattr(importers, "load", lambda path, name: recognizer("gru", units=24, outputs=4, layers=1))
    (toy / "out.plan.toml").write_text("# Chosen by `shrinkc build --plan auto` long ago")
    code, out, err = shrinkc_run(*AUTO, "--min-compression", "65", "--json")
    assert code == 0 and err.splitlines()[-1] == "the plan: out.plan.toml"
    report = json.loads(out)
    assert 65 <= report["compression"]["percent"] < 68
    assert {path["weight_bits"] for path in report["paths"]} != {8}


@needs_arm
def test_what_no_plan_can_keep_ends_with_3_and_writes_nothing(shrinkc_run: Run, toy: Path) -> None:
    before = snapshot(toy)
    for limit, message in (
        (("--max-flash", "2K"), "even at 2 bits the model's tables take"),
        (("--min-compression", "95"), "even at 2 bits the model's tables take"),
        (("--max-per-increase", "-90"), "raises the error rate on the dev set by"),
    ):
        code, out, err = shrinkc_run(*AUTO, *limit)
        assert (code, out) == (3, "") and message in err.splitlines()[-1]
    assert snapshot(toy) == before


@needs_arm
def test_a_limit_on_errors_needs_labels(shrinkc_run: Run, toy: Path) -> None:
    code, _, err = shrinkc_run(*AUTO, "--dev", "bare.npz")
    assert code == 2 and "bare.npz has no labels" in err.splitlines()[-1]


@needs_arm
def test_what_a_project_says_of_clipping_stays(shrinkc_run: Run, toy: Path) -> None:
    """With a limit on flash alone, labels are not needed."""
    rules = '[plan.paths."head.*"]\nclipping = "max"\n'
    (toy / "shrinkc.toml").write_text(rules)
    assert shrinkc_run(*AUTO, "--dev", "bare.npz", "--max-flash", "16K")[0] == 0
    report = json.loads((toy / "out" / "report.json").read_text())
    assert {path["name"]: path["clipping"] for path in report["paths"]}["head.output.x"] == "max"
    plan = (toy / "out.plan.toml").read_text()
    assert rules in plan and "points" not in plan


@needs_arm
def test_what_no_build_takes_is_refused_before_the_search(shrinkc_run: Run, toy: Path, monkeypatch) -> None:
    code, _, err = shrinkc_run(*AUTO, "--delta", "rnn9.h=3")
    assert code == 2 and "'rnn9.h' matches no send group" in err and "each path" not in err
    network = both_ways("gru", units=6, outputs=4, layers=1)
    monkeypatch.setattr(importers, "load", lambda path, name: network)
    code, _, err = shrinkc_run(*AUTO)
    assert code == 2 and "give --max-frames N" in err and "each path" not in err
    code, _, err = shrinkc_run("build", *MODEL, *TARGET, "--delta", "auto")
    assert code == 2 and "give --max-frames N" in err and "each group" not in err


@pytest.mark.parametrize("option", ["--min-compression", "--max-per-increase"])
@pytest.mark.parametrize("value", ["nan", "inf", "101", "x"])
def test_limits_are_numbers(shrinkc_run: Run, toy: Path, option: str, value: str) -> None:
    code, _, err = shrinkc_run(*AUTO, option, value)
    assert code == 2 and f"'{value}' is not a number from" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-flash", "64K"), "--max-flash belongs to --plan auto: give both or neither"),
        (("--min-compression", "85"), "--min-compression belongs to --plan auto"),
        (("--max-per-increase", "1"), "`shrinkc verify` takes it too"),
        (("--jobs", "2"), "--jobs belongs to --plan auto or --delta auto: give both or neither"),
        (("--dev", "dev.npz"), "--dev belongs to --plan auto or --delta auto"),
        (("--delta", "auto", "--max-flash", "64K"), "--max-flash belongs to --plan auto: give both or neither"),
        (("--delta", "auto"), "no data to try plans on"),
        (("--delta", "auto", "--dev", "dev.npz", "--kernels", "dense"), "--delta auto: nothing is saved with"),
        (("--delta", "study", "--dev", "bare.npz"), "--delta study: bare.npz has no labels"),
        (("--plan", "auto"), "no data to try plans on"),
        (
            ("--plan", "auto", "--dev", "dev.npz", "--weights", "4"),
            "and plan.weights gives some: leave one of them out",
        ),
        (("--plan", "auto", "--max-flash", "much"), "is not a number of bytes above 0, such as 200000"),
        (("--plan", "auto", "--min-compression", "99"), "--min-compression"),
    ],
)
def test_what_is_refused(shrinkc_run: Run, toy: Path, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = shrinkc_run("build", "toy.keras", "--calibration", "calibration.npz", *TARGET, *arguments)
    assert (code, out) == (2, "") and message in err.splitlines()[-1]


def test_bits_in_the_project_are_in_the_way(shrinkc_run: Run, toy: Path) -> None:
    (toy / "shrinkc.toml").write_text('[plan.paths."head.*"]\nweights = 8\n')
    code, _, err = shrinkc_run(*AUTO)
    assert code == 2 and 'plan.paths."head.*".weights gives some' in err


def test_what_is_no_chosen_plan_is_not_written_over(shrinkc_run: Run, toy: Path) -> None:
    (toy / "out.plan.toml").write_text("[plan]\nweights = 4\n")
    code, _, err = shrinkc_run(*AUTO)
    assert code == 2 and "out.plan.toml is in the place of the plan to be chosen" in err
    assert (toy / "out.plan.toml").read_text() == "[plan]\nweights = 4\n"
