"""Runs that begin with trained models: weights to start from, and teachers to learn from."""

import dataclasses
import json

import numpy as np
import pytest
from toy_task import SETTINGS, run

from shrinkc.errors import InputError

tf = pytest.importorskip("tensorflow", reason="training needs tensorflow")

from shrinkc.train.trained_models import TrainedModels, taught_loss  # noqa: E402  it needs TensorFlow's neighbours only on use

ONE_EPOCH = dataclasses.replace(SETTINGS, frame_epochs=0, ctc_epochs=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    return folder, run(folder)


def first_dev_per(folder, **given):
    run(folder, **given)
    return json.loads((folder / "train.log.jsonl").read_text().splitlines()[0])["dev_per"]


def test_a_run_goes_on_from_trained_weights(trained, tmp_path):
    folder, (end, _, _) = trained
    started = first_dev_per(tmp_path / "a", settings=ONE_EPOCH, trained=TrainedModels(start=folder / "model.keras"))
    fresh = first_dev_per(tmp_path / "b", settings=ONE_EPOCH)
    assert started <= end.best + 0.1 < fresh


def test_weights_of_another_network_are_refused(trained, tmp_path):
    wider = dataclasses.replace(ONE_EPOCH, units=13)
    with pytest.raises(InputError, match="its weights are not those of the network of these settings"):
        run(tmp_path, settings=wider, trained=TrainedModels(start=trained[0] / "model.keras"))


def test_a_teacher_teaches_another_cell(trained, tmp_path):
    """With the teacher's word alone weighing in, the student comes to say what the teacher says."""
    folder = trained[0]
    student = dataclasses.replace(SETTINGS, cell="gru", teaching=5.0)
    end, _, log = run(tmp_path / "taught", settings=student, trained=TrainedModels(teachers=(folder / "model.keras",)))
    assert end.best < 0.3
    _, _, other = run(tmp_path / "alone", settings=dataclasses.replace(student, teaching=0.5))
    assert log[0]["loss"] != other[0]["loss"]


def test_teachers_of_another_data_set_are_refused(tmp_path):
    import keras

    other = keras.Sequential([keras.Input((None, 4)), keras.layers.Dense(9)])
    other.save(tmp_path / "other.keras")
    with pytest.raises(InputError, match="takes 4 features to 9 symbols, the data has 4 and 4"):
        run(tmp_path / "run", trained=TrainedModels(teachers=(tmp_path / "other.keras",)))


def test_a_weight_for_teachers_needs_teachers(tmp_path):
    with pytest.raises(InputError, match=r"'teaching' is 0\.7, but there is no --teacher"):
        run(tmp_path, settings=dataclasses.replace(SETTINGS, teaching=0.7))


def test_another_teacher_is_another_run(trained, tmp_path):
    folder = trained[0]
    run(tmp_path, trained=TrainedModels(teachers=(folder / "model.keras",)))
    with pytest.raises(InputError, match="holds a run with teachers"):
        run(tmp_path)


def test_the_divergence_by_hand():
    """Two frames of which one is padding; the teacher says 3/4 and 1/4, the student 1/2 and 1/2; two labels."""

    def teacher(features, training):
        return tf.math.log(tf.constant([[[0.75, 0.25], [0.1, 0.9]]]))

    logits = tf.zeros((1, 2, 2))
    found = float(taught_loss([teacher], None, logits, tf.constant([1]), tf.constant(2)))
    assert found == pytest.approx((0.75 * np.log(1.5) + 0.25 * np.log(0.5)) / 2, abs=1e-6)
    agreeing = tf.math.log([[[0.75, 0.25], [1.0, 1.0]]])
    assert float(taught_loss([teacher], None, agreeing, [1], 2)) == pytest.approx(0, abs=1e-6)
