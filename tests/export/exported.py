"""Libraries of small random networks, as exports start from them, and what runs their C."""

import ctypes
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from networks import both_ways, quantized, recognizer, speech_like
from shrinkc.compile.cmake import cmake_files
from shrinkc.compile.image import write_sources
from shrinkc.emit import Labels, emit
from shrinkc.export.about import About
from shrinkc.export.library import Library
from shrinkc.export.render import pair
from shrinkc.lower import FAMILIES, Program, lower
from shrinkc.network import Network
from shrinkc.project import Plan
from shrinkc.quantize import QuantizedNetwork
from shrinkc.reference import run as run_reference
from shrinkc.target import load_target

TARGETS = {"portable": "cortex-m0plus", "dsp": "cortex-m4", "helium": "cortex-m55"}
"""A core by its family of kernels."""
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror")
STRICT_CXX = ("-std=c++11", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror")
ABOUT = About(
    "1.2.3", "MIT", "Do what you like.\n", "Ada Lovelace", "ada@example.org", "https://example.org/toy", "Example"
)
MAX_FRAMES = 40


@dataclass(frozen=True)
class Case:
    """A library with the network behind it."""

    library: Library
    quantized: QuantizedNetwork
    program: Program

    def inputs(self) -> list[np.ndarray]:
        return [self.quantized.quantize_input(one) for one in speech_like(3, 20, self.quantized.inputs)]

    def outputs(self, inputs: Sequence[np.ndarray]) -> np.ndarray:
        """What the integer reference gives."""
        return np.concatenate(run_reference(self.quantized, inputs, modes=self.program.modes).outputs)


def case(
    network: Network | None = None,
    family: str = "dsp",
    decode: str = "ctc",
    symbols: bool = True,
    plan: Plan | None = None,
    name: str = "toy",
    model: str = "toy.keras",
) -> Case:
    """A library for the core of a family; the default is a recogniser that streams, with weights of all widths."""
    integers = quantized(network or recognizer("gru", outputs=4), plan or Plan())
    object.__setattr__(integers, "name", name)
    target = load_target(TARGETS[family])
    program = lower(integers, FAMILIES[family], max_frames=None if integers.streams else MAX_FRAMES)
    names = tuple(f"s{index}" for index in range(integers.outputs)) if symbols else ()
    made = emit(program, Labels(names, decode, 0 if decode == "ctc" else -1))
    library = Library(
        name=name,
        files=made.files,
        project=cmake_files(name, made.files, target),
        digest=made.digest,
        model=model,
        target=target,
        parameters=1234,
        flash=5678,
        ram=910,
        streams=integers.streams,
        last=integers.last,
        decode=decode,
        symbols=symbols,
    )
    return Case(library, integers, program)


class Running:
    """A library that streams, loaded from a shared library, in a state of its own."""

    def __init__(self, one: Case, shared: Path) -> None:
        self.case, self._calls = one, ctypes.CDLL(str(shared))
        self._state = np.zeros(one.program.state_bytes, np.uint8)
        self._call("reset")

    def step(self, frame: np.ndarray) -> np.ndarray:
        output = np.zeros(self.case.quantized.outputs, np.int16)
        self._call("step", np.ascontiguousarray(frame), output)
        return output

    def _call(self, what: str, *arrays: np.ndarray) -> None:
        called = self._calls[f"{self.case.library.name}_{what}"]
        called(*(ctypes.c_void_p(array.ctypes.data) for array in (self._state, *arrays)))


def check_side_by_side(cases: Sequence[Case], shared: Path) -> None:
    """Models in one shared library, a frame of one and a frame of the other: each gives every bit of its reference."""
    inputs = cases[0].inputs()[0]
    running = [Running(one, shared) for one in cases]
    outputs = [[each.step(frame) for each in running] for frame in inputs]
    for index, one in enumerate(cases):
        assert np.array_equal(np.array([row[index] for row in outputs]), one.outputs([inputs])), one.library.name


SHAPES = {
    "streams": lambda: recognizer("gru", outputs=4),
    "last": lambda: recognizer("lstm", outputs=4, last=True),
    "both ways": lambda: both_ways("lstm", outputs=4),
    "both ways, last": lambda: both_ways("lstm", outputs=4, last=True),
}
"""Every way in which a library is called."""


def pair_files(one: Case) -> dict[str, str]:
    """The library as a single pair."""
    made, name = pair(one.library, ABOUT), one.library.name
    return {f"{name}.h": made.header, f"{name}.c": made.source}


def harness_files(name: str, files: Mapping[str, str]) -> dict[str, str]:
    """A pair as the harness wants it, which includes the decoder's header by its name."""
    return {**files, f"{name}_decode.h": f'#include "{name}.h"\n'}


def write(files: Mapping[str, bytes | str], folder: Path) -> Path:
    """The files of an export, in `folder`."""
    write_sources({name: text for name, text in files.items() if isinstance(text, str)}, folder)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
    return folder


def succeed(*command: str | Path, folder: Path) -> str:
    """What a command prints, stdout and stderr; it must end well."""
    ended = subprocess.run(
        [str(part) for part in command], cwd=folder, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
    return ended.stdout + ended.stderr


def newlib(folder: Path) -> list[str]:
    """How another compiler than arm-none-eabi-gcc finds the C library's headers."""
    found = succeed("arm-none-eabi-gcc", "-M", "-include", "string.h", "-xc", "/dev/null", folder=folder)
    return [f"-isystem{Path(word).parent}" for word in found.split() if word.endswith("/string.h")]
