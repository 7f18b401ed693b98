"""Protocol buffers without their descriptions: the numbers and values of a message's fields.

The wire format is that of protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and the place behind it. Raises ValueError past the end."""
    value = shift = 0
    while place < len(data) and shift < 70:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
    raise ValueError("a number is cut off")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Every field of a message in order: its number, and its integer or bytes. Raises ValueError for what is none."""
    place = 0
    while place < len(data):
        tag, place = varint(data, place)
        kind = tag & 7
        if kind == VARINT:
            value, place = varint(data, place)
            yield tag >> 3, value
            continue
        if kind == BYTES:
            size, place = varint(data, place)
        elif kind in (FIXED64, FIXED32):
            size = 8 if kind == FIXED64 else 4
        else:
            raise ValueError(f"a field of the unknown kind {kind}")
        if place + size > len(data):
            raise ValueError("a field is cut off")
        yield tag >> 3, data[place : place + size]
        place += size


def message(data: bytes) -> dict[int, list[int | bytes]]:
    """All values of each field's number."""
    found: dict[int, list[int | bytes]] = {}
    for number, value in fields(data):
        found.setdefault(number, []).append(value)
    return found


def integer(found: dict[int, list[int | bytes]], number: int) -> int:
    """The last integer of a field, 0 where it is left out. Raises ValueError for bytes."""
    value = found.get(number, [0])[-1]
    if not isinstance(value, int):
        raise ValueError(f"field {number} is no integer")
    return value


def parts(found: dict[int, list[int | bytes]], number: int) -> list[bytes]:
    """All messages or texts of a field. Raises ValueError for integers."""
    values = found.get(number, [])
    if not all(isinstance(value, bytes) for value in values):
        raise ValueError(f"field {number} is an integer")
    return [value for value in values if isinstance(value, bytes)]


def text(found: dict[int, list[int | bytes]], number: int) -> str:
    """The last text of a field, "" where it is left out."""
    return (parts(found, number) or [b""])[-1].decode()
