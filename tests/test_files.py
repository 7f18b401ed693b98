"""Files are written whole or not at all, one, several, or a folder of them."""

import os
from pathlib import Path

import pytest

from shrinkc.errors import BuildError
from shrinkc.files import replace_folder, system_errors, write_all, write_whole


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refuse(monkeypatch: pytest.MonkeyPatch, function: str, wanted: str) -> None:
    """Let the system refuse to do `function` to paths that end in `wanted`."""
    real = getattr(os, function)

    def call(source, target):
        if str(target).endswith(wanted):
            raise PermissionError(13, "Permission denied", str(target))
        return real(source, target)

    monkeypatch.setattr(os, function, call)


def test_text_and_bytes_in_folders_that_are_not_there_yet(tmp_path):
    write_whole(tmp_path / "deep" / "er" / "a.txt", "größe\n")
    write_whole(tmp_path / "b.bin", b"\x00\xff")
    assert contents(tmp_path) == {"deep/er/a.txt": "größe\n".encode(), "b.bin": b"\x00\xff"}


def test_rights_are_those_of_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", "")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_none_is_written_where_one_cannot_be(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "a").write_text("old")
    with pytest.raises(BuildError, match=r"cannot write .*b: Is a directory"):
        write_all({tmp_path / "a": "new", tmp_path / "b": "new"})
    assert contents(tmp_path) == {"a": b"old"}


def test_nothing_is_left_behind_where_a_rename_fails(tmp_path, monkeypatch):
    refuse(monkeypatch, "replace", "b")
    with pytest.raises(BuildError, match=r"cannot write .*b: Permission denied"):
        write_all({tmp_path / "b": "new", tmp_path / "c": "new"})
    assert contents(tmp_path) == {}


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "out"
    replace_folder(folder, {"a.c": "int a;\n", "src/b.h": b"b"})
    replace_folder(folder, {"c.c": "int c;\n"})
    assert contents(tmp_path) == {"out/c.c": b"int c;\n"}


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_stays_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch, there):
    folder = tmp_path / "out"
    if there:
        replace_folder(folder, {"a": "old"})
    real = os.rename
    monkeypatch.setattr(
        os, "rename", lambda a, b: real(a, b) if not str(b).endswith("out") or ".old" in str(a) else 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        replace_folder(folder, {"a": "new"})
    assert contents(tmp_path) == ({"out/a": b"old"} if there else {})
    assert [path.name for path in tmp_path.iterdir()] == ["out"] * there


def test_a_failure_of_the_system_is_one_line():
    with pytest.raises(BuildError, match=r"^cannot read it: No space left on device$"), system_errors("cannot read it"):
        raise OSError(28, "No space left on device", "/some/file")
