"""The way of the data, stage after stage: what `shrinkc build` and `shrinkc verify` do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import __version__, importers
from .board import Attached
from .board.run import run_on_board
from .board.session import Welcome
from .calibrate import calibrate
from .compile.about import SelfTest, opening
from .compile.cmake import cmake_files
from .compile.image import Image, compile_image, load_image
from .compile.toolchain import ARM_COMPILER
from .compile.versions import program_version
from .datasets import Dataset, check_width
from .datasets import load as load_dataset
from .datasets.enough import few_to_calibrate
from .emit import Labels, emit
from .emulate.qemu import EMULATOR
from .emulate.run import run_image
from .emulate.trace import Trace
from .emulate.worst import worst_case
from .errors import BuildError, InputError
from .lower import FAMILIES, Program, cheapest_modes, dense_modes, lower, plain_modes
from .network import Network, floating
from .project import Settings, Source
from .quantize import QuantizedNetwork, check_names, quantize
from .reference import Execution, archive, measurer, sent_shares
from .reference import run as run_reference
from .score import built, divergence, report, verification
from .score.decoding import labels_of
from .score.runs import Runs, cut
from .score.sources import library_sources
from .target import BOARD_FILE, Target, load_built, load_target

Progress = Callable[..., None]
"""progress(what is being done, items done, of how many)."""

SHARE_UTTERANCES = 40
"""Calibration utterances that the reference runs over to see how many columns are sent."""


@dataclass(frozen=True)
class Build:
    """All that a build made, in memory. files: name in the output folder to content."""

    files: Mapping[str, bytes | str]
    report: report.Report
    quantized: QuantizedNetwork
    program: Program
    image: Image


@dataclass(frozen=True)
class Prepared:
    """A model as integers, for any target. shares: by send group, of the columns that calibration sends."""

    network: Network
    calibration: Dataset
    quantized: QuantizedNetwork
    shares: Mapping[str, float]

    def program(self, settings: Settings, target: Target) -> Program:
        """The model in the order and the layout of a target's kernels."""
        modes = modes_of(settings, self.quantized, target, self.shares)
        frames = _max_frames(settings, self.network, self.calibration)
        return lower(self.quantized, FAMILIES[target.kernels], modes, frames)


@dataclass
class Device:
    """Where an image runs: in `jobs` QEMUs, or on a board. self_test: what the board said of its own, once it ran.

    built_for: the build's board; in QEMU the image of another may stand in for it.
    """

    image: Image
    built_for: str
    jobs: int | None
    board: Attached | None
    self_test: bool | None = None

    @property
    def title(self) -> str:
        """What ran the image, in words."""
        name = self.image.target.board.name
        if self.board is not None:
            return f"{name}, {self.board.line_for(self.image)}"
        instead = "" if name == self.built_for else f"{report.IN_PLACE_OF}{self.built_for}"
        return f"QEMU {program_version(EMULATOR) or 'of unknown version'}, {name}{instead}"

    def run(self, inputs: list[np.ndarray], progress: Progress = lambda *_: None, dump_state: bool = False) -> Trace:
        """The image over int16 inputs, (frames, inputs) an utterance."""
        doing = "running on the board" if self.board else "running in QEMU"
        progress(doing, 0, len(inputs))

        def told(done: int, total: int) -> None:
            progress(doing, done, total)

        if self.board is None:
            return run_image(self.image, inputs, jobs=self.jobs, progress=told, dump_state=dump_state)
        return run_on_board(self.image, inputs, self.board, progress=told, dump_state=dump_state, greeted=self._greeted)

    def _greeted(self, welcome: Welcome) -> None:
        self.self_test = welcome.self_test


def prepare(settings: Settings, progress: Progress = lambda *_: None) -> Prepared:
    """From a model file to integers. Raises InputError for what the user gave, BuildError for what cannot be proven."""
    progress("importing")
    network = importers.load(settings.model.path, settings.name)
    check_names(network, settings.plan, settings.delta)
    calibration = load_fitting(settings.source("calibration"), network)
    progress("calibrating")
    ranges = calibrate(network, _features(calibration))
    progress("quantizing")
    quantized = quantize(network, ranges, settings.plan, settings.delta, measurer(_features(calibration)))
    return Prepared(network, calibration, quantized, send_shares(quantized, calibration))


def self_test(program: Program, calibration: Dataset) -> SelfTest | None:
    """What the image tests itself with at boot: the start of an utterance of the calibration set."""
    network = program.network
    whole = next((features for features, _ in calibration if len(features)), None)
    if whole is None:
        return None
    inputs = opening(network.quantize_input(whole), program.max_frames)
    return SelfTest.of(inputs, run_reference(network, [inputs], modes=program.modes).outputs[0])


def labels_for(settings: Settings, network: Network, calibration: Dataset) -> Labels:
    """Names of the outputs and how they are decoded. Raises InputError for a decoding that does not fit the model."""
    if settings.decode == "ctc" and any(layer.last for layer in network.layers):
        raise InputError(
            "--decode ctc joins the frames' symbols, and the model gives one vector at the end; use argmax"
        )
    return labels_of(calibration, network.outputs, settings.decode, settings.metric.blank)


def test_features(settings: Settings, network: Network) -> list[np.ndarray]:
    """The test set's utterances, raw. Raises InputError where there is none, or none of this width."""
    return _features(load_fitting(settings.source("test"), network))


def build(settings: Settings, progress: Progress = lambda *_: None) -> Build:
    """From a model file to an image and its report; nothing is written.

    Raises InputError for what the user gave, BuildError for a tool that fails or a model that does not fit.
    """
    target = settings.load_target()
    model = prepare(settings, progress)
    network, calibration, quantized = model.network, model.calibration, model.quantized
    program = model.program(settings, target)
    labels = labels_for(settings, network, calibration)
    sources = emit(program, labels)
    progress("compiling")
    test = self_test(program, calibration)
    image = compile_image(sources.files, sources.name, target, test=test)
    notes = few_to_calibrate(len(calibration))
    made = built.report_of(settings, network, program, model.shares, image, sources.digest, notes, _tools())
    files = {
        **sources.files,
        **cmake_files(sources.name, sorted(sources.files), target, test),
        f"{sources.name}.elf": image.elf,
        archive.FILE_NAME: archive.to_bytes(
            archive.Reference(
                archive.FORMAT, sources.digest, network, quantized, program.modes, labels.decode, labels.blank
            )
        ),
    }
    if target.own:
        files[BOARD_FILE] = target.own
    return Build(files, made, quantized, program, image)


def verify(
    folder: Path,
    settings: Settings,
    limit: int | None = None,
    jobs: int | None = None,
    progress: Progress = lambda *_: None,
    board: Attached | None = None,
) -> report.Report:
    """The report of the build in `folder`, with its image run over the test set of `settings` and scored.

    It runs in QEMU, or on `board`, which holds it already. Where QEMU has no machine for the board, the library runs
    there in an image for the board that stands in for the core. Raises InputError for a folder or a dataset that does
    not fit, BuildError where the emulator or the board fails.
    """
    made = report.load(folder)
    reference = archive.load(folder)
    image = load_image(folder / f"{made.model.name}.elf", made.model.name, load_built(made.target, folder))
    if not made.digest == reference.digest == image.interface.digest:
        raise InputError(f"{folder}: report, image and reference are of two builds; build again")
    source, quantized = settings.source("test"), reference.quantized
    dataset = load_fitting(source, reference.network)
    features = _features(dataset.limit(limit))
    inputs = [quantized.quantize_input(utterance) for utterance in features]
    lengths = [len(utterance) for utterance in inputs]
    device = Device(image if board else _in_qemu(folder, made, image), image.target.board.name, jobs, board)
    trace = device.run(inputs, progress)
    progress("running the references")
    execution = run_reference(quantized, inputs, modes=reference.modes)
    floats = floating.run(reference.network, features)
    # The worst case is that of a changed image, which is not on the board.
    worst = None if board else worst_case(device.image, _program(reference, image), inputs, jobs)
    runs = Runs.of(
        quantized, lengths, floats, execution, trace, device.title, worst, device.self_test, on_board=board is not None
    )
    found = _divergence(reference, device, inputs, trace, execution, runs)
    result = verification.score(source.name, dataset, settings.metric, runs, made.paths, found)
    return report.with_verification(made, result)


def send_shares(quantized: QuantizedNetwork, calibration: Dataset) -> dict[str, float]:
    """The share of each send group's columns that is sent on the calibration set, or its first utterances."""
    features = _features(calibration.limit(SHARE_UTTERANCES))
    return sent_shares(quantized, [quantized.quantize_input(utterance) for utterance in features])


def modes_of(
    settings: Settings, quantized: QuantizedNetwork, target: Target, shares: Mapping[str, float]
) -> dict[str, str]:
    """How the products of each send group are computed: as the settings say, or as is cheapest on the target."""
    match settings.delta.kernels:
        case "delta":
            return plain_modes(quantized)
        case "dense":
            return dense_modes(quantized)
    return cheapest_modes(quantized, FAMILIES[target.kernels], target.core.costs, shares)


def _in_qemu(folder: Path, made: report.Report, image: Image) -> Image:
    """The image; or, where QEMU has no machine for its board, the same library in one for its core's own board."""
    if image.target.board.qemu_machine:
        return image
    board, instead = image.target.board.name, load_target(image.target.core.name)
    try:
        return compile_image(library_sources(folder, made), made.model.name, instead)
    except BuildError as error:
        raise BuildError(
            f"QEMU has no machine like {board}, and on {instead.board.name}, which stands in for it: {error}; "
            "`--on board` runs it on the board itself"
        ) from error


def _tools() -> dict[str, str]:
    """Versions of what makes the bytes of a build."""
    return {"shrinkc": __version__, ARM_COMPILER: program_version(ARM_COMPILER) or "unknown"}


def _program(reference: archive.Reference, image: Image) -> Program:
    """What the image was made of."""
    family, frames = FAMILIES[image.target.kernels], image.interface.max_frames or None
    return lower(reference.quantized, family, reference.modes, frames)


def _divergence(
    reference: archive.Reference,
    device: Device,
    inputs: list[np.ndarray],
    trace: Trace,
    execution: Execution,
    runs: Runs,
) -> report.Divergence | None:
    """Where the device first differs: in what it computed, or in what its own decoder made of that."""
    quantized, modes = reference.quantized, reference.modes

    def rerun(utterance: int) -> tuple[Trace, Execution]:
        one = [inputs[utterance]]
        return device.run(one, dump_state=True), run_reference(quantized, one, keep_states=True, modes=modes)

    found = divergence.find(
        _program(reference, device.image), runs.device_outputs, cut(trace.sent, runs.lengths), execution, rerun
    )
    if found is not None:
        return found
    outputs, decoded = cut(trace.outputs, runs.lengths), cut(trace.decoded, runs.lengths)
    return divergence.find_decoded(quantized.layers[-1].name, outputs, decoded, reference.decode, reference.blank)


def load_fitting(source: Source, network: Network) -> Dataset:
    """A data set. Raises InputError where it has not the network's width."""
    dataset = load_dataset(source.path)
    check_width(dataset, source.path, network.inputs)
    return dataset


def _features(dataset: Dataset) -> list[np.ndarray]:
    return [features for features, _ in dataset]


def _max_frames(settings: Settings, network: Network, calibration: Dataset) -> int | None:
    """Of the longest utterance: what the settings say, once the network is known to need it or not."""
    if network.streams or settings.max_frames is not None:
        return settings.max_frames
    raise InputError(
        f"{settings.model.name} has layers that run backward, so it takes whole utterances: give --max-frames N, the "
        f"frames of the longest (the calibration set's longest has {int(calibration.lengths.max())})"
    )
