"""Program: what the emitter writes out, in order. Nothing about it depends on C's syntax."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..numbers.operations import Operation
from ..quantize.quantized import Accumulator, QuantizedLayer, QuantizedNetwork, SendGroup
from .kernels import Family
from .layout import Layout

TYPE_BYTES = {"int32_t": 4, "uint32_t": 4, "int16_t": 2, "uint16_t": 2, "int8_t": 1}

INPUT, OUTPUT = "input", "output"
"""The caller's own arrays, among the fields of the state."""


@dataclass(frozen=True)
class Field:
    """One array of the state struct. offset and bytes in bytes; `what` says what it holds, for the reader of the C.

    layer: whose memory from step to step it is, which a reset sets to 0; "" for scratch.
    """

    name: str
    type: str
    count: int
    offset: int
    what: str
    layer: str = ""

    @property
    def bytes(self) -> int:
        return self.count * TYPE_BYTES[self.type]


@dataclass(frozen=True)
class PackedMatrix:
    """A matrix as it lies in flash: words uint32 (tiles down, words across) in `layout`."""

    name: str
    group: str
    accumulator: str
    bits: int
    rows: int
    columns: int
    layout: Layout
    words: np.ndarray


@dataclass(frozen=True)
class Sums:
    """Where the sums of one accumulator are, each a field of the state and the first element there; or None.

    kept: what its delta products add to, from step to step; it starts at the bias. scratch: what its dense products
    come to in this step, over what was kept or over the bias. The loops read `result`. rows: with the filling.
    """

    accumulator: Accumulator
    rows: int
    kept: tuple[str, int] | None
    scratch: tuple[str, int] | None

    @property
    def result(self) -> tuple[str, int]:
        """Where the whole sums stand once all products are done."""
        found = self.scratch or self.kept
        assert found is not None
        return found


BIAS = "bias"
"""In place of a field: the accumulator's constant biases."""


@dataclass(frozen=True)
class Product:
    """One matrix times the vector of its read. start: what a dense product adds to, a field and the first element
    there, or (BIAS, 0); target: where the sums go. A delta product adds to its target: its start is None.
    """

    matrix: PackedMatrix
    start: tuple[str, int] | None
    target: tuple[str, int]


@dataclass(frozen=True)
class Read:
    """Sum up one send group's products: bring a vector to its grid, then multiply each matrix that reads it.

    how: "delta" lists the columns to send; "quantize" takes the whole vector for dense products, "hold" the elements
    that moved beyond their thresholds. vector: a field of the state, or INPUT. field: what was sent or is held, or
    scratch. narrow: dense products read int8_t.
    """

    group: SendGroup
    index: int
    vector: str
    how: str
    field: str
    narrow: bool
    products: tuple[Product, ...]


@dataclass(frozen=True)
class Assignment:
    """One element-wise equation of an update; text is the cell's own equation, format is "Q7.24" and the like."""

    name: str
    text: str
    format: str
    operation: Operation


@dataclass(frozen=True)
class Store:
    """An update's result `value` that stays in the field `field`, or goes to OUTPUT."""

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
    reads_input: bool

    @property
    def uses_state(self) -> bool:
        """Whether it reads or writes anything of the state."""
        return bool(self.accumulators or self.loads or any(store.field != OUTPUT for store in self.stores))

    @property
    def writes_output(self) -> bool:
        """Whether it writes to where its caller says."""
        return any(store.field == OUTPUT for store in self.stores)


@dataclass(frozen=True)
class Stage:
    """Read the groups, delta before dense, then update.

    A cell has one stage, or one more for each product of something it computed itself.
    """

    reads: tuple[Read, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True)
class Step:
    """One layer's step: a function of the state and of its input, that writes to its output where it `gives` one."""

    layer: QuantizedLayer
    stages: tuple[Stage, ...]
    gives: bool

    @property
    def name(self) -> str:
        return self.layer.name

    @property
    def reads_input(self) -> bool:
        """Whether its function takes the input: every layer's does, but for one that reads nothing."""
        reads = any(read.vector == INPUT for stage in self.stages for read in stage.reads)
        return reads or any(update.reads_input for stage in self.stages for update in stage.updates)


@dataclass(frozen=True)
class Place:
    """A vector in memory: a field of the state, INPUT or OUTPUT; `stride` elements from frame to frame."""

    name: str
    stride: int


@dataclass(frozen=True)
class Call:
    """One layer's step over one frame, or over an utterance in a direction.

    once: over the last frame alone, behind a layer that gives its last step only. first: where in a frame of `target`
    its output begins.
    """

    layer: QuantizedLayer
    forward: bool
    once: bool
    source: Place
    target: Place
    first: int


@dataclass(frozen=True)
class Program:
    """Everything about the C library but its syntax.

    fields: the state struct in order, `state_bytes` in all. steps: one a layer. calls: what the library's own call
    does, in order. matrices: packed weights, and sums: by accumulator. modes: "delta" or "dense" by send group.
    max_frames: of an utterance, where the network takes whole ones.
    """

    network: QuantizedNetwork
    family: Family
    modes: Mapping[str, str]
    fields: tuple[Field, ...]
    state_bytes: int
    steps: tuple[Step, ...]
    calls: tuple[Call, ...]
    matrices: tuple[PackedMatrix, ...]
    sums: Mapping[str, Sums]
    max_frames: int | None

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Those of all layers, in order."""
        return tuple(stage for step in self.steps for stage in step.stages)

    def field(self, name: str) -> Field:
        """The field of that name."""
        return next(field for field in self.fields if field.name == name)
