"""Scans and products of every family against their definitions in numpy, over shapes, weights and thresholds."""

import numpy as np
import pytest
import runtime_reference as reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from runtime_reference import BITS, Group, Matrix

relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

LITERAL_WEIGHTS = [
    (2, [[1, -2], [0, 1]]),
    (4, [[7, -8], [0, 1]]),
    (8, [[127, -128], [5, 6]]),
    (16, [[9, 300], [5, -6]]),
]


def input_types(family):
    """Of dense products: at which type, and with which largest value, a family reads them."""
    return [(np.int16, reference.LARGEST_INPUT)] + [(np.int8, 127)] * family.narrow


@pytest.mark.parametrize(("bits", "weights"), LITERAL_WEIGHTS)
def test_products_of_literal_arrays(library, bits, weights):
    expected = [100 + 10 * weights[0][0] - 3 * weights[0][1], 200 + 10 * weights[1][0] - 3 * weights[1][1]]
    for dtype, _ in input_types(library.family):
        matrix = Matrix(library.family, "dense", bits, np.array(weights))
        inputs = matrix.inputs(np.array([10, -3], dtype), np.random.default_rng(0))
        sums = matrix.sums()
        library.dense(matrix, inputs, matrix.sums([100, 200]), sums)
        assert sums[:2].tolist() == expected
    matrix = Matrix(library.family, "delta", bits, np.array(weights))
    sums = matrix.sums(expected)
    count, columns = library.scan(Group.identity(2, 127), np.array([10, -8], np.int16), np.array([10, -3], np.int8))
    assert count == 1
    library.delta(matrix, count, columns, sums)
    assert sums[:2].tolist() == [expected[0] - 5 * weights[0][1], expected[1] - 5 * weights[1][1]]


def test_scan_of_literal_arrays(library):
    group = Group(5, 16384, 15, 127, threshold=2)
    sent = np.array([0, 0, 0, 10, -127], np.int8)
    count, _ = library.scan(group, np.array([4, 6, -6, 0, 32767], np.int16), sent)
    assert count == 4
    assert sent.tolist() == [0, 3, -3, 0, 127]


sizes = st.one_of(st.integers(1, 40), st.sampled_from([47, 48, 63, 64, 65, 129]))
shapes = st.tuples(st.sampled_from(BITS), sizes, sizes, st.booleans(), st.integers(0, 2**32 - 1))


def check_dense(library, bits, weights, random, largest=reference.LARGEST_INPUT):
    """Sums in place and from another array; inputs at their ends and anywhere between."""
    matrix = Matrix(library.family, "dense", bits, weights)
    start = random.integers(-(2**20), 2**20, matrix.rows)
    for dtype, top in input_types(library.family):
        limit = min(largest, top, reference.largest_input(weights))
        for values in (
            random.integers(-limit, limit + 1, matrix.columns),
            random.choice([-limit, limit], matrix.columns),
        ):
            inputs = matrix.inputs(values.astype(dtype), random)
            kept, in_place, elsewhere = inputs.copy(), matrix.sums(start), matrix.sums()
            library.dense(matrix, inputs, in_place, in_place)
            library.dense(matrix, inputs, matrix.sums(start), elsewhere)
            assert (in_place[: matrix.rows] == matrix.product(start, values)).all()
            assert (elsewhere[: matrix.rows] == in_place[: matrix.rows]).all()
            assert (inputs == kept).all()


def check_delta(library, bits, weights, random, largest=reference.LARGEST_INPUT):
    """Sums that held the product with what was sent hold it with what is sent now."""
    matrix = Matrix(library.family, "delta", bits, weights)
    limit = min(largest, reference.largest_input(weights))
    start = random.integers(-(2**20), 2**20, matrix.rows)
    before = random.choice([-limit, limit, 0, 1], matrix.columns)
    share = random.choice([0, 0.1, 0.5, 1])
    after = np.where(
        random.random(matrix.columns) < share, random.choice([-limit, limit, -1, 0], matrix.columns), before
    )
    sent = before.astype(np.int8 if limit <= 127 else np.int16)
    sums = matrix.sums(matrix.product(start, before))
    count, columns = library.scan(Group.identity(matrix.columns, limit), after.astype(np.int16), sent)
    assert count == (before != after).sum()
    assert (sent == after).all()
    library.delta(matrix, count, columns, sums)
    assert (sums[: matrix.rows] == matrix.product(start, after)).all()


@relaxed
@given(shape=shapes, narrow=st.booleans())
def test_dense_product(library, shape, narrow):
    bits, rows, columns, extreme, seed = shape
    random = np.random.default_rng(seed)
    weights = reference.random_weights(random, bits, (rows, columns), extreme)
    check_dense(library, bits, weights, random, 127 if narrow else reference.LARGEST_INPUT)


@relaxed
@given(shape=shapes, narrow=st.booleans())
def test_delta_product(library, shape, narrow):
    bits, rows, columns, extreme, seed = shape
    random = np.random.default_rng(seed)
    weights = reference.random_weights(random, bits, (rows, columns), extreme)
    check_delta(library, bits, weights, random, 127 if narrow else reference.LARGEST_INPUT)


@pytest.mark.parametrize("largest", [7, 127, reference.LARGEST_INPUT])
@pytest.mark.parametrize("columns", [255, 256, 257, 513, 1200])
@pytest.mark.parametrize("bits", BITS)
def test_long_rows(library, bits, columns, largest):
    """Where a tile of sums in 16 or 24 bits would run over. At 16 bits the proof leaves small inputs only."""
    random = np.random.default_rng(columns)
    low, high = reference.weight_range(bits)
    for weights in (np.full((5, columns), low), np.full((19, columns), high)):
        weights[3] = random.integers(low, high + 1, columns)
        if bits == 8 and largest > 127:
            weights = weights // 2
        check_dense(library, bits, weights, random, largest)
        check_delta(library, bits, weights, random, largest)


@relaxed
@given(
    width=st.integers(1, 50),
    grid=st.sampled_from([(np.int8, 7), (np.int8, 127), (np.int16, 127), (np.int16, 16383)]),
    multiplier=st.integers(1, 32767),
    shift=st.integers(1, 30),
    threshold=st.sampled_from([0, 1, 5, 32767, "each"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_scan_quantize_and_hold(library, width, grid, multiplier, shift, threshold, seed):
    random = np.random.default_rng(seed)
    (dtype, limit), each = grid, threshold == "each"
    thresholds = random.integers(0, limit, width) if each else None
    group = Group(width, multiplier, shift, limit, 0 if each else threshold, thresholds)
    sent, matrix = np.zeros(width, dtype), Matrix(library.family, "delta", 8, random.integers(-9, 9, (3, width)))
    held = [np.zeros(width, kind) for kind, top in input_types(library.family) if limit <= top]
    sums = matrix.sums()
    for _ in range(3):
        vector = random.integers(-32768, 32768, width).astype(np.int16)
        vector[random.random(width) < 0.2] = random.choice([-32768, 32767])
        expected, moved = reference.hold(group, vector, sent.astype(np.int64))
        for inputs in held:
            library.hold(group, vector, inputs)
            assert (inputs == expected).all()
            quantized = inputs.copy()
            library.quantize(group, vector, quantized)
            assert (quantized == reference.quantize(group, vector)).all()
        count, columns = library.scan(group, vector, sent)
        assert (sent == expected).all() and count == moved
        library.delta(matrix, count, columns, sums)
        assert (sums[:3] == matrix.product(np.zeros(3, int), expected)).all()


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("thresholds", [0, 9, "each"])
def test_delta_keeps_bias_plus_weights_times_sent(library, bits, thresholds):
    """At every step, exactly; and with threshold 0 what is sent is the vector, so delta equals dense."""
    random = np.random.default_rng(bits)
    rows, columns, wide = 37, 23, bits >= 8
    weights = reference.random_weights(random, bits, (rows, columns), extreme=False)
    matrix, dense = (Matrix(library.family, mode, bits, weights) for mode in ("delta", "dense"))
    limit = reference.largest_input(weights) if wide else 127
    each = random.integers(0, 20, columns) if thresholds == "each" else None
    group = Group(columns, 20000, 16 if wide else 22, limit, 0 if each is not None else thresholds, each)
    sent, inputs = np.zeros(columns, np.int16 if wide else np.int8), dense.inputs(np.zeros(columns, np.int16), random)
    bias = random.integers(-1000, 1000, rows)
    sums = matrix.sums(bias)
    vector = np.zeros(columns)
    for _ in range(60):
        vector = np.clip(0.9 * vector + random.normal(0, 4000, columns), -32768, 32767)
        count, listed = library.scan(group, vector.astype(np.int16), sent)
        library.delta(matrix, count, listed, sums)
        assert (sums[:rows] == matrix.product(bias, sent)).all()
        library.hold(group, vector.astype(np.int16), inputs)
        held = dense.sums()
        library.dense(dense, inputs, dense.sums(bias), held)
        assert (sums[:rows] == held[:rows]).all()
