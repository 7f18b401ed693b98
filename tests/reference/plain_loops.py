"""Quantised networks of one layer and a head, executed frame by frame in Python's own integers, each cell by hand."""

import math

import numpy as np

from shrinkc.numbers import functions
from shrinkc.quantize import QuantizedNetwork


def rounded(value: np.ndarray, bits: int) -> np.ndarray:
    """value / 2^bits, halves up."""
    return (value + (1 << bits >> 1)) >> bits


def sigmoid(value: np.ndarray) -> np.ndarray:
    return functions.sigmoid_q15(np.clip(value, -32768, 32767)).astype(np.int64)


def tanh(value: np.ndarray) -> np.ndarray:
    return functions.tanh_q15(np.clip(value, -32768, 32767)).astype(np.int64)


class Products:
    """The sums of a network, and what was last sent of each vector."""

    def __init__(self, network: QuantizedNetwork) -> None:
        self.network = network
        self.sums = {one.name: one.bias.astype(np.int64) for one in network.accumulators}
        self.held = {group.name: [0] * group.width for group in network.groups}
        self.sent: dict[str, int] = {}

    def send(self, source: str, vector: np.ndarray) -> None:
        """Column by column: what changed by more than its threshold is added to every sum that reads it."""
        (group,) = (group for group in self.network.groups if group.name.startswith(f"{source}@"))
        name = group.name
        self.sent[name] = 0
        for column in range(group.width):
            step = (int(vector[column]) * group.multiplier + (1 << group.shift >> 1)) >> group.shift
            step = max(-group.limit, min(group.limit, step))
            change = step - self.held[name][column]
            if abs(change) <= group.thresholds[column]:
                continue
            self.held[name][column] = step
            self.sent[name] += 1
            for one in self.network.accumulators:
                for matrix in one.matrices:
                    if matrix.group == name:
                        self.sums[one.name] = self.sums[one.name] + matrix.weights[:, column].astype(np.int64) * change

    def gate(self, layer: str, gate: str) -> np.ndarray:
        """The sum of a gate at 16 bits."""
        total = np.int64(0)
        for one in self.network.accumulators:
            if one.name.startswith(f"{layer}_") and gate in one.gates:
                index = one.gates.index(gate)
                rows = slice(index * one.units, (index + 1) * one.units)
                wide = ((self.sums[one.name][rows] << one.left[index]) * one.multipliers[rows].astype(np.int64)) >> 16
                total = total + rounded(wide, one.right[index])
        return np.clip(total, -32768, 32767)

    def fraction(self, layer: str, gate: str) -> int:
        """Bits behind the point of a gate's sum at 16 bits, from the real value of a step of its first row."""
        one = next(one for one in self.network.accumulators if one.name.startswith(f"{layer}_") and gate in one.gates)
        index = one.gates.index(gate)
        step = one.scales[index * one.units] / one.multipliers[index * one.units]
        return one.left[index] - 16 - one.right[index] - round(math.log2(step))

    def counts(self) -> list[int]:
        """Columns sent in this step, in the order of the groups."""
        return [self.sent[group.name] for group in self.network.groups]


def run(network: QuantizedNetwork, frames: np.ndarray, step) -> tuple[np.ndarray, np.ndarray]:
    """One utterance: outputs and columns sent. step(network, products, frame, states) gives h, and changes states."""
    products, states, outputs, counts = Products(network), {}, [], []
    for state in network.layers[0].states:
        states[state.name] = np.zeros(state.width, np.int64)
    for frame in frames:
        products.send("head.x", step(network, products, frame.astype(np.int64), states))
        outputs.append(products.gate("head", "output"))
        counts.append(products.counts())
    return np.array(outputs), np.array(counts)


def lstm(network: QuantizedNetwork, products: Products, frame: np.ndarray, states: dict) -> np.ndarray:
    products.send("rnn1.x", frame)
    products.send("rnn1.h", states["h"])
    i, f, o = (sigmoid(products.gate("rnn1", gate)) for gate in ("input", "forget", "output"))
    g = tanh(products.gate("rnn1", "candidate"))
    fraction = network.layers[0].equation("c_new").fraction
    states["c"] = 2 * ((states["c"] * f) >> 16) + rounded(i * g, 30 - fraction)
    states["h"] = rounded(o * tanh(rounded(states["c"], fraction - 12)), 15)
    return states["h"]


def gru_before(network: QuantizedNetwork, products: Products, frame: np.ndarray, states: dict) -> np.ndarray:
    h = states["h"]
    products.send("rnn1.x", frame)
    products.send("rnn1.h", h)
    z, r = (sigmoid(products.gate("rnn1", gate)) for gate in ("update", "reset"))
    products.send("rnn1.rh", rounded(r * h, 15))
    n = tanh(products.gate("rnn1", "candidate"))
    states["h"] = n + rounded(z * (h - n), 15)
    return states["h"]


def sru(network: QuantizedNetwork, products: Products, frame: np.ndarray, states: dict) -> np.ndarray:
    """Both gates see the old c; x is skipped to the output with its own weights."""
    (layer, _), c = network.layers, states["c"]
    vectors = {vector.name: vector for vector in layer.vectors}
    wide, out = layer.equation("c_new").fraction, layer.equation("h_new").fraction
    products.send("rnn1.x", frame)

    def gated(gate: str) -> np.ndarray:
        weights = vectors[f"{gate}_recurrent"]
        seen = (c * weights.values) >> 16
        if weights.fraction == 15:
            seen, fraction = 2 * seen, wide
        else:
            fraction = wide + weights.fraction - 16
        return sigmoid(products.gate("rnn1", gate) + rounded(seen, fraction - 11))

    f, r = gated("forget"), gated("reset")
    new = products.gate("rnn1", "candidate") << (wide - products.fraction("rnn1", "candidate"))
    states["c"] = np.clip(new + 2 * (((c - new) * f) >> 16), -(2**30 - 1), 2**30 - 1)
    entry = -round(np.log2(network.input_scale))
    skip = rounded(vectors["alpha"].values.astype(np.int64) * frame, vectors["alpha"].fraction + entry - out)
    result = rounded(states["c"], wide - out)
    return np.clip(skip + 2 * (((result - skip) * r) >> 16), -32767, 32767)
