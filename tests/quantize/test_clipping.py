"""Clips: the largest magnitude, or the one with the least error."""

import numpy as np
import pytest

from shrinkc.calibrate import VectorRange
from shrinkc.quantize.clipping import BLOCK, WEIGHT_CANDIDATES, clip_rows, clip_vector


def test_max_is_each_rows_largest_magnitude():
    weights = np.array([[1.0, -3.0], [0.5, 0.25]])
    assert clip_rows(weights, 127, "max", np.ones(2)).tolist() == [3.0, 0.5]


def test_mmse_cuts_an_outlier_off_a_coarse_grid():
    weights = np.concatenate([np.linspace(-1, 1, 100), [2.2]])[None]
    clip = clip_rows(weights, 1, "mmse", np.ones(101))[0]
    assert clip < 1.5


def test_mmse_keeps_the_outlier_that_matters():
    weights = np.concatenate([np.linspace(-1, 1, 100), [2.2]])[None]
    importance = np.concatenate([np.full(100, 1e-6), [1.0]])
    assert clip_rows(weights, 1, "mmse", importance)[0] == pytest.approx(2.2, rel=0.01)


def test_mmse_finds_the_least_error_of_all_candidates_in_every_row():
    random = np.random.default_rng(4)
    weights, importance = random.normal(0, 1, (40, 3000)), random.uniform(0, 1, 3000)
    assert weights.size > 3 * BLOCK
    steps = np.abs(weights).max(axis=1)[:, None] * WEIGHT_CANDIDATES / 7
    rounded = [np.clip(np.rint(weights / step), -7, 7) * step for step in steps.T[:, :, None]]
    errors = np.stack([np.square(weights - one) @ importance for one in rounded], axis=1)
    assert np.allclose(clip_rows(weights, 7, "mmse", importance) / 7, steps[np.arange(40), errors.argmin(axis=1)])


@pytest.mark.parametrize("limit", [1, 7, 127])
def test_mmse_is_never_worse_than_max(limit):
    random = np.random.default_rng(3)
    weights, importance = random.normal(0, 1, (20, 50)), random.uniform(0, 1, 50)

    def error(clip):
        step = clip[:, None] / limit
        rounded = np.clip(np.rint(weights / step), -limit, limit) * step
        return np.square(weights - rounded) @ importance

    best = error(clip_rows(weights, limit, "mmse", importance))
    plain = error(clip_rows(weights, limit, "max", importance))
    assert (best <= plain).all()
    if limit < 127:
        assert best.sum() < 0.9 * plain.sum()


def test_a_row_of_zeros_has_the_clip_zero():
    assert clip_rows(np.zeros((1, 4)), 127, "mmse", np.ones(4)).tolist() == [0.0]


def test_vector_clip_ignores_a_rare_outlier_on_a_coarse_grid():
    centers = (np.arange(2048) + 0.5) / 256
    counts = np.zeros(2048, np.int64)
    counts[:256] = 1000
    counts[2000] = 1
    seen = VectorRange(7.9, centers, counts, np.ones(1))
    assert clip_vector(seen, 7, "mmse") < 3
    assert clip_vector(seen, 7, "max") == 7.9
