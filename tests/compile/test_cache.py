"""Objects are compiled again only when what they are made of has changed."""

from pathlib import Path

import pytest

from shrinkc.compile import toolchain
from shrinkc.compile.cache import ObjectCache
from shrinkc.compile.image import compile_image
from shrinkc.compile.toolchain import compile_objects
from shrinkc.target import load_target
from tiny_model import sources
from tools import needs_arm, needs_gcc


def compiled(folder: Path, cache: ObjectCache, monkeypatch: pytest.MonkeyPatch, **files: str) -> list[str]:
    """The files that the compiler was run on for a.c and b.c, after `files` (a_h, b_c) were written."""
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text)
    seen: list[str] = []
    run = toolchain.run_tools

    def counting(commands: list, where: Path) -> list:
        seen.extend(command[command.index("-c") + 1] for command in commands)
        return run(commands, where)

    with monkeypatch.context() as patch:
        patch.setattr(toolchain, "run_tools", counting)
        compile_objects("gcc", ["-O1"], ["a.c", "b.c"], folder, cache)
    return seen


@needs_gcc
def test_only_what_changed_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ObjectCache(tmp_path / "cache")
    cache.folder.mkdir()
    first, second = tmp_path / "one", tmp_path / "two"
    files = {"a_c": '#include "a.h"\nint a = A;\n', "a_h": "#define A 1\n", "b_c": "int b;\n"}
    for folder in (first, second):
        folder.mkdir()
    assert compiled(first, cache, monkeypatch, **files) == ["a.c", "b.c"]
    assert compiled(second, cache, monkeypatch, **files) == []
    assert (first / "a.c.o").read_bytes() == (second / "a.c.o").read_bytes()
    assert compiled(second, cache, monkeypatch, a_h="#define A 2\n") == ["a.c"]
    assert (first / "a.c.o").read_bytes() != (second / "a.c.o").read_bytes()


@needs_arm
def test_an_image_from_the_cache_is_the_same(tmp_path: Path) -> None:
    plain = compile_image(sources(), "tiny", load_target("cortex-m4"))
    for _ in range(2):
        assert compile_image(sources(), "tiny", load_target("cortex-m4"), cache=ObjectCache(tmp_path)) == plain
