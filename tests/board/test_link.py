"""The link's C against its Python, over a line that spoils what it carries: the transfer is right, or ends in time."""

import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noisy_line import Line, Noise
from shrinkc.board import session as sessions
from shrinkc.board.frames import Frame, Receiver, numbers, parse
from shrinkc.board.session import Session
from shrinkc.compile.host import SANITIZERS, host_flags
from shrinkc.compile.toolchain import run_tool
from shrinkc.errors import BuildError
from shrinkc.resources import data_folder
from tools import needs_gcc

LIMIT_S = 15.0
CONTENT = bytes(range(256)) * 9 + bytes(300)


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """link_host.c, whose waits are about a tenth of the board's: it gives up after one to three seconds."""
    folder = tmp_path_factory.mktemp("link")
    image = data_folder("firmware_templates") / "image"
    files = [Path(__file__).with_name("link_host.c"), image / "link.c", image / "crc32.c"]
    flags = [*host_flags(sanitize=True), "-D_POSIX_C_SOURCE=200809L", "-DBOARD_CLOCK_HZ=32000u", f"-I{image}"]
    result = run_tool(["gcc", *flags, *SANITIZERS, *map(str, files), "-o", "link"], folder)
    assert result.code == 0, result.messages
    return folder / "link"


@pytest.fixture
def line(program: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """A board that has just started, and a host as hasty as it."""
    monkeypatch.setattr(sessions, "HELLO_S", 0.1)
    monkeypatch.setattr(sessions, "ASK_S", 0.2)
    monkeypatch.setattr(sessions, "END_QUIET_S", 0.15)
    line = Line(program)
    yield line
    line.close()


def transfer(line: Line, content: bytes, **options: float) -> None:
    """One session, whose outcome must be right."""
    session = Session(line, content, **{"time_limit_s": 3.0, "hello_limit_s": 3.0, **options})
    welcome = session.begin()
    assert (welcome.interface.inputs, welcome.interface.digest, welcome.self_test) == (2, "d1", True)
    assert welcome.is_for("this-host") and not welcome.is_for("that-host")
    code, output = session.serve()
    assert code == len(content)
    assert output == bytes(byte ^ 0xFF for byte in content)


@needs_gcc
@pytest.mark.parametrize("length", [0, 1, 239, 240, 241, 999, 1000, 1001, len(CONTENT)])
def test_a_quiet_line(line: Line, length: int) -> None:
    """Ends of files at and beside the ends of frames and of the harness's pieces; and one run after another."""
    transfer(line, CONTENT[:length])
    transfer(line, CONTENT[:length][::-1])


@needs_gcc
def test_noise_ends_in_the_right_bytes_or_one_line(program: Path, line: Line) -> None:
    """Both directions, on one board for all: what one example leaves in the line, the next one begins with."""

    @settings(max_examples=25)
    @given(
        st.integers(0, 1 << 32), st.sampled_from((0.0003, 0.002, 0.01, 0.1)), st.integers(0, 30), st.integers(0, 2000)
    )
    def holds(seed: int, rate: float, faults: int, length: int) -> None:
        start = time.monotonic()
        line.noise = Noise(seed, rate, faults)
        try:
            transfer(line, CONTENT[:length])
        except BuildError as error:
            assert faults > 8 and "\n" not in str(error)
        assert time.monotonic() - start < LIMIT_S

    holds()
    line.noise = Noise(0, 0.0, 0)
    transfer(line, CONTENT)


@needs_gcc
@pytest.mark.parametrize("rate", [0.2, 0.8])
def test_a_line_that_is_only_noise_ends_in_time(line: Line, rate: float) -> None:
    line.noise = Noise(1, rate, 1 << 30)
    start = time.monotonic()
    with pytest.raises(
        BuildError, match="nothing answers on a line at 115200 baud: is the image of this build"
    ) as error:
        transfer(line, CONTENT, hello_limit_s=1.0)
    assert "\n" not in str(error.value)
    assert time.monotonic() - start < LIMIT_S
    line.noise = Noise(0, 0.0, 0)
    transfer(line, CONTENT)


@needs_gcc
def test_a_line_that_goes_dead_ends_in_time(line: Line) -> None:
    """Both sides give up: the host after its limit, the board after its tries, and then it takes a new session."""
    session = Session(line, CONTENT, time_limit_s=1.0)
    session.begin()
    line.noise = lambda data: b""
    with pytest.raises(BuildError, match="the board on a line got no further for 1 s: it hangs, or the line is dead"):
        session.serve()
    line.noise = Noise(0, 0.0, 0)
    receiver, found, end = Receiver(), [], time.monotonic() + LIMIT_S
    while not found and time.monotonic() < end:
        line.write(Frame(numbers()["ASK"], 7, 9).to_bytes())
        found = [frame for frame in receiver.take(line.console()) if frame.session == 7]
    assert found[0] == Frame(numbers()["IDLE"], 7, 9)
    transfer(line, CONTENT)


@needs_gcc
def test_a_host_that_went_away_is_no_hindrance(line: Line) -> None:
    """A session broken off in the middle: the next host need not wait for the board to give up."""
    for _ in range(3):
        session = Session(line, CONTENT)
        session.begin()
        session._answer(session._next(time.monotonic() + 1.0))
    transfer(line, CONTENT)


@needs_gcc
def test_a_board_that_is_reset_begins_anew(line: Line) -> None:
    line.resets = [9]
    transfer(line, CONTENT)
    line.resets = [4, 8, 12]
    with pytest.raises(BuildError, match="the board on a line was reset or gave up 3 times in one run"):
        transfer(line, CONTENT)


@needs_gcc
def test_leftovers_and_keys_do_no_harm(line: Line) -> None:
    """Half a frame, a frame of another session, and text, before the host begins."""
    line.write(b"\0\x07abc\0" + Frame(numbers()["ACK"], 1, 1).to_bytes() + b"AT\r\n" + b"\xff" * 2000)
    transfer(line, CONTENT)


@needs_gcc
def test_enter_at_a_terminal(line: Line) -> None:
    for keys in (b"\n", b"\r", b"hello?\r", b"\r\n"):
        line.write(keys)
        assert line.console() == b"enter\r\n"
    transfer(line, CONTENT[:100])


def test_frames_are_what_they_were() -> None:
    """And the CRC is the one that zip files have."""
    for length in range(numbers()["PAYLOAD"] + 1):
        frame = Frame(numbers()["DATA"], 0x1200 + length, length, bytes(length))
        wire = frame.to_bytes()
        assert wire[0] == wire[-1] == 0 and 0 not in wire[1:-1]
        assert parse(wire[1:-1]) == frame
    assert zlib.crc32(b"123456789") == 0xCBF43926


def test_what_is_no_frame_is_text_or_nothing() -> None:
    frame = Frame(1, 2, 3, b"\0payload")
    receiver = Receiver()
    wire = b"\r\nshrinkc: tiny\r\n" + frame.to_bytes() + b"fault: pc=0\r\nhalf a line"
    assert [found for byte in wire for found in receiver.take(bytes([byte]))] == [frame]
    assert receiver.lines() == ["shrinkc: tiny", "fault: pc=0"]
    assert parse(b"") is parse(b"\x02") is parse(frame.to_bytes()[1:-2]) is None
