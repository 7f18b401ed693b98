"""A line to `link_host.c` that loses, turns over, doubles and inserts bytes, in place of a serial port."""

import os
import random
import select
import subprocess
from pathlib import Path

FAULTS = ("drop", "flip", "double", "insert")


class Noise:
    """Spoils bytes: each with probability `rate`, as long as `faults` are left."""

    def __init__(self, seed: int, rate: float, faults: int) -> None:
        self._random = random.Random(seed)
        self._rate = rate
        self._left = faults

    def __call__(self, data: bytes) -> bytes:
        return b"".join(self._spoilt(bytes([byte])) for byte in data)

    def _spoilt(self, byte: bytes) -> bytes:
        if not self._left or self._random.random() >= self._rate:
            return byte
        self._left -= 1
        match self._random.choice(FAULTS):
            case "drop":
                return b""
            case "flip":
                return bytes([byte[0] ^ 1 << self._random.randrange(8)])
            case "double":
                return byte * 2
        return byte + self._random.randbytes(self._random.randrange(1, 20))


class Line:
    """As board.port.Port. `resets`: the board starts anew after so many writes of the host."""

    name, baud = "a line", 115200

    def __init__(self, program: Path) -> None:
        self._program = program
        self.noise = Noise(0, 0.0, 0)
        self.resets: list[int] = []
        self._start()

    def _start(self) -> None:
        self.board = subprocess.Popen([self._program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def reset(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self.board.kill()
        self.board.wait()
        self.board.stdin.close()
        self.board.stdout.close()

    def read(self, timeout_s: float) -> bytes:
        ready, _, _ = select.select([self.board.stdout], [], [], timeout_s)
        if not ready:
            return b""
        data = os.read(self.board.stdout.fileno(), 4096)
        assert data, "the board's program ended"
        return self.noise(data)

    def write(self, data: bytes) -> None:
        self.resets = [count - 1 for count in self.resets]
        if 0 in self.resets:
            self.reset()
        self.board.stdin.write(self.noise(data))

    def forget(self) -> None:
        """Nothing is dropped: what an earlier session left in the line comes."""

    def console(self) -> bytes:
        """What comes until nothing more does."""
        heard = b""
        while data := self.read(0.3):
            heard += data
        return heard
