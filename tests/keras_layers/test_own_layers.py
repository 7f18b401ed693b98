"""LiGRU and SRU of shrinkc.keras against their equations, step by step, with every option."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the layers need tensorflow")
import keras
import tensorflow as tf
from layer_equations import ligru, masked, sru

from shrinkc.keras import SRU, LiGRU, LiGRUCell, SRUCell

BATCH, FRAMES, WIDTH, UNITS = 3, 11, 5, 6

CASES = {
    "ligru": (LiGRU, {}),
    "ligru_bias": (LiGRU, {"batch_norm": False}),
    "ligru_bare": (LiGRU, {"batch_norm": False, "use_bias": False}),
    "ligru_epsilon": (LiGRU, {"epsilon": 0.5}),
    "ligru_functions": (LiGRU, {"activation": "tanh", "recurrent_activation": "hard_sigmoid"}),
    "ligru_linear": (LiGRU, {"activation": None}),
    "sru": (SRU, {}),
    "sru_input": (SRU, {"units": WIDTH}),
    "sru_input_asked": (SRU, {"units": WIDTH, "skip": "input", "rescale": False}),
    "sru_matrix": (SRU, {"units": WIDTH, "skip": "matrix"}),
    "sru_none": (SRU, {"skip": "none"}),
    "sru_tanh": (SRU, {"activation": "tanh"}),
    "sru_projection": (SRU, {"projection": 3}),
    "sru_projection_input": (SRU, {"units": WIDTH, "projection": 2}),
    "sru_plain": (SRU, {"recurrent": False}),
    "sru_bare": (SRU, {"recurrent": False, "use_bias": False}),
}


def randomize(layer, random):
    """Biases and means that are not zero, variances above zero."""
    for weight in layer.weights:
        values = random.normal(0, 0.7, weight.shape)
        weight.assign(abs(values) + 0.2 if "variance" in weight.path else values)


def made(name, **options):
    """The layer of a case with random weights, its inputs, a first state, and its equations."""
    kind, settings = CASES[name]
    layer = kind(**{"units": UNITS, "return_sequences": True, "return_state": True, **settings, **options})
    layer.build((BATCH, FRAMES, WIDTH))
    random = np.random.default_rng(5)
    randomize(layer, random)
    features = random.normal(size=(BATCH, FRAMES, WIDTH)).astype(np.float32)
    state = random.normal(size=(BATCH, layer.units)).astype(np.float32)
    return layer, features, state, ligru if kind is LiGRU else sru


def equal(found, expected):
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    assert np.all(np.abs(found - expected) <= 3e-6 * np.maximum(1, np.abs(expected)))


def expected_of(step, layer, features, state, mask=None, backwards=False):
    """Outputs and last states of all sequences by the equations."""
    mask = np.ones(features.shape[:2], bool) if mask is None else mask
    turn = slice(None, None, -1) if backwards else slice(None)
    found = [
        masked(step, layer.cell, rows[turn].astype(np.float64), first.astype(np.float64), there[turn])
        for rows, first, there in zip(features, state, mask, strict=True)
    ]
    return np.array([outputs for outputs, _ in found]), np.array([last for _, last in found])


MASKS = np.ones((BATCH, FRAMES), bool)
MASKS[0, 8:] = False  # padded behind
MASKS[1, :3] = False  # padded before
MASKS[2, [1, 4, 5]] = False  # holes


@pytest.mark.parametrize("name", CASES)
def test_equations(name):
    layer, features, state, step = made(name)
    outputs, last = layer(features, initial_state=[state])
    expected, expected_last = expected_of(step, layer, features, state)
    equal(outputs, expected)
    equal(last, expected_last)
    zeros = expected_of(step, layer, features, np.zeros_like(state))
    equal(layer(features)[0], zeros[0])
    assert np.ptp(expected) > 0.5


@pytest.mark.parametrize("unroll", [False, True])
@pytest.mark.parametrize("name", ["ligru", "ligru_functions", "sru", "sru_input", "sru_none"])
def test_masks(name, unroll):
    layer, features, state, step = made(name, unroll=unroll)
    outputs, last = layer(features, initial_state=[state], mask=MASKS)
    expected, expected_last = expected_of(step, layer, features, state, MASKS)
    equal(outputs, expected)
    equal(last, expected_last)
    spoiled = np.where(MASKS[..., None], features, 1e3).astype(np.float32)
    equal(layer(spoiled, initial_state=[state], mask=MASKS)[0], expected)


@pytest.mark.parametrize("name", ["ligru", "sru", "sru_input"])
def test_backwards_zeroed_and_last(name):
    layer, features, state, step = made(name, go_backwards=True)
    expected, expected_last = expected_of(step, layer, features, state, MASKS, backwards=True)
    outputs, last = layer(features, initial_state=[state], mask=MASKS)
    equal(outputs, expected)  # in the order of processing, as Keras' own layers give them
    equal(last, expected_last)
    layer, features, state, step = made(name, zero_output_for_mask=True)
    expected, _ = expected_of(step, layer, features, state, MASKS)
    equal(layer(features, initial_state=[state], mask=MASKS)[0], np.where(MASKS[..., None], expected, 0))
    layer, features, state, step = made(name, return_sequences=False, return_state=False)
    equal(layer(features, mask=MASKS), expected_of(step, layer, features, 0 * state, MASKS)[0][:, -1])


@pytest.mark.parametrize("name", CASES)
def test_a_cell_in_keras_rnn_is_the_layer(name):
    layer, features, state, _ = made(name)
    around = keras.layers.RNN(layer.cell, return_sequences=True, return_state=True)
    for mask in (None, MASKS):
        found = layer(features, initial_state=[state], mask=mask)
        expected = around(features, initial_state=[state], mask=mask)
        for one, other in zip(found, expected, strict=True):
            equal(one, other)


@pytest.mark.parametrize("name", ["ligru", "sru"])
def test_stateful_halves_are_the_whole(name):
    layer, features, _, step = made(name, stateful=True)
    expected, last = expected_of(step, layer, features, np.zeros((BATCH, UNITS)))
    equal(layer(features[:, :4])[0], expected[:, :4])
    found, found_last = layer(features[:, 4:])
    equal(found, expected[:, 4:])
    equal(found_last, last)
    layer.reset_state()
    equal(layer(features)[0], expected)


@pytest.mark.parametrize("name", ["ligru", "sru"])
def test_both_directions(name):
    layer, features, _, step = made(name, return_state=False)
    both = keras.layers.Bidirectional(layer)
    both.build(features.shape)
    randomize(both, np.random.default_rng(8))
    zeros = np.zeros((BATCH, UNITS))
    forward, _ = expected_of(step, both.forward_layer, features, zeros)
    backward, _ = expected_of(step, both.backward_layer, features, zeros, backwards=True)
    equal(both(features), np.concatenate([forward, backward[:, ::-1]], axis=-1))


def test_any_length_and_batch():
    inputs = keras.Input((None, WIDTH))
    model = keras.Model(inputs, SRU(4)(LiGRU(UNITS, return_sequences=True)(inputs)))
    features = np.random.default_rng(1).normal(size=(2, 7, WIDTH)).astype(np.float32)
    graph = tf.function(model, input_signature=[tf.TensorSpec((None, None, WIDTH))], autograph=False)
    whole = graph(features)
    equal(whole, model(features))
    equal(whole[:1], graph(features[:1]))
    equal(graph(features[:, :3]), model(features[:, :3]))
    constant = LiGRU(UNITS, return_sequences=True)
    run = tf.function(
        lambda values: constant(values, mask=MASKS, initial_state=[np.ones((BATCH, UNITS), np.float32)]),
        input_signature=[tf.TensorSpec((None, None, WIDTH))],
        autograph=False,
    )
    assert run(np.ones((BATCH, FRAMES, WIDTH), np.float32)).shape == (BATCH, FRAMES, UNITS)


def test_mixed_precision_computes_in_half_and_keeps_statistics_whole():
    for kind in (LiGRU, SRU):
        layer = kind(UNITS, dtype="mixed_float16", return_sequences=True)
        outputs = layer(np.ones((BATCH, FRAMES, WIDTH), np.float32), training=True)
        assert outputs.dtype == "float16" and np.isfinite(np.asarray(outputs, np.float32)).all()
        assert all(weight.dtype == "float32" for weight in layer.weights)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LiGRU(0), "units must be a positive integer, got 0"),
        (lambda: LiGRU(2.5), "units must be a positive integer, got 2.5"),
        (lambda: LiGRU(3, dropout=1.0), "dropout must be from 0 to below 1, got 1.0"),
        (lambda: SRU(3, recurrent_dropout=-0.1), "recurrent_dropout must be from 0 to below 1"),
        (lambda: LiGRU(3, momentum=1.0), "momentum must be from 0 to below 1"),
        (lambda: LiGRU(3, epsilon=0), "epsilon above 0"),
        (lambda: SRU(3, activation="relu"), "activation must be one of linear, tanh or None, got 'relu'"),
        (lambda: SRU(3, skip="x"), "skip must be one of auto, input, matrix, none, got 'x'"),
        (lambda: SRU(3, projection=0), "projection must be a positive integer or None, got 0"),
        (lambda: SRU(3, skip="input").build((None, None, 4)), "needs an input of 3 features, its units, not 4"),
        (lambda: SRU(3, moving=1), "Unrecognized keyword arguments passed to SRU: {'moving': 1}"),
    ],
)
def test_what_cannot_be_meant(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_arguments_are_those_of_the_cell():
    layer = LiGRU(7, "tanh", "hard_sigmoid", False, batch_norm=False, return_sequences=True, name="x")
    assert (layer.units, layer.use_bias, layer.batch_norm, layer.name) == (7, False, False, "x")
    assert layer.activation is keras.activations.tanh and layer.cell.activation is keras.activations.tanh
    assert SRU(units=3, dtype="float64", trainable=False).cell.compute_dtype == "float64"
    assert not SRU(units=3, trainable=False).cell.trainable
    with pytest.raises(TypeError, match="multiple values for argument 'activation'"):
        LiGRU(7, "tanh", activation="relu")
    with pytest.raises(AttributeError, match="'SRU' object has no attribute 'batch_norm'"):
        _ = SRU(3).batch_norm


def test_a_cell_alone_is_not_trained_with_batch_norm():
    features = np.ones((BATCH, FRAMES, WIDTH), np.float32)
    with pytest.raises(ValueError, match=r"over the whole sequence; train the layer shrinkc\.keras\.LiGRU"):
        keras.layers.RNN(LiGRUCell(3))(features, training=True)
    keras.layers.RNN(LiGRUCell(3, batch_norm=False))(features, training=True)
    keras.layers.RNN(SRUCell(3))(features, training=True)
