"""The one definition of `report.json`: every key, its type, its unit and what it means.

`docs/report.md` is written from these descriptions. Any key that is added, removed or changed needs a new `SCHEMA`.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ..errors import InputError
from ..files import write_whole
from ..schema import Header, Part, about, files_beside, to_json

SCHEMA_FAMILY = "shrinkc-report-"
SCHEMA = SCHEMA_FAMILY + "5"
FILE_NAME = "report.json"
PAGE_NAME = "report.html"


def _bytes(description: str) -> msgspec.Meta:
    return about(f"{description}, bytes", ge=0)


class Model(Part):
    name: Annotated[str, about("Prefix of the generated C names and files")]
    parameters: Annotated[int, about("Weights and biases of the float model", ge=0)]


class Compression(Part):
    float_bytes: Annotated[int, _bytes("Parameters as 32-bit floats")]
    quantized_bytes: Annotated[int, _bytes("Weights as stored, with biases, scales and the table of tanh")]
    percent: Annotated[float, about("100 x (1 - quantized_bytes / float_bytes)")]


class Sizes(Part):
    flash: Annotated[int, _bytes("What a product links into flash: weights, tables and code")]
    weights: Annotated[int, _bytes("Weights, biases, scales and tables of this model, part of `flash`")]
    code: Annotated[int, _bytes("Code and shared tables, part of `flash`")]
    ram: Annotated[int, _bytes("State that the caller keeps, without the stack")]
    stack: Annotated[int, _bytes("Deepest stack of one call")]
    image: Annotated[int, _bytes("Whole test image, with start-up and harness")]


# How a path is quantised: what a report and a comparison of two say of it.
Rows = Annotated[int, about("Rows of the matrix", ge=0)]
Columns = Annotated[int, about("Columns of the matrix", ge=0)]
WeightBits = Annotated[int, about("Bits of a weight")]
ActivationBits = Annotated[int, about("Bits of an input")]
Clipping = Annotated[str, about("How the weights' range was chosen")]
Rounding = Annotated[str, about("How the weights were rounded: to the nearest, or compensated")]
PathThreshold = Annotated[int | None, about("Delta threshold in steps of the input's grid; null: off")]


class PathEntry(Part):
    name: Annotated[str, about("Path, as layer.gate.source")]
    group: Annotated[str, about("Send group whose vector it multiplies")]
    rows: Rows
    columns: Columns
    weight_bits: WeightBits
    activation_bits: ActivationBits
    clipping: Clipping
    rounding: Rounding
    threshold: PathThreshold
    largest_accumulator: Annotated[int, about("Largest value proven possible in its accumulator", ge=0)]
    directions: Annotated[
        int, about("Times an utterance passes through it: 2 where both directions share it", ge=1)
    ] = 1
    once: Annotated[bool, about("Is it multiplied once an utterance, behind a layer that gives its last step?")] = False


class GroupEntry(Part):
    name: Annotated[str, about("Send group, as vector@bits")]
    width: Annotated[int, about("Elements of the vector", ge=0)]
    bits: Annotated[int, about("Bits of an element")]
    scale: Annotated[float, about("Real value of one step")]
    threshold: Annotated[int | None, about("Delta threshold in steps; null: off")]
    sent: Annotated[float, about("Share of its elements that were sent on the calibration set", ge=0, le=1)]
    mode: Annotated[
        Literal["delta", "dense"],
        about("How products with it are computed: of the columns sent, or densely over the values last sent"),
    ]


class AccumulatorEntry(Part):
    name: Annotated[str, about("Accumulator")]
    rows: Annotated[int, about("Accumulators in it", ge=0)]
    shared: Annotated[bool, about("Do products of several vectors add into one sum?")]
    paths: Annotated[tuple[str, ...], about("Paths that add into it")]
    ram: Annotated[int, _bytes("Sums kept from step to step; 0 where all products are dense and share scratch memory")]


class Divergence(Part):
    layer: Annotated[str, about("Layer where the device first differs")]
    quantity: Annotated[str, about("What differs: an output, a vector, or the count of columns sent")]
    utterance: Annotated[int, about("Utterance in the data set, from 0", ge=0)]
    frame: Annotated[int, about("Frame in the utterance, from 0", ge=0)]
    index: Annotated[int, about("Element of the vector, from 0", ge=0)]
    device: Annotated[int, about("Integer on the device")]
    reference: Annotated[int, about("Integer of the reference")]


class Per(Part):
    float: Annotated[float, about("Float model, fraction")]
    integer: Annotated[float, about("Integer reference, fraction")]
    device: Annotated[float, about("Device's own outputs, fraction")]
    increase: Annotated[float, about("Device minus float, points (100 x fraction)")]
    ci95: Annotated[tuple[float, float], about("95 % interval of device minus float, points")]
    resampled: Annotated[Literal["utterances", "speakers"], about("What the bootstrap for `ci95` draws")]


class Counts(Part):
    substitutions: Annotated[int, about("Symbols heard as another", ge=0)]
    deletions: Annotated[int, about("Symbols missed", ge=0)]
    insertions: Annotated[int, about("Symbols too many", ge=0)]


class ErrorCounts(Part):
    float: Annotated[Counts, about("Float model")]
    integer: Annotated[Counts, about("Integer reference")]
    device: Annotated[Counts, about("Device's own outputs")]


class Accuracy(Part):
    unit: Annotated[Literal["frames", "sequences"], about("What one label stands for")]
    float: Annotated[float, about("Float model, fraction")]
    integer: Annotated[float, about("Integer reference, fraction")]
    device: Annotated[float, about("Device's own outputs, fraction")]
    change: Annotated[float, about("Device minus float, points (100 x fraction)")]
    ci95: Annotated[tuple[float, float], about("95 % interval of device minus float, points")]
    resampled: Annotated[Literal["utterances", "speakers"], about("What the bootstrap for `ci95` draws")]


class Gap(Part):
    rmse: Annotated[float, about("Root mean square difference, in the outputs' unit")]
    max: Annotated[float, about("Largest absolute difference, in the outputs' unit")]
    cosine: Annotated[float, about("Cosine between all outputs as one vector, -1 to 1")]


class Instructions(Part):
    mean: Annotated[float, about("Mean over frames")]
    min: Annotated[int, about("Least of a frame", ge=0)]
    max: Annotated[int, about("Most of a frame", ge=0)]
    worst: Annotated[
        int | None,
        about("Most of a frame with every column sent, measured; of a whole utterance's call the mean; null: none"),
    ] = None


class Eliminated(Part):
    percent: Annotated[float, about("100 x (1 - multiplications done / of dense products), all products")]
    by_path: Annotated[dict[str, float], about("The same for each path alone, percent")]


class Counted(Part):
    mean: Annotated[float, about("Mean over frames")]
    min: Annotated[int, about("Least of a frame", ge=0)]
    max: Annotated[int, about("Most of a frame", ge=0)]


IN_PLACE_OF = " in place of "
"""In `emulator`, where the board that was built for is no machine of QEMU's."""


class Checked(Part):
    """What a run comes to, wherever the image ran."""

    dataset: Annotated[str, about("Data set")]
    dataset_utterances: Annotated[int, about("Utterances that it holds", ge=0)]
    utterances: Annotated[int, about("Utterances run", ge=0)]
    frames: Annotated[int, about("Frames run, without padding", ge=0)]
    symbols: Annotated[int, about("Reference symbols counted (labels, for accuracy)", ge=0)]
    silence: Annotated[bool, about("Was silence counted among the symbols?")]
    emulator: Annotated[str, about("What ran the image; `in place of` names a board that QEMU has no machine for")]
    bit_exact: Annotated[bool, about("Do all outputs and counts of sent columns equal the reference's?")]
    first_divergence: Annotated[Divergence | None, about("Where they first differ; null where nothing does")]
    per: Annotated[Per | None, about("Phone error rate; null where the metric is another")]
    errors: Annotated[ErrorCounts | None, about("Errors behind `per`")]
    accuracy: Annotated[Accuracy | None, about("Accuracy; null where the metric is another")]
    distance: Annotated[Gap, about("Device's outputs against the float model's")]
    eliminated: Annotated[Eliminated, about("Share of the multiplications that the delta scan saves")]
    stack: Annotated[int, _bytes("Deepest stack measured while it ran")]


class Verification(Checked):
    """A run in QEMU."""

    instructions_per_frame: Annotated[Instructions, about("Instructions of the device's call, a frame")]


class BoardVerification(Checked):
    """A run on a board. Its counts are of the same calls as QEMU's instructions."""

    self_test: Annotated[bool | None, about("Did the test at boot pass? null: the image has none")]
    cycles_per_frame: Annotated[
        Counted | None, about("Cycles of the device's call, a frame, by its cycle counter (DWT); null: none runs")
    ]
    systick_per_frame: Annotated[
        Counted | None, about("Ticks of SysTick in the same calls, a frame; null: it does not run")
    ]


class Report(Part, omit_defaults=True):
    """`report.json`, its top level. `verification` and `on_board` are absent until it is verified."""

    schema: Annotated[str, about(f"Version of this format: `{SCHEMA}`")]
    model: Annotated[Model, about("The model")]
    target: Annotated[str, about("Target that it was built for")]
    digest: Annotated[str, about("SHA-256 of the generated sources")]
    tools: Annotated[dict[str, str], about("Version of each tool that took part")]
    compression: Annotated[Compression, about("Parameters before and after")]
    sizes: Annotated[Sizes, about("Memory")]
    paths: Annotated[tuple[PathEntry, ...], about("Matrices, in the order computed")]
    groups: Annotated[tuple[GroupEntry, ...], about("Send groups")]
    accumulators: Annotated[tuple[AccumulatorEntry, ...], about("Accumulators kept or shared")]
    notes: Annotated[tuple[str, ...], about("What a user should know, a sentence each")]
    files: Annotated[tuple[str, ...], about("Files that the build wrote into its folder")]
    build: Annotated[dict[str, object], about("Settings of the build: `shrinkc.toml` with all keys")]
    verification: Annotated[Verification | None, about("Result of `shrinkc verify`; absent before")] = None
    on_board: Annotated[BoardVerification | None, about("Result of `shrinkc verify --on board`; absent before")] = None


def from_json(text: bytes | str, where: str) -> Report:
    """Read `report.json`; `where` names it. Another schema or broken content is an InputError."""
    try:
        schema = msgspec.json.decode(text, type=Header).schema
        if schema == SCHEMA:
            return msgspec.json.decode(text, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{where}: not a report of shrinkc ({error}): build again") from error
    if not schema.startswith(SCHEMA_FAMILY):
        raise InputError(f"{where}: not a report of shrinkc (schema {schema!r}): build again")
    raise InputError(f"{where}: schema {schema!r} is not {SCHEMA!r}: build again with this shrinkc")


def written_files(folder: Path) -> tuple[str, ...] | None:
    """What a build, of any schema, wrote into `folder`; None where no build of shrinkc lies."""
    return files_beside(folder / FILE_NAME, SCHEMA_FAMILY)


def with_files(report: Report, names: Iterable[str]) -> Report:
    """The report with the names of all files that its build writes."""
    return msgspec.structs.replace(report, files=tuple(sorted(names)))


def with_verification(report: Report, found: Verification | BoardVerification) -> Report:
    """The report with the result of a run in place of what it had from the same place."""
    place = "on_board" if isinstance(found, BoardVerification) else "verification"
    return msgspec.structs.replace(report, **{place: found})


def of_board(report: Report) -> Report:
    """The report with the board's run in the place of QEMU's, for checks that read the one run.

    A board counts no instructions: those of QEMU's run stay, if there was one.
    """
    kept = {name: getattr(report.on_board, name) for name in Checked.__struct_fields__}
    counted = None if report.verification is None else report.verification.instructions_per_frame
    return msgspec.structs.replace(report, verification=Verification(**kept, instructions_per_frame=counted))


def load(folder: Path) -> Report:
    """Read the report of a build folder; InputError where there is none."""
    path = folder / FILE_NAME
    if not path.is_file():
        raise InputError(f"{path}: missing: give a folder that `shrinkc build` wrote")
    return _read(path)


def load_any(path: Path) -> Report:
    """Read the report of a build folder, or a report that was kept of one; InputError for what is neither."""
    return _read(path) if path.is_file() else load(path)


def _read(path: Path) -> Report:
    try:
        return from_json(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}: give a folder that `shrinkc build` wrote") from error


def save(folder: Path, report: Report, page: Callable[[Report], str]) -> None:
    """Write `report.json` and the HTML page beside it, each whole."""
    write_whole(folder / PAGE_NAME, page(report))
    write_whole(folder / FILE_NAME, to_json(report))
