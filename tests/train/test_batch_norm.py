"""Batch norm before each recurrent layer: learned over real frames alone, and folded by the importer."""

from pathlib import Path

import numpy as np
import pytest

from shrinkc.importers import load
from shrinkc.network import floating
from shrinkc.train.settings import Settings

pytest.importorskip("tensorflow", reason="training needs tensorflow")
WIDTH, SYMBOLS = 5, 4


def recogniser(cell: str):
    from shrinkc.train.network import build

    settings = Settings(cell=cell, units=6, batch_norm=True)
    return build(settings, SYMBOLS, np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_the_importer_folds_what_was_learned(tmp_path: Path, cell: str) -> None:
    random = np.random.default_rng(1)
    model = recogniser(cell)
    for layer in model.layers:
        if layer.name.startswith("norm"):
            layer.set_weights([random.uniform(0.5, 2, array.shape) for array in layer.get_weights()])
    model.save(tmp_path / "m.keras")
    network = load(tmp_path / "m.keras")
    assert [layer.cell_name for layer in network.layers] == [cell, cell, "dense"]
    features = random.normal(0, 1, (100, WIDTH)).astype(np.float32)
    expected = np.asarray(model(features[None], training=False))[0]
    assert np.abs(floating.run(network, [features])[0] - expected).max() <= 1e-5 * max(1, np.abs(expected).max())


def test_padding_does_not_count() -> None:
    from shrinkc.train.network import forward

    features = np.random.default_rng(2).normal(0, 1, (2, 8, WIDTH)).astype(np.float32)
    loud = features.copy()
    loud[1, 3:] = 1e3
    found = []
    for frames in (features, loud):
        model = recogniser("gru")
        model.set_weights([np.full(array.shape, 0.3, np.float32) for array in model.get_weights()])
        forward(model, frames, np.array([8, 3]), 0.0, np.array([1, 1]))
        found.append(model.get_layer("norm1").moving_mean.numpy())
    assert np.array_equal(*found)
