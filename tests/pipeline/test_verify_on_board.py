"""The whole way to a board on a serial port, which QEMU is here, and what the image says and tests at boot."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from serial_machine import board, console
from shrinkc import pipeline
from shrinkc.board import Attached
from shrinkc.cli import run
from shrinkc.compile.elf import Elf
from shrinkc.emulate.trace import Trace
from shrinkc.errors import LimitError
from shrinkc.files import write_whole
from shrinkc.reference import archive
from shrinkc.score import report
from shrinkc.score.limits import check, outcomes
from tools import needs_qemu, write_build

pytest.importorskip("serial", reason="pyserial is not installed")

pytestmark = needs_qemu
LAST = "waiting for shrinkc verify --on board"


@pytest.mark.parametrize(("both", "last"), [(False, True), (True, False)])
def test_the_image_tests_itself_at_boot(project, tmp_path: Path, both: bool, last: bool) -> None:
    """On the first utterance of the calibration set; and the test can fail."""
    image = pipeline.build(project(both, last, max_frames=12 if both else None)).image
    assert "self-test: 7 frames, pass\r\n" in console(image, tmp_path, LAST)
    digest = Elf(image.elf).content("about_digest")
    spoilt = Elf(image.elf).replaced("about_digest", 0, bytes(byte ^ 1 for byte in digest))
    assert "self-test: 7 frames, FAIL\r\n" in console(dataclasses.replace(image, elf=spoilt), tmp_path, LAST)


def test_verified_on_the_board(project, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """By the command line, whose report keeps what QEMU said before."""
    settings = project(True, False, max_frames=12)
    out = tmp_path / "out"
    made = pipeline.build(settings)
    write_build(out, made)
    data = ("--dataset", str(settings.data.test.path), "--limit", "3")
    assert run(["verify", str(out), *data]) == 0
    before = report.load(out)
    with board(made.image, tmp_path) as port:
        command = ["verify", str(out), *data, "--on", "board", "--port", f"socket://127.0.0.1:{port}", "--json"]
        capsys.readouterr()
        assert run(command) == 0
        printed = json.loads(capsys.readouterr().out)
    found = report.load(out)
    assert found.verification == before.verification
    assert found.on_board.bit_exact and found.on_board.frames == before.verification.frames
    assert found.on_board.self_test is True
    assert found.on_board.emulator == "mps2-an386, over socket://"
    assert found.on_board.cycles_per_frame is None, "QEMU has no cycle counter"
    assert found.on_board.eliminated == before.verification.eliminated
    assert printed["on_board"]["self_test"] is True


def test_a_bit_that_differs_is_named_with_the_states_of_the_board(project, tmp_path: Path) -> None:
    """The reference in the folder is changed: the run again, with its states, goes over the line too."""
    settings = project(False, False)
    made = pipeline.build(settings)
    write_build(tmp_path / "out", made)
    kept = archive.load(tmp_path / "out")
    first, head = kept.quantized.layers
    sums = first.accumulators[0]
    weights = sums.matrices[-1].weights.copy()
    weights[3, 2] += 60
    matrices = (*sums.matrices[:-1], dataclasses.replace(sums.matrices[-1], weights=weights))
    first = dataclasses.replace(
        first, accumulators=(dataclasses.replace(sums, matrices=matrices), *first.accumulators[1:])
    )
    changed = dataclasses.replace(kept, quantized=dataclasses.replace(kept.quantized, layers=(first, head)))
    write_whole(tmp_path / "out" / archive.FILE_NAME, archive.to_bytes(changed))
    with board(made.image, tmp_path) as port:
        where = Attached(f"socket://127.0.0.1:{port}")
        verified = pipeline.verify(tmp_path / "out", settings, limit=2, board=where)
    found = verified.on_board
    assert (found.first_divergence.layer, found.first_divergence.index) == ("rnn", 3)
    with pytest.raises(LimitError, match="of rnn, utterance 0, frame"):
        check(outcomes(verified, settings.limits, on_board=True))


def test_cycles_where_a_counter_runs(project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No machine here counts cycles: the trace is given some, and the report has them beside SysTick's ticks."""
    settings = project(False, False)
    write_build(tmp_path / "out", pipeline.build(settings))
    run_in_qemu = pipeline.run_image

    def counted(image, inputs, attached, *, progress, dump_state, greeted) -> Trace:
        trace = run_in_qemu(image, inputs)
        return dataclasses.replace(trace, cycles=np.arange(len(trace.outputs)) + 1000)

    monkeypatch.setattr(pipeline, "run_on_board", counted)
    found = pipeline.verify(tmp_path / "out", settings, limit=2, board=Attached("socket://nowhere:1")).on_board
    assert found.cycles_per_frame == report.Counted(mean=1009.0, min=1000, max=1018)
    assert found.self_test is None
