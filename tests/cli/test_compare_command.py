"""`shrinkc compare`: two builds, or reports kept of them, on the command line."""

import json
import shutil

import msgspec
import pytest


@pytest.fixture
def two(shrinkc_run, pipeline, tmp_path) -> None:
    """Two verified builds, a and b, the second larger."""
    for name in "ab":
        shrinkc_run("build", "zoo:lstm", "--target", "cortex-m4", "-o", name)
        shrinkc_run("verify", name)
        sizes = msgspec.structs.replace(pipeline.report.sizes, flash=9500)
        pipeline.report = msgspec.structs.replace(pipeline.report, sizes=sizes, digest="1" * 64)


def test_a_table(shrinkc_run, two, tmp_path):
    shutil.copy(tmp_path / "a" / "report.json", tmp_path / "kept.json")
    code, out, err = shrinkc_run("compare", "kept.json", "b", "--max-flash-growth", "1K")
    assert (code, err) == (0, "")
    assert out.startswith("lstm for cortex-m4 on zoo:lstm/test: 2 utterances\n")
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert rows["flash"].endswith("9,000 bytes   9,500 bytes   +500 (+5.6 %)")
    assert "limit kept: flash grew by 500 bytes (9,000 bytes to 9,500 bytes), within the limit of 1,024 bytes" in out
    assert "paths whose plan differs" not in out


def test_as_json(shrinkc_run, two):
    code, out, _ = shrinkc_run("compare", "a", "b", "--json", "--max-flash-growth", "1%")
    assert code == 3
    found = json.loads(out)
    assert found["schema"] == "shrinkc-comparison-1"
    assert {"key": "sizes.flash", "before": 9000, "after": 9500, "change": 500}.items() <= found["figures"][4].items()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("a", "b", "--max-flash-growth", "0"), 3, "flash grew by 500 bytes"),
        (("a", "b", "--max-flash-growth", "5%", "--max-ram-growth", "0"), 3, "grew by 5.56 %"),
        (("a", "b", "--max-per-growth", "1%"), 2, "'1%': write points, such as 0.2"),
        (("a", "b", "--max-flash-growth", "-1"), 2, "write a number of bytes, such as 1K, a share, as 2%, or 0"),
        (("a",), 2, "Missing argument 'B'"),
        (("a", "nowhere"), 2, "nowhere/report.json: missing: give a folder that `shrinkc build` wrote"),
        (("a", "a/lstm.c"), 2, "a/lstm.c: not a report of shrinkc"),
    ],
)
def test_what_ends_otherwise(shrinkc_run, two, arguments, code, message):
    found, _, err = shrinkc_run("compare", *arguments)
    assert found == code
    assert message in err and err.count("\n") == 1
