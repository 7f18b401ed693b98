"""What an export starts from: the C library of a build, checked against what the build wrote."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..errors import InputError
from ..lower import FAMILIES
from ..lower.kernels import Family
from ..reference import archive
from ..score import report as reports
from ..score.sources import library_sources, read_sources
from ..target import Target, load_built


@dataclass(frozen=True)
class Library:
    """A build's library. files: its C sources, file name to text. project: the CMake project around them.

    digest: SHA-256 of `files`. model: where it came from, a file's name or zoo:NAME. parameters: of the float model.
    flash, ram: bytes, as the build measured them. streams, last: how it is called. decode: its decoder, or "none".
    symbols: whether its outputs have names.
    """

    name: str
    files: Mapping[str, str]
    project: Mapping[str, str]
    digest: str
    model: str
    target: Target
    parameters: int
    flash: int
    ram: int
    streams: bool
    last: bool
    decode: str
    symbols: bool

    @property
    def sentence(self) -> str:
        """What it is, in one sentence."""
        return f"A recurrent network of {self.parameters:,} parameters in integer C for Cortex-M."

    @property
    def family(self) -> Family:
        """The kernels that the weights are packed for."""
        return FAMILIES[self.target.kernels]


def load(folder: Path) -> Library:
    """The library of the build in `folder`.

    Raises InputError where there is no build, where a file is missing, and where a C file is not as it was built: what
    is exported is what `shrinkc verify` can prove.
    """
    report, reference = reports.load(folder), archive.load(folder)
    name = report.model.name
    files = library_sources(folder, report)
    if report.digest != reference.digest:
        raise InputError(f"{folder}: report and reference are of two builds; build again")
    network = reference.quantized
    return Library(
        name=name,
        files=files,
        project=read_sources(folder, report, lambda file: file not in files and _is_source(file)),
        digest=report.digest,
        model=str(report.build["model"]["path"]),
        target=load_built(report.target, folder),
        parameters=report.model.parameters,
        flash=report.sizes.flash,
        ram=report.sizes.ram,
        streams=network.streams,
        last=network.last,
        decode=reference.decode,
        symbols=f"{name}_symbol(" in files[f"{name}_io.h"],
    )


def _is_source(file: str) -> bool:
    """Whether it takes part in compiling; the image, the reference and the reports do not."""
    return file.endswith((".c", ".h", ".S", ".ld", ".cmake", "CMakeLists.txt"))
