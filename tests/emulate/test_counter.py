"""The instruction counter against loops of known length, on every machine, past the wraps of SysTick."""

import numpy as np
import pytest

from shrinkc.compile.image import compile_image
from shrinkc.emulate.counter import Counter
from shrinkc.emulate.run import run_image
from shrinkc.target import list_targets, load_target
from tiny_model import sources
from tools import needs_qemu

BOARDS = [
    name for name in list_targets() if load_target(name).board.name == name and load_target(name).board.qemu_machine
]

# input[0] x 2^input[1] rounds of two instructions, and six more.
LOOP = r"""
#include <string.h>
#include "tiny.h"
void tiny_reset(tiny_state_t *state) { memset(state, 0, sizeof *state); }
__asm__(".syntax unified\n"
        ".thumb\n"
        ".section .text.tiny_step, \"ax\", %progbits\n"
        ".global tiny_step\n"
        ".type tiny_step, %function\n"
        ".thumb_func\n"
        "tiny_step:\n"
        "  movs r3, #0\n"
        "  ldrsh r2, [r1, r3]\n"
        "  movs r3, #2\n"
        "  ldrsh r3, [r1, r3]\n"
        "  lsls r2, r3\n"
        "1: subs r2, #1\n"
        "  bne 1b\n"
        "  bx lr\n"
        ".size tiny_step, . - tiny_step\n");
"""


def loops() -> np.ndarray:
    """Inputs: every count to 300, then larger ones, to 12 wraps at 168 MHz."""
    random = np.random.default_rng(7)
    small = [(count, 0, 0) for count in range(1, 300)]
    middle = [(count, 5, 0) for count in random.integers(1, 32768, 60)]
    large = [(1, 19, 0), (5, 20, 0), (9, 20, 0), (30001, 7, 0), (20011, 8, 0)]
    return np.array(small + middle + large, np.int16)


@needs_qemu
@pytest.mark.parametrize("board", BOARDS)
def test_loops_of_known_length(board: str) -> None:
    inputs = loops()
    files = {**sources(), "tiny.c": LOOP}
    trace = run_image(compile_image(files, "tiny", load_target(board)), [inputs], time_limit_s=120)
    expected = 6 + 2 * (inputs[:, 0].astype(np.int64) << inputs[:, 1])
    assert np.array_equal(trace.instructions, expected)


def test_the_loops_wrap_the_counter_on_every_machine() -> None:
    longest = 2 * (9 << 20)
    for board in BOARDS:
        assert longest * 64e-9 * load_target(board).board.systick_hz > 1 << 24


def test_each_count_has_ticks_of_its_own() -> None:
    """QEMU's rule, in integers: n instructions are ceil(n x 64 ns x clock) - 1 ticks."""
    for clock in (16_000_000, 20_000_000, 25_000_000, 32_000_000, 168_000_000):
        counts = np.arange(1, 5000)
        ticks = -(-counts * 64 * clock // 10**9) - 1
        assert np.array_equal(Counter(clock).elapsed(ticks, np.zeros_like(ticks)), counts)


def test_nothing_counted_is_zero() -> None:
    counts = Counter(0).instructions(np.ones(3, np.uint32), np.zeros(3, np.uint32), 0)
    assert np.array_equal(counts, np.zeros(3, np.int64))
