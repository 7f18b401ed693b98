"""From three runs' outputs to the `verification` part of the report: pure functions over arrays."""

from collections.abc import Mapping, Sequence

from ..datasets import Dataset
from ..errors import InputError
from ..project import Metric
from . import per as rates
from . import report
from .accuracy import label_errors, reference_labels
from .distance import distance
from .runs import Outputs, Runs, counted, eliminated, instructions_per_frame

RunErrors = Mapping[str, Sequence[rates.Errors]]


def score(
    name: str,
    dataset: Dataset,
    metric: Metric,
    runs: Runs,
    paths: Sequence[report.PathEntry],
    divergence: report.Divergence | None,
) -> report.Verification | report.BoardVerification:
    """The `verification` of the report, or its `on_board` where the runs are a board's; `name`: of the data set.

    The runs may cover the first utterances only. `divergence` is where device and reference first
    differ, None where every bit is the same. Raises InputError where the metric does not fit the labels.
    """
    found = _checked(name, dataset, metric, runs, paths, divergence)
    if runs.board is None:
        instructions = instructions_per_frame(runs.instructions, runs.lengths, runs.worst)
        return report.Verification(**found, instructions_per_frame=instructions)
    return report.BoardVerification(
        **found,
        self_test=runs.board.self_test,
        cycles_per_frame=counted(runs.board.cycles, runs.lengths),
        systick_per_frame=counted(runs.board.ticks, runs.lengths),
    )


def _checked(
    name: str,
    dataset: Dataset,
    metric: Metric,
    runs: Runs,
    paths: Sequence[report.PathEntry],
    divergence: report.Divergence | None,
) -> dict[str, object]:
    """The keys that a run has wherever it was."""
    real = runs.real()
    errors, unit = errors_of(dataset, metric, real)
    phones = unit == "symbols"
    speakers = list(dataset.speakers)[: len(runs.device_outputs)] or None
    gap = distance(real["device"], real["float"])
    return dict(
        dataset=name,
        dataset_utterances=len(dataset.lengths),
        utterances=len(runs.device_outputs),
        frames=runs.frames,
        symbols=rates.total(errors["device"]).symbols if errors else 0,
        silence=metric.silence,
        emulator=runs.emulator,
        bit_exact=divergence is None,
        first_divergence=divergence,
        per=_per(errors, speakers) if errors and phones else None,
        errors=_counts(errors) if errors and phones else None,
        accuracy=_accuracy(errors, speakers, unit) if errors and not phones else None,
        distance=report.Gap(rmse=gap.rmse, max=gap.max, cosine=gap.cosine),
        eliminated=eliminated(paths, runs.sent_device, runs.frames, len(runs.lengths)),
        stack=runs.stack,
    )


def errors_of(dataset: Dataset, metric: Metric, real: Mapping[str, Outputs]) -> tuple[RunErrors | None, str]:
    """Errors of each run, by utterance, and what is counted; None where there is nothing to score.

    Raises InputError where the metric does not fit the labels, or the labels not the outputs.
    """
    if metric.kind == "outputs" or not (dataset.labelled or dataset.frame_labels is not None):
        return None, ""
    for output in next(iter(real.values()))[:1]:
        if output.shape[1] != len(dataset.symbols):
            raise InputError(
                f"the model gives {output.shape[1]} outputs and the data set has {len(dataset.symbols)} "
                "symbols: use the data that the model was trained for, or set metric.kind to 'outputs'"
            )
    count = len(next(iter(real.values())))
    if metric.kind == "accuracy":
        references, unit = reference_labels(dataset)
        return {run: label_errors(references[:count], item, unit) for run, item in real.items()}, unit
    if not dataset.labelled:
        return None, ""
    references = [labels for _, labels in dataset.limit(count)]
    blank, silence = _blank_and_silence(dataset, metric)
    decoded = {run: rates.decode_all(item, blank) for run, item in real.items()}
    return {run: rates.utterance_errors(references, item, silence) for run, item in decoded.items()}, "symbols"


def _blank_and_silence(dataset: Dataset, metric: Metric) -> tuple[int | None, int | None]:
    """(symbol that decoding drops, symbol that is not counted), each None where there is none."""
    symbols = [str(symbol) for symbol in dataset.symbols]
    if metric.blank is not None and metric.blank not in symbols:
        known = ", ".join(symbols[:6]) + (", ..." if len(symbols) > 6 else "")
        raise InputError(f"metric.blank: {metric.blank!r} is not among the data set's symbols: {known}")
    blank = None if metric.blank is None else symbols.index(metric.blank)
    if not metric.silence:
        return blank, 0
    if 0 not in dataset.labels:
        raise InputError(
            f"metric.silence: the data set's labels hold no {symbols[0]!r}, so it cannot be counted: set it to false"
        )
    # Silence that doubles as the blank is a symbol like any other once it is to be counted.
    return (None if blank == 0 else blank), None


def _per(errors: RunErrors, speakers: Sequence[str] | None) -> report.Per:
    values = {run: rates.per(items) for run, items in errors.items()}
    interval = rates.bootstrap_interval(errors["device"], errors["float"], speakers)
    return report.Per(
        **values,
        increase=100.0 * (values["device"] - values["float"]),
        ci95=(interval.low, interval.high),
        resampled=interval.over,
    )


def _counts(errors: RunErrors) -> report.ErrorCounts:
    sums = {run: rates.total(items) for run, items in errors.items()}
    return report.ErrorCounts(
        **{
            run: report.Counts(substitutions=item.substitutions, deletions=item.deletions, insertions=item.insertions)
            for run, item in sums.items()
        }
    )


def _accuracy(errors: RunErrors, speakers: Sequence[str] | None, unit: str) -> report.Accuracy:
    values = {run: 1.0 - rates.per(items) for run, items in errors.items()}
    # The interval of the error rate's increase, seen from the other side.
    interval = rates.bootstrap_interval(errors["device"], errors["float"], speakers)
    return report.Accuracy(
        **values,
        unit=unit,
        change=100.0 * (values["device"] - values["float"]),
        ci95=(-interval.high, -interval.low),
        resampled=interval.over,
    )
