"""Executes a QuantizedNetwork in integers with numpy, batched over utterances.

Matrix products go through BLAS in float32 or float64, whichever the proven bounds of the sums make exact: every
product and every partial sum is then an integer that the type holds without rounding. All else is integer arithmetic.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..network.sequences import Batch, batches, run_ranks
from ..numbers import fixed_point
from ..numbers.operations import MEANINGS, Operation
from ..quantize.quantized import Accumulator, QuantizedLayer, QuantizedNetwork, SendGroup

BATCH = 256
"""Utterances side by side."""
FLOAT32_EXACT = 1 << 24
FLOAT64_EXACT = 1 << 53


@dataclass(frozen=True)
class Execution:
    """What the network did, an array an utterance.

    outputs: int16 (frames, outputs), or (1, outputs) where the network gives its last step only. sent: uint32 (frames,
    groups), columns multiplied at each frame, in the order of network.groups; dense products take all. A network of
    whole utterances has their sum, over both directions, with the last frame. states: by name, `layer.state` after the
    step at each frame, where asked for and the network streams.
    """

    outputs: list[np.ndarray]
    sent: list[np.ndarray]
    states: dict[str, list[np.ndarray]] = field(default_factory=dict)


Observer = Callable[[str, Mapping[str, np.ndarray]], None]
"""Called with a layer's name and what its products see at one step of some utterances, by send group: int16
(utterances, width).
"""


def run(
    network: QuantizedNetwork,
    utterances: Sequence[np.ndarray],
    keep_states: bool = False,
    modes: Mapping[str, str] | None = None,
) -> Execution:
    """Execute on int16 inputs, (frames, inputs) an utterance, states starting anew in each.

    modes: "delta" or "dense" by send group, as lowered, for the counts of columns; None: all that are sent count.
    """
    total = Execution([], [])
    for part in stream(network, utterances, keep_states, modes):
        total.outputs.extend(part.outputs)
        total.sent.extend(part.sent)
        for name, series in part.states.items():
            total.states.setdefault(name, []).extend(series)
    return total


def stream(
    network: QuantizedNetwork,
    utterances: Iterable[np.ndarray],
    keep_states: bool = False,
    modes: Mapping[str, str] | None = None,
    observe: Observer | None = None,
) -> Iterator[Execution]:
    """`run`, with at most BATCH utterances in memory: an Execution for each batch, in order."""
    for group in batches(utterances, BATCH):
        yield _run_batch(network, Batch.of(group), keep_states, modes or {}, observe)


def _run_batch(
    network: QuantizedNetwork,
    batch: Batch,
    keep_states: bool,
    modes: Mapping[str, str],
    observe: Observer | None,
) -> Execution:
    sent = {group.name: np.zeros(batch.frames.shape[:2], np.uint32) for group in network.groups}
    kept: dict[str, np.ndarray] = {}

    def run_layer(layer: QuantizedLayer, part: Batch, direction: str) -> np.ndarray:
        runner = _LayerRun(network, layer, part, modes, observe)
        outputs = runner.execute(keep_states)
        for name, counts in runner.sent.items():
            sent[name] += _at_frames(batch, part.ordered(counts, direction))
        for name, series in runner.kept.items():
            kept[f"{layer.name}.{name}"] = _at_frames(batch, series)
        return outputs

    result = run_ranks(network.layers, batch, run_layer)
    counts = np.stack([sent[group.name] for group in network.groups], axis=-1)
    if not network.streams:
        counts = _at_frames(batch, counts.sum(axis=0, keepdims=True, dtype=np.uint32))
    return Execution(
        result.unpad(result.frames.astype(np.int16)),
        batch.unpad(counts),
        {name: batch.unpad(series) for name, series in kept.items()},
    )


def _at_frames(batch: Batch, values: np.ndarray) -> np.ndarray:
    """(steps, utterances, ...) at the frames of the batch: what is done once an utterance stands with the last."""
    steps = len(batch.frames)
    if steps in (0, len(values)):
        return values[:steps]
    placed = np.zeros((steps, *values.shape[1:]), values.dtype)
    placed[np.maximum(batch.lengths - 1, 0), np.arange(len(batch.lengths))] = values[0]
    return placed


class _Sender:
    """One send group over a batch: quantises the vector, and holds what was last sent."""

    def __init__(self, group: SendGroup, columns: int, dense: bool) -> None:
        self.group = group
        self.dense = dense or not group.delta
        self.held = np.zeros((columns, group.width), np.int16)
        self.every = group.delta and not group.thresholds.any()

    def send(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """vector (columns, width) to what the product sees, same shape, and the columns multiplied, (columns,)."""
        seen, changed = self._move(vector)
        return seen, np.full(len(vector), self.group.width, np.uint16) if self.dense else changed

    def _move(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same, with the columns that moved beyond their thresholds."""
        group, count = self.group, len(vector)
        grid = fixed_point.quantize_vector(vector, group.multiplier, group.shift, group.limit).astype(np.int16)
        held = self.held[:count]
        if not group.delta:
            held[:] = grid
            return held, np.full(count, group.width, np.uint16)
        if self.every:
            changed = np.count_nonzero(grid != held, axis=1)
            held[:] = grid
        else:
            beyond = np.abs(grid.astype(np.int32) - held) > group.thresholds
            changed = np.count_nonzero(beyond, axis=1)
            np.copyto(held, grid, where=beyond)
        return held, changed.astype(np.uint16)


class _LayerRun:
    """One layer over a batch, step by step."""

    def __init__(
        self,
        network: QuantizedNetwork,
        layer: QuantizedLayer,
        batch: Batch,
        modes: Mapping[str, str],
        observe: Observer | None,
    ) -> None:
        self.observe = observe
        self.layer, self.batch, self.inputs = layer, batch, batch.frames
        steps, columns = self.inputs.shape[:2]
        names = dict.fromkeys(matrix.group for one in layer.accumulators for matrix in one.matrices)
        self.groups = {name: network.group(name) for name in names}
        self.senders = {
            name: _Sender(group, columns, dense=modes.get(name) == "dense") for name, group in self.groups.items()
        }
        self.sent = {name: np.zeros((steps, columns), np.uint16) for name in names}
        self.kept: dict[str, np.ndarray] = {}
        self.sums = {one.name: _Sum(one) for one in layer.accumulators}
        self.vectors = {vector.name: vector.values for vector in layer.vectors}

    def execute(self, keep_states: bool) -> np.ndarray:
        """The output over all steps, (steps, columns, width), in the order in which they are done."""
        layer, batch = self.layer, self.batch
        steps, columns = self.inputs.shape[:2]
        outputs = np.zeros((steps, columns, layer.width), np.int16)
        states = {
            state.name: np.zeros((columns, state.width), np.int16 if state.bits == 16 else np.int32)
            for state in layer.states
        }
        if keep_states:
            self.kept = {name: np.zeros((steps, *state.shape), state.dtype) for name, state in states.items()}
        for step in range(steps):
            count = int(batch.active[step])
            values = self._step(
                step, {name: state[:count] for name, state in states.items()}, self.inputs[step, :count]
            )
            for state in layer.states:
                states[state.name][:count] = values[state.next]
            outputs[step, :count] = values[layer.output]
            for name, series in self.kept.items():
                series[step, :count] = states[name][:count]
        return outputs

    def _step(self, step: int, values: dict[str, np.ndarray], inputs: np.ndarray) -> dict[str, np.ndarray]:
        """All equations for one frame of each active utterance; products are formed when an equation asks."""
        values["x"] = inputs
        sums: dict[str, np.ndarray] = {}
        for equation in self.layer.equations:
            values[equation.name] = self._evaluate(equation.operation, values, sums, step)
        if self.observe:
            self.observe(self.layer.name, {name: values[f"sent {name}"] for name in self.groups})
        return values

    def _evaluate(self, node: Operation, values: dict, sums: dict, step: int) -> np.ndarray:
        if node.function == "value":
            return values[node.name]
        if node.function == "input":
            first, count = node.parameters
            return values["x"][:, first : first + count]
        if node.function == "parameter":
            return self.vectors[node.name]
        if node.function in ("requantize", "rescale"):
            first, left, right = node.parameters
            if node.name not in sums:
                sums[node.name] = self.sums[node.name].of(self._products(node.name, values, step))
            one = self.sums[node.name]
            rows = slice(first, first + one.accumulator.units)
            compute = fixed_point.requantize if node.function == "requantize" else fixed_point.rescale
            return compute(sums[node.name][:, rows], one.multipliers[rows], left, right)
        arguments = [self._evaluate(argument, values, sums, step) for argument in node.arguments]
        return MEANINGS[node.function].compute(*arguments, *node.parameters)

    def _products(self, accumulator: str, values: dict, step: int) -> list[np.ndarray]:
        """What each matrix of the accumulator sees at this step; every group is sent once a step."""
        seen = []
        for matrix in self.sums[accumulator].accumulator.matrices:
            key = f"sent {matrix.group}"
            if key not in values:
                values[key], counts = self.senders[matrix.group].send(values[self.groups[matrix.group].source])
                self.sent[matrix.group][step, : len(counts)] = counts
            seen.append(values[key])
        return seen


class _Sum:
    """bias + sum of W v of one accumulator, exact in the float type that its bounds allow."""

    def __init__(self, accumulator: Accumulator) -> None:
        self.accumulator = accumulator
        bound = int(accumulator.bounds.max())
        if bound >= FLOAT64_EXACT:
            raise ValueError(f"{accumulator.name}: sums up to {bound} are not exact in float64")
        self.dtype = np.float32 if bound < FLOAT32_EXACT else np.float64
        self.weights = [np.ascontiguousarray(m.weights.T.astype(self.dtype)) for m in accumulator.matrices]
        self.bias = accumulator.bias.astype(self.dtype)
        self.multipliers = accumulator.multipliers.astype(np.int64)

    def of(self, inputs: list[np.ndarray]) -> np.ndarray:
        """inputs: one (columns, width) array a matrix; the sums, int64 (columns, rows)."""
        total = self.bias
        for weights, seen in zip(self.weights, inputs, strict=True):
            total = total + seen.astype(self.dtype) @ weights
        return total.astype(np.int64)


def sent_shares(network: QuantizedNetwork, utterances: Sequence[np.ndarray]) -> dict[str, float]:
    """The share of each group's columns that is sent over int16 inputs, by name: 0 to 1."""
    sent = sum(counts.sum(axis=0, dtype=np.int64) for counts in run(network, utterances).sent)
    return shares_of(network, sent, sum(map(len, utterances)), len(utterances))


def shares_of(network: QuantizedNetwork, sent: np.ndarray, frames: int, ends: int) -> dict[str, float]:
    """The share of each group's columns that was sent, by name. sent: columns, (send groups,), over `frames` frames.

    ends: how many of the frames ended an utterance; the layers behind one that gives its last step run in them alone.
    """
    shares, ended = {}, False
    for rank in network.ranks:
        steps = ends if ended else frames
        for layer in rank:
            calls = max(1, steps * len(layer.directions))
            shares |= {
                group.name: float(total) / (calls * group.width)
                for group, total in zip(network.groups, sent, strict=True)
                if group.layer == layer.name
            }
        ended = ended or rank[0].last
    return shares
