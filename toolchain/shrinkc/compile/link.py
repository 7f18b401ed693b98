"""Links objects by the one linker script, and says by region what does not fit."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import BuildError
from ..target import Target
from .flags import LINK
from .templates import render
from .toolchain import ARM_COMPILER, first_error, run_tool

# Bytes that the harness's two streams need at least.
LEAST_BUFFER = 2048


def linker_script(target: Target, name: str, *, entry: str, stack: int) -> str:
    """The script for a target's memories. `stack` is in bytes; 0 links a library alone, without stack or buffers."""
    board = target.board
    return render(
        "image",
        "image.ld.j2",
        board=board.name,
        purpose="the test image" if stack else "the library alone",
        regions=board.regions,
        header=board.region("header").name if board.has("header") else "",
        boot=board.region("boot").name,
        flash=board.region("flash").name,
        ram=board.region("ram").name,
        weights=board.region("weights").name,
        name=name,
        entry=entry,
        stack=stack,
        least_buffer=LEAST_BUFFER,
    )


def refuse_overflow(messages: str, name: str, target: Target) -> None:
    """Raise BuildError with needed and available bytes by region, if the linker ran out of one."""
    over = dict(re.findall(r"region `(\w+)' overflowed by (\d+) bytes", messages))
    if not over:
        return
    figures = []
    for region in target.board.regions:
        if region.name in over:
            needed = region.length + int(over[region.name])
            figures.append(f"{region.name} needs {needed} bytes and has {region.length}")
    fits = [region.name for region in target.board.regions if region.name not in over]
    tail = f" ({', '.join(fits)} fits)" if fits else ""
    raise BuildError(
        f"{name} does not fit {target.board.name}: {'; '.join(figures)}{tail}; "
        "use fewer weight bits, a smaller model or a larger target"
    )


def link(objects: Sequence[str], script: str, name: str, target: Target, folder: Path, *, elf: str,
         extra: Sequence[str] = ()) -> bytes:  # fmt: skip
    """Link `objects` in `folder` into the file `elf`, and return its bytes.

    Raises BuildError when a region is too small (with figures) or the linker finds another error.
    """
    script_file = f"{elf}.ld"
    (folder / script_file).write_text(script, encoding="utf-8")
    command = [ARM_COMPILER, *target.core.flags, *LINK, "-T", script_file, *extra, *objects, "-o", elf]
    result = run_tool(command, folder)
    if result.code != 0:
        refuse_overflow(result.messages, name, target)
        raise BuildError(f"cannot link {name} for {target.name}: {first_error(result.messages)}")
    return (folder / elf).read_bytes()
