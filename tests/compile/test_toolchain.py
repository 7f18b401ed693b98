"""Tools that hang, die or print: nothing outlives the call, and each failure is one line."""

import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from shrinkc.compile import toolchain
from shrinkc.compile.processes import scratch_folder
from shrinkc.compile.templates import render
from shrinkc.compile.toolchain import first_error, run_tool, run_tools
from shrinkc.errors import BuildError


def test_results_stand_in_order(tmp_path: Path) -> None:
    commands = [["sh", "-c", f"sleep 0.{9 - n}; echo {n}; exit {n}"] for n in range(5)]
    results = run_tools(commands, tmp_path)
    assert [(result.code, result.messages) for result in results] == [(n, f"{n}\n") for n in range(5)]


def test_arguments_are_no_shell_words(tmp_path: Path) -> None:
    assert run_tool(["echo", "$HOME; `id`", "*"], tmp_path).messages == "$HOME; `id` *\n"


def test_a_tool_that_hangs_is_stopped_with_its_children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "LONGEST_RUN_S", 0.3)
    with pytest.raises(BuildError, match="sh took more than 0 s and was stopped"):
        run_tool(["sh", "-c", "sleep 987.125 & wait"], tmp_path)
    time.sleep(0.1)
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert "sleep 987.125" not in processes


def test_a_tool_that_is_killed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="sh was killed by SIGSEGV"):
        run_tool(["sh", "-c", "kill -SEGV $$"], tmp_path)


def test_the_first_error_is_the_one_shown() -> None:
    assert first_error("In file x:\n a.c:1: error: one\n a.c:2: error: two\n") == "a.c:1: error: one"
    assert first_error("\n\n") == "it gave no message"


def test_a_scratch_folder_goes_whatever_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(KeyboardInterrupt), scratch_folder() as folder:
        (folder / "a").write_text("b")
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_no_room_for_a_scratch_folder_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(BuildError, match="cannot make a temporary folder: No such file"), scratch_folder():
        pass


def test_a_template_refuses_a_name_that_nobody_gave() -> None:
    with pytest.raises(Exception, match="'name' is undefined"):
        render("image", "model.h.j2")
