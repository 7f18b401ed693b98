"""Rounding: by hand on rows of a few weights, against the definition, and what must hold of any matrix."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shrinkc.quantize.rounding import BLOCK, DAMPING, SWEEPS, Compensation, error, nearest

ALIKE = [[1.0, 1.0], [1.0, 1.0]]
OPPOSITE = [[1.0, -1.0], [-1.0, 1.0]]
LOUDER = [[1.0, 2.0], [2.0, 4.0]]


def compensated(weights, inverse, grid, moment, free, sweeps: int = SWEEPS) -> np.ndarray:
    return Compensation(moment, free).rounded(weights, inverse, grid, sweeps)


def within(*limits: float) -> np.ndarray:
    """The grid of columns with integers from -limit to limit."""
    return np.array([np.negative(limits), limits])


def damped(moment: np.ndarray) -> np.ndarray:
    return moment + np.eye(len(moment)) * DAMPING * np.trace(moment) / len(moment)


def test_nearest_keeps_to_the_range_of_each_column():
    weights = np.array([[0.4, 0.6, -9.0, 3.0], [0.26, -0.24, 0.0, -3.0]])
    inverse = np.array([[1.0] * 4, [2.0] * 4])
    grid = np.array([[-7, -7, -8, -2], [7, 7, 7, 1]])
    assert nearest(weights, inverse, grid).tolist() == [[0, 1, -8, 1], [1, 0, 0, -2]]


def test_the_error_is_that_of_the_sum():
    """0.4 + 0.4 came out as 0 + 1 where both inputs are the same 1 or -1."""
    assert error(np.array([[0.4, 0.4]]), np.array([[0.0, 1.0]]), np.ones((1, 2)), np.array(ALIKE)) == pytest.approx(
        [0.04]
    )


@pytest.mark.parametrize(
    ("weights", "moment", "limits", "free", "expected"),
    [
        # 0.4 goes to 0, and its neighbour, which reads the same, takes up what is missing: 0.8 goes to 1.
        ([0.4, 0.4], ALIKE, [7, 7], [True, True], [0, 1]),
        ([0.4, -0.4], OPPOSITE, [7, 7], [True, True], [0, -1]),
        # The second reads twice as much and is rounded first; the first takes up 0.4 * 2.
        ([0.4, 0.4], LOUDER, [7, 7], [True, True], [1, 0]),
        # What clipping takes away is made up for, too, as far as the limits let it.
        ([3.0, 0.4], ALIKE, [1, 7], [True, True], [1, 2]),
        ([3.0, 0.4], ALIKE, [1, 1], [True, True], [1, 1]),
        # A column that is not free keeps its nearest value; the free one makes up for it.
        ([0.4, 0.4], ALIKE, [7, 7], [True, False], [1, 0]),
        ([0.4, 0.4], ALIKE, [7, 7], [False, True], [0, 1]),
        ([0.4, 0.4], ALIKE, [7, 7], [False, False], [0, 0]),
        # Inputs that have nothing to do with each other make up for nothing.
        ([0.4, 0.4], [[1.0, 0.0], [0.0, 1.0]], [7, 7], [True, True], [0, 0]),
        # One column has no neighbour.
        ([0.4], [[1.0]], [7], [True], [0]),
    ],
)
def test_by_hand(weights, moment, limits, free, expected):
    ones = np.ones((1, len(weights)))
    found = compensated(np.array([weights]), ones, within(*limits), np.array(moment), np.array(free))
    assert found.tolist() == [expected]


def test_each_row_and_column_has_a_step_of_its_own():
    """Steps of 1 and 1/2 in the first row, of 1/2 and 1/4 in the second: 0 + 2/2, and 1/2 + 1/4, for 0.8."""
    weights = np.full((2, 2), 0.4)
    inverse = np.array([[1.0, 2.0], [2.0, 4.0]])
    found = compensated(weights, inverse, within(7, 7), np.array(ALIKE), np.array([True, True]))
    assert found.tolist() == [[0, 2], [1, 1]]


def test_it_is_the_greedy_choice_of_optimal_brain_surgeon():
    """Against the definition, over more than two blocks: after each column, the others minimise the error anew."""
    random = np.random.default_rng(6)
    columns = 2 * BLOCK + 3
    walks = np.cumsum(random.normal(0, 0.2, (columns, 400)), axis=1)
    moment, weights = walks @ walks.T / 400, random.normal(0, 1, (5, columns))
    inverse = np.broadcast_to(7 / np.abs(weights).max(axis=1)[:, None], weights.shape)
    grid, free = within(*[7.0] * columns), np.ones(columns, bool)
    whole, wanted = damped(moment), weights.copy()
    expected = np.zeros_like(weights)
    order = np.argsort(-np.diag(moment), kind="stable")
    for place, column in enumerate(order):
        rest = order[place + 1 :]
        expected[:, column] = np.clip(np.rint(wanted[:, column] * inverse[:, column]), -7, 7)
        wrong = wanted[:, column] - expected[:, column] / inverse[:, column]
        if len(rest):
            wanted[:, rest] += np.outer(wrong, np.linalg.solve(whole[np.ix_(rest, rest)], whole[rest, column]))
    assert np.array_equal(compensated(weights, inverse, grid, moment, free, sweeps=0), expected)
    assert not np.array_equal(expected, nearest(weights, inverse, grid))


@st.composite
def problems(draw) -> dict[str, np.ndarray]:
    """Weights, grids that clip or do not, a moment of few or many samples with or without a mean, free columns."""
    random = np.random.default_rng(draw(st.integers(0, 2**31)))
    rows, columns, samples = draw(st.integers(1, 5)), draw(st.integers(1, 9)), draw(st.integers(1, 30))
    weights = random.normal(0, 1, (rows, columns))
    inputs = random.normal(0, 1, (samples, columns)) + draw(st.sampled_from([0, 1, 5])) * random.normal(0, 1, columns)
    grid = np.array([draw(st.sampled_from([(-2.0, 1.0), (-8.0, 7.0), (-127.0, 127.0)])) for _ in range(columns)]).T
    share = draw(st.sampled_from([0.4, 0.8, 1.0]))
    return {
        "weights": weights,
        "inverse": grid[1] / (share * np.abs(weights).max(axis=1)[:, None]),
        "grid": grid,
        "moment": inputs.T @ inputs / samples,
        "free": np.array([draw(st.booleans()) for _ in range(columns)]),
    }


def nearest_of(given_: dict[str, np.ndarray]) -> np.ndarray:
    return nearest(given_["weights"], given_["inverse"], given_["grid"])


def error_of(given_: dict[str, np.ndarray], integers: np.ndarray) -> np.ndarray:
    """Of each row, in what is minimised: the damped moment."""
    return error(given_["weights"], integers, given_["inverse"], damped(given_["moment"]))


@given(problems())
def test_integers_within_the_grid_and_columns_that_are_not_free_at_the_nearest(problem):
    found = compensated(**problem)
    assert np.array_equal(found, np.rint(found))
    assert ((found >= problem["grid"][0]) & (found <= problem["grid"][1])).all()
    assert np.array_equal(found[:, ~problem["free"]], nearest_of(problem)[:, ~problem["free"]])


@settings(max_examples=300)
@given(problems(), st.integers(0, 6))
def test_no_row_is_worse_than_nearest_and_no_sweep_makes_it_worse(problem, sweeps):
    before = compensated(**problem, sweeps=sweeps)
    after = compensated(**problem, sweeps=sweeps + 1)
    slack = 1e-9 * (1 + error_of(problem, nearest_of(problem)))
    assert (error_of(problem, before) <= error_of(problem, nearest_of(problem)) + slack).all()
    assert (error_of(problem, after) <= error_of(problem, before) + slack).all()


@given(problems())
def test_in_the_end_no_single_weight_wants_to_move(problem):
    found = compensated(**problem, sweeps=100)
    least = error_of(problem, found)
    for column in np.flatnonzero(problem["free"]):
        for step in (-1, 1):
            moved = found.copy()
            moved[:, column] = np.clip(moved[:, column] + step, *problem["grid"][:, column])
            assert (error_of(problem, moved) >= least - 1e-9 * (1 + least)).all()


@given(problems(), st.sampled_from([0.0, 1e-300, 1.0, 1e6]))
def test_without_correlation_it_is_the_nearest(problem, size):
    moment = size * np.diag(np.diag(problem["moment"]))
    assert np.array_equal(compensated(**{**problem, "moment": moment}), nearest_of(problem))


@given(problems(), st.integers(-20, 20))
def test_the_unit_of_the_inputs_does_not_matter(problem, exponent):
    louder = {**problem, "moment": problem["moment"] * 4.0**exponent}
    assert np.array_equal(compensated(**problem), compensated(**louder))


@given(problems(), st.data())
def test_rows_are_rounded_each_for_itself_and_a_row_of_zeros_stays_zero(problem, data):
    row = data.draw(st.integers(0, len(problem["weights"]) - 1))
    weights = problem["weights"].copy()
    weights[row] = 0
    found = compensated(**{**problem, "weights": weights})
    assert not found[row].any()
    assert np.array_equal(np.delete(found, row, axis=0), np.delete(compensated(**problem), row, axis=0))
