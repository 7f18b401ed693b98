"""Fine-tuning for thresholds: the forward pass in which products see what a delta network holds, and what it sends.

Each vector that a product reads is taken to the grid of its send group, and an element follows only when it has moved
by more than its threshold since it was last sent (`shrinkc_delta_scan_*` in integers). The gradient passes to the
vector as if it had neither been rounded nor held. Whether an element is sent has no gradient; in the cost a sigmoid of
how far it is beyond its threshold stands for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from ..errors import InputError
from ..quantize.quantized import SendGroup
from .network import Run, dropped

SOFTNESS, LEAST_SOFTNESS = 0.25, 1.0
"""Width of the sigmoid in the cost, as a share of the threshold, and at least so many steps of the grid."""


@dataclass(frozen=True)
class Held:
    """A send group in training. scale: real value of a step. thresholds: (width,) in steps. rows: multiplications that
    a column costs.
    """

    scale: float
    limit: int
    thresholds: np.ndarray
    rows: int

    @classmethod
    def of(cls, group: SendGroup, rows: int) -> "Held":
        """The group as quantised; `rows` of matrices read it."""
        return cls(group.scale, group.limit, group.thresholds.astype(np.float32), rows)

    def step(self, values: Any, before: Any) -> tuple[Any, Any, Any]:
        """One frame, (batch, width), in real values: what is held from now on, what was sent (0 or 1), and its soft
        stand-in. before: what was held.
        """
        steps = tf.clip_by_value(tf.round(values / self.scale), -self.limit, self.limit)
        moved = tf.abs(steps - tf.round(before / self.scale))
        sent = tf.cast(moved > self.thresholds, tf.float32)
        held = tf.where(sent > 0, steps * self.scale, before)
        soft = tf.abs(values - tf.stop_gradient(before)) / self.scale - self.thresholds
        soft = tf.sigmoid(soft / np.maximum(SOFTNESS * self.thresholds, LEAST_SOFTNESS))
        return values + tf.stop_gradient(held - values), tf.stop_gradient(sent), soft


class HeldForward:
    """The network of recurrent layers and a head, as it computes with thresholds. groups: by vector, `rnn1.h`."""

    def __init__(self, model: Any, cell: str, groups: Mapping[str, Held]) -> None:
        if cell not in CELLS:
            *most, last = CELLS
            raise InputError(f"--delta trains {', '.join(most)} and {last}, not {cell}: leave it out")
        if any(getattr(layer, "projection", None) for layer in model.layers):
            raise InputError("--delta does not train layers that project their input: leave it out")
        self.model, self.groups, self._name, self._cell = model, groups, cell, CELLS[cell]
        self._work = float(sum(group.rows * len(group.thresholds) for group in groups.values()))

    def __call__(self, features: Any, lengths: Any, dropout: float, seed: Any) -> tuple[Any, Any, Any]:
        """Logits (batch, frames, symbols), the share of multiplications done, and what stands for it in the cost.

        Arguments as of `network.forward`, but that dropout is the same in all frames of an utterance.
        """
        normalise, *layers, head = self.model.layers
        there = tf.cast(tf.transpose(tf.sequence_mask(lengths, tf.shape(features)[1])), tf.float32)
        tally = _Tally(there, self._work)
        values = tf.transpose(normalise(features), (1, 0, 2))  # frames first
        for index, layer in enumerate(layers, 1):
            name = layer.name
            read = tally.add(self.groups[f"{name}.x"], self._sequence(f"{name}.x", values))
            if self._cell is _sru:
                values = _sru(layer, values, read)
            else:
                values, sent, soft = self._run(layer, f"{name}.h", read)
                tally.add(self.groups[f"{name}.h"], (values, sent, soft))
            # What is dropped stays so for the whole utterance: else it would come and go, and be sent each time.
            values = dropped(values, dropout, seed + index, (1, tf.shape(values)[1], layer.units))
        inputs = tally.add(self.groups["head.x"], self._sequence("head.x", values))
        logits = inputs @ head.kernel.value + head.bias.value
        return tf.transpose(logits, (1, 0, 2)), tally.done, tally.soft

    def on(self, model: Any) -> "HeldForward":
        """The same thresholds on a model of the same shape."""
        return HeldForward(model, self._name, self.groups)

    def run(self) -> Run:
        """Computes the logits of padded batches, with the weights that the model has at each call."""
        shape = tf.TensorSpec((None, None, self.model.input_shape[-1]), tf.float32)

        def logits(values: Any) -> Any:
            lengths = tf.fill(tf.shape(values)[:1], tf.shape(values)[1])
            return self(values, lengths, 0.0, tf.zeros(2, tf.int32))[0]

        return tf.function(logits, input_signature=[shape], autograph=False)

    def _sequence(self, name: str, values: Any) -> tuple[Any, Any, Any]:
        """A whole sequence (frames, batch, width) through its group: held, sent and soft, each like it."""
        group = self.groups[name]

        def step(state: Sequence[Any], now: Any) -> tuple[Any, Any, Any]:
            held, sent, soft = group.step(now, state[0])
            return tf.stop_gradient(held), sent, soft

        nothing = tf.zeros_like(values[0])
        held, sent, soft = tf.scan(step, values, (nothing, nothing, nothing))
        return values + tf.stop_gradient(held - values), sent, soft

    def _run(self, layer: Any, name: str, inputs: Any) -> tuple[Any, Any, Any]:
        """A layer over held inputs (frames, batch, width): its outputs, and what its h sends."""
        cell, group = layer.cell, self.groups[name]
        kernel, recurrent = cell.kernel.value, cell.recurrent_kernel.value
        bias = tf.reshape(cell.bias.value, (-1, kernel.shape[1]))  # a GRU has two rows
        products = inputs @ kernel + bias[0]
        nothing = tf.zeros((tf.shape(inputs)[1], layer.units))

        def step(state: Sequence[Any], now: Any) -> tuple[Any, ...]:
            h, c, before = state[:3]
            held, sent, soft = group.step(h, before)
            h, c = self._cell(now, held @ recurrent, bias[-1], h, c)
            return h, c, tf.stop_gradient(held), sent, soft

        outputs, _, _, sent, soft = tf.scan(step, products, (nothing,) * 5)
        return outputs, sent, soft


def held_forward(model: Any, cell: str, groups: Sequence[tuple[SendGroup, int]]) -> HeldForward:
    """The forward pass with the thresholds of send groups, each with the rows that read it.

    Raises InputError for a cell that has none, and for a vector that products read at several widths.
    """
    by_vector: dict[str, Held] = {}
    for group, rows in groups:
        vector = f"{group.layer}.{group.source}"
        if vector in by_vector:
            raise InputError(f"--delta: {vector} is read at several widths; give it one")
        if not group.delta:
            raise InputError(f"--delta: {group.name} is off; give it a threshold, 0 if nothing is to be lost")
        by_vector[vector] = Held.of(group, rows)
    return HeldForward(model, cell, by_vector)


class _Tally:
    """What all groups send, as shares of all multiplications, over the frames that are there."""

    def __init__(self, there: Any, work: float) -> None:
        self._there, self._work = there, work
        self.done = self.soft = tf.zeros(())

    def add(self, group: Held, passed: tuple[Any, Any, Any]) -> Any:
        """Count what one group sent, of (held, sent, soft), (frames, batch, width) each; returns what is held."""
        held, sent, soft = passed
        frames = tf.maximum(tf.reduce_sum(self._there), 1.0)
        for name, columns in (("done", sent), ("soft", soft)):
            mean = tf.reduce_sum(tf.reduce_sum(columns, axis=2) * self._there) / frames
            setattr(self, name, getattr(self, name) + group.rows * mean / self._work)
        return held


def _lstm(x: Any, u: Any, bias: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """Keras' LSTM, gates i f c o; its bias is in x."""
    i, f, g, o = tf.split(x + u, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def _gru(x: Any, u: Any, bias: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """Keras' GRU with the reset after the product, gates z r h; c is not used."""
    xz, xr, xn = tf.split(x, 3, axis=1)
    uz, ur, un = tf.split(u + bias, 3, axis=1)
    z = tf.sigmoid(xz + uz)
    n = tf.tanh(xn + tf.sigmoid(xr + ur) * un)
    return z * h + (1 - z) * n, c


def _ligru(x: Any, u: Any, bias: Any, h: Any, c: Any) -> tuple[Any, Any]:
    """shrinkc.keras.LiGRU without batch norm, gates z n; its bias is in x, and c is not used."""
    z, n = tf.split(x + u, 2, axis=1)
    z = tf.sigmoid(z)
    return z * h + (1 - z) * tf.nn.relu(n), c


def _sru(layer: Any, inputs: Any, read: Any) -> Any:
    """A whole layer of shrinkc.keras.SRU, frames first: only its products see what is held."""
    batches = [tf.transpose(each, (1, 0, 2)) for each in (inputs, read)]
    nothing = tf.zeros((tf.shape(inputs)[1], layer.units))
    outputs, _ = layer.cell.run(batches[0], nothing, None, False, False, read=batches[1])
    return tf.transpose(outputs, (1, 0, 2))


CELLS: Mapping[str, Callable[..., Any]] = {"lstm": _lstm, "gru": _gru, "ligru": _ligru, "sru": _sru}
"""One step of a layer whose h is held; of SRU, which has none, a whole layer."""
