"""Phone error rate against hand-worked cases and against a plain dynamic programme."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.score.per import (
    Errors,
    bootstrap_interval,
    decode_all,
    per,
    phone_errors,
    total,
    utterance_errors,
)

SEQUENCES = st.lists(st.integers(0, 4), max_size=12)

# The cheapest alignments, worked by hand: (reference, hypothesis, S, D, I).
WORKED = [
    ([1, 2, 3], [1, 2, 3], 0, 0, 0),
    ([1, 2, 3], [], 0, 3, 0),
    ([], [7, 8], 0, 0, 2),
    ([1, 2, 3], [1, 3], 0, 1, 0),
    ([1, 2, 3], [1, 4, 3], 1, 0, 0),
    ([1, 2, 3], [1, 2, 2, 3], 0, 0, 1),
    # the first two are inserted before; 3 is deleted at the end
    ([1, 2, 3], [8, 9, 1, 2], 0, 1, 2),
    # kitten -> sitting: k/s and e/i replaced, g inserted
    ([ord(c) for c in "kitten"], [ord(c) for c in "sitting"], 2, 0, 1),
    # "sh iy hh ae d" heard as "s iy ae d z"
    ([10, 11, 12, 13, 14], [15, 11, 13, 14, 16], 1, 1, 1),
]


def plain_distance(first: list[int], second: list[int]) -> int:
    """Wagner and Fischer's table, written out."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        previous, row = row, [i]
        for j, b in enumerate(second, 1):
            row.append(min(previous[j] + 1, row[-1] + 1, previous[j - 1] + (a != b)))
    return row[-1]


@pytest.mark.parametrize(("reference", "hypothesis", "s", "d", "i"), WORKED)
def test_worked_by_hand(reference, hypothesis, s, d, i):
    assert phone_errors(reference, hypothesis) == Errors(s, d, i, len(reference))


@given(SEQUENCES, SEQUENCES)
def test_total_is_the_edit_distance(reference, hypothesis):
    errors = phone_errors(reference, np.array(hypothesis, dtype=np.int32))
    assert errors.total == plain_distance(reference, hypothesis)
    assert errors.insertions - errors.deletions == len(hypothesis) - len(reference)


def test_per_adds_up_before_it_divides():
    errors = [Errors(1, 0, 0, 2), Errors(0, 1, 2, 8)]
    assert per(errors) == 0.4
    assert per(errors[0]) == 0.5
    assert total(errors) == Errors(1, 1, 2, 10)


def test_per_of_no_symbols_is_refused():
    with pytest.raises(InputError, match="labels"):
        per([Errors(0, 0, 3, 0)])


def test_silence_can_be_left_out():
    references, hypotheses = [[0, 1, 2, 0]], [[0, 1, 0, 2]]
    assert utterance_errors(references, hypotheses, silence=0) == [Errors(0, 0, 0, 2)]
    assert utterance_errors(references, hypotheses)[0].symbols == 4
    assert utterance_errors(references, hypotheses)[0].total == 2


def one_hot(classes: list[int], width: int = 4) -> np.ndarray:
    return np.eye(width)[classes].reshape(-1, width)


def decode_one(output: np.ndarray, blank: int | None = 0) -> list[int]:
    (found,) = decode_all([output], blank)
    return found


def test_decoding_collapses_and_drops_the_blank():
    assert decode_one(one_hot([0, 1, 1, 0, 1, 2, 2, 0, 0, 3])) == [1, 1, 2, 3]
    assert decode_one(one_hot([0, 1, 1, 0, 1]), blank=None) == [0, 1, 0, 1]
    assert decode_one(one_hot([0, 1, 3, 3]), blank=3) == [0, 1]
    assert decode_one(np.zeros((0, 4))) == []


def test_ties_go_to_the_lowest_class():
    assert decode_one(np.array([[0, 5, 5], [-1, -1, -1]], dtype=np.int16), blank=None) == [1, 0]


@given(st.lists(st.lists(st.integers(0, 3), max_size=6), max_size=5))
def test_utterances_do_not_touch(utterances):
    def plain(classes):
        return [c for i, c in enumerate(classes) if c != 0 and (i == 0 or classes[i - 1] != c)]

    assert decode_all([one_hot(classes) for classes in utterances]) == [plain(c) for c in utterances]


def test_interval_of_equal_utterances_is_a_point():
    interval = bootstrap_interval([Errors(1, 0, 0, 10)] * 20)
    assert (interval.low, interval.high, interval.over) == (0.1, 0.1, "utterances")


def test_interval_of_a_difference_is_paired_and_in_points():
    baseline = [Errors(wrong, 0, 0, 10) for wrong in (1, 5, 9, 2)]
    errors = [Errors(item.substitutions + 1, 0, 0, 10) for item in baseline]
    interval = bootstrap_interval(errors, baseline)
    assert (interval.low, interval.high) == pytest.approx((10.0, 10.0))


def test_interval_covers_and_repeats():
    random = np.random.default_rng(3)
    errors = [Errors(int(random.binomial(40, 0.25)), 0, 0, 40) for _ in range(100)]
    interval = bootstrap_interval(errors, seed=1)
    assert interval == bootstrap_interval(errors, seed=1)
    assert interval.low < 0.25 < interval.high
    # Binomial: 1.96 sqrt(p (1 - p) / 4000) on each side.
    assert interval.high - interval.low == pytest.approx(2 * 1.96 * np.sqrt(0.25 * 0.75 / 4000), rel=0.25)


def test_speakers_are_drawn_whole():
    errors = [Errors(0, 0, 0, 10)] * 10 + [Errors(10, 0, 0, 10)] * 10
    by_speaker = bootstrap_interval(errors, groups=["a"] * 10 + ["b"] * 10)
    assert (by_speaker.low, by_speaker.high, by_speaker.over) == (0.0, 1.0, "speakers")
    assert bootstrap_interval(errors, groups=["a"] * 20).over == "utterances"
