"""`shrinkc analyze`: its tables, its JSON, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from toy_model import MODEL, NETWORK, write_toy

from shrinkc.analyze.report import SCHEMA, Analysis, conclusions

Run = Callable[..., tuple[int, str, str]]
ANALYZE = ("analyze", *MODEL, "--rounding", "nearest")


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_toy(tmp_path, monkeypatch)
    return tmp_path


def test_tables_name_every_path_and_every_vector(shrinkc_run: Run, toy: Path) -> None:
    code, out, err = shrinkc_run(*ANALYZE, "--limit", "3")
    assert code == 0 and "trying each path alone" in err
    lines = out.splitlines()
    assert lines[0] == "toy on dev.npz, 3 utterances: each path alone, all else at 16 bits"
    starts = [line.split()[0] for line in lines]
    for path in list(NETWORK.matrices):
        assert starts.count(path) == 2  # what it does, and what it costs
    assert {"rnn1.x", "rnn1.h", "head.x"} < set(starts)
    assert "what a path costs on cortex-m4, a step" in lines
    assert lines[-3].startswith("worth more bits than the rest: ")
    assert lines[-2].startswith("the study's skips (the candidate's product of h): ")
    assert lines[-1] == "note: tried on 3 utterances only; what fewer than 10 say is not to be trusted"


def test_json_is_the_report_and_nothing_else(shrinkc_run: Run, toy: Path) -> None:
    code, out, _ = shrinkc_run(*ANALYZE, "--json", "--target", "cortex-m0plus")
    assert code == 0
    found = msgspec.json.decode(out, type=Analysis)
    plain = json.loads(out)
    assert list(plain) == list(Analysis.__struct_fields__) and plain["schema"] == SCHEMA
    assert (found.model, found.target, found.dataset, found.utterances) == ("toy", "cortex-m0plus", "dev.npz", 6)
    assert (found.metric, found.divergence, found.calibration_utterances) == ("per", "kl", 10)
    assert [path.name for path in found.paths] == list(NETWORK.matrices)
    update = found.paths[0]
    assert (update.rows, update.columns, [effect.bits for effect in update.effects]) == (6, 5, [2, 4, 8])
    assert [effect.flash for effect in update.effects] == [7, 15, 30]
    assert all(
        effect.instructions > 0 and effect.ci95[0] <= effect.increase <= effect.ci95[1] for effect in update.effects
    )
    assert found.vectors[0].effects[0].flash is None
    assert found.study.paths == ("rnn1.recurrent.h",) and set(found.study.holding) <= set(found.study.paths)
    skips = [path.name for path in found.paths if path.skip]
    assert conclusions(found)[0] == f"worth more bits than the rest: {', '.join(skips) or 'no path stands out'}"
    assert shrinkc_run(*ANALYZE, "--json", "--target", "cortex-m0plus")[1] == out


def test_without_labels_the_tables_have_no_rate(shrinkc_run: Run, toy: Path) -> None:
    code, out, _ = shrinkc_run(*ANALYZE, "--dev", "bare.npz", "--limit", "2")
    assert code == 0 and "divergence" in out and "PER" not in out


def test_in_a_project_its_own_model_data_and_clipping(shrinkc_run: Run, toy: Path) -> None:
    text = '[model]\npath = "toy.keras"\n[data]\ncalibration = "calibration.npz"\ndev = "dev.npz"\n'
    text += '[plan]\nrounding = "nearest"\nweights = 2\n'
    project = toy / "shrinkc.toml"
    project.write_text(text)
    few = ("analyze", "--limit", "2", "--jobs", "1", "--json")
    code, out, _ = shrinkc_run(*few)
    assert code == 0 and json.loads(out)["utterances"] == 2
    project.write_text(text.replace("weights = 2", "weights = 8"))
    assert shrinkc_run(*few)[1] == out
    project.write_text(text + 'clipping = "percentile"\npercentile = 60\n')
    assert shrinkc_run(*few)[1] != out
    project.write_text(text + '[plan.paths."rnn1.nothing.x"]\nclipping = "max"\n')
    code, _, err = shrinkc_run(*few)
    assert code == 2 and "'rnn1.nothing.x' matches no path" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("analyze", "toy.keras", "--calibration", "calibration.npz"), "no data to try plans on: give --dev"),
        (("analyze", "toy.keras", "--dev", "dev.npz"), "no calibration set: give one with --calibration"),
        ((*ANALYZE, "--target", "cortex-m99"), "unknown target 'cortex-m99'"),
        ((*ANALYZE, "--limit", "0"), "--limit"),
        ((*ANALYZE, "--jobs", "0"), "--jobs"),
        ((*ANALYZE, "--clipping", "hard"), "--clipping"),
        ((*ANALYZE, "--dev", "nothing.npz"), "nothing.npz: no such dataset"),
        ((*ANALYZE, "--dev", "wide.npz"), "'features' is 9 wide and the model takes 5"),
        (("analyze",), "no model.path"),
    ],
)
def test_what_is_refused(shrinkc_run: Run, toy: Path, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = shrinkc_run(*arguments)
    assert (code, out) == (2, "") and message in err.splitlines()[-1]
