"""`shrinkc targets`."""

import json

import pytest

from shrinkc.cli import run
from shrinkc.target import list_targets


def test_the_list_names_every_target(capsys: pytest.CaptureFixture) -> None:
    assert run(["targets"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {name for name in list_targets() if any(line.split()[:1] == [name] for line in lines)} == set(list_targets())


def test_one_target_shows_its_memories(capsys: pytest.CaptureFixture) -> None:
    assert run(["targets", "netduinoplus2"]) == 0
    shown = capsys.readouterr().out
    assert "1,048,576 bytes from 0x08000000" in shown
    assert "131,072 bytes from 0x20000000" in shown
    assert "-mcpu=cortex-m4" in shown


def test_json_holds_every_field(capsys: pytest.CaptureFixture) -> None:
    assert run(["targets", "--json"]) == 0
    assert [target["name"] for target in json.loads(capsys.readouterr().out)] == list(list_targets())
    assert run(["targets", "cortex-m0plus", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["core"]["kernels"] == "portable"
    assert shown["board"]["regions"][0]["kind"] == "flash"


def test_an_unknown_target(capsys: pytest.CaptureFixture) -> None:
    assert run(["targets", "m5"]) == 2
    assert capsys.readouterr().err.startswith("shrinkc: unknown target 'm5'; there are cortex-m0, ")
