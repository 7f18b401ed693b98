"""`shrinkc bench`: what it measures, what it refuses, what it writes."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import shrinkc.bench.model
import shrinkc.bench.standard
from shrinkc.bench.report import Group, Instructions, Memory, Result
from shrinkc.errors import BuildError

Run = Callable[..., tuple[int, str, str]]


def result(name: str, target: str) -> Result:
    return Result(
        name=name,
        target=target,
        kernels="dsp",
        multiplications=9,
        instructions=Instructions(total=1234.5, scan=1.0, products=1200.5, elementwise=30.0, rest=3.0),
        memory=Memory(flash=5, weights=4, code=1, ram=6, stack=7),
        groups=(Group(name="rnn.x@8", width=40, mode="delta", cheaper="delta", unsent=0.6),),
    )


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Measures nothing, and keeps what was asked for."""
    asked = SimpleNamespace(error=None)

    def measure_shapes(bench, shapes, targets, steps, kernels, jobs, progress):  # type: ignore[no-untyped-def]
        asked.shapes, asked.targets, asked.kernels = [shape.name for shape in shapes], targets, kernels
        if asked.error:
            raise asked.error
        progress(1, 1)
        return tuple(result(shape.name, target.name) for shape in shapes for target in targets)

    def measure_model(bench, settings, targets, steps, jobs, progress):  # type: ignore[no-untyped-def]
        asked.settings, asked.targets, asked.steps = settings, targets, steps
        return tuple(result(settings.model.name, target.name) for target in targets)

    monkeypatch.setattr(shrinkc.bench.standard, "measure_shapes", measure_shapes)
    monkeypatch.setattr(shrinkc.bench.model, "measure_model", measure_model)
    return asked


def test_without_a_model_the_standard_shapes_on_six_cores(shrinkc_run: Run, measured: SimpleNamespace) -> None:
    code, out, _ = shrinkc_run("bench")
    assert code == 0
    assert len(measured.shapes) == 96 and measured.kernels == "auto"
    assert [target.name for target in measured.targets] == [
        "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55",
    ]  # fmt: skip
    assert "lstm-40-64-w8-dense" in out and "element-wise" in out


def test_some_of_the_standard_shapes(shrinkc_run: Run, measured: SimpleNamespace) -> None:
    arguments = ("--shapes", "gru-40-128", "--weights", "2", "--target", "cortex-m4", "--kernels", "delta")
    assert shrinkc_run("bench", *arguments)[0] == 0
    assert measured.shapes[0] == "gru-40-128-w2-dense" and len(measured.shapes) == 4
    assert measured.kernels == "delta"


def test_a_model_on_every_core(shrinkc_run: Run, measured: SimpleNamespace) -> None:
    code, out, _ = shrinkc_run("bench", "zoo:lstm", "--weights", "4", "--delta", "8", "--steps", "7", "--json")
    report = json.loads(out)
    assert code == 0 and report["steps"] == measured.steps == 7
    assert len(report["results"]) == 7 and report["results"][0]["target"] == "cortex-m0"
    assert measured.settings.plan.weights == 4 and measured.settings.delta.threshold == 8


def test_in_a_project_its_own_model(shrinkc_run: Run, measured: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "shrinkc.toml").write_text('target = "cortex-m3"\n[model]\npath = "zoo:gru"\n[plan]\nweights = 4\n')
    assert shrinkc_run("bench")[0] == 0
    assert measured.settings.model.name == "zoo:gru" and measured.settings.plan.weights == 4
    assert len(measured.targets) == 7
    assert shrinkc_run("bench", "--shapes", "*")[0] == 0
    assert len(measured.shapes) == 96


def test_the_file_is_what_json_prints(shrinkc_run: Run, measured: SimpleNamespace, tmp_path: Path) -> None:
    code, out, err = shrinkc_run("bench", "zoo:lstm", "--json", "-o", "new/figures.json")
    assert code == 0 and (tmp_path / "new" / "figures.json").read_text() == out
    assert "written to new/figures.json" in err


def test_a_failure_leaves_the_file_as_it_was(shrinkc_run: Run, measured: SimpleNamespace, tmp_path: Path) -> None:
    (tmp_path / "figures.json").write_text("old")
    measured.error = BuildError("no luck")
    code, out, err = shrinkc_run("bench", "-o", "figures.json")
    assert (code, out) == (1, "") and err.splitlines()[-1] == "shrinkc: no luck"
    assert (tmp_path / "figures.json").read_text() == "old"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--target", "cortex-m99"), "unknown target 'cortex-m99'; there are cortex-m0"),
        (("--shapes", "transformer*"), "names none of the standard shapes; they are called lstm-40-64-w8-dense"),
        (("zoo:lstm", "--shapes", "*"), "MODEL is of no use to the standard shapes"),
        (("--delta", "8"), "--delta is of no use to the standard shapes"),
        (("--dataset", "x.npz"), "--dataset is of no use to the standard shapes"),
        (("--weights", "3"), "--weights"),
        (("--kernels", "quick"), "--kernels"),
        (("zoo:nothing",), "nothing"),
        (("--steps", "0"), "--steps"),
        (("-o", "."), "is a folder: give a file with -o"),
    ],
)
def test_what_is_refused(shrinkc_run: Run, measured: SimpleNamespace, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = shrinkc_run("bench", *arguments)
    assert (code, out) == (2, "")
    assert message in err and len(err.strip().splitlines()) == 1
