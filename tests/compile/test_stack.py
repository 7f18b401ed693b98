"""The worst case of the stack: call graphs worked out by hand, and a real compilation."""

import pytest

from shrinkc.compile.image import compile_image
from shrinkc.compile.stack import Graph, deepest, read_call_graph, read_disassembly
from shrinkc.errors import BuildError
from shrinkc.target import load_target
from tiny_model import sources
from tools import needs_arm

CALLS = r"""graph: { title: "a.c"
node: { title: "step" label: "step\na.c:6:5\n24 bytes (static)" }
node: { title: "a.c:inner" label: "inner\na.c:4:38\n100 bytes (static)" }
node: { title: "memset" label: "memset\n<built-in>" shape : ellipse }
edge: { sourcename: "step" targetname: "a.c:inner" label: "a.c:6:77" }
edge: { sourcename: "a.c:inner" targetname: "memset" }
}
"""

LISTING = """
00008000 <memset>:
    8000:\tpush\t{r4, r5, lr}
    8002:\tsub\tsp, #8
    8004:\tbl\t8020 <helper>
    8006:\tbeq.n\t8000 <memset>
    8008:\tpop\t{r4, r5, pc}

00008020 <helper>:
    8020:\tstmdb\tsp!, {r4, r5, r6, r7, r8, lr}
    8024:\tvpush\t{d8-d9}
    8026:\tstr.w\tr3, [sp, #-16]!
    8028:\tb.n\t8040 <tail>

00008040 <tail>:
    8040:\tbx\tlr

00008050 <step>:
    8050:\tpush\t{r0, r1, r2, r3, r4, r5, r6, r7, lr}
"""


def graph(calls: str = CALLS, listing: str = "") -> Graph:
    made = Graph()
    read_call_graph(calls, made)
    read_disassembly(listing, made)
    return made


def test_frames_add_up_along_the_deepest_chain() -> None:
    assert deepest(graph(), ["step"]) == 124


def test_functions_of_libc_count_what_they_push() -> None:
    made = graph(listing=LISTING)
    assert made.frames["memset"] == 3 * 4 + 8
    assert made.frames["helper"] == 6 * 4 + 2 * 8 + 16
    assert made.calls["memset"] == {"helper"}
    assert made.calls["helper"] == {"tail"}
    assert made.frames["step"] == 36  # more than the compiler's word: inline assembly pushes the rest
    assert deepest(made, ["step"]) == 124 + 12 + 20 + 56


def test_an_indirect_call_may_reach_what_nobody_calls_by_name() -> None:
    calls = r"""
node: { title: "step" label: "step\na.c:6:5\n8 bytes (static)" }
node: { title: "a.c:one" label: "one\na.c:4:38\n40 bytes (static)" }
node: { title: "a.c:two" label: "two\na.c:4:38\n60 bytes (dynamic,bounded)" }
node: { title: "reset" label: "reset\na.c:4:38\n500 bytes (static)" }
node: { title: "__indirect_call" label: "Indirect Call Placeholder" shape : ellipse }
edge: { sourcename: "step" targetname: "__indirect_call" label: "a.c:6:63" }
"""
    assert deepest(graph(calls), ["step"]) == 508  # reset's address could be taken too
    assert deepest(graph(calls), ["step", "reset"]) == 500


def test_recursion_and_unbounded_arrays_are_refused() -> None:
    circle = CALLS.replace('targetname: "memset"', 'targetname: "step"')
    with pytest.raises(BuildError, match=r"step -> a.c:inner -> step call each other in a circle"):
        deepest(graph(circle), ["step"])
    with pytest.raises(BuildError, match=r"stack of step has no bound"):
        graph(CALLS.replace("24 bytes (static)", "24 bytes (dynamic)"))


@needs_arm
def test_a_known_frame_is_found_in_a_real_image() -> None:
    target = load_target("cortex-m3")
    base = compile_image(sources(), "tiny", target).sizes.stack
    extra = "volatile int8_t room[400]; room[input[0] & 63] = 1; state->sum += room[3];"
    with_room = compile_image(sources(extra=extra), "tiny", target).sizes.stack
    assert 400 <= with_room - base <= 416
