"""The host's side of the link (link.h): begins a session, and answers what the board asks until it ends."""

import random
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..compile.interface import Interface
from ..errors import BuildError, InputError
from .frames import Frame, Receiver, numbers
from .port import Port

_WORDS = struct.Struct("<II")
_WORD = struct.Struct("<I")

HELLO_S = 0.25
HELLO_LIMIT_S = 10.0
"""Between two HELLOs, and until nobody is thought to be there; the board may be deep in a call."""
ASK_S = 0.4
"""Of silence, before the host asks for the question again; a board that computes does not hear it."""
END_QUIET_S = 0.3
END_LIMIT_S = 3.0
"""Of silence that tells that the board has heard of the end: longer than its first wait. And at the most."""
MOST_STARTS = 3
"""A board that is reset in the middle is started anew, up to so many times in all."""


@dataclass(frozen=True)
class Welcome:
    """What a board says of itself: its model, and its self-test at boot (True passed, False failed, None: none).

    board: the name of the board that its image was built for, as far as it fits.
    """

    interface: Interface
    self_test: bool | None
    board: str

    def is_for(self, board: str) -> bool:
        """Whether the image was built for the board of this name."""
        return board.encode()[: numbers()["BOARD_NAME"]] == self.board.encode()


@dataclass
class Session:
    """One run of the harness over a port. `content` is input.bin.

    time_limit_s: without any progress, after which the board hangs; hello_limit_s: without an answer at the start.
    fault: what a text of the console tells of a crash, or None. progress: is told how much of output.bin has come.
    """

    port: Port
    content: bytes
    time_limit_s: float = 120.0
    hello_limit_s: float = HELLO_LIMIT_S
    fault: Callable[[str], str | None] = lambda text: None
    progress: Callable[[int], None] = lambda size: None
    _receiver: Receiver = field(default_factory=Receiver)
    _frames: list[Frame] = field(default_factory=list)
    _session: int = 0
    _output: bytearray = field(default_factory=bytearray)

    def begin(self) -> Welcome:
        """Begin a session, whatever the board is doing. Raises BuildError where none answers."""
        kinds = numbers()
        self._session = random.randrange(1 << 16)
        self._receiver, self._frames, self._output = Receiver(), [], bytearray()
        self.port.forget()
        deadline = time.monotonic() + self.hello_limit_s
        while time.monotonic() < deadline:
            self._send(kinds["HELLO"], 0, _WORD.pack(kinds["VERSION"]))
            again = time.monotonic() + HELLO_S
            while (frame := self._next(again)) is not None:
                if frame.kind == kinds["WELCOME"]:
                    self._receiver = Receiver()  # what the console has said before is of another run
                    return _welcome(frame.payload)
        self._refuse_fault()
        raise BuildError(
            f"nothing answers on {self.port.name} at {self.port.baud} baud: is the image of this build on the board, "
            "and this its port? A reset of the board may help"
        )

    def serve(self) -> tuple[int, bytes]:
        """Answer the board until the session ends: the harness's exit code, and output.bin.

        A board that was reset in the middle begins anew. Raises BuildError when it crashes, hangs, or falls silent.
        """
        kinds = numbers()
        starts, question = 1, None
        moved = time.monotonic()
        while time.monotonic() - moved < self.time_limit_s:
            frame = self._next(time.monotonic() + ASK_S)
            if frame is None:
                self._refuse_fault()
                self._send(kinds["ASK"], 0)
            elif frame.kind == kinds["END"]:
                return self._end(frame), bytes(self._output)
            elif frame.kind == kinds["IDLE"]:
                if starts == MOST_STARTS:
                    raise BuildError(f"the board on {self.port.name} was reset or gave up {starts} times in one run")
                self.begin()
                starts += 1
            else:
                self._answer(frame)
                if frame.number != question:
                    question, moved = frame.number, time.monotonic()
                    self.progress(len(self._output))
        raise BuildError(
            f"the board on {self.port.name} got no further for {self.time_limit_s:g} s: it hangs, or the line is dead"
        )

    def _end(self, frame: Frame) -> int:
        """Acknowledge END until the board has heard it, so that it is ready for the next run: the exit code."""
        kinds = numbers()
        heard: Frame | None = frame
        deadline = time.monotonic() + END_LIMIT_S
        while heard is not None and time.monotonic() < deadline:
            if heard.kind == kinds["END"]:
                self._send(kinds["ACK"], heard.number)
            heard = self._next(time.monotonic() + END_QUIET_S)
        return _WORD.unpack(frame.payload)[0]

    def _answer(self, frame: Frame) -> None:
        """Answer READ and WRITE; one that comes again gets the same answer again."""
        kinds = numbers()
        if frame.kind == kinds["READ"]:
            offset, wanted = _WORDS.unpack(frame.payload)
            self._send(kinds["DATA"], frame.number, self.content[offset : offset + wanted])
        elif frame.kind == kinds["WRITE"]:
            (offset,) = _WORD.unpack_from(frame.payload)
            # A HELLO that came twice has made the board begin anew, with the same bytes from offset 0.
            if offset <= len(self._output):
                self._output[offset : offset + len(frame.payload) - _WORD.size] = frame.payload[_WORD.size :]
                self._send(kinds["ACK"], frame.number)

    def _send(self, kind: int, number: int, payload: bytes = b"") -> None:
        self.port.write(Frame(kind, self._session, number, payload).to_bytes())

    def _next(self, deadline: float) -> Frame | None:
        """The next frame of this session, or None where none comes in time."""
        while True:
            while self._frames:
                frame = self._frames.pop(0)
                if frame.session == self._session:
                    return frame
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._frames += self._receiver.take(self.port.read(left))

    def _refuse_fault(self) -> None:
        fault = self.fault("\n".join(self._receiver.lines()))
        if fault is not None:
            raise BuildError(fault)


def _welcome(payload: bytes) -> Welcome:
    kinds = numbers()
    version, tested = _WORDS.unpack_from(payload)
    if version != kinds["VERSION"]:
        raise InputError("the image on the board is of another version of shrinkc: build and flash it again")
    tests = {kinds["SELF_TEST_PASSED"]: True, kinds["SELF_TEST_FAILED"]: False}
    header = payload[_WORDS.size :]
    name = header[Interface.SIZE :].rstrip(b"\0").decode("utf-8", "replace")
    return Welcome(Interface.parse(header), tests.get(tested), name)
