"""The float reference: executes a Network's equations in float32, batched over utterances."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ..cells.expressions import Affine, Call, Expression, Parameter, Value
from ..cells.functions import FUNCTIONS
from .layer import Layer
from .network import Network
from .sequences import Batch, batches, run_ranks

BATCH = 128
"""Utterances side by side: bounds the memory whatever the size of the dataset."""

Observer = Callable[[str, np.ndarray], None]
"""Called with a vector's name and its values on real frames only, (frames, width)."""


def run(network: Network, utterances: Sequence[np.ndarray], observe: Observer | None = None) -> list[np.ndarray]:
    """The network's outputs, one float32 array an utterance of (frames, inputs) raw features: (frames, outputs), or
    (1, outputs) where the network gives its last step only.
    """
    return list(stream(network, utterances, observe))


def stream(network: Network, utterances: Iterable[np.ndarray], observe: Observer | None = None) -> Iterator[np.ndarray]:
    """`run`, one utterance at a time, with at most BATCH of them in memory."""
    for group in batches(utterances, BATCH):
        batch = Batch.of([normalize(network, utterance) for utterance in group])
        if observe:
            observe("input", batch.frames[batch.mask])
        result = run_ranks(network.layers, batch, lambda layer, part, _: _run_layer(layer, part, observe))
        yield from result.unpad(result.frames)


def normalize(network: Network, features: np.ndarray) -> np.ndarray:
    """Raw features (frames, inputs) to what the first layer reads, float32."""
    with np.errstate(over="ignore"):  # calibration refuses what is not finite, by name
        return ((np.asarray(features, np.float32) - network.mean) * network.scale).astype(np.float32)


def _run_layer(layer: Layer, batch: Batch, observe: Observer | None) -> np.ndarray:
    """A batch of (longest, utterances, inputs) to outputs (longest, utterances, width of the cell's output)."""
    cell, inputs = layer.cell, batch.frames
    steps, columns = inputs.shape[:2]
    seen: dict[str, np.ndarray] = {}
    if observe:
        observe(f"{layer.name}.x", inputs[batch.mask])
        seen = {name: np.zeros((steps, columns, width), np.float32) for name, width in _observed(layer).items()}
    outputs = np.zeros((steps, columns, layer.width(cell.output)), np.float32)
    states = {state.name: np.zeros((columns, layer.width(state.name)), np.float32) for state in cell.states}
    for step in range(steps):
        count = batch.active[step]
        values = {name: state[:count] for name, state in states.items()}
        values["x"] = inputs[step, :count]
        trace: dict[str, np.ndarray] = {}
        for equation in cell.equations:
            values[equation.name] = _evaluate(equation.expression, layer, values, trace)
        for state in cell.states:
            states[state.name][:count] = values[state.next]
        outputs[step, :count] = values[cell.output]
        for name, series in seen.items():
            series[step, :count] = trace[name] if name in trace else values[name]
    if observe:
        for name, series in seen.items():
            observe(f"{layer.name}.{name}", series[batch.mask])
    return outputs


def _observed(layer: Layer) -> dict[str, int]:
    """Widths of every equation's result, and of every affine product before its function, under its gate's name."""
    equations = {equation.name: layer.width(equation.name) for equation in layer.cell.equations}
    return equations | {f"affine.{affine.gate}": layer.rows(affine.gate) for affine in layer.cell.affines}


def _evaluate(
    node: Expression, layer: Layer, values: dict[str, np.ndarray], trace: dict[str, np.ndarray]
) -> np.ndarray:
    match node:
        case Value("x", part):
            return values["x"][:, part * layer.units : (part + 1) * layer.units]
        case Value(name):
            return values[name]
        case Parameter(name):
            return layer.vectors[name]
        case Affine(gate, sources):
            total = layer.bias(gate)
            for source in sources:
                total = total + values[source] @ layer.matrices[f"{gate}.{source}"].T
            trace[f"affine.{gate}"] = total
            return total
        case Call(function, arguments):
            return FUNCTIONS[function].compute(*(_evaluate(argument, layer, values, trace) for argument in arguments))
    raise TypeError(f"{node!r} is no expression")
