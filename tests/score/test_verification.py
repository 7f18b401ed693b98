"""Scores of three runs: labels, counts, divergence, limits."""

import msgspec
import numpy as np
import pytest

from shrinkc.datasets import Dataset
from shrinkc.errors import BuildError, InputError
from shrinkc.project import Metric
from shrinkc.score import report as reports
from shrinkc.score.distance import distance
from shrinkc.score.runs import Runs, eliminated, instructions_per_frame
from shrinkc.score.verification import score

SCALE = 0.5
SYMBOLS = ("sil", "a", "b", "c")


def one_hot(classes: list[int]) -> np.ndarray:
    return 10 * np.eye(len(SYMBOLS), dtype=np.int32)[classes]


def path(name: str, group: str, rows: int, columns: int, threshold: int | None) -> reports.PathEntry:
    return reports.PathEntry(
        name=name,
        group=group,
        rows=rows,
        columns=columns,
        weight_bits=8,
        activation_bits=8,
        clipping="max",
        rounding="nearest",
        threshold=threshold,
        largest_accumulator=1,
    )


PATHS = (path("one.x", "x@8", 4, 3, 0), path("one.h", "h@8", 4, 4, 2), path("head.x", "o@8", 2, 4, None))
HEARD = [[0, 1, 1, 2, 0], [3, 3, 0], [0, 1]]


def dataset(**changes: object) -> Dataset:
    """Three utterances of 5, 3 and 2 frames, labelled a b / c / b."""
    fields = {
        "features": np.zeros((10, 3), np.float32),
        "lengths": np.array([5, 3, 2]),
        "labels": np.array([1, 2, 3, 2], np.int32),
        "label_lengths": np.array([2, 1, 1]),
        "symbols": SYMBOLS,
        "speakers": ("ann", "ann", "bob"),
    }
    return Dataset(**{**fields, **changes})


def runs(heard: list[list[int]] = HEARD, device: list[list[int]] | None = None, **changes: object) -> Runs:
    integer = [one_hot(classes) for classes in heard]
    sent = {"x@8": np.array([6, 3, 0]), "h@8": np.array([10, 0, 0])}
    fields = {
        "lengths": [len(output) for output in integer],
        "float_outputs": [output * SCALE for output in integer],
        "integer_outputs": integer,
        "device_outputs": [one_hot(classes) for classes in device or heard],
        "output_scale": SCALE,
        "sent_device": sent,
        "instructions": [np.full(len(output), 100 + 10 * index) for index, output in enumerate(integer)],
        "stack": 64,
        "emulator": "qemu",
    }
    return Runs(**{**fields, **changes})


def test_a_run_without_a_fault():
    found = score("set", dataset(), Metric(), runs(), PATHS, None)
    assert (found.utterances, found.dataset_utterances, found.frames, found.symbols) == (3, 3, 10, 4)
    # The last utterance is heard as a where b was due.
    assert (found.per.float, found.per.integer, found.per.device) == (0.25, 0.25, 0.25)
    assert found.per.increase == 0
    assert found.per.resampled == "speakers"
    assert found.errors.device == reports.Counts(substitutions=1, deletions=0, insertions=0)
    assert found.bit_exact and found.first_divergence is None
    assert found.accuracy is None
    assert found.distance == reports.Gap(rmse=0, max=0, cosine=1)
    assert found.instructions_per_frame == reports.Instructions(mean=107.0, min=100, max=120)


def test_the_device_alone_is_worse():
    divergence = reports.Divergence(
        layer="head", quantity="output", utterance=1, frame=2, index=0, device=0, reference=10
    )
    found = score("set", dataset(), Metric(), runs(device=[HEARD[0], [3, 3, 1], HEARD[2]]), PATHS, divergence)
    assert (found.per.integer, found.per.device) == (0.25, 0.5)
    assert found.per.increase == 25.0
    assert found.errors.device.insertions == 1
    assert not found.bit_exact
    assert found.first_divergence == divergence


def test_the_increase_is_device_minus_float():
    found = score(
        "set",
        dataset(),
        Metric(),
        runs(float_outputs=[one_hot(c) for c in ([1, 2, 0, 0, 0], [3, 0, 0], [2, 2])]),
        PATHS,
        None,
    )
    assert found.per.float == 0.0
    assert found.per.increase == 25.0


def test_a_part_of_the_data_set():
    names = ("lengths", "float_outputs", "integer_outputs", "device_outputs", "instructions")
    some = {name: getattr(runs(), name)[:2] for name in names}
    found = score("set", dataset(), Metric(), runs(**some), PATHS, None)
    assert (found.utterances, found.dataset_utterances, found.symbols) == (2, 3, 3)
    assert found.per.device == 0.0


def test_silence_can_be_counted():
    labelled = dataset(labels=np.array([0, 1, 2, 0, 3, 0, 0, 2], np.int32), label_lengths=np.array([4, 2, 2]))
    counted = score("set", labelled, Metric(silence=True), runs(), PATHS, None)
    assert (counted.symbols, counted.silence, counted.errors.device.substitutions) == (8, True, 1)
    assert score("set", labelled, Metric(), runs(), PATHS, None).symbols == 4


def test_metrics_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"metric\.silence"):
        score("set", dataset(), Metric(silence=True), runs(), PATHS, None)
    with pytest.raises(InputError, match="'pause' is not among"):
        score("set", dataset(), Metric(blank="pause"), runs(), PATHS, None)
    with pytest.raises(InputError, match="accuracy needs one label"):
        score("set", dataset(), Metric("accuracy"), runs(), PATHS, None)
    with pytest.raises(InputError, match="4 outputs and the data set has 5"):
        score("set", dataset(symbols=(*SYMBOLS, "d")), Metric(), runs(), PATHS, None)


def test_without_labels_outputs_are_compared():
    bare = dataset(labels=np.zeros(0, np.int32), label_lengths=np.zeros(3, np.int64))
    found = score("set", bare, Metric(), runs(), PATHS, None)
    assert found.per is None and found.errors is None and found.symbols == 0
    assert score("set", dataset(), Metric("outputs"), runs(), PATHS, None).per is None


def test_accuracy_of_frames_and_of_sequences():
    frames = np.array([0, 1, 2, 2, 0, 3, -1, 0, 0, 1], np.int16)
    found = score("set", dataset(frame_labels=frames), Metric("accuracy"), runs(), PATHS, None)
    assert (found.accuracy.unit, found.symbols) == ("frames", 9)
    assert found.accuracy.device == pytest.approx(8 / 9)
    assert found.per is None
    one_each = dataset(labels=np.array([0, 0, 2], np.int32), label_lengths=np.ones(3, np.int64))
    found = score("set", one_each, Metric("accuracy"), runs(), PATHS, None)
    assert (found.accuracy.unit, found.symbols) == ("sequences", 3)
    assert found.accuracy.device == pytest.approx(2 / 3)
    assert found.accuracy.change == 0.0


def test_eliminated_counts_multiplications():
    # Dense: 10 frames x (12 + 16 + 8) = 360. Done: 4 x 9 + 4 x 10 + 80 = 156.
    found = eliminated(PATHS, runs().sent_device, 10, 3)
    assert found.percent == pytest.approx(100 * (1 - 156 / 360))
    assert found.by_path == pytest.approx({"one.x": 70.0, "one.h": 75.0, "head.x": 0.0})


def test_eliminated_knows_of_both_directions_and_of_what_is_done_once():
    both = msgspec.structs.replace(PATHS[0], directions=2)
    once = msgspec.structs.replace(PATHS[1], once=True)
    dense_once = msgspec.structs.replace(PATHS[2], once=True)
    # Dense: 2 x 10 frames x 12, then 3 utterances x 16 and 3 x 8: 312. Done: 4 x 15 + 4 x 6 + 24 = 108.
    sent = {"x@8": np.array([9, 6, 0]), "h@8": np.array([4, 2, 0])}
    found = eliminated((both, once, dense_once), sent, 10, 3)
    assert found.percent == pytest.approx(100 * (1 - 108 / 312))
    assert found.by_path == pytest.approx({"one.x": 75.0, "one.h": 50.0, "head.x": 0.0})


def test_runs_of_other_lengths_are_refused():
    with pytest.raises(BuildError, match="other lengths"):
        runs(device_outputs=[one_hot([1])])


def test_no_frames_have_no_instructions():
    with pytest.raises(InputError, match="no frame"):
        instructions_per_frame([np.zeros(0, np.int64)], [0])


def test_a_call_over_a_whole_utterance_is_shared_out_over_its_frames():
    found = instructions_per_frame([np.array([1000]), np.zeros(0, np.int64), np.array([90])], [10, 0, 3])
    assert (found.mean, found.min, found.max) == (pytest.approx(1090 / 13), 30, 100)
    each = instructions_per_frame([np.array([100, 120]), np.array([80])], [2, 1])
    assert (each.mean, each.min, each.max) == (100.0, 80, 120)


def test_the_worst_case_is_a_bound():
    """Where a frame took more than what was measured with every column sent, the frame counts."""
    calls = [np.array([100, 120])]
    assert instructions_per_frame(calls, [2]).worst is None
    assert instructions_per_frame(calls, [2], 300).worst == 300
    assert instructions_per_frame(calls, [2], 110).worst == 120


def test_distance_worked_by_hand():
    found = distance([np.array([[3.0, 0.0]])], [np.array([[0.0, 4.0]])])
    assert (found.rmse, found.max, found.cosine) == (pytest.approx(np.sqrt(12.5)), 4.0, 0.0)
    zero = [np.zeros((2, 2))]
    assert distance(zero, zero).cosine == 1.0
    assert distance(zero, [np.ones((2, 2))]).cosine == 0.0


def test_a_trace_may_name_the_layer():
    found = reports.Divergence(layer="rnn1", quantity="h", utterance=0, frame=1, index=2, device=3, reference=4)
    scored = score("set", dataset(), Metric(), runs(), PATHS, divergence=found)
    assert not scored.bit_exact
    assert msgspec.structs.asdict(scored.first_divergence)["layer"] == "rnn1"
