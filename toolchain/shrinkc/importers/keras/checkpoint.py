"""Reads TensorFlow's checkpoints (variables.index and its data files) without tensorflow.

The index is a LevelDB table of uncompressed blocks (github.com/google/leveldb, doc/table_format.md) from names to
BundleEntryProto, the object graph a string among the variables: tensorflow/core/protobuf, tensor_bundle.proto and
trackable_object_graph.proto.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...errors import InputError
from ..limits import WEIGHTS_LIMIT
from .wire import integer, message, parts, text, varint

INDEX_LIMIT, ENTRIES_LIMIT, NAME_LIMIT = 1 << 20, 1 << 14, 1 << 10
"""Bytes of an index, entries in it and letters of a name; a microcontroller's model has a hundredth of them."""

FOOTER, MAGIC = 48, bytes.fromhex("57fb808b247547db")
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "VARIABLE_VALUE"
STRING_TYPE = 7
TYPES = {1: np.dtype("<f4"), 2: np.dtype("<f8"), 3: np.dtype("<i4"), 9: np.dtype("<i8")}
"""TensorFlow's DataType of the arrays that are read."""


@dataclass(frozen=True)
class _Entry:
    """Where an array stands: BundleEntryProto."""

    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


@dataclass(frozen=True)
class TrackedObject:
    """One object of the graph: the numbers of those it holds, by their names, and its value's name in the index."""

    children: dict[str, int]
    key: str


class Checkpoint:
    """The variables of a SavedModel's folder.

    Raises InputError for what is refused by name; ValueError, KeyError and OSError for what is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left = WEIGHTS_LIMIT
        index = folder / "variables" / "variables.index"
        if index.stat().st_size > INDEX_LIMIT:
            raise InputError(
                f"{folder}: its variables.index takes over {INDEX_LIMIT >> 20} MiB; too large for a microcontroller"
            )
        table = _table(index.read_bytes())
        header = message(table.pop("", b""))
        self.shards = integer(header, 1)
        if integer(header, 2) != 0:
            raise InputError(f"{folder}: was written on a big-endian machine; save the model again on another")
        self.entries = {key: _entry(value) for key, value in table.items()}

    def array(self, key: str) -> np.ndarray:
        """The numbers of a variable."""
        entry = self.entries[key]
        if entry.kind not in TYPES:
            raise InputError(f"{self.folder}: {key!r} holds no numbers of a known type; save the model again")
        dtype, count = TYPES[entry.kind], 1
        for length in entry.shape:
            count *= length
        if count * dtype.itemsize != entry.size:
            raise ValueError(f"{key} takes {entry.size} bytes, which its shape does not")
        return np.frombuffer(self._bytes(entry), dtype).reshape(entry.shape)

    def objects(self) -> list[TrackedObject]:
        """The graph of the objects that hold the variables; the first is the model."""
        entry = self.entries[OBJECT_GRAPH]
        if entry.kind != STRING_TYPE or entry.shape:
            raise ValueError("the graph of objects is no text")
        data = self._bytes(entry)
        size, place = varint(data, 0)
        data = data[place + 4 :]  # behind a checksum of the length
        if len(data) != size:
            raise ValueError("the graph of objects is cut off")
        return [_object(node) for node in parts(message(data), 1)]

    def _bytes(self, entry: _Entry) -> bytes:
        self.left -= entry.size
        if self.left < 0:
            raise InputError(
                f"{self.folder}: its weights take over {WEIGHTS_LIMIT >> 20} MiB, too many for a microcontroller"
            )
        shard = f"variables.data-{entry.shard:05d}-of-{self.shards:05d}"
        with (self.folder / "variables" / shard).open("rb") as file:
            file.seek(entry.offset)
            data = file.read(entry.size)
        if len(data) != entry.size:
            raise ValueError("a data file is cut off")
        return data


def _table(data: bytes) -> dict[str, bytes]:
    """All keys and values of a LevelDB table."""
    if len(data) < FOOTER or data[-len(MAGIC) :] != MAGIC:
        raise ValueError("the index is no table")
    _, place = _handle(data[-FOOTER:], 0)  # of the block of other facts, which is empty
    blocks, _ = _handle(data[-FOOTER:], place)
    found: dict[str, bytes] = {}
    count = 0
    for _, handle in _block(data, *blocks):
        where, _ = _handle(handle, 0)
        entries = _block(data, *where)
        count += len(entries)
        if count > ENTRIES_LIMIT:
            raise ValueError("the index has too many entries")
        found.update((key.decode(), value) for key, value in entries)
    return found


def _handle(data: bytes, place: int) -> tuple[tuple[int, int], int]:
    """A block's offset and size, and the place behind them."""
    offset, place = varint(data, place)
    size, place = varint(data, place)
    return (offset, size), place


def _block(data: bytes, offset: int, size: int) -> list[tuple[bytes, bytes]]:
    """A block's keys and values: each key is written as what it shares with the one before, and the rest."""
    if offset + size + 1 > len(data) or size < 4:
        raise ValueError("a block of the index is cut off")
    if data[offset + size] != 0:
        raise ValueError("a block of the index is compressed")
    block = data[offset : offset + size]
    end = size - 4 - 4 * int.from_bytes(block[-4:], "little")  # behind the entries: places to start from
    found, key, place = [], b"", 0
    while place < end:
        shared, place = varint(block, place)
        more, place = varint(block, place)
        length, place = varint(block, place)
        if place + more + length > end or shared > len(key):
            raise ValueError("an entry of the index is cut off")
        key = key[:shared] + block[place : place + more]
        if len(key) > NAME_LIMIT or len(found) == ENTRIES_LIMIT:
            raise ValueError("the index has too many or too long names")
        found.append((key, block[place + more : place + more + length]))
        place += more + length
    return found


def _entry(data: bytes) -> _Entry:
    found = message(data)
    if found.get(7):
        raise ValueError("an array is cut in slices")
    shape = message((parts(found, 2) or [b""])[-1])
    lengths = tuple(integer(message(dim), 1) for dim in parts(shape, 2))
    return _Entry(integer(found, 1), lengths, *(integer(found, number) for number in (3, 4, 5)))


def _object(data: bytes) -> TrackedObject:
    found = message(data)
    children = (message(child) for child in parts(found, 1))
    keys = [text(one, 3) for one in map(message, parts(found, 2)) if text(one, 1) == VALUE]
    return TrackedObject({text(child, 2): integer(child, 1) for child in children}, keys[0] if keys else "")
