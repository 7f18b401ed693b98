"""gdb against QEMU's gdb server: an image is loaded into an empty machine, compared and started, and gives outputs."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from flash_jobs import tiny_job

from shrinkc.cli import run
from shrinkc.compile.elf import Elf
from shrinkc.emulate import qemu
from shrinkc.emulate.counter import Counter
from shrinkc.emulate.trace import decode_output, encode_input
from shrinkc.errors import BuildError
from shrinkc.flash import FLASHERS
from shrinkc.score import report as reports
from tiny_image import tiny
from tiny_model import reference, utterances
from tools import needs_gdb

GDB = FLASHERS["gdb"]
LONGEST_S = 60
LENGTHS = [5, 30, 0, 7]
TARGETS = ["netduinoplus2", "microbit", "mps2-an385", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def server(command: Sequence[str], folder: Path) -> Iterator[tuple[subprocess.Popen, str]]:
    """A QEMU that waits for gdb: its process and its address."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen([*command, "-gdb", f"tcp:{address}", "-S"], cwd=folder, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LONGEST_S
        while True:
            with (
                contextlib.suppress(ConnectionRefusedError),
                socket.create_connection(("127.0.0.1", port)),
            ):
                break
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.wait()


@needs_gdb
@pytest.mark.parametrize("target", TARGETS)
def test_the_image_is_loaded_compared_and_runs(target: str, tmp_path: Path) -> None:
    image, inputs = tiny(target), utterances(LENGTHS)
    (tmp_path / "input.bin").write_bytes(encode_input(inputs, dump_state=False))
    *machine, _, _ = qemu.command(image, "")  # all but the image
    said = []
    with server(machine, tmp_path) as (process, address):
        GDB.write(tiny_job(target, tmp_path, address), said.append)
        assert process.wait(LONGEST_S) == 0
    assert "".join(said).count("matched.") == sum(section.loaded for section in Elf(image.elf).sections)
    counter, content = Counter(image.target.board.systick_hz), (tmp_path / "output.bin").read_bytes()
    trace = decode_output(content, image.interface, sum(LENGTHS), counter, dump_state=False)
    outputs, sent = reference(inputs)
    assert np.array_equal(trace.outputs, outputs)
    assert np.array_equal(trace.sent, sent)


@needs_gdb
def test_memory_that_is_not_there(tmp_path: Path) -> None:
    """An image for one board on the machine of another: QEMU takes the bytes, and gives back others."""
    *machine, _, _ = qemu.command(tiny("mps2-an386"), "")
    with (
        server(machine, tmp_path) as (_, address),
        pytest.raises(BuildError, match=r"does not hold .*\.vectors, \.text"),
    ):
        GDB.write(tiny_job("netduinoplus2", tmp_path, address), lambda text: None)


@needs_gdb
def test_nobody_answers(tmp_path: Path) -> None:
    address = f"localhost:{free_port()}"
    with pytest.raises(BuildError, match=f"no gdb server answers at {address}: start openocd"):
        GDB.write(tiny_job("netduinoplus2", tmp_path, address), lambda text: None)


@needs_gdb
def test_the_command_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    report = reports.from_json((Path(__file__).parents[1] / "score" / "sample_report.json").read_bytes(), "sample")
    image = tiny("cortex-m4")
    (tmp_path / "report.json").write_text(reports.to_json(msgspec.structs.replace(report, target="cortex-m4")))
    (tmp_path / "lstm.elf").write_bytes(image.elf)
    *machine, _, _ = qemu.command(image, "")
    with server(machine, tmp_path) as (_, address):
        assert run(["flash", str(tmp_path), "--flasher", "gdb", "--probe", address]) == 0
    out, err = capsys.readouterr()
    size = sum(len(segment.content) for segment in Elf(image.elf).segments)
    assert out == f"lstm.elf is on mps2-an386: {size:,} bytes from 0x00000000, verified by gdb\n"
    assert "Transfer rate:" in err and "matched." in err
    assert not (tmp_path / "messages.txt").exists()
