"""QEMU with an image's serial port on TCP, as a board is on USB, and a relay before it that spoils bytes."""

import contextlib
import selectors
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from noisy_line import Noise
from shrinkc.compile.image import Image
from shrinkc.emulate.qemu import EMULATOR

BEFORE = {"netduinoplus2": 5}
"""Serial ports that QEMU has before the board's: STM32F405's USART6 is its sixth."""


def arguments(image: Image, elf: Path, serial: str) -> list[str]:
    """QEMU without a host of semihosting, so that the image runs its console on the serial port."""
    board = image.target.board
    return [
        *(EMULATOR, "-machine", board.qemu_machine, "-display", "none", "-monitor", "none", "-nic", "none"),
        *["-serial", "null"] * BEFORE.get(board.name, 0),
        *("-serial", serial, "-kernel", str(elf)),
    ]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def board(image: Image, folder: Path) -> Iterator[int]:
    """The image on its board: the TCP port of its serial port."""
    elf, port = folder / "image.elf", _free_port()
    elf.write_bytes(image.elf)
    process = subprocess.Popen(arguments(image, elf, f"tcp:127.0.0.1:{port},server=on,wait=off"))
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("QEMU does not listen")


def console(image: Image, folder: Path, last: str, limit_s: float = 30.0) -> str:
    """What the image says after it has booted, up to the line `last`."""
    elf, said = folder / "image.elf", folder / "said.txt"
    elf.write_bytes(image.elf)
    said.write_bytes(b"")
    process = subprocess.Popen(arguments(image, elf, f"file:{said}"))
    try:
        end = time.monotonic() + limit_s
        while time.monotonic() < end and f"{last}\r\n".encode() not in said.read_bytes():
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    return said.read_bytes().decode("ascii")


class Relay(threading.Thread):
    """Carries one connection after another to the TCP port `to`, through noise in both directions."""

    def __init__(self, to: int, noise: Noise) -> None:
        super().__init__(daemon=True)
        self._to, self._noise = to, noise
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                host, _ = self._server.accept()
                with host, socket.create_connection(("127.0.0.1", self._to)) as device:
                    self._carry(host, device)

    def _carry(self, host: socket.socket, device: socket.socket) -> None:
        other = {host: device, device: host}
        with selectors.DefaultSelector() as ready:
            for end in other:
                ready.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(4096)
                    if not data:
                        return
                    other[key.fileobj].sendall(self._noise(data))

    def stop(self) -> None:
        self._server.close()
