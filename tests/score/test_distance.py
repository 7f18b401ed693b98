"""How far outputs are from float's: figures worked by hand."""

import numpy as np
import pytest

from shrinkc.score.distance import divergence

LOG2, LOG3 = np.log(2.0), np.log(3.0)


def test_divergence_of_softmaxes_by_hand() -> None:
    """(1/2, 1/2) against (1/4, 3/4): ln 2 - ln 3 / 2 in the first frame, nothing in the second."""
    one, other = np.array([[0.0, 0.0], [5.0, 1.0]]), np.array([[7.0, 7.0 + LOG3], [9.0, 5.0]])
    assert divergence([one], [other]) == pytest.approx((LOG2 - LOG3 / 2) / 2)


def test_the_mean_is_over_frames_and_not_over_utterances() -> None:
    even, tilted = np.zeros((1, 2)), np.array([[0.0, LOG3]])
    pair = [even, np.zeros((3, 2))], [tilted, np.zeros((3, 2))]
    assert divergence(*pair) == pytest.approx((LOG2 - LOG3 / 2) / 4)


def test_divergence_of_plain_outputs_by_hand() -> None:
    """Float has a mean of 2 and a variance of 5/4; the gaps are 0, 1, 0, 2."""
    float_outputs = [np.array([[0.5], [1.5]]), np.array([[2.5], [3.5]])]
    outputs = [np.array([[0.5], [2.5]]), np.array([[2.5], [1.5]])]
    assert divergence(float_outputs, outputs, logits=False) == pytest.approx((5 / 4) / (5 / 4))


@pytest.mark.parametrize("logits", [True, False])
def test_what_is_equal_has_none(logits: bool) -> None:
    outputs = [np.arange(6.0).reshape(2, 3) ** 2, np.ones((1, 3))]
    assert divergence(outputs, outputs, logits) == 0.0
    assert divergence([], [], logits) == 0.0
    assert divergence([outputs[0][:0], outputs[1]], [outputs[0][:0], outputs[1]], logits) == 0.0


def test_outputs_that_never_change_have_a_finite_one() -> None:
    assert divergence([np.zeros((4, 2))], [np.full((4, 2), 3.0)], logits=False) == 9.0


def test_large_outputs_do_not_overflow() -> None:
    found = divergence([np.array([[1e4, -1e4]])], [np.array([[1e4, -2e4]])])
    assert found == 0.0
