"""The serial port that a board hangs on, through pyserial: a device, or a URL of pyserial's such as socket://."""

import contextlib
import re
import sys
from collections.abc import Iterator

from ..errors import BuildError, InputError

_WRITE_LIMIT_S = 5.0
_MOST_BYTES = 4096


class Port:
    """An open port: bytes as they come, bytes as they go. Raises BuildError when the line breaks."""

    def __init__(self, serial, name: str, baud: int) -> None:  # type: ignore[no-untyped-def]
        self._serial = serial
        self.name = name
        self.baud = baud

    def read(self, timeout_s: float) -> bytes:
        """What has come, waiting up to `timeout_s` for the first byte; nothing where none came."""
        with self._errors():
            self._serial.timeout = timeout_s
            first = self._serial.read(1)
            if not first:
                return b""
            self._serial.timeout = 0
            return first + self._serial.read(_MOST_BYTES)

    def write(self, data: bytes) -> None:
        """Send all of it."""
        with self._errors():
            self._serial.write(data)

    def forget(self) -> None:
        """Drop what has come and nobody has read."""
        with self._errors():
            self._serial.reset_input_buffer()

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:  # pyserial's own errors are of this kind
            raise BuildError(f"{self.name}: the line broke: {error}") from error


@contextlib.contextmanager
def open_port(name: str | None, baud: int) -> Iterator[Port]:
    """The port called `name`, at `baud` bits per second; None: the one port that a board could hang on.

    Raises InputError for a port that is not there or cannot be opened, naming those that are, and where pyserial is
    not installed.
    """
    try:
        import serial
    except ImportError as error:
        raise InputError("serial ports need the package pyserial: pip install 'shrinkc[serial]'") from error
    name = name or _only_port()
    try:
        # Nobody else may read along: each would get half of the bytes.
        exclusive = None if sys.platform == "win32" else True
        line = serial.serial_for_url(name, baudrate=baud, write_timeout=_WRITE_LIMIT_S, exclusive=exclusive)
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot open the port: {_reason(error, name)}") from error
    with contextlib.closing(line):
        yield Port(line, name, baud)


def _reason(error: Exception, name: str) -> str:
    """What the system said, without pyserial's words around it, and what may help."""
    found = re.findall(r"\[Errno \d+\] ([^:]+)", str(error))
    said = found[-1] if found else str(error)
    if "://" in name:
        return said
    if "Permission denied" in said:
        return f"{said}: on Linux, serial ports are of a group (`ls -l {name}`) that you have to be in"
    return f"{said}; {_known()}"


def _ports() -> list[str]:
    """Serial ports on USB, where boards and probes hang."""
    from serial.tools import list_ports

    return sorted(port.device for port in list_ports.comports() if port.vid is not None)


def _known() -> str:
    found = _ports()
    return f"there are {', '.join(found)}" if found else "no serial port is plugged in over USB"


def _only_port() -> str:
    found = _ports()
    if len(found) != 1:
        raise InputError(f"give --port: {_known()}")
    return found[0]
