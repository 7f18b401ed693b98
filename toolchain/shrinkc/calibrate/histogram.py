"""A histogram of magnitudes that grows by doubling, so that a stream of any length needs one pass and little memory."""

import numpy as np

BINS = 2048
FIRST_TOP = 2.0**-12


class Histogram:
    """Counts of |value| in BINS equal bins from 0 to `top`, a power of two that doubles when a larger value comes.

    Doubling merges pairs of bins exactly, so the counts do not depend on how the stream was cut into pieces.
    """

    def __init__(self) -> None:
        self.top = FIRST_TOP
        self.counts = np.zeros(BINS, np.int64)
        self.maximum = 0.0

    def add(self, values: np.ndarray) -> None:
        """Count the magnitudes of an array of any shape."""
        magnitudes = np.abs(values).ravel()
        if not magnitudes.size:
            return
        self.maximum = max(self.maximum, float(magnitudes.max()))
        while self.maximum >= self.top:
            self.counts = np.concatenate([self.counts.reshape(-1, 2).sum(axis=1), np.zeros(BINS // 2, np.int64)])
            self.top *= 2
        bins = (magnitudes * (BINS / self.top)).astype(np.int64)
        self.counts += np.bincount(bins, minlength=BINS)

    @property
    def centers(self) -> np.ndarray:
        """float64 (BINS,): the middle of each bin."""
        return (np.arange(BINS) + 0.5) * (self.top / BINS)
