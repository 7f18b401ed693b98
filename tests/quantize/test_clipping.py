"""Clips: the largest magnitude, or the one with the least error."""

import numpy as np
import pytest

from shrinkc.calibrate import VectorRange
from shrinkc.quantize.clipping import BLOCK, WEIGHT_CANDIDATES, clip_rows, clip_vector

COARSE, FINE = (-8, 7), (-127, 127)


def test_max_is_each_rows_largest_magnitude():
    weights = np.array([[1.0, -3.0], [0.5, 0.25]])
    assert clip_rows(weights, FINE, "max", np.ones(2)).tolist() == [3.0, 0.5]


def test_mmse_cuts_an_outlier_off_a_coarse_grid():
    weights = np.concatenate([np.linspace(-1, 1, 100), [2.2]])[None]
    clip = clip_rows(weights, (-1, 1), "mmse", np.ones(101))[0]
    assert clip < 1.5


def test_mmse_keeps_the_outlier_that_matters():
    weights = np.concatenate([np.linspace(-1, 1, 100), [2.2]])[None]
    importance = np.concatenate([np.full(100, 1e-6), [1.0]])
    assert clip_rows(weights, (-1, 1), "mmse", importance)[0] == pytest.approx(2.2, rel=0.01)


def test_mmse_finds_the_least_error_of_all_candidates_in_every_row():
    random = np.random.default_rng(4)
    weights, importance = random.normal(0, 1, (40, 3000)), random.uniform(0, 1, 3000)
    assert weights.size > 3 * BLOCK
    steps = np.abs(weights).max(axis=1)[:, None] * WEIGHT_CANDIDATES / 7
    rounded = [np.clip(np.rint(weights / step), *COARSE) * step for step in steps.T[:, :, None]]
    errors = np.stack([np.square(weights - one) @ importance for one in rounded], axis=1)
    assert np.allclose(clip_rows(weights, COARSE, "mmse", importance) / 7, steps[np.arange(40), errors.argmin(axis=1)])


@pytest.mark.parametrize("grid", [(-2, 1), COARSE, FINE])
def test_mmse_is_never_worse_than_max(grid):
    random = np.random.default_rng(3)
    weights, importance = random.normal(0, 1, (20, 50)), random.uniform(0, 1, 50)

    def error(clip):
        step = clip[:, None] / grid[1]
        rounded = np.clip(np.rint(weights / step), *grid) * step
        return np.square(weights - rounded) @ importance

    best = error(clip_rows(weights, grid, "mmse", importance))
    plain = error(clip_rows(weights, grid, "max", importance))
    assert (best <= plain).all()
    if grid != FINE:
        assert best.sum() < 0.9 * plain.sum()


def test_mmse_finds_a_grid_whose_weights_reach_down_to_the_odd_integer():
    weights = np.array([[-8.0, 3.0, 5.0, -1.0, 6.0]]) * 0.3
    assert clip_rows(weights, COARSE, "mmse", np.ones(5)) / 7 == pytest.approx([0.3])


def test_a_row_of_zeros_has_the_clip_zero():
    assert clip_rows(np.zeros((1, 4)), FINE, "mmse", np.ones(4)).tolist() == [0.0]


def test_vector_clip_ignores_a_rare_outlier_on_a_coarse_grid():
    centers = (np.arange(2048) + 0.5) / 256
    counts = np.zeros(2048, np.int64)
    counts[:256] = 1000
    counts[2000] = 1
    seen = VectorRange(7.9, centers, counts, np.ones(1))
    assert clip_vector(seen, 7, "mmse") < 3
    assert clip_vector(seen, 7, "max") == 7.9


def test_a_percentile_of_each_rows_weights():
    """Of 0, 1, 2, 3, 4 the median is 2; half way between 3 and 4 stand 87.5 %."""
    weights = np.array([[0.0, -1.0, 2.0, 3.0, -4.0], [10.0, 10.0, 10.0, 10.0, 50.0]])
    assert clip_rows(weights, FINE, "percentile", np.ones(5), 50.0).tolist() == [2.0, 10.0]
    assert clip_rows(weights, FINE, "percentile", np.ones(5), 87.5).tolist() == [3.5, 30.0]
    assert clip_rows(weights, FINE, "percentile", np.ones(5), 100.0).tolist() == [4.0, 50.0]


def test_a_percentile_that_is_zero_gives_way_to_the_largest():
    """In a pruned row most weights are zero: a range of nothing would lose the rest."""
    weights = np.array([[0.0, 0.0, 0.0, 0.37, -2.0], [0.0] * 5])
    assert clip_rows(weights, COARSE, "percentile", np.ones(5), 50.0).tolist() == [2.0, 0.0]


@pytest.mark.parametrize(
    ("percentile", "clip"), [(50.0, 2.0), (50.1, 3.0), (75.0, 3.0), (99.0, 4.0), (99.1, 4.25), (100.0, 4.25)]
)
def test_a_percentile_of_a_vectors_magnitudes_ends_with_its_bin(percentile, clip):
    """Bins of width 1 from 0 to 8: 50 of 100 below 2, 75 below 3, 99 below 4, and one at 4.25."""
    counts = np.array([20, 30, 25, 24, 1, 0, 0, 0])
    seen = VectorRange(4.25, np.arange(8) + 0.5, counts, np.ones(1))
    assert clip_vector(seen, 127, "percentile", percentile) == clip


@pytest.mark.parametrize("limit", [7, 127, 16383])
def test_a_silent_vector_has_the_clip_zero(limit):
    silent = VectorRange(0.0, (np.arange(8) + 0.5) / 8, np.array([9, 0, 0, 0, 0, 0, 0, 0]), np.ones(1))
    assert {clip_vector(silent, limit, method, 99.0) for method in ("max", "mmse", "percentile")} == {0.0}
