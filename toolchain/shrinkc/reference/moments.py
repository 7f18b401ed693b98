"""What the products of a quantised network read on a calibration set: `quantize.moments.Moments` of its layers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..quantize.moments import Measure, Moments
from ..quantize.quantized import QuantizedNetwork
from .integer import stream

ROWS = 4096
"""Vectors that are gathered before their product is taken."""


def measurer(utterances: Iterable[np.ndarray]) -> Measure:
    """Moments over raw features, (frames, inputs) an utterance, which are gone through again for every question.

    Memory does not grow with their number.
    """

    def measure(network: QuantizedNetwork, names: Sequence[str]) -> Mapping[str, Moments]:
        count = 1 + max(index for index, layer in enumerate(network.layers) if layer.name in names)
        part = replace(network, layers=network.layers[:count])
        collectors = {name: _Collector() for name in names}

        def observe(layer: str, seen: Mapping[str, np.ndarray]) -> None:
            if layer in collectors:
                collectors[layer].add(seen)

        inputs = (network.quantize_input(utterance) for utterance in utterances)
        for _ in stream(part, inputs, observe=observe):
            pass
        return {name: one.moments(network) for name, one in collectors.items()}

    return measure


class _Collector:
    """Sums over all frames of one layer's inputs, its send groups side by side."""

    def __init__(self) -> None:
        self.pending: list[np.ndarray] = []
        self.waiting = self.frames = 0
        self.total: np.ndarray | float = 0.0
        self.squares: np.ndarray | float = 0.0
        self.widths: dict[str, int] = {}

    def add(self, seen: Mapping[str, np.ndarray]) -> None:
        """Take in one step: int16 (utterances, width) by send group."""
        self.widths = {name: values.shape[1] for name, values in seen.items()}
        self.pending.append(np.concatenate(list(seen.values()), axis=1))
        self.waiting += len(self.pending[-1])
        if self.waiting >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if self.pending:
            rows = np.concatenate(self.pending).astype(np.float64)
            self.total = self.total + rows.sum(axis=0)
            self.squares = self.squares + rows.T @ rows
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
        mean = np.asarray(self.total) * scales / frames
        return Moments(places, mean, np.asarray(self.squares) * np.outer(scales, scales) / frames)
