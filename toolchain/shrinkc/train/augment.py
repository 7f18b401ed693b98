"""What is done to an utterance's features in training only, so that few speakers teach about many.

All of it works on log-mel values and draws from the generator that it is given: the same generator state
gives the same numbers.
"""

import numpy as np

from .settings import Settings


def stretch(features: np.ndarray, frame_labels: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Play features (frames, width) and labels (frames,) `factor` times as long, between frames by straight lines."""
    frames = max(1, round(len(features) * factor))
    where = np.linspace(0, len(features) - 1, frames)
    low = np.minimum(where.astype(np.int64), max(0, len(features) - 2))
    high = np.minimum(low + 1, len(features) - 1)
    share = (where - low)[:, None].astype(np.float32)
    return features[low] * (1 - share) + features[high] * share, frame_labels[np.rint(where).astype(np.int64)]


def warp(features: np.ndarray, factor: float) -> np.ndarray:
    """Read band b of (frames, width) at b * factor: another length of the vocal tract, roughly.

    The top is held.
    """
    width = features.shape[1]
    where = np.minimum(np.arange(width) * factor, width - 1)
    low = np.minimum(where.astype(np.int64), max(0, width - 2))
    share = (where - low).astype(np.float32)
    return features[:, low] * (1 - share) + features[:, np.minimum(low + 1, width - 1)] * share


def hide(features: np.ndarray, settings: Settings, fill: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Put the mean (width,) in place of a few spans of frames and of bands (SpecAugment, Park et al. 2019)."""
    hidden = features.copy()
    frames, width = features.shape
    for _ in range(settings.time_masks):
        size = rng.integers(0, settings.time_mask + 1)
        start = rng.integers(0, max(1, frames - size))
        hidden[start : start + size] = fill
    for _ in range(settings.band_masks):
        size = rng.integers(0, settings.band_mask + 1)
        start = rng.integers(0, max(1, width - size))
        hidden[:, start : start + size] = fill[start : start + size]
    return hidden


def augment(
    features: np.ndarray,
    frame_labels: np.ndarray,
    fewest_frames: int,
    settings: Settings,
    statistics: tuple[np.ndarray, np.ndarray],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """One utterance as another speaker in another room: features (frames', width) and labels (frames',).

    `fewest_frames` is what the label sequence needs at least; `statistics` are mean and std, each (width,).
    """
    mean, std = statistics
    factor = 1 + settings.stretch * rng.uniform(-1, 1)
    if round(len(features) * factor) >= fewest_frames:
        features, frame_labels = stretch(features, frame_labels, factor)
    features = warp(features, 1 + settings.warp * rng.uniform(-1, 1))
    slope = settings.tilt * rng.standard_normal() * np.linspace(-0.5, 0.5, features.shape[1])
    features = features + (settings.gain * rng.standard_normal() + slope).astype(np.float32)
    features = features + settings.noise * std * rng.standard_normal(features.shape, dtype=np.float32)
    return hide(features, settings, mean, rng), frame_labels
