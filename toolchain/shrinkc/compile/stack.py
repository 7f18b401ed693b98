"""The deepest stack that a function can need: the compiler's call graph, and disassembly for what libc brings.

The compiler states each function's frame and callees (-fcallgraph-info=su). Functions that come ready-made
(memcpy, 64-bit division) have no such statement, and inline assembly may push what it leaves out: so a frame is at
least the sum of all that the function's instructions push, an upper bound. An indirect call may reach any function
whose address could be taken: one that nobody calls by name.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BuildError
from ..target import Target
from .toolchain import run_tool

OBJDUMP = "arm-none-eabi-objdump"
INDIRECT = "__indirect_call"
# What the harness, its fault report and one interrupt's frame take of the stack beside the model, in bytes.
HARNESS_STACK = 512

_NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "[^"]*?\\n(\d+) bytes \(([a-z,]+)\)')
_EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_CALL = re.compile(r"\t(?:bl?x?|b[a-z]{2}|cbn?z)(?:\.[nw])?\t(?:[a-z0-9]+, )?[0-9a-f]+ <([^>+]+)>")
_INDIRECT_CALL = re.compile(r"\tblx\t[a-z]")
_GROW = re.compile(r"\tsub(?:w|\.w)?\tsp, (?:sp, )?#(\d+)|\[sp, #-(\d+)\]!")
_PUSH = re.compile(r"\t(v?push|v?stmdb)(?:\.w)?\t(?:sp!, )?\{([^}]*)\}")


@dataclass
class Graph:
    """Functions by name: the bytes of their own frame, and whom they call."""

    frames: dict[str, int] = field(default_factory=dict)
    calls: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name: str, frame: int) -> None:
        self.frames[name] = frame
        self.calls.setdefault(name, set())


def read_call_graph(text: str, graph: Graph) -> None:
    """Add one `.ci` file of the compiler to `graph`. Raises BuildError for a frame without a bound."""
    for line in text.splitlines():
        if found := _NODE.match(line):
            if found[3] == "dynamic":
                raise BuildError(f"the stack of {found[1]} has no bound: it uses an array of variable length")
            graph.add(found[1], int(found[2]))
        elif found := _EDGE.match(line):
            graph.calls.setdefault(found[1], set()).add(found[2])


def _register_bytes(kind: str, registers: str) -> int:
    """Bytes that a push of `registers` ("r4, r5-r7, lr" or "d8-d9") takes."""
    each = 8 if kind.startswith("v") and registers.startswith("d") else 4
    count = 0
    for part in registers.split(","):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        count += ends[1] - ends[0] + 1 if "-" in part else 1
    return each * count


def read_disassembly(text: str, graph: Graph) -> None:
    """Add what the functions of a disassembly push; of those that `graph` does not know yet, whom they call too."""
    known = {name.rpartition(":")[2]: name for name in graph.frames}
    pushed: dict[str, int] = {}
    name = ""
    for line in text.splitlines():
        if found := _FUNCTION.match(line):
            name = known.get(found[1], found[1])
            pushed[name] = 0
            if name not in graph.frames:
                graph.add(name, 0)
        elif name:
            if found := _PUSH.search(line):
                pushed[name] += _register_bytes(found[1], found[2])
            elif found := _GROW.search(line):
                pushed[name] += int(found[1] or found[2])
            elif name in known.values():
                continue
            elif found := _CALL.search(line):
                graph.calls[name].update({found[1]} - {name})
            elif _INDIRECT_CALL.search(line):
                graph.calls[name].add(INDIRECT)
    for name, total in pushed.items():
        graph.frames[name] = max(graph.frames[name], total)


def _uncalled(graph: Graph, roots: Iterable[str]) -> set[str]:
    """Functions that nobody calls by name: the ones that a pointer may lead to."""
    called = set().union(*graph.calls.values())
    return set(graph.frames) - called - set(roots)


def deepest(graph: Graph, roots: Sequence[str]) -> int:
    """Bytes of the deepest chain of calls from any of `roots`. Raises BuildError for recursion."""
    graph.frames[INDIRECT] = 0
    graph.calls[INDIRECT] = _uncalled(graph, [*roots, INDIRECT])
    depths: dict[str, int] = {}

    def depth(name: str, path: tuple[str, ...]) -> int:
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise BuildError(f"the stack has no bound: {circle} call each other in a circle")
        if name not in depths:
            below = [depth(callee, (*path, name)) for callee in sorted(graph.calls.get(name, ()))]
            depths[name] = graph.frames.get(name, 0) + max(below, default=0)
        return depths[name]

    return max(depth(root, ()) for root in roots)


def worst_stack(roots: Sequence[str], library: Sequence[str], folder: Path, elf: str) -> int:
    """Bytes of stack that the functions `roots` of the linked file `elf` can need at most.

    `library` are the objects it was linked from; the compiler left a call graph beside each.
    """
    graph = Graph()
    for name in library:
        read_call_graph((folder / name).with_suffix(".ci").read_text(encoding="utf-8"), graph)
    result = run_tool([OBJDUMP, "-d", "--no-show-raw-insn", elf], folder)
    if result.code != 0:
        raise BuildError(f"{OBJDUMP} cannot read the library: {result.messages.strip()}")
    read_disassembly(result.messages, graph)
    return deepest(graph, roots)


def check_stack(stack: int, name: str, target: Target) -> None:
    """Raise BuildError when the model and the harness together need more stack than the board sets aside."""
    if stack + HARNESS_STACK > target.board.stack:
        raise BuildError(
            f"{name} needs {stack} bytes of stack and the test image {HARNESS_STACK}, but {target.board.name} "
            f"sets {target.board.stack} aside; raise 'stack' in its target file"
        )
