"""Counts in output.bin that QEMU does not give: the cycles of a core, and SysTick's ticks as they are."""

import struct

import numpy as np
import pytest

from shrinkc.compile.interface import Interface, protocol
from shrinkc.emulate.counter import Counter, ticks
from shrinkc.emulate.trace import Trace, decode_output, record_type

INTERFACE = Interface(inputs=3, outputs=2, send_groups=1, state_bytes=8, max_frames=0, digest="d1")


def trace(low: list[int], wraps: list[int], cycles: list[int], empty: int, empty_cycles: int) -> Trace:
    numbers = protocol()
    header = struct.pack("<7I68s", numbers["OUTPUT_MAGIC"], 1, 3, 2, 1, 8, 0, b"d1") + bytes(4)
    records = np.zeros(len(low), record_type(INTERFACE, dump_state=False))
    records["low"], records["wraps"], records["cycles"] = low, wraps, cycles
    footer = struct.pack("<5I", numbers["FOOTER_MAGIC"], len(low), empty, 64, empty_cycles)
    return decode_output(header + records.tobytes() + footer, INTERFACE, len(low), Counter(0), dump_state=False)


def test_what_an_empty_call_takes_is_taken_off() -> None:
    """A frame that no call was made for, as all but the last of a whole utterance, has nothing."""
    found = trace([0, 120, 70], [0, 0, 0], [0, 150, 95], 20, 30)
    assert found.ticks.tolist() == [0, 100, 50]
    assert found.cycles.tolist() == [0, 120, 65]
    assert not found.instructions.any()


def test_where_nothing_counts() -> None:
    found = trace([0, 0], [0, 0], [0, 0], 0, 0)
    assert found.cycles is None and not found.ticks.any()


@pytest.mark.parametrize("pending", [False, True])
def test_ticks_past_wraps(pending: bool) -> None:
    low = 5 | (protocol()["PENDING_WRAP"] if pending else 0)
    assert ticks(np.array([low], np.uint32), np.array([2], np.uint32)).tolist() == [((2 + pending) << 24) + 5]
