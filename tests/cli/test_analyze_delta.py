"""`shrinkc analyze --delta`: its tables, its JSON, its picture, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from toy_model import MODEL, write_toy

from shrinkc.analyze.delta_report import PERCENTILES, SCHEMA, DeltaAnalysis

Run = Callable[..., tuple[int, str, str]]
ANALYZE = ("analyze", *MODEL, "--delta", "--rounding", "nearest", "--limit", "3")
GROUPS = ["rnn1.x@8", "rnn1.h@8", "head.x@8"]


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_toy(tmp_path, monkeypatch)
    return tmp_path


def test_tables_have_every_group_and_threshold(shrinkc_run: Run, toy: Path) -> None:
    code, out, err = shrinkc_run(*ANALYZE)
    assert code == 0 and "trying each group alone" in err
    lines = out.splitlines()
    assert lines[0] == "toy on dev.npz, 3 utterances: steps that elements move from frame to frame"
    assert [line.split()[0] for line in lines[2:5]] == GROUPS
    assert lines[5].startswith("each group alone, all others at threshold 0; of ") and lines[5].endswith(
        " on cortex-m4"
    )
    tried = [line.split()[:3] for line in lines[7:]]
    assert [name for name, grid, step in tried if (grid, step) == ("x1", "0")] == GROUPS
    assert ["rnn1.h@8", "x1", "64"] in tried and ["rnn1.h@8", "x32", "0"] in tried


def test_json_is_the_report(shrinkc_run: Run, toy: Path) -> None:
    code, out, _ = shrinkc_run(*ANALYZE, "--json", "--target", "cortex-m0plus")
    assert code == 0 and json.loads(out)["schema"] == SCHEMA
    found = msgspec.json.decode(out, type=DeltaAnalysis)
    assert (found.model, found.target, found.utterances, found.metric) == ("toy", "cortex-m0plus", 3, "per")
    for group in found.groups:
        own = [each for each in group.effects if each.coarse == 1]
        grids = [each.coarse for each in group.effects if each.coarse != 1]
        first, last = own[0], own[-1]
        assert grids == sorted(grids) and group.effects[-1].threshold == 0 and group.effects[-1].sent < first.sent
        assert first.saved == 0 and last.saved > 0 and last.sent < first.sent
        assert first.eliminated < last.eliminated and last.ci95[0] <= last.increase <= last.ci95[1]
        assert 0 <= group.moves.still <= 1
        reached = [group.moves.percentiles[str(each)] for each in PERCENTILES]
        assert reached == sorted(reached) and reached[-1] <= group.moves.largest <= 254
    whole = sum(group.rows * group.width for group in found.groups)
    head = found.groups[-1]
    assert head.effects[-1].eliminated == pytest.approx(100 * head.rows * 6 * (1 - head.effects[-1].sent) / whole)


def test_the_plan_is_in_force_and_its_thresholds_are_not(shrinkc_run: Run, toy: Path) -> None:
    plain = shrinkc_run(*ANALYZE, "--json")[1]
    (toy / "plan.toml").write_text('[plan]\nrounding = "nearest"\n[delta]\nthreshold = 9\n')
    assert shrinkc_run(*ANALYZE, "--json", "--plan", "plan.toml")[1] == plain
    (toy / "plan.toml").write_text("[plan]\nweights = 2\nactivations = 4\n")
    found = json.loads(shrinkc_run(*ANALYZE, "--json", "--plan", "plan.toml")[1])
    assert [group["name"] for group in found["groups"]] == ["rnn1.x@4", "rnn1.h@4", "head.x@4"]


def test_kernels_count_as_a_build_takes_them(shrinkc_run: Run, toy: Path) -> None:
    """By delta alone a group that sends all costs more than its dense products, which `auto` would take."""
    plan = toy / "plan.toml"
    least = {}
    for kernels in ("auto", "delta"):
        plan.write_text(f'[plan]\nrounding = "nearest"\n[delta]\nkernels = "{kernels}"\n')
        found = json.loads(shrinkc_run(*ANALYZE, "--json", "--plan", "plan.toml")[1])
        least[kernels] = sum(group["effects"][-1]["saved"] for group in found["groups"])
    assert least["delta"] > least["auto"]
    plan.write_text('[delta]\nkernels = "dense"\n')
    code, _, err = shrinkc_run(*ANALYZE, "--plan", "plan.toml")
    assert code == 2 and "analyze --delta: nothing is saved with delta.kernels" in err


def test_without_labels_there_is_no_rate(shrinkc_run: Run, toy: Path) -> None:
    code, out, _ = shrinkc_run(*ANALYZE, "--dev", "bare.npz")
    assert code == 0 and "divergence" in out and "PER" not in out


@pytest.mark.parametrize(("name", "start"), [("a.svg", b"<?xml"), ("a.PNG", b"\x89PNG")])
def test_the_picture(shrinkc_run: Run, toy: Path, name: str, start: bytes) -> None:
    pytest.importorskip("matplotlib")
    code, out, _ = shrinkc_run(*ANALYZE, "--picture", name)
    assert code == 0 and out.splitlines()[-1] == f"the picture: {name}"
    made = (toy / name).read_bytes()
    assert made.startswith(start)
    assert shrinkc_run(*ANALYZE, "--picture", name)[0] == 0 and (toy / name).read_bytes() == made


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--delta", "--picture", "a.pdf"), "a.pdf: a picture is written as .svg or .png"),
        (("--picture", "a.svg"), "--picture belongs to --delta: give both or neither"),
        (("--delta", "--plan", "none.toml"), "none.toml"),
    ],
)
def test_what_is_refused(shrinkc_run: Run, toy: Path, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = shrinkc_run("analyze", *MODEL, *arguments)
    assert (code, out) == (2, "") and message in err.splitlines()[-1]
