"""Scans and products against their definitions in numpy, over shapes, weights and thresholds."""

import numpy as np
import pytest
import runtime_reference as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime_reference import BITS, Group, Matrix

relaxed = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def random_weights(random, bits, rows, columns, extreme):
    """Weights over the whole range of the type; `extreme` ones are the smallest and largest alone."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if extreme:
        return random.choice([low, high], (rows, columns))
    return random.integers(low, high + 1, (rows, columns))


def largest_input(matrix):
    """An input that no row can overflow with, differences (twice as large) included: the compiler's proof."""
    return int(min(16383, (2**31 - 2**20) // (2 * np.abs(matrix.weights).sum(axis=1).max() + 1)))


def test_packing_of_literal_weights():
    weights = np.array([[1, -1], [2, -2], [3, -3], [4, -128], [5, 127]])
    assert [hex(word) for word in reference.pack(weights, 8)] == ["0x4030201", "0x80fdfeff", "0x5", "0x7f"]
    assert hex(reference.pack(np.array([[1], [-8], [7], [-1]]), 4)[0]) == "0xf781"
    assert hex(reference.pack(np.array([[1], [-2], [-1]]), 2)[0]) == "0x39"
    assert [hex(word) for word in reference.pack(np.array([[-2], [3], [4]]), 16)] == ["0x3fffe", "0x4"]


LITERAL_WEIGHTS = [(2, [[1, -2], [0, 1]]), (4, [[7, -8], [0, 1]]), (8, [[127, -128], [5, 6]])]


@pytest.mark.parametrize(("bits", "weights"), LITERAL_WEIGHTS)
def test_products_of_literal_arrays(library, bits, weights):
    matrix = Matrix(np.array(weights), bits)
    accumulators = matrix.accumulators([100, 200])
    library.dense(matrix, np.array([10, -3], np.int16), accumulators)
    expected = [100 + 10 * weights[0][0] - 3 * weights[0][1], 200 + 10 * weights[1][0] - 3 * weights[1][1]]
    assert accumulators[:2].tolist() == expected
    library.delta(matrix, np.array([(1, -5)], reference.ACTIVE), accumulators)
    assert accumulators[:2].tolist() == [expected[0] - 5 * weights[0][1], expected[1] - 5 * weights[1][1]]


def test_scan_of_literal_arrays(library):
    group = Group(5, 16384, 15, 127, threshold=2)
    sent = np.array([0, 0, 0, 10, -127], np.int8)
    active = library.scan(group, np.array([4, 6, -6, 0, 32767], np.int16), sent)
    assert active.tolist() == [(1, 3), (2, -3), (3, -10), (4, 254)]
    assert sent.tolist() == [0, 3, -3, 0, 127]


sizes = st.integers(1, 40)
shapes = st.tuples(st.sampled_from(BITS), sizes, sizes, st.booleans(), st.integers(0, 2**32 - 1))


@relaxed
@given(shape=shapes)
def test_dense_product(library, shape):
    bits, rows, columns, extreme, seed = shape
    random = np.random.default_rng(seed)
    matrix = Matrix(random_weights(random, bits, rows, columns, extreme), bits)
    limit = largest_input(matrix)
    inputs = random.integers(-limit, limit + 1, columns).astype(np.int16)
    start = random.integers(-(2**20), 2**20, rows)
    accumulators = matrix.accumulators(start)
    library.dense(matrix, inputs, accumulators)
    assert (accumulators[:rows] == start + matrix.weights @ inputs).all()
    assert (accumulators[rows:] == 77).all()


@relaxed
@given(shape=shapes)
def test_delta_product(library, shape):
    bits, rows, columns, extreme, seed = shape
    random = np.random.default_rng(seed)
    matrix = Matrix(random_weights(random, bits, rows, columns, extreme), bits)
    limit = 2 * largest_input(matrix)
    active = np.zeros(random.integers(0, columns + 1), reference.ACTIVE)
    active["column"] = random.permutation(columns)[: len(active)]
    active["delta"] = random.integers(-limit, limit + 1, len(active))
    start = random.integers(-(2**20), 2**20, rows)
    accumulators = matrix.accumulators(start)
    library.delta(matrix, active, accumulators)
    expected = start + matrix.weights[:, active["column"]] @ active["delta"].astype(np.int64)
    assert (accumulators[:rows] == expected).all()
    assert (accumulators[rows:] == 77).all()


@relaxed
@given(
    width=st.integers(1, 50),
    grid=st.sampled_from([(np.int8, 7), (np.int8, 127), (np.int16, 127), (np.int16, 16383)]),
    multiplier=st.integers(1, 32767),
    shift=st.integers(1, 30),
    threshold=st.sampled_from([0, 1, 5, 32767, "each"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_scan(library, width, grid, multiplier, shift, threshold, seed):
    random = np.random.default_rng(seed)
    (dtype, limit), each = grid, threshold == "each"
    thresholds = random.integers(0, limit, width) if each else None
    group = Group(width, multiplier, shift, limit, 0 if each else threshold, thresholds)
    sent = np.zeros(width, dtype)
    for _ in range(3):
        vector = random.integers(-32768, 32768, width).astype(np.int16)
        vector[random.random(width) < 0.2] = random.choice([-32768, 32767])
        expected, expected_sent = reference.scan(group, vector, sent.astype(np.int64))
        assert (library.scan(group, vector, sent) == expected).all()
        assert (sent == expected_sent).all()
        assert (library.quantize_dense(group, vector) == reference.quantize(group, vector)).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("thresholds", [0, 9, "each"])
def test_delta_keeps_bias_plus_weights_times_sent(library, bits, thresholds):
    """At every step, exactly; and with threshold 0 what is sent is the vector, so delta equals dense."""
    random = np.random.default_rng(bits)
    rows, columns, wide = 37, 23, bits >= 8
    matrix = Matrix(random_weights(random, bits, rows, columns, extreme=False), bits)
    limit = largest_input(matrix) if wide else 127
    each = random.integers(0, 20, columns) if thresholds == "each" else None
    group = Group(columns, 20000, 16 if wide else 22, limit, 0 if each is not None else thresholds, each)
    sent = np.zeros(columns, np.int16 if wide else np.int8)
    bias = random.integers(-1000, 1000, rows)
    accumulators = matrix.accumulators(bias)
    vector = np.zeros(columns)
    for _ in range(60):
        vector = np.clip(0.9 * vector + random.normal(0, 4000, columns), -32768, 32767)
        library.delta(matrix, library.scan(group, vector.astype(np.int16), sent), accumulators)
        assert (accumulators[:rows] == bias + matrix.weights @ sent.astype(np.int64)).all()
        if thresholds == 0:
            dense = matrix.accumulators(bias)
            library.dense(matrix, library.quantize_dense(group, vector.astype(np.int16)), dense)
            assert (accumulators == dense).all()
