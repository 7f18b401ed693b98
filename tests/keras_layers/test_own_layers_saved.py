"""LiGRU and SRU of shrinkc.keras: settings and weights through Keras' own saving, and first values."""

import subprocess
import sys

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="the layers need tensorflow")
import keras

from shrinkc.keras import SRU, LiGRU, LiGRUCell, SRUCell

WIDTH = 5
OPTIONS = {
    "kernel_initializer": keras.initializers.RandomNormal(stddev=0.3, seed=4),
    "kernel_regularizer": keras.regularizers.L2(0.25),
    "recurrent_regularizer": "l1",
    "bias_regularizer": keras.regularizers.L2(0.5),
    "kernel_constraint": keras.constraints.MaxNorm(2.0),
    "recurrent_constraint": "non_neg",
    "bias_constraint": "non_neg",
    "activity_regularizer": keras.regularizers.L2(0.125),
    "dropout": 0.1,
    "recurrent_dropout": 0.2,
    "seed": 3,
    "return_sequences": True,
    "go_backwards": True,
    "zero_output_for_mask": True,
}
LIGRU = {
    "activation": "tanh",
    "recurrent_activation": "hard_sigmoid",
    "use_bias": False,
    "momentum": 0.5,
    "epsilon": 0.1,
    "gamma_initializer": keras.initializers.serialize(keras.initializers.Zeros()),
    "beta_initializer": keras.initializers.serialize(keras.initializers.Ones()),
}
SRU_ = {
    "activation": "tanh",
    "projection": 3,
    "skip": "none",
    "recurrent": False,
    "use_bias": False,
    "highway_bias": -2.0,
    "rescale": False,
}


@pytest.mark.parametrize(("kind", "options"), [(LiGRU, LIGRU), (SRU, SRU_)])
def test_settings_come_back(kind, options):
    layer = kind(6, **options, **OPTIONS, name="mine", trainable=False)
    config = layer.get_config()
    again = kind.from_config(config)
    assert again.get_config() == config and config["units"] == 6 and config["dropout"] == 0.1
    for name, value in {**options, "recurrent_dropout": 0.2, "seed": 3}.items():
        assert config[name] == value
        assert config[name] != kind(6).get_config()[name]  # or the test would prove nothing of this option
    assert not again.trainable and not again.cell.trainable and again.name == "mine"
    saved = keras.saving.serialize_keras_object(layer)
    assert saved["registered_name"] == f"shrinkc>{kind.__name__}"
    assert keras.saving.deserialize_keras_object(saved).get_config() == config
    cell = layer.cell
    assert type(cell).from_config(cell.get_config()).get_config() == cell.get_config()


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_models_come_back_in_a_process_that_has_only_imported_the_package(tmp_path, ending):
    both = keras.layers.Bidirectional
    cells = keras.layers.RNN([LiGRUCell(4), SRUCell(4)], return_sequences=True)
    layers = [both(LiGRU(3, return_sequences=True)), SRU(6, return_sequences=True), both(SRU(4, projection=2)), cells]
    layers = [layers[0], layers[1], layers[3], layers[2]]
    model = keras.Sequential([keras.Input((None, WIDTH)), *layers])
    random = np.random.default_rng(2)
    model.set_weights([abs(random.normal(size=weight.shape)) for weight in model.weights])
    path, features = tmp_path / f"m.{ending}", random.normal(size=(2, 9, WIDTH)).astype(np.float32)
    model.save(path)
    np.savez(tmp_path / "x.npz", features=features, outputs=model(features))
    code = (
        "import sys, numpy as np; import shrinkc.keras, keras\n"
        "model = keras.saving.load_model(sys.argv[1], compile=False); saved = np.load(sys.argv[2])\n"
        "assert np.array_equal(model(saved['features']), saved['outputs'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "x.npz")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_losses_of_regularizers_count():
    layer = SRU(6, kernel_regularizer="l2", bias_regularizer="l2", recurrent_regularizer="l2")
    layer(np.ones((1, 2, WIDTH), np.float32))
    assert len(layer.losses) == 3
    layer = LiGRU(6, kernel_regularizer="l2", recurrent_regularizer="l2")
    layer(np.ones((1, 2, WIDTH), np.float32))
    assert len(layer.losses) == 2


def test_first_values_of_sru():
    keras.utils.set_random_seed(1)
    layer = SRU(400, highway_bias=-1.0)
    layer.build((None, None, 300))
    weights = {weight.name: np.asarray(weight) for weight in layer.weights}
    alpha = np.sqrt(1 + 2 * np.exp(-1.0))
    for part, factor in zip(np.split(weights["kernel"], 4, axis=1), (1, 0.5**0.5, 0.5**0.5, alpha), strict=True):
        assert part.std() == pytest.approx(factor / np.sqrt(300), rel=0.01)
        assert abs(part).max() <= factor * np.sqrt(3 / 300) * 1.0001
    assert weights["recurrent_kernel"].std() == pytest.approx(0.5**0.5, rel=0.05)
    assert np.array_equal(weights["bias"], np.repeat([0.0, -1.0], 400).astype(np.float32))
    assert "alpha" not in weights  # the matrix is the skip, and has the factor
    square = SRU(300, highway_bias=-1.0)
    square.build((None, None, 300))
    assert np.asarray(square.cell.alpha) == pytest.approx(alpha) and square.cell.alpha.trainable is False
    plain = SRU(300, rescale=False, bias_initializer="ones", kernel_initializer="ones", recurrent_initializer="ones")
    plain.build((None, None, 300))
    assert all(np.array_equal(weight, np.ones(weight.shape)) for weight in plain.weights)


def test_a_deep_sru_keeps_the_scale_of_its_input():
    """What alpha is for: with it the outputs' variance stays through many layers, without it shrinks (section 3.2)."""
    features = np.random.default_rng(0).normal(size=(8, 30, 64)).astype(np.float32)
    spreads = {}
    for rescale in (True, False):
        keras.utils.set_random_seed(3)
        values = features
        for _ in range(8):
            values = SRU(64, return_sequences=True, rescale=rescale)(values)
        spreads[rescale] = float(np.std(np.asarray(values)))
    assert 0.5 < spreads[True] < 2.0 and spreads[False] < 0.5 * spreads[True]


def test_first_values_of_ligru_are_those_of_gru():
    keras.utils.set_random_seed(1)
    layer = LiGRU(6)
    layer.build((None, None, WIDTH))
    recurrent = np.asarray(layer.cell.recurrent_kernel)
    assert recurrent @ recurrent.T == pytest.approx(np.eye(6), abs=1e-5)
    assert [weight.name for weight in layer.trainable_weights] == ["kernel", "recurrent_kernel", "gamma", "beta"]
    assert [weight.name for weight in layer.non_trainable_weights] == ["moving_mean", "moving_variance"]
    assert layer.count_params() == 2 * 6 * (6 + WIDTH) + 4 * 12
