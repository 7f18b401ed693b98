"""Images on their serial ports in QEMU, which is as near to a board as this gets: no silicon was there to be tried.

QEMU runs without counting instructions here, but for one test: then SysTick means nothing, and nothing is as slow.
"""

import functools
import re
import socket
from pathlib import Path

import numpy as np
import pytest

from noisy_line import Noise
from serial_machine import Relay, board, console
from shrinkc.board import Attached
from shrinkc.board.run import run_on_board
from shrinkc.board.session import Welcome
from shrinkc.compile.about import SelfTest
from shrinkc.compile.image import Image, compile_image
from shrinkc.emulate.counter import ICOUNT_SHIFT
from shrinkc.emulate.run import run_image
from shrinkc.errors import BuildError, InputError
from shrinkc.target import load_target
from tiny_model import DIGEST, reference, sources, utterances
from tools import needs_qemu

pytest.importorskip("serial", reason="pyserial is not installed")

pytestmark = needs_qemu
BOARDS = ["netduinoplus2", "mps2-an386"]
LENGTHS = [5, 1, 20, 0]
FAULT = "if (input[0] > 30 || state->sum > 200) { *(volatile int *)0xe0100000 = 1; }"


def self_test() -> SelfTest:
    (inputs,) = utterances([16], seed=9)
    return SelfTest.of(inputs, reference([inputs])[0])


@functools.cache
def image_for(target: str, tested: bool = True, **changes: str) -> Image:
    return compile_image(sources(**changes), "tiny", load_target(target), test=self_test() if tested else None)


def check(image: Image, port: int) -> list[Welcome]:
    """A run over the serial port gives the reference's integers: what the board said of itself."""
    inputs, said = utterances(LENGTHS), []
    trace = run_on_board(image, inputs, Attached(f"socket://127.0.0.1:{port}"), time_limit_s=30, greeted=said.append)
    outputs, sent = reference(inputs)
    assert np.array_equal(trace.outputs, outputs)
    assert np.array_equal(trace.sent, sent)
    assert trace.cycles is None, "QEMU has no cycle counter"
    return said


@pytest.mark.parametrize("target", [*BOARDS, "microbit", "mps2-an505", "mps3-an547"])
def test_a_run_and_another_one(target: str, tmp_path: Path) -> None:
    image = image_for(target)
    with board(image, tmp_path) as port:
        for _ in range(2):
            assert check(image, port) == [Welcome(image.interface, True, image.target.board.name)]


def test_systick_is_what_it_is_through_semihosting(tmp_path: Path) -> None:
    """The same calls, counted the same way, whoever serves the files."""
    image, inputs = image_for("mps2-an386"), utterances([8])
    with board(image, tmp_path, "-icount", f"shift={ICOUNT_SHIFT},align=off,sleep=off") as port:
        trace = run_on_board(image, inputs, Attached(f"socket://127.0.0.1:{port}"), time_limit_s=60)
    assert trace.ticks.min() > 0
    assert np.array_equal(trace.ticks, run_image(image, inputs).ticks)


@pytest.mark.parametrize("target", BOARDS)
def test_a_line_that_drops_and_corrupts(target: str, tmp_path: Path) -> None:
    image = image_for(target)
    with board(image, tmp_path) as port:
        relay = Relay(port, Noise(3, 0.004, 12))
        try:
            check(image, relay.port)
        finally:
            relay.stop()


@pytest.mark.parametrize("target", BOARDS)
def test_the_console_at_boot(target: str, tmp_path: Path) -> None:
    image = image_for(target)
    text = console(image, tmp_path, "waiting for shrinkc verify --on board")
    state = image.interface.state_bytes
    assert text.splitlines() == [
        "",
        f"shrinkc: tiny on {target}",
        f"digest {DIGEST}",
        f"weights {image.sizes.weights} bytes, state {state} bytes, image {image.sizes.image} bytes",
        "self-test: 16 frames, pass",
        "waiting for shrinkc verify --on board",
    ]


def test_a_model_that_is_wrong_fails_its_test(tmp_path: Path) -> None:
    image = image_for("mps2-an386", extra="state->sum += 16;")
    assert "self-test: 16 frames, FAIL\r\n" in console(image, tmp_path, "waiting for shrinkc verify --on board")


def test_an_image_without_a_test_says_so(tmp_path: Path) -> None:
    image = image_for("mps2-an386", tested=False)
    with board(image, tmp_path) as port:
        assert check(image, port)[0].self_test is None


def test_a_crash_is_named(tmp_path: Path) -> None:
    image = image_for("netduinoplus2", tested=False, extra=FAULT)
    with (
        board(image, tmp_path) as port,
        pytest.raises(
            BuildError, match=r"^tiny crashed on netduinoplus2: HardFault at 0x\w{8} in tiny_step; sp="
        ) as error,
    ):
        run_on_board(image, utterances([200]), Attached(f"socket://127.0.0.1:{port}"), time_limit_s=30)
    assert "\n" not in str(error.value)


def test_another_model_is_refused(tmp_path: Path) -> None:
    image = image_for("mps2-an386")
    files = {name: text.replace(DIGEST, DIGEST[::-1]) for name, text in sources().items()}
    other = compile_image(files, "tiny", load_target("mps2-an386"))
    with (
        board(image, tmp_path) as port,
        pytest.raises(
            InputError, match=r"holds model 0123456789abcdef, this build is fedcba9876543210: flash tiny.elf"
        ),
    ):
        run_on_board(other, utterances([3]), Attached(f"socket://127.0.0.1:{port}"))


def test_a_port_that_is_not_there() -> None:
    image = image_for("mps2-an386")
    for name, why in (
        ("/dev/nowhere", "No such file or directory; (there are|no serial port is plugged in)"),
        ("socket://127.0.0.1:1", "Connection refused"),
        ("nowhere://1", "invalid URL, protocol 'nowhere' not known"),
    ):
        with pytest.raises(InputError, match=f"^{re.escape(name)}: cannot open the port: {why}") as error:
            run_on_board(image, utterances([3]), Attached(name))
        assert "\n" not in str(error.value)


def test_nobody_at_the_other_end() -> None:
    """Another baud rate, another port, no image: the same silence."""
    image = image_for("mps2-an386")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = Attached(f"socket://127.0.0.1:{silent.getsockname()[1]}", 9600)
        with pytest.raises(BuildError, match=r"nothing answers on socket://.* at 9600 baud"):
            run_on_board(image, utterances([3]), where, hello_limit_s=0.5)
