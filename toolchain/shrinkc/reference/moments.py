"""What the products of a quantised network read on a calibration set: `quantize.moments.Moments` of its layers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..quantize.moments import Measure, Moments
from ..quantize.quantized import QuantizedNetwork
from .integer import stream

ROWS = 4096
"""Vectors that are gathered before their product is taken."""
UTTERANCES = 400
"""Of the calibration set, at most so many are run for the moments: spread evenly over it."""


def measurer(utterances: Sequence[np.ndarray]) -> Measure:
    """Moments over raw features, (frames, inputs) an utterance, which are gone through again for every question.

    Memory does not grow with their number, nor does time beyond `UTTERANCES` of them.
    """
    chosen = utterances[:: max(1, -(-len(utterances) // UTTERANCES))]

    def measure(network: QuantizedNetwork, names: Sequence[str]) -> Mapping[str, Moments]:
        count = 1 + max(index for index, layer in enumerate(network.layers) if layer.name in names)
        part = replace(network, layers=network.layers[:count])
        collectors = {
            name: _Collector({group.name: group.width for group in network.groups if group.layer == name})
            for name in names
        }

        def observe(layer: str, seen: Mapping[str, np.ndarray]) -> None:
            if layer in collectors:
                collectors[layer].add(seen)

        inputs = (network.quantize_input(utterance) for utterance in chosen)
        for _ in stream(part, inputs, observe=observe):
            pass
        return {name: one.moments(network) for name, one in collectors.items()}

    return measure


class _Collector:
    """Sums over all frames of one layer's inputs, its send groups side by side; widths: of each of them."""

    def __init__(self, widths: Mapping[str, int]) -> None:
        self.widths = widths
        columns = sum(widths.values())
        self.pending: list[np.ndarray] = []
        self.waiting = self.frames = 0
        self.total = np.zeros(columns)
        self.squares = np.zeros((columns, columns))

    def add(self, seen: Mapping[str, np.ndarray]) -> None:
        """Take in one step: int16 (utterances, width) by send group."""
        self.pending.append(np.concatenate([seen[name] for name in self.widths], axis=1))
        self.waiting += len(self.pending[-1])
        if self.waiting >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if self.pending:
            rows = np.concatenate(self.pending).astype(np.float64)
            self.total += rows.sum(axis=0)
            self.squares += rows.T @ rows
            self.frames += len(rows)
        self.pending, self.waiting = [], 0

    def moments(self, network: QuantizedNetwork) -> Moments:
        """The means, in real values."""
        self._flush()
        ends = np.cumsum(list(self.widths.values()))
        places = {
            name: slice(int(end) - width, int(end))
            for (name, width), end in zip(self.widths.items(), ends, strict=True)
        }
        scales = np.concatenate([np.full(width, network.group(name).scale) for name, width in self.widths.items()])
        frames = max(self.frames, 1)
        return Moments(places, self.total * scales / frames, self.squares * np.outer(scales, scales) / frames)
