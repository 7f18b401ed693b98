"""The float reference: executes a Network's equations in float32, batched over utterances."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ..cells.expressions import Affine, Call, Expression, Value
from .network import Layer, Network
from .sequences import Batch, batches

BATCH = 128
"""Utterances side by side: bounds the memory whatever the size of the dataset."""

Observer = Callable[[str, np.ndarray], None]
"""Called with a vector's name and its values on real frames only, (frames, width)."""

FUNCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "add": np.add,
    "multiply": np.multiply,
    "one_minus": lambda a: 1 - a,
    "sigmoid": lambda a: 0.5 + 0.5 * np.tanh(0.5 * a),
    "tanh": np.tanh,
    "relu": lambda a: np.maximum(a, 0),
    "identity": lambda a: a,
}


def run(network: Network, utterances: Sequence[np.ndarray], observe: Observer | None = None) -> list[np.ndarray]:
    """The network's outputs: one (frames, outputs) float32 array an utterance of (frames, inputs) raw features."""
    return list(stream(network, utterances, observe))


def stream(network: Network, utterances: Iterable[np.ndarray], observe: Observer | None = None) -> Iterator[np.ndarray]:
    """`run`, one utterance at a time, with at most BATCH of them in memory."""
    for group in batches(utterances, BATCH):
        batch = Batch.of([normalize(network, utterance) for utterance in group])
        values = batch.frames
        if observe:
            observe("input", values[batch.mask])
        for layer in network.layers:
            values = _run_layer(layer, batch, values, observe)
        yield from batch.unpad(values)


def normalize(network: Network, features: np.ndarray) -> np.ndarray:
    """Raw features (frames, inputs) to what the first layer reads, float32."""
    with np.errstate(over="ignore"):  # calibration refuses what is not finite, by name
        return ((np.asarray(features, np.float32) - network.mean) * network.scale).astype(np.float32)


def _run_layer(layer: Layer, batch: Batch, inputs: np.ndarray, observe: Observer | None) -> np.ndarray:
    """inputs (longest, utterances, width) to outputs (longest, utterances, units)."""
    cell = layer.cell
    steps, columns = inputs.shape[:2]
    names = _observed(layer)
    seen = {name: np.zeros((steps, columns, layer.units), np.float32) for name in names} if observe else {}
    outputs = np.zeros((steps, columns, layer.units), np.float32)
    states = {state.name: np.zeros((columns, layer.units), np.float32) for state in cell.states}
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


def _observed(layer: Layer) -> list[str]:
    """Every equation's result, and every affine product before its function, under its gate's name."""
    equations = [equation.name for equation in layer.cell.equations]
    return equations + [f"affine.{affine.gate}" for affine in layer.cell.affines]


def _evaluate(
    node: Expression, layer: Layer, values: dict[str, np.ndarray], trace: dict[str, np.ndarray]
) -> np.ndarray:
    match node:
        case Value(name):
            return values[name]
        case Affine(gate, sources):
            total = layer.biases[gate]
            for source in sources:
                total = total + values[source] @ layer.matrices[f"{gate}.{source}"].T
            trace[f"affine.{gate}"] = total
            return total
        case Call(function, arguments):
            return FUNCTIONS[function](*(_evaluate(argument, layer, values, trace) for argument in arguments))
    raise TypeError(f"{node!r} is no expression")
