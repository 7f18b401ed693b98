"""LiGRU and SRU of shrinkc.keras in training: gradients, batch norm's statistics, dropout."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the layers need tensorflow")
import keras
import tensorflow as tf

from shrinkc.keras import SRU, LiGRU

BATCH, FRAMES, WIDTH, UNITS = 3, 7, 4, 5
MASK = np.array([[1] * 7, [1] * 4 + [0] * 3, [0, 1, 1, 0, 1, 1, 1]], bool)


def features(seed=0):
    return np.random.default_rng(seed).normal(size=(BATCH, FRAMES, WIDTH))


@pytest.mark.parametrize(
    "make",
    [
        lambda: LiGRU(UNITS, activation="tanh", return_sequences=True, dtype="float64"),
        lambda: LiGRU(UNITS, activation="tanh", batch_norm=False, return_sequences=True, dtype="float64"),
        lambda: SRU(UNITS, return_sequences=True, dtype="float64"),
        lambda: SRU(WIDTH, activation="tanh", projection=3, return_sequences=True, dtype="float64"),
    ],
)
@pytest.mark.parametrize("mask", [None, MASK])
def test_gradients_by_differences(make, mask):
    layer, inputs = make(), tf.constant(features())
    layer(inputs)
    aims = np.random.default_rng(1).normal(size=(BATCH, FRAMES, layer.units))

    @tf.function(autograph=False)
    def loss():
        return tf.reduce_sum(layer(inputs, mask=mask, training=True) * aims)

    with tf.GradientTape() as tape:
        value = loss()
    gradients = tape.gradient(value, [weight.value for weight in layer.trainable_weights])
    random = np.random.default_rng(2)
    for weight, gradient in zip(layer.trainable_weights, gradients, strict=True):
        start, way = np.asarray(weight), random.normal(size=weight.shape)
        sides = []
        for step in (1e-5, -1e-5):
            weight.assign(start + step * way)
            sides.append(float(loss()))
        weight.assign(start)
        found = float(np.sum(np.asarray(gradient) * way))
        assert found == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-7), weight.path


@pytest.mark.parametrize("mask", [None, MASK])
def test_statistics_are_of_the_frames_that_count(mask):
    layer, inputs = LiGRU(UNITS, momentum=0.75, return_sequences=True), features().astype(np.float32)
    layer(inputs)
    real = (inputs if mask is None else inputs[mask]).reshape(-1, WIDTH) @ np.asarray(layer.cell.kernel)
    layer(inputs, mask=mask, training=False)
    assert np.array_equal(layer.cell.moving_mean, np.zeros(2 * UNITS))
    outputs = layer(inputs, mask=mask, training=True)
    assert np.asarray(layer.cell.moving_mean) == pytest.approx(0.25 * real.mean(axis=0), rel=1e-4, abs=1e-6)
    assert np.asarray(layer.cell.moving_variance) == pytest.approx(0.75 + 0.25 * real.var(axis=0), rel=1e-4)
    # In training the batch's own statistics normalise: the same as at inference once the moving ones are those.
    layer.cell.moving_mean.assign(real.mean(axis=0))
    layer.cell.moving_variance.assign(real.var(axis=0))
    assert np.asarray(layer(inputs, mask=mask)) == pytest.approx(np.asarray(outputs), abs=1e-5)


def test_statistics_stand_still_where_nothing_is_learnt_or_seen():
    inputs = features().astype(np.float32)
    layer = LiGRU(UNITS, momentum=0.5)
    layer(inputs, training=True, mask=np.zeros((BATCH, FRAMES), bool))
    assert np.array_equal(layer.cell.moving_variance, np.ones(2 * UNITS))
    layer.trainable = False
    outputs = layer(inputs, training=True)
    assert np.array_equal(layer.cell.moving_variance, np.ones(2 * UNITS))
    assert np.array_equal(outputs, layer(inputs, training=False))


@pytest.mark.parametrize("kind", [LiGRU, SRU])
def test_fit_learns(kind):
    keras.utils.set_random_seed(5)
    random = np.random.default_rng(5)
    signs = random.choice([-1.0, 1.0], size=(256, 12, 1)).astype(np.float32)
    inputs = keras.Input((None, 1))
    sums = keras.layers.Dense(1)(keras.layers.Bidirectional(kind(16, return_sequences=True))(inputs))
    model = keras.Model(inputs, sums)
    model.compile(keras.optimizers.Adam(0.02), "mse")
    aims = signs * np.roll(signs, 1, axis=1)  # whether a sign is that of the step before
    aims[:, 0] = 0
    losses = model.fit(signs, aims, epochs=30, batch_size=32, verbose=0).history["loss"]
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize("kind", [LiGRU, SRU])
def test_dropout_is_fixed_by_its_seed_and_holds_for_the_whole_sequence(kind):
    options = {"return_sequences": True, **({"batch_norm": False} if kind is LiGRU else {"skip": "none"})}
    inputs = np.ones((64, FRAMES, WIDTH), np.float32)

    def outputs(training=True, **more):
        keras.utils.set_random_seed(1)
        return np.asarray(kind(UNITS, seed=7, **options, **more)(inputs, training=training))

    plain = outputs()
    for name in ("dropout", "recurrent_dropout"):
        dropped = outputs(**{name: 0.5})
        assert np.array_equal(dropped, outputs(**{name: 0.5})) and not np.allclose(dropped, plain)
        assert np.array_equal(outputs(training=False, **{name: 0.5}), outputs(training=False))
        assert len(np.unique(dropped[:, -1], axis=0)) > 4  # each sequence has a mask of its own
    # One mask for all steps: where all inputs of a sequence are dropped, they are so from the first frame to the last.
    keras.utils.set_random_seed(1)
    layer = kind(UNITS, dropout=0.6, seed=7, use_bias=False, **options)
    found = np.asarray(layer(inputs, training=True))
    silent = np.all(found[:, 0] == 0, axis=1)
    assert 0 < silent.sum() < 64 and np.all(found[silent] == 0)
    loud = np.linalg.norm(found[~silent, -1], axis=1)
    assert np.all(loud > 0)


def test_state_dropout_does_not_reach_what_has_no_state():
    """Without v and with a forget gate that reads x alone, an SRU's state meets no weights: nothing to drop."""
    inputs = features().astype(np.float32)
    keras.utils.set_random_seed(1)
    layer = SRU(UNITS, recurrent=False, recurrent_dropout=0.5)
    assert np.array_equal(layer(inputs, training=True), layer(inputs, training=False))
