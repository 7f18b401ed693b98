"""No kernel may grow slower unnoticed: instructions of standard shapes against those kept for this compiler."""

from pathlib import Path

import pytest

from shrinkc.bench import guard
from tools import needs_qemu

FILE = Path(__file__).with_name("instructions.json")
COMMAND = "python -m shrinkc.bench.guard tests/bench/instructions.json"


@needs_qemu
def test_no_shape_takes_more_instructions_than_before() -> None:
    kept = guard.read(FILE).get(guard.compiler_version())
    if kept is None:
        pytest.skip(f"no counts are kept for {guard.compiler_version()}; to keep them: {COMMAND}")
    worse = guard.risen(kept, guard.count_all())
    assert not worse, f"if this is meant, run: {COMMAND}\n" + "\n".join(worse)


def test_a_rise_is_named_and_a_fall_is_welcome() -> None:
    kept = {"a": 1000.0, "b": 1000.0, "c": 1000.0, "gone": 1.0}
    lines = guard.risen(kept, {"a": 1020.0, "b": 1021.0, "c": 500.0, "new": 1.0})
    assert lines == [
        "b: 1,000 instructions before, 1,021 now (+2.1 %)",
        "new: not in the file",
        "gone: in the file, and not counted any more",
    ]


def test_renewing_keeps_the_counts_of_other_compilers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "counts.json"
    path.write_text('{"gcc 1": {"a": 1.0}}')
    monkeypatch.setattr(guard, "count_all", lambda: {"a": 2.0})
    monkeypatch.setattr(guard, "compiler_version", lambda: "gcc 2")
    guard.renew(path)
    assert guard.read(path) == {"gcc 1": {"a": 1.0}, "gcc 2": {"a": 2.0}}
