"""Program: what the emitter writes out, in order. Nothing about it depends on C's syntax."""

from dataclasses import dataclass

import numpy as np

from ..numbers.operations import Operation
from ..quantize.quantized import Accumulator, QuantizedNetwork, SendGroup

TYPE_BYTES = {"int32_t": 4, "int16_t": 2, "uint16_t": 2, "int8_t": 1, "shrinkc_active_t": 4}


@dataclass(frozen=True)
class Field:
    """One array of the state struct. offset and bytes in bytes; `what` says what it holds, for the reader of the C."""

    name: str
    type: str
    count: int
    offset: int
    what: str

    @property
    def bytes(self) -> int:
        return self.count * TYPE_BYTES[self.type]


@dataclass(frozen=True)
class PackedMatrix:
    """A matrix as it lies in flash: words uint32 (blocks, columns)."""

    name: str
    group: str
    accumulator: str
    bits: int
    rows: int
    columns: int
    words: np.ndarray


@dataclass(frozen=True)
class Read:
    """Sum up one send group's products: scan (or quantise) a vector, then multiply each matrix that reads it."""

    group: SendGroup
    index: int
    vector: str
    matrices: tuple[PackedMatrix, ...]


@dataclass(frozen=True)
class Assignment:
    """One element-wise equation of an update; text is the cell's own equation, format is "Q7.24" and the like."""

    name: str
    text: str
    format: str
    operation: Operation


@dataclass(frozen=True)
class Store:
    """An update's result `value` that stays in the field `field`."""

    field: str
    value: str
    type: str


@dataclass(frozen=True)
class Update:
    """One loop over the units of a layer: its equations, what they read and what they store.

    loads: (local name, field). sums: local names of accumulators are the accumulators' own.
    """

    name: str
    units: int
    accumulators: tuple[Accumulator, ...]
    loads: tuple[tuple[str, str], ...]
    assignments: tuple[Assignment, ...]
    stores: tuple[Store, ...]


@dataclass(frozen=True)
class Stage:
    """Load the biases of the dense sums that start here, read the groups, then update.

    A cell has one stage, or one more for each product of something it computed itself.
    """

    starting: tuple[Accumulator, ...]
    reads: tuple[Read, ...]
    update: Update


@dataclass(frozen=True)
class Program:
    """Everything about the C library but its syntax.

    fields: the state struct in order, `state_bytes` in all. stages: the step call. matrices: all packed weights.
    """

    network: QuantizedNetwork
    fields: tuple[Field, ...]
    state_bytes: int
    stages: tuple[Stage, ...]
    matrices: tuple[PackedMatrix, ...]

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)
