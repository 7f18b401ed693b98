"""From SysTick's ticks to instructions.

QEMU runs with `-icount shift=6`: every instruction takes 64 ns of virtual time. SysTick restarts just
before the step call, so n instructions later it has counted one tick less than n x 64 ns x clock, rounded
up. At 16 MHz or more that is over one tick an instruction: each n gives a number of its own, and the count is exact.

One thing bends this rule. QEMU keeps the time of the next wrap in whole nanoseconds, so each wrap comes
early by the fraction of a nanosecond that 2^24 ticks take. That loss is known, and taken off.
"""

from dataclasses import dataclass

import numpy as np

from ..compile.interface import protocol

ICOUNT_SHIFT = 6
_PERIOD = 1 << 24


def ticks(low: np.ndarray, wraps: np.ndarray) -> np.ndarray:
    """SysTick's ticks of each call, int64; `low` and `wraps` are as in protocol.h, both 0 where there was no call."""
    pending = (low & np.uint32(protocol()["PENDING_WRAP"])) != 0
    return (low & np.uint32(_PERIOD - 1)).astype(np.int64) + (wraps.astype(np.int64) + pending) * _PERIOD


def beyond(counts: np.ndarray, empty: int) -> np.ndarray:
    """Counts less that of an empty call, int64; 0 where there was no call."""
    return np.maximum(counts - empty, 0)


@dataclass(frozen=True)
class Counter:
    """Counts for a SysTick at `systick_hz`; 0: the machine counts nothing."""

    systick_hz: int

    def elapsed(self, ticks: np.ndarray, wraps: np.ndarray) -> np.ndarray:
        """Instructions since SysTick's restart, int64: `ticks` in all, of which `wraps` x 2^24 before the last wrap."""
        instruction = self.systick_hz << ICOUNT_SHIFT  # in units of 1 ns / systick_hz, as are the next two
        tick = 10**9
        loss = (_PERIOD * tick) % self.systick_hz
        # Python's integers, since 64 bits are too few.
        pairs = zip(ticks.tolist(), wraps.tolist(), strict=True)
        return np.array([((count + 1) * tick - wrap * loss) // instruction for count, wrap in pairs], np.int64)

    def instructions(self, low: np.ndarray, wraps: np.ndarray, empty: int) -> np.ndarray:
        """Instructions of each call, from its first to its return: int64.

        `low` and `wraps` are as in protocol.h, both 0 where there was no call; `empty` is the `low` of a call of a
        lone return instruction.
        """
        if self.systick_hz == 0:
            return np.zeros(len(low), np.int64)
        numbers = protocol()
        pending = (low & np.uint32(numbers["PENDING_WRAP"])) != 0
        all_wraps = wraps.astype(np.int64) + pending
        counted = ticks(low, wraps)
        overhead = self.elapsed(np.array([empty]), np.array([0]))[0] - 1
        interrupts = wraps.astype(np.int64) * numbers["WRAP_INSTRUCTIONS"]
        return np.where(counted > 0, self.elapsed(counted, all_wraps) - overhead - interrupts, 0)
