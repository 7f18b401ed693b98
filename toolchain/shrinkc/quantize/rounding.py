"""From real weights to integers: to the nearest, or so that the errors of a row make up for each other.

What counts is not the weight but its product. With e = w - q * step, the errors of one row, and G = E[v v^T], the
second moment of what the row multiplies, the squared error of its sum is e G e^T. Nearest rounding makes each element
of e small. Compensated rounding makes e G e^T small: it rounds one column after another and moves the columns that
are still free so that they take up the error made so far (optimal brain surgeon, Hassibi and Stork 1993; column by
column with a Cholesky factor of the inverse, as GPTQ does, Frantar et al. 2022). Then it looks at each weight again,
with all others as they are, until none wants to move (coordinate descent): that never raises the error. A row that
column by column would make worse than nearest, as clipping can, starts from the nearest.
"""

import numpy as np

DAMPING = 0.01
"""Share of the mean of G's diagonal that is added to it, so that columns that hardly move make up for little."""
BLOCK = 64
"""Columns whose errors are handed on together: within a block one by one, to all behind it in one product."""
SWEEPS = 4


def nearest(weights: np.ndarray, inverse: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Integers nearest to weights * inverse, float64 (rows, columns).

    grid: the least and the largest integer of each column, (2, columns).
    """
    return np.clip(np.rint(weights * inverse), *grid)


def error(weights: np.ndarray, integers: np.ndarray, inverse: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """(rows,): mean squared error of each row's sum, e G e^T with G = moment (columns, columns)."""
    wrong = weights - integers / inverse
    return np.einsum("rc,rc->r", wrong @ moment, wrong)


class Compensation:
    """Compensated rounding of rows that read the same: what follows from G and the free columns is worked out once."""

    def __init__(self, moment: np.ndarray, free: np.ndarray) -> None:
        """moment: G, (columns, columns). free: bool (columns,), those rounded so; the others go to the nearest, and the
        free ones take up their error too.
        """
        self.free = free
        damping = DAMPING * np.trace(moment) / len(moment) + np.finfo(float).tiny
        self._moment = moment + np.eye(len(moment)) * damping
        order = np.flatnonzero(free)
        # What is read most strongly is rounded first.
        self._order = order[np.argsort(-np.diag(moment)[order], kind="stable")]
        self._among = self._moment[np.ix_(self._order, self._order)]
        self._factor = np.linalg.cholesky(np.linalg.inv(self._among)).T

    def rounded(self, weights: np.ndarray, inverse: np.ndarray, grid: np.ndarray, sweeps: int = SWEEPS) -> np.ndarray:
        """Integers, float64 (rows, columns), that make each row's sum come out as if unrounded.

        weights: real, (rows, columns). inverse: integers for one real unit, same shape. grid: the least and the largest
        integer of each column, (2, columns).
        """
        plain, free, order = nearest(weights, inverse, grid), self.free, self._order
        if not free.any():
            return plain
        wanted = weights[:, order]
        if not free.all():
            wrong = weights[:, ~free] - plain[:, ~free] / inverse[:, ~free]
            wanted = wanted + np.linalg.solve(self._among, self._moment[np.ix_(order, ~free)] @ wrong.T).T
        integers = plain.copy()
        integers[:, order] = _column_by_column(wanted, inverse[:, order], grid[:, order], self._factor)
        worse = error(weights, integers, inverse, self._moment) > error(weights, plain, inverse, self._moment)
        integers[worse] = plain[worse]
        for _ in range(sweeps):
            if not _descend(weights, integers, inverse, grid, self._moment, order):
                break
        return integers


def _column_by_column(weights: np.ndarray, inverse: np.ndarray, grid: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """factor: the upper Cholesky factor of the inverse of G among these columns."""
    weights, integers = weights.copy(), np.empty_like(weights)
    columns = weights.shape[1]
    for first in range(0, columns, BLOCK):
        stop = min(first + BLOCK, columns)
        scaled = np.empty((len(weights), stop - first))
        for column in range(first, stop):
            integers[:, column] = nearest(weights[:, column], inverse[:, column], grid[:, column])
            wrong = (weights[:, column] - integers[:, column] / inverse[:, column]) / factor[column, column]
            weights[:, column + 1 : stop] -= np.outer(wrong, factor[column, column + 1 : stop])
            scaled[:, column - first] = wrong
        weights[:, stop:] -= scaled @ factor[first:stop, stop:]
    return integers


def _descend(
    weights: np.ndarray,
    integers: np.ndarray,
    inverse: np.ndarray,
    grid: np.ndarray,
    moment: np.ndarray,
    order: np.ndarray,
) -> bool:
    """Move each weight, in place, to the integer that is best with all others as they are; did any move?"""
    pull = (weights - integers / inverse) @ moment
    moved = False
    for column in order:
        best = integers[:, column] + pull[:, column] * inverse[:, column] / moment[column, column]
        best = np.clip(np.rint(best), *grid[:, column])
        change = best - integers[:, column]
        if change.any():
            moved = True
            pull -= np.outer(change / inverse[:, column], moment[column])
            integers[:, column] = best
    return moved
