"""QuantizedNetwork: the network as integers. The integer reference executes it and lowering turns it into C."""

from dataclasses import dataclass

import numpy as np

from ..network import ranks, streams
from ..numbers.operations import Operation


@dataclass(frozen=True)
class SendGroup:
    """One vector at one width, as the input of products: its grid, and when its elements are sent.

    `name` is `layer.source@bits`: the layer that reads it, and what it calls it. `vector` is whose values it holds, as
    calibration names them: `input`, `layer.x` or `layer.equation`. real = scale * integer, |integer| <= limit. The
    int16 vector is taken to the grid by quantize_vector(value, multiplier, shift, limit). delta: products see what was
    last sent, and an element is sent when it moved beyond its threshold (`thresholds`: int16, one an element, in steps
    of the grid); otherwise they see the vector itself.
    """

    name: str
    layer: str
    source: str
    vector: str
    width: int
    bits: int
    scale: float
    clipping: str
    multiplier: int
    shift: int
    limit: int
    delta: bool
    thresholds: np.ndarray


@dataclass(frozen=True)
class Matrix:
    """Integer weights (rows, columns) of `bits` bits, int32, that multiply the send group `group`.

    The rows are those of its accumulator: gate after gate, `units` rows each.
    """

    group: str
    bits: int
    weights: np.ndarray


@dataclass(frozen=True)
class Accumulator:
    """int32 sums that one or more matrices add to, gate after gate; each row has one scale and one bias.

    bias: int32 (rows,). multipliers: int16 (rows,). left, right: the shifts of each gate's requantisation.
    scales: float64 (rows,), real value of one step. bounds: int64 (rows,), proven largest magnitude of each sum:
    |bias| + sum of |weight| * the largest input, over all matrices, whatever was sent in whatever order.
    """

    name: str
    gates: tuple[str, ...]
    units: int
    matrices: tuple[Matrix, ...]
    bias: np.ndarray
    multipliers: np.ndarray
    left: tuple[int, ...]
    right: tuple[int, ...]
    scales: np.ndarray
    bounds: np.ndarray

    @property
    def rows(self) -> int:
        """Gates times units."""
        return len(self.gates) * self.units


@dataclass(frozen=True)
class Path:
    """One matrix of the model with its input vector, `layer.gate.source`, as quantised."""

    name: str
    gate: str
    group: str
    accumulator: str
    rows: int
    columns: int
    weight_bits: int
    activation_bits: int
    clipping: str
    rounding: str
    largest_accumulator: int


@dataclass(frozen=True)
class IntegerEquation:
    """One element-wise equation of `width` elements in integers: real = integer / 2^fraction, -limit - 1 <= integer
    <= limit.
    """

    name: str
    text: str
    operation: Operation
    fraction: int
    limit: int
    width: int

    @property
    def bits(self) -> int:
        """The C type that holds it: 16 or 32 bits."""
        return 16 if self.limit < 1 << 15 else 32


@dataclass(frozen=True)
class ParameterVector:
    """A trained vector that equations read element by element: int16 (units,), real = integer / 2^fraction."""

    name: str
    values: np.ndarray
    fraction: int


@dataclass(frozen=True)
class StateFormat:
    """A state kept from step to step: its type is int16 or int32 by `bits`; `next` is the equation that gives it."""

    name: str
    next: str
    bits: int
    fraction: int
    width: int


@dataclass(frozen=True)
class QuantizedLayer:
    """One layer: its accumulators, then its equations in order, then its states take their next values.

    reads, directions, last: its place in the network, as in `network.Layer`.
    """

    name: str
    cell_name: str
    cell_options: dict[str, str]
    inputs: int
    accumulators: tuple[Accumulator, ...]
    equations: tuple[IntegerEquation, ...]
    states: tuple[StateFormat, ...]
    output: str
    paths: tuple[Path, ...]
    vectors: tuple[ParameterVector, ...]
    reads: tuple[str, ...]
    directions: tuple[str, ...]
    last: bool

    def equation(self, name: str) -> IntegerEquation:
        """The equation of that name."""
        return next(equation for equation in self.equations if equation.name == name)

    @property
    def width(self) -> int:
        """Elements of the output of one direction."""
        return self.equation(self.output).width

    @property
    def outputs(self) -> int:
        """Elements that the layer gives the next: its output's, for each direction."""
        return self.width * len(self.directions)


@dataclass(frozen=True)
class QuantizedNetwork:
    """Integers only; floats that remain (scales, mean, scale) say what the integers mean.

    mean, scale: (inputs,) the model's normalisation. input_scale: real value (after normalisation) of one input step;
    |input| <= input_limit. output_scale: real value of one step of the int16 outputs.
    """

    name: str
    inputs: int
    outputs: int
    layers: tuple[QuantizedLayer, ...]
    groups: tuple[SendGroup, ...]
    mean: np.ndarray
    scale: np.ndarray
    input_scale: float
    input_limit: int
    output_scale: float
    parameters: int
    notes: tuple[str, ...]

    @property
    def ranks(self) -> tuple[tuple[QuantizedLayer, ...], ...]:
        """The layers, those side by side together."""
        return ranks(self.layers)

    @property
    def streams(self) -> bool:
        """Whether it goes frame by frame; otherwise it takes whole utterances."""
        return streams(self.layers)

    @property
    def last(self) -> bool:
        """Whether it gives one output an utterance, that of the last step."""
        return any(layer.last for layer in self.layers)

    def group(self, name: str) -> SendGroup:
        """The send group of that name."""
        return next(group for group in self.groups if group.name == name)

    @property
    def accumulators(self) -> tuple[Accumulator, ...]:
        """Those of all layers, in order."""
        return tuple(accumulator for layer in self.layers for accumulator in layer.accumulators)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those of all layers, in order."""
        return tuple(path for layer in self.layers for path in layer.paths)

    def quantize_input(self, features: np.ndarray) -> np.ndarray:
        """Raw features (frames, inputs) to the int16 that the step call reads: round(feature * gain + offset).

        In float32 and with halves away from zero, operation by operation as the generated C's helper does it.
        """
        gain, offset = self.input_affine
        limit = np.float32(self.input_limit)
        steps = np.clip(np.asarray(features, np.float32) * gain + offset, -limit, limit)
        return np.trunc(steps + np.copysign(np.float32(0.5), steps)).astype(np.int16)

    @property
    def input_affine(self) -> tuple[np.ndarray, np.ndarray]:
        """float32 gain and offset, (inputs,) each: input step = round(feature * gain + offset)."""
        gain = np.asarray(self.scale, np.float64) / self.input_scale
        return gain.astype(np.float32), (-np.asarray(self.mean, np.float64) * gain).astype(np.float32)
