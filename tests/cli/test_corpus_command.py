"""`shrinkc corpus`, end to end on a made-up TIMIT, and its complaints."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from shrinkc.cli.corpus import command
from shrinkc.datasets import load
from shrinkc.errors import BuildError, InputError


@pytest.fixture
def timit(tmp_path):
    """One sentence of a train, a dev and a core test speaker."""
    soundfile = pytest.importorskip("soundfile")
    for speaker, part in (("fcjf0", "train"), ("faks0", "test"), ("felc0", "test")):
        folder = tmp_path / "timit" / part / "dr1" / speaker
        folder.mkdir(parents=True)
        (folder / "sx1.phn").write_text("0 1600 b\n1600 3200 aa\n")
        noise = np.random.default_rng(0).integers(-100, 100, 3200).astype(np.int16)
        soundfile.write(folder / "sx1.wav", noise, 16000)
    return tmp_path / "timit"


def run(*arguments):
    return CliRunner().invoke(command, [str(word) for word in arguments], standalone_mode=False)


def test_writes_one_set_a_side(timit, tmp_path):
    out = tmp_path / "out"
    result = run("timit", "--source", timit, "-o", out, "--bands", 23, "--frame-shift", 10, "--json")
    assert result.exception is None
    rows = {row["side"]: row for row in json.loads(result.stdout)}
    assert set(rows) == {"train", "dev", "test"} and rows["dev"]["utterances"] == 1
    dev = load(out / "dev.npz")
    assert (dev.width, dev.speakers, dev.meta["frame_shift_ms"]) == (23, ("faks0",), 10.0)
    first = (out / "dev.npz").read_bytes()
    assert run("timit", "--source", timit, "-o", out, "--bands", 23, "--frame-shift", 10).exception is None
    assert (out / "dev.npz").read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("timit",), "give its folder with --source"),
        (("timit", "--source", "absent"), "absent: no such folder"),
        (("timit", "--source", ".", "--bands", "0"), "0 bands"),
        (("timit", "--source", ".", "--frame-shift", "40"), "frame shift 40"),
        (("timit", "--source", ".", "--bands", "1000000000"), "1000000000 bands"),
        (("timit", "--source", ".", "--frame-shift", "0.01"), "frame shift 0.01 ms must be at least one sample"),
        (("timit", "--source", ".", "--frame-shift", "nan"), "frame shift nan"),
        (("timit", "--source", ".", "--phones", "ipa"), "unknown phone set 'ipa'"),
    ],
)
def test_complaints_leave_nothing_behind(tmp_path, arguments, says):
    result = run(*arguments, "-o", tmp_path / "out")
    assert isinstance(result.exception, InputError) and says in str(result.exception)
    assert not (tmp_path / "out").exists()


def test_all_sides_land_or_none(timit, tmp_path):
    out = tmp_path / "out"
    (out / "test.npz").mkdir(parents=True)
    (out / "train.npz").write_bytes(b"as it was")
    result = run("timit", "--source", timit, "-o", out)
    assert isinstance(result.exception, BuildError) and "test.npz: Is a directory" in str(result.exception)
    assert sorted(path.name for path in out.iterdir()) == ["test.npz", "train.npz"]
    assert (out / "train.npz").read_bytes() == b"as it was"
