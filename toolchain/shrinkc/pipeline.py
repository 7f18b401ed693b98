"""The way of the data, stage after stage: what `shrinkc build` and `shrinkc verify` do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import __version__, importers
from .calibrate import calibrate
from .compile.cmake import cmake_files
from .compile.image import Image, compile_image, load_image
from .compile.toolchain import ARM_COMPILER
from .compile.versions import program_version
from .datasets import Dataset, check_width
from .datasets import load as load_dataset
from .emit import Labels, emit
from .emulate.qemu import EMULATOR
from .emulate.run import run_image
from .emulate.trace import Trace
from .errors import InputError
from .lower import FAMILIES, Program, cheapest_modes, dense_modes, lower, plain_modes
from .network import Network, floating
from .project import Settings, Source
from .quantize import QuantizedNetwork, quantize
from .reference import Execution, archive
from .reference import run as run_reference
from .reference import sent_shares
from .score import built, divergence, report, verification
from .score.decoding import decoded_symbols
from .score.runs import Runs
from .target import Target, load_target

Progress = Callable[..., None]
"""progress(what is being done, items done, of how many)."""

FEW_UTTERANCES = 10
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


def build(settings: Settings, progress: Progress = lambda *_: None) -> Build:
    """From a model file to an image and its report; nothing is written.

    Raises InputError for what the user gave, BuildError for a tool that fails or a model that does not fit.
    """
    target = load_target(settings.target)
    progress("importing")
    network = importers.load(settings.model.path, settings.name)
    calibration = _calibration_set(settings, network)
    progress("calibrating")
    ranges = calibrate(network, _features(calibration))
    progress("quantizing")
    quantized = quantize(network, ranges, settings.plan, settings.delta, _features(calibration))
    settings.check_patterns([path.name for path in quantized.paths], [group.name for group in quantized.groups])
    shares = _shares(quantized, calibration)
    modes = _modes(settings, quantized, target, shares)
    program = lower(quantized, FAMILIES[target.kernels], modes, _max_frames(settings, network, calibration))
    sources = emit(program, _labels(settings, calibration, network))
    progress("compiling")
    image = compile_image(sources.files, sources.name, target)
    made = built.report_of(settings, network, program, shares, image, sources.digest, _notes(calibration), _tools())
    files = {
        **sources.files,
        **cmake_files(sources.name, sorted(sources.files), target),
        f"{sources.name}.elf": image.elf,
        archive.FILE_NAME: archive.to_bytes(
            archive.Reference(archive.FORMAT, sources.digest, network, quantized, modes)
        ),
    }
    return Build(files, made, quantized, program, image)


def verify(
    folder: Path,
    settings: Settings,
    limit: int | None = None,
    jobs: int | None = None,
    progress: Progress = lambda *_: None,
) -> report.Report:
    """The report of the build in `folder`, with its image run in QEMU over the test set of `settings` and scored.

    Raises InputError for a folder or a dataset that does not fit, BuildError where the emulator fails.
    """
    made = report.load(folder)
    reference = archive.load(folder)
    image = load_image(folder / f"{made.model.name}.elf", made.model.name, load_target(made.target))
    if not made.digest == reference.digest == image.interface.digest:
        raise InputError(f"{folder}: report, image and reference are of two builds; build again")
    source, dataset = _test_set(settings, reference.network)
    features = _features(dataset)[:limit]
    inputs = [reference.quantized.quantize_input(utterance) for utterance in features]
    lengths = [len(utterance) for utterance in inputs]
    progress("running in QEMU", 0, len(inputs))
    trace = run_image(image, inputs, jobs=jobs, progress=lambda done, total: progress("running in QEMU", done, total))
    progress("running the references")
    execution = run_reference(reference.quantized, inputs, modes=reference.modes)
    runs = _runs(reference, features, trace, execution, image)
    found = _divergence(reference, image, inputs, trace, execution)
    if found is None:
        found = _decoder_divergence(reference, settings, dataset, trace, lengths)
    result = verification.score(source.name, dataset, settings.metric, runs, made.paths, found)
    return report.with_verification(made, result)


def _shares(quantized: QuantizedNetwork, calibration: Dataset) -> dict[str, float]:
    """The share of each send group's columns that is sent on the calibration set, or its first utterances."""
    features = _features(calibration)[:SHARE_UTTERANCES]
    return sent_shares(quantized, [quantized.quantize_input(utterance) for utterance in features])


def _modes(
    settings: Settings, quantized: QuantizedNetwork, target: Target, shares: Mapping[str, float]
) -> dict[str, str]:
    """How the products of each send group are computed: as the settings say, or as is cheapest on the target."""
    match settings.delta.kernels:
        case "delta":
            return plain_modes(quantized)
        case "dense":
            return dense_modes(quantized)
    return cheapest_modes(quantized, FAMILIES[target.kernels], target.core.costs, shares)


def _tools() -> dict[str, str]:
    """Versions of what makes the bytes of a build."""
    return {"shrinkc": __version__, ARM_COMPILER: program_version(ARM_COMPILER) or "unknown"}


def _runs(
    reference: archive.Reference, features: list[np.ndarray], trace: Trace, execution: Execution, image: Image
) -> Runs:
    network = reference.quantized
    names = [group.name for group in network.groups]
    lengths = [len(utterance) for utterance in features]
    return Runs(
        lengths=lengths,
        float_outputs=floating.run(reference.network, features),
        integer_outputs=execution.outputs,
        device_outputs=_answers(network, trace.outputs, lengths),
        output_scale=network.output_scale,
        sent_device=_sent_by_group(names, _cut(trace.sent, lengths)),
        instructions=[calls if network.streams else calls[-1:] for calls in _cut(trace.instructions, lengths)],
        stack=trace.stack,
        emulator=f"QEMU {program_version(EMULATOR) or 'of unknown version'}, {image.target.board.name}",
    )


def _answers(network: QuantizedNetwork, outputs: np.ndarray, lengths: list[int]) -> list[np.ndarray]:
    """The device's outputs, an utterance each: of every frame, or of the last where the network gives only that."""
    return [values[-1:] if network.last else values for values in _cut(outputs, lengths)]


def _divergence(
    reference: archive.Reference, image: Image, inputs: list[np.ndarray], trace: Trace, execution: Execution
) -> report.Divergence | None:
    quantized, modes = reference.quantized, reference.modes

    def rerun(utterance: int) -> tuple[Trace, Execution]:
        one = [inputs[utterance]]
        return run_image(image, one, dump_state=True), run_reference(quantized, one, keep_states=True, modes=modes)

    lengths = [len(utterance) for utterance in inputs]
    program = lower(quantized, FAMILIES[image.target.kernels], modes, image.interface.max_frames or None)
    outputs = _answers(quantized, trace.outputs, lengths)
    return divergence.find(program, outputs, _cut(trace.sent, lengths), execution, rerun)


def _decoder_divergence(
    reference: archive.Reference, settings: Settings, dataset: Dataset, trace: Trace, lengths: list[int]
) -> report.Divergence | None:
    """Where the device's own decoder gave another symbol than its outputs ask for."""
    blank = _blank(settings, tuple(map(str, dataset.symbols)))
    pairs = zip(_cut(trace.outputs, lengths), _cut(trace.decoded, lengths), strict=True)
    for utterance, (outputs, decoded) in enumerate(pairs):
        wanted = decoded_symbols(outputs, settings.decode, blank)
        for frame in np.flatnonzero(wanted != decoded)[:1].tolist():
            layer = reference.network.layers[-1].name
            values = int(decoded[frame]), int(wanted[frame])
            return report.Divergence(
                layer=layer,
                quantity="decoded symbol",
                utterance=utterance,
                frame=frame,
                index=0,
                device=values[0],
                reference=values[1],
            )
    return None


def _sent_by_group(names: list[str], sent: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Columns sent by each group in each utterance, (utterances,)."""
    totals = np.stack([counts.sum(axis=0, dtype=np.int64) for counts in sent])
    return {name: totals[:, place] for place, name in enumerate(names)}


def _cut(values: np.ndarray, lengths: list[int]) -> list[np.ndarray]:
    """Frames end to end to one array an utterance."""
    return np.split(values, np.cumsum(lengths)[:-1])


def _calibration_set(settings: Settings, network: Network) -> Dataset:
    if settings.data.calibration is None:
        raise InputError("no calibration set: give one with --calibration, or as data.calibration in shrinkc.toml")
    return _load(settings.data.calibration, network)


def _test_set(settings: Settings, network: Network) -> tuple[Source, Dataset]:
    if settings.data.test is None:
        raise InputError("no data to run: give --dataset, or data.test in shrinkc.toml")
    return settings.data.test, _load(settings.data.test, network)


def _load(source: Source, network: Network) -> Dataset:
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


def _labels(settings: Settings, dataset: Dataset, network: Network) -> Labels:
    """Names for the outputs, where the calibration set has one for each, and how they are decoded."""
    symbols = tuple(str(symbol) for symbol in dataset.symbols)
    named = symbols if len(symbols) == network.outputs else ()
    if settings.decode == "ctc" and settings.metric.blank not in named:
        raise InputError(
            f"--decode ctc needs the blank's place, and metric.blank {settings.metric.blank!r} is not among the "
            f"{len(symbols)} symbols of the calibration set for {network.outputs} outputs; set it, or use argmax"
        )
    return Labels(named, settings.decode, _blank(settings, symbols))


def _blank(settings: Settings, symbols: tuple[str, ...]) -> int:
    """CTC's blank as an index; -1 where there is none."""
    return symbols.index(settings.metric.blank) if settings.metric.blank in symbols else -1


def _notes(calibration: Dataset) -> tuple[str, ...]:
    count = len(calibration.lengths)
    if count >= FEW_UTTERANCES:
        return ()
    return (f"calibrated on {count} utterances only; ranges from fewer than {FEW_UTTERANCES} are not to be trusted",)
