"""Holds an imported network's float reference against the framework that made the file, on the same input."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..network import Network, floating
from .frameworks import Framework, Way, open_framework, refusing

TOLERANCE = 1e-4
"""Largest difference, as a share of the output where that is above 1: float32 adds up in another order elsewhere."""

SEED = 0
UTTERANCES, FRAMES = 4, 100


@dataclass(frozen=True)
class CrossCheck:
    """framework: name and version. data: what was run. difference: the largest, as a share of an output above 1."""

    framework: str
    data: str
    utterances: int
    frames: int
    difference: float
    tolerance: float = TOLERANCE

    @property
    def good(self) -> bool:
        """Whether the difference is within the tolerance; NaN is not."""
        return self.difference <= self.tolerance


def random_input(network: Network) -> list[np.ndarray]:
    """Utterances (100, inputs) as the model expects them: its own normalisation undone on normal numbers."""
    random = np.random.default_rng(SEED)
    scale = np.where(network.scale == 0, 1, network.scale)
    normal = random.normal(0, 1, (UTTERANCES, FRAMES, network.inputs))
    return [(one / scale + network.mean).astype(np.float32) for one in normal]


def cross_check(path: Path, network: Network, utterances: Sequence[np.ndarray], data: str) -> CrossCheck:
    """Run `utterances`, (frames, inputs) each, through both. Raises InputError where the framework cannot.

    Where a file does not say which axis is that of the frames, a way that fails is not the right one.
    """
    framework = open_framework(path, network.inputs)
    found: list[tuple[float, list[np.ndarray]]] = []
    failed: list[InputError] = []
    for way in framework.ways:
        try:
            found.append(_compare(path, framework, way, network, utterances))
        except InputError as error:
            failed.append(error)
    if not found:
        raise failed[0]
    difference, pieces = min(found, key=lambda one: np.inf if np.isnan(one[0]) else one[0])
    return CrossCheck(framework.name, data, len(pieces), sum(map(len, pieces)), difference)


def _compare(
    path: Path, framework: Framework, way: Way, network: Network, utterances: Sequence[np.ndarray]
) -> tuple[float, list[np.ndarray]]:
    pieces = [piece for utterance in utterances for piece in _pieces(utterance, way.frames)]
    if not pieces:
        raise InputError(f"{path}: takes {way.frames} frames a call, and no utterance has as many; use a longer one")
    references = [_ended(network, output) for output in floating.run(network, pieces)]
    worst = 0.0
    for piece, reference in zip(pieces, references, strict=True):
        with refusing(path, f"{framework.name} cannot run"):
            result = way.run(piece)
        if result.shape != reference.shape:
            return np.inf, pieces
        share = np.abs(result.astype(np.float64) - reference) / np.maximum(1, np.abs(result))
        if not np.isfinite(share).all():
            return np.nan, pieces
        worst = max(worst, float(share.max()))
    return worst, pieces


def _pieces(utterance: np.ndarray, frames: int | None) -> list[np.ndarray]:
    """An utterance as a file takes it: whole, or in stretches of the number of frames that it was saved for."""
    if frames is None:
        return [utterance]
    return [utterance[at : at + frames] for at in range(0, len(utterance) - frames + 1, frames)]


def _ended(network: Network, outputs: np.ndarray) -> np.ndarray:
    """Outputs with the softmax that the importer left off."""
    if not network.left_off:
        return outputs
    lowered = outputs.astype(np.float64) - outputs.max(-1, keepdims=True)
    logarithm = lowered - np.log(np.exp(lowered).sum(-1, keepdims=True))
    return logarithm if network.left_off == "log-softmax" else np.exp(logarithm)
