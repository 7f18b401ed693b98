"""Where `shrinkc verify` runs an image: which options mean something where, and which result the limits are held on."""

import msgspec
import pytest

from shrinkc.board import Attached
from shrinkc.score import report as reports


@pytest.fixture
def built(shrinkc_run, pipeline) -> None:
    shrinkc_run("build", "zoo:lstm", "--target", "cortex-m4", "-o", "out")


def test_on_a_board(shrinkc_run, pipeline, built, tmp_path):
    command = ("verify", "out", "--on", "board", "--port", "/dev/ttyACM0", "--baud", "9600")
    assert shrinkc_run(*command)[0] == 0
    assert pipeline.options["board"] == Attached("/dev/ttyACM0", 9600)
    report = reports.load(tmp_path / "out")
    assert report.on_board is not None and report.verification is None
    assert shrinkc_run("verify", "out", "--on", "board")[0] == 0
    assert pipeline.options["board"] == Attached(None, None)


def test_limits_are_held_on_the_run_at_hand(shrinkc_run, pipeline, built):
    """A board that differs fails, whatever QEMU said before."""
    assert shrinkc_run("verify", "out")[0] == 0
    found = reports.Divergence(layer="rnn2", quantity="h", utterance=1, frame=2, index=3, device=4, reference=5)
    kept = pipeline.verification
    pipeline.verification = msgspec.structs.replace(kept, bit_exact=False, first_divergence=found)
    code, out, err = shrinkc_run("verify", "out", "--on", "board")
    assert code == 3 and "h of rnn2, utterance 1, frame 2, index 3" in err
    assert "board, bit-exact" in out and "NO: h of rnn2" in out
    pipeline.verification = kept
    assert shrinkc_run("verify", "out")[0] == 0


def test_a_limit_on_what_a_board_does_not_count(shrinkc_run, pipeline, built):
    code, _, err = shrinkc_run("verify", "out", "--on", "board", "--max-instructions", "2000")
    assert code == 2 and err.count("\n") == 1 and "`shrinkc verify` without --on counts them first" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--port", "COM3"), "--port and --baud need --on board"),
        (("--on", "qemu", "--baud", "9600"), "--port and --baud need --on board"),
        (("--on", "board", "--jobs", "2"), "--jobs is for QEMU: one board runs at a time"),
        (("--on", "silicon"), "is not one of 'qemu', 'board'"),
    ],
)
def test_options_that_mean_nothing_there(shrinkc_run, pipeline, built, options, message):
    code, _, err = shrinkc_run("verify", "out", *options)
    assert code == 2 and message in err
