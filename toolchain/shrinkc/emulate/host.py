"""Runs a host build of the harness over utterances: the same files, and the same Trace."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..compile.elf import Elf
from ..compile.interface import Interface
from ..compile.processes import scratch_folder
from ..compile.toolchain import run_tool
from ..errors import BuildError
from .counter import Counter
from .trace import Trace, check_utterances, decode_output, encode_input


def _complaint(messages: str) -> str:
    """The line in which a sanitizer says what is wrong, or else the last line."""
    lines = [line.strip() for line in messages.splitlines() if line.strip()]
    for line in lines:
        if "runtime error:" in line or "ERROR: AddressSanitizer" in line:
            return line
    return lines[-1] if lines else "it gave no message"


def run_host(executable: Path, utterances: Sequence[np.ndarray], *, dump_state: bool = False) -> Trace:
    """Run what `compile_host_harness` built over `utterances`, each int16 (frames, inputs).

    Nothing is counted: instructions and stack are 0. Raises InputError for utterances of the wrong shape, and
    BuildError when the program fails (naming what a sanitizer found) or takes too long.
    """
    interface = Interface.parse(Elf(executable.read_bytes()).content("harness_header"))
    check_utterances(utterances, interface)
    with scratch_folder() as folder:
        (folder / "input.bin").write_bytes(encode_input(utterances, dump_state=dump_state))
        result = run_tool([str(executable.resolve())], folder)
        if result.code != 0:
            raise BuildError(f"{executable.name} ended with code {result.code}: {_complaint(result.messages)}")
        content = (folder / "output.bin").read_bytes()
    frames = sum(len(utterance) for utterance in utterances)
    return decode_output(content, interface, frames, Counter(0), dump_state=dump_state)
