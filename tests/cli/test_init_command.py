"""`shrinkc init` and `shrinkc inspect`."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from shrinkc import importers
from shrinkc.project import load_project


def test_a_project_from_the_zoo(shrinkc_run, tmp_path):
    code, out, err = shrinkc_run("init", "p", "--from", "zoo:lstm", "--target", "cortex-m7", "--name", "tiny")
    assert (code, err) == (0, "")
    assert "next: cd p" in out and "next: shrinkc build\n" in out
    settings = load_project(tmp_path / "p")
    assert (settings.model.name, settings.target, settings.name) == ("zoo:lstm", "cortex-m7", "tiny")


def test_a_project_from_a_file_keeps_its_place(shrinkc_run, tmp_path):
    (tmp_path / "m.keras").write_bytes(b"model")
    assert shrinkc_run("init", "deep/p", "--from", "m.keras", "--target", "cortex-m4")[0] == 0
    assert load_project(tmp_path / "deep/p").model.path.resolve() == tmp_path / "m.keras"


def test_an_empty_project(shrinkc_run, tmp_path):
    (tmp_path / "p").mkdir()
    assert shrinkc_run("init", "p")[0] == 0
    assert "# path = " in (tmp_path / "p" / "shrinkc.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["p", "--from", "none.keras"], "none.keras: no such model file"),
        (["p", "--from", "zoo:none"], "zoo:none"),
        (["p", "--target", "cortex-m99"], "cortex-m99"),
        (["p", "--name", "a-b"], "no C identifier"),
        (["full"], "full holds 'thesis.tex'"),
        (["file"], "file is a file"),
    ],
)
def test_refusals_write_nothing(shrinkc_run, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    (tmp_path / "file").write_text("")
    code, out, err = shrinkc_run("init", *arguments)
    assert (code, out) == (2, "")
    assert message in err and err.count("\n") == 1
    assert not (tmp_path / "p").exists()


def test_a_project_is_not_overwritten(shrinkc_run):
    shrinkc_run("init", "p")
    code, _, err = shrinkc_run("init", "p")
    assert code == 2
    assert "a project already" in err


@pytest.fixture
def network(monkeypatch) -> None:
    layer = SimpleNamespace(
        name="rnn1",
        cell_name="lstm",
        inputs=3,
        units=4,
        parameters=44,
        matrices={"input.x": np.zeros((4, 3)), "input.h": np.zeros((4, 4))},
    )
    found = SimpleNamespace(name="tiny", inputs=3, outputs=4, parameters=44, layers=(layer,), notes=("No softmax.",))
    monkeypatch.setattr(importers, "load", lambda path, name=None: found)


def test_inspect(shrinkc_run, network):
    code, out, err = shrinkc_run("inspect", "tiny.keras")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "tiny: 44 parameters, 176 bytes of floats",
        "layer  cell  inputs  units  parameters",
        "rnn1   lstm  3       4      44",
        "paths, rows x columns",
        "rnn1.input.x  4 x 3",
        "rnn1.input.h  4 x 4",
        "note: No softmax.",
    ]


def test_inspect_as_json(shrinkc_run, network):
    found = json.loads(shrinkc_run("inspect", "tiny.keras", "--json")[1])
    assert found["float_bytes"] == 176
    assert found["paths"][1] == {"name": "rnn1.input.h", "rows": 4, "columns": 4}


def test_inspect_of_nothing(shrinkc_run):
    code, _, err = shrinkc_run("inspect", "none.keras")
    assert code == 2
    assert "none.keras" in err and err.count("\n") == 1
