"""`shrinkc export`: its options, its refusals, and what it leaves in place."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from shrinkc.cli import run

Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Run `shrinkc export built ...` where that build lies: (exit code, stdout, stderr)."""
    shutil.copytree(built, tmp_path / "built")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = run(("export", "built", *arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_an_export_is_written_and_described(shell: Shell) -> None:
    code, out, err = shell("--format", "single", "-o", "out", "--license", "MIT", "--version", "2.0.0")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "toy 2.0.0 for cortex-m0plus, as a single pair of files",
        "licence: Apache-2.0 AND MIT",
        "written to out: 7 files",
    ]
    assert Path("out/toy.h").is_file()


def test_the_usual_folder_and_a_note_where_the_weights_have_no_licence(shell: Shell) -> None:
    code, out, _ = shell("--format", "single")
    assert code == 0 and Path("export/single/toy.c").is_file()
    assert "note: no licence of the weights: --license SPDX states it" in out


def test_an_export_replaces_an_export_and_nothing_else(shell: Shell) -> None:
    assert shell("--format", "single", "-o", "out")[0] == 0
    Path("out/toy.c").write_text("old")
    assert shell("--format", "single", "-o", "out")[0] == 0
    assert Path("out/toy.c").read_text() != "old"
    Path("out/mine.c").write_text("mine")
    code, _, err = shell("--format", "single", "-o", "out")
    assert code == 2 and "holds 'mine.c', which shrinkc did not write" in err
    code, _, err = shell("--format", "single", "-o", "built")
    assert code == 2 and "choose another folder with -o" in err
    assert Path("built/toy.elf").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "keil"), "'keil' is not one of"),
        ((), "Missing option '--format'"),
        (("--format", "single", "--version", "two"), "--version 'two': give it as in --version 1.2.0"),
        (("--format", "single", "--license-file", "none"), "--license-file none: No such file"),
        (
            ("--format", "single", "--license-file", "built/toy.elf"),
            "--license-file built/toy.elf: is no text in UTF-8",
        ),
    ],
)
def test_what_is_refused_leaves_nothing(arguments: tuple[str, ...], message: str, shell: Shell) -> None:
    code, _, err = shell(*arguments)
    assert code == 2 and message in err and err.count("\n") == 1
    assert not Path("export").exists()


def test_without_a_build_it_says_what_to_give(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(("export", "--format", "single")) == 2
    assert "give the folder that `shrinkc build` wrote" in capsys.readouterr().err
