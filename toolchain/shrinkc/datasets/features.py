"""Log-mel filterbank features: the numbers that every model of this project takes in.

The definition is the one of the HTK book (section 5.4, "Filterbank analysis"): pre-emphasis, Hamming window,
power spectrum, triangular filters spaced evenly on mel(f) = 2595 log10(1 + f / 700), natural logarithm. There
is no dither, so the same samples give the same features.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..errors import InputError

# Rounding to 16 bits leaves about this energy in a band (variance 1/12, window energy 160, a few bins):
# what lies below is digital silence, and only stretches the range that a model's input must cover.
ENERGY_FLOOR = 64.0


@dataclass(frozen=True)
class FeatureConfig:
    """How sound becomes features. Times are milliseconds, frequencies hertz."""

    sample_rate: int = 16000
    frame_length_ms: float = 25.0
    frame_shift_ms: float = 20.0
    bands: int = 40
    low_hz: float = 20.0
    high_hz: float = 8000.0
    pre_emphasis: float = 0.97

    def __post_init__(self) -> None:
        # Written so that NaN, which is in no order with anything, is refused.
        if not 1000 / self.sample_rate <= self.frame_shift_ms <= self.frame_length_ms < math.inf:
            raise InputError(
                f"frame shift {self.frame_shift_ms} ms must be at least one sample, {1000 / self.sample_rate} ms,"
                f" and at most the frame length, {self.frame_length_ms} ms"
            )
        if not 0 <= self.low_hz < self.high_hz <= self.sample_rate / 2:
            raise InputError(
                f"bands from {self.low_hz} to {self.high_hz} Hz do not fit a rate of {self.sample_rate} Hz"
            )
        if not 1 <= self.bands <= self.fft_size // 2 or not mel_filters(self).any(axis=1).all():
            raise InputError(
                f"{self.bands} bands: give a number from 1 up to where every band still holds a frequency bin"
            )

    @property
    def frame_samples(self) -> int:
        return round(self.sample_rate * self.frame_length_ms / 1000)

    @property
    def shift_samples(self) -> int:
        return round(self.sample_rate * self.frame_shift_ms / 1000)

    @property
    def fft_size(self) -> int:
        """The next power of two that holds one frame."""
        return 1 << (self.frame_samples - 1).bit_length()

    def frames_of(self, samples: int) -> int:
        """How many whole frames `samples` samples hold."""
        return max(0, 1 + (samples - self.frame_samples) // self.shift_samples)

    def centres(self, frames: int) -> np.ndarray:
        """The middle of each frame, in seconds from the start of the sound: (frames,)."""
        return (np.arange(frames) * self.shift_samples + self.frame_samples / 2) / self.sample_rate


def mel(hertz: np.ndarray | float) -> np.ndarray:
    """HTK's mel scale: 1000 mel at 1000 Hz."""
    return 2595.0 * np.log10(1.0 + np.asarray(hertz, dtype=np.float64) / 700.0)


@lru_cache(maxsize=8)
def mel_filters(config: FeatureConfig) -> np.ndarray:
    """Triangular filters over the bins of the power spectrum: (bands, fft_size / 2 + 1), peak at most 1.

    Neighbours overlap so that each filter starts at the centre of the one before; the slopes are straight in mel.
    """
    edges = np.linspace(mel(config.low_hz), mel(config.high_hz), config.bands + 2)
    bins = mel(np.arange(config.fft_size // 2 + 1) * config.sample_rate / config.fft_size)
    left, centre, right = (edges[start : start + config.bands, None] for start in range(3))
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    return np.maximum(0.0, np.minimum(rising, falling))


def log_mel(samples: np.ndarray, config: FeatureConfig) -> np.ndarray:
    """Features of one sound: (frames, bands) float32, natural logarithm of band energies.

    `samples` is (n,) in the units of 16-bit audio (-32768 to 32767), at the configuration's rate. A sound
    shorter than one frame gives no frames.
    """
    frames = config.frames_of(len(samples))
    if frames == 0:
        return np.zeros((0, config.bands), np.float32)
    windows = np.lib.stride_tricks.sliding_window_view(np.asarray(samples, np.float64), config.frame_samples)
    cut = windows[:: config.shift_samples][:frames]
    # HTK pre-emphasises inside each frame and takes the first sample as its own predecessor.
    before = np.concatenate([cut[:, :1], cut[:, :-1]], axis=1)
    shaped = (cut - config.pre_emphasis * before) * np.hamming(config.frame_samples)
    power = np.abs(np.fft.rfft(shaped, config.fft_size)) ** 2
    energies = power @ mel_filters(config).T
    return np.log(np.maximum(energies, ENERGY_FLOOR)).astype(np.float32)
