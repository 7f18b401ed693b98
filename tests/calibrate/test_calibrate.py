"""Histograms that grow, and ranges that do not depend on how the stream was cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from networks import recognizer, speech_like
from shrinkc.calibrate import calibrate
from shrinkc.calibrate.histogram import Histogram
from shrinkc.errors import InputError
from shrinkc.network import floating

VALUES = st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40)


@given(VALUES, st.integers(0, 40))
def test_histogram_does_not_depend_on_the_cut(values, cut):
    whole, parts = Histogram(), Histogram()
    whole.add(np.array(values))
    parts.add(np.array(values[:cut]))
    parts.add(np.array(values[cut:]))
    assert whole.top == parts.top
    assert np.array_equal(whole.counts, parts.counts)
    assert whole.counts.sum() == len(values)


def test_histogram_counts_in_the_right_bin():
    histogram = Histogram()
    histogram.add(np.array([0.0, -0.75, 0.75]))
    assert histogram.top == 1.0
    assert histogram.maximum == 0.75
    assert histogram.counts[0] == 1
    assert histogram.counts[2048 * 3 // 4] == 2


def test_ranges_do_not_depend_on_the_batch(monkeypatch):
    network, utterances = recognizer(), speech_like(6)
    whole = calibrate(network, utterances)
    monkeypatch.setattr(floating, "BATCH", 2)
    cut = calibrate(network, utterances)
    assert whole.vectors.keys() == cut.vectors.keys()
    for name, seen in whole.vectors.items():
        assert seen.maximum == pytest.approx(cut[name].maximum, abs=1e-6)
        assert np.allclose(seen.mean_square, cut[name].mean_square)
    assert whole.frames == sum(len(utterance) for utterance in utterances)


def test_ranges_name_every_vector_and_sum():
    seen = calibrate(recognizer(), speech_like()).vectors
    assert {"input", "rnn1.h_new", "rnn1.c_new", "rnn2.affine.forget", "head.y"} <= seen.keys()
    assert seen["rnn1.h_new"].maximum < 1


def test_no_utterance_is_refused():
    with pytest.raises(InputError, match="no utterance"):
        calibrate(recognizer(), [])


def test_features_that_overflow_are_refused_by_vector():
    with pytest.raises(InputError, match="input is not finite"):
        calibrate(recognizer(), [np.full((3, 5), np.finfo(np.float32).max)])
