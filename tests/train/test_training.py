"""Training itself: a task that a small network learns in seconds, killed and resumed to the very same weights."""

import dataclasses
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from toy_task import SETTINGS, run, toy

from shrinkc.errors import InputError
from shrinkc.train.cells import CELLS
from shrinkc.train.settings import Settings
from shrinkc.train.state import read_checkpoint

pytest.importorskip("tensorflow", reason="training needs tensorflow")


@pytest.fixture(scope="module", params=[*CELLS, "gru, normalised"])
def settings(request):
    cell, _, normalised = request.param.partition(",")
    return dataclasses.replace(SETTINGS, cell=cell, batch_norm=bool(normalised))


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, *run(folder, settings)


@pytest.fixture(scope="module")
def lstm(tmp_path_factory):
    """A folder with a run that has ended."""
    folder = tmp_path_factory.mktemp("lstm")
    run(folder)
    return folder


def test_learns_the_task(whole):
    _, end, lines, log = whole
    epochs = [(entry["stage"], entry["epoch"]) for entry in log[:3]]
    assert epochs == [("frames", 1), ("frames", 2), ("ctc", 1)] and log[3]["stage"] == "blank"
    assert log[1]["loss"] < 0.7 * log[0]["loss"]
    assert end.best < 0.3 and len(lines) == 4 and "dev PER" in lines[0]


def test_model_file_is_what_was_scored(whole, settings):
    from shrinkc.train.blank import dev_figures
    from shrinkc.train.network import load_model

    folder, end, _, log = whole
    model = load_model(folder / "model.keras")
    names = ["normalization", *["norm1"] * settings.batch_norm, "rnn1", "head"]
    assert [layer.name for layer in model.layers] == names
    assert dev_figures(model, {"toy dev": toy(2, 16)})[0] == log[-1]["dev_per"] <= end.best
    assert (folder / "train.toml").read_text().startswith(f'cell = "{settings.cell}"\n')


def test_killed_and_resumed_is_the_same(whole, settings, tmp_path):
    folder, end, _, log = whole

    class Killed(Exception):
        pass

    def kill(line: str) -> None:
        raise Killed

    from shrinkc.train import loop
    from shrinkc.train.batches import gather

    with pytest.raises(Killed):
        loop.train(gather([toy(1)], ["toy"]), {"toy dev": toy(2, 16)}, tmp_path, settings, ("toy",), kill)
    again, lines, log_again = run(tmp_path, settings)
    assert lines[0] == "resuming after 1 epochs"
    assert (again, log_again) == (end, log)
    assert (tmp_path / "model.keras").read_bytes() == (folder / "model.keras").read_bytes()


def test_another_run_in_the_same_folder_is_refused(whole, settings):
    folder = whole[0]
    with pytest.raises(InputError, match="holds a run with units = 12, now it is 13"):
        run(folder, dataclasses.replace(settings, units=13))
    with pytest.raises(InputError, match="sources"):
        run(folder, settings, sources=("other",))


def rewritten(whole: Path, target: Path, spoil) -> None:
    """A copy of the run's checkpoint in which `spoil` has changed the notes or the arrays."""
    with np.load(whole / "checkpoint.npz") as stored:
        arrays = {key: stored[key] for key in stored.files}
    notes = json.loads(str(arrays.pop("notes")))
    spoil(notes, arrays)
    np.savez(target / "checkpoint.npz", notes=np.array(json.dumps(notes)), **arrays)


SPOILED = {
    "earlier version": lambda notes, arrays: notes["progress"].pop("waited"),
    "later version": lambda notes, arrays: notes["progress"].update(stages=2),
    "progress of another kind": lambda notes, arrays: notes.update(progress=[1]),
    "stage": lambda notes, arrays: notes["progress"].update(stage=7),
    "epoch": lambda notes, arrays: notes["progress"].update(epoch=-1),
    "best": lambda notes, arrays: notes["progress"].update(best=float("nan")),
    "no run": lambda notes, arrays: notes.pop("run"),
    "run of another kind": lambda notes, arrays: notes.update(run="x"),
    "history": lambda notes, arrays: notes.update(history=[1]),
    "gap": lambda notes, arrays: arrays.pop("weights/0"),
    "name": lambda notes, arrays: arrays.update({"weights/x": np.zeros(1)}),
}
OTHER_NETWORK = {
    "fewer": lambda notes, arrays: arrays.pop(f"average/{sum(key.startswith('average') for key in arrays) - 1}"),
    "shape": lambda notes, arrays: arrays.update({"weights/0": np.zeros((1, 1), np.float32)}),
    "dtype": lambda notes, arrays: arrays.update({"weights/0": arrays["weights/0"].astype("U9")}),
    "group": lambda notes, arrays: arrays.update({"extra/0": np.zeros(1)}),
    "no optimizer": lambda notes, arrays: [arrays.pop(key) for key in [*arrays] if key.startswith("optimizer")],
}


@pytest.mark.parametrize("case", [*SPOILED, *OTHER_NETWORK])
def test_checkpoint_of_another_version(lstm, tmp_path, case):
    rewritten(lstm, tmp_path, {**SPOILED, **OTHER_NETWORK}[case])
    with pytest.raises(InputError) as caught:
        run(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'checkpoint.npz'}: not a") and "\n" not in message
    assert message.endswith("delete it to start afresh")
    assert ("of this network" in message) == (case in OTHER_NETWORK)


def test_rewriting_alone_spoils_nothing(lstm, tmp_path):
    shutil.copytree(lstm, tmp_path, dirs_exist_ok=True)
    rewritten(lstm, tmp_path, lambda notes, arrays: None)
    assert run(tmp_path)[1][0] == "resuming after 3 epochs"


def test_damaged_checkpoint(lstm, tmp_path):
    """Cut anywhere, or with any one byte changed: one line, or a run that goes on."""
    content = (lstm / "checkpoint.npz").read_bytes()
    random = np.random.default_rng(0)
    single = [
        bytes(content[:at]) + bytes([content[at] ^ 0x5A]) + content[at + 1 :]
        for at in random.integers(0, len(content), 150)
    ]
    npy = io.BytesIO()
    np.save(npy, np.zeros(3))
    cut = [content[: len(content) * share // 10] for share in range(10)]
    refused = 0
    for damaged in (b"no checkpoint", npy.getvalue(), *cut, *single):
        (tmp_path / "checkpoint.npz").write_bytes(damaged)
        try:
            read_checkpoint(tmp_path)
        except InputError as error:
            refused += 1
            assert "not a whole checkpoint" in str(error) and "\n" not in str(error)
            assert str(error).endswith("delete it to start afresh")
    assert refused >= 12 + 100  # what a zip file does not look at may change unseen


def test_statistics_leave_out_the_padding():
    """What stands behind an utterance's end reaches neither the loss nor batch norm's statistics."""
    import keras
    import tensorflow as tf

    from shrinkc.train.network import build, forward

    random = np.random.default_rng(1)
    lengths = np.array([9, 5], np.int32)
    features = random.normal(size=(2, 9, 4)).astype(np.float32)
    spoiled = features.copy()
    spoiled[1, 5:] = 100
    found = []
    for settings in (Settings(cell="ligru", units=6), Settings(cell="gru", units=6, batch_norm=True)):
        for values in (features, spoiled):
            keras.utils.set_random_seed(1)
            model = build(settings, 3, np.zeros(4), np.ones(4))
            logits = forward(model, tf.constant(values), tf.constant(lengths), 0.2, tf.constant([1, 2]))
            found.append([logits[0], logits[1, :5], *model.non_trainable_weights])
    for one, other in (found[:2], found[2:]):
        assert len(one) == 2 + 4
        for a, b in zip(one, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_projection_that_no_layer_has(tmp_path):
    from shrinkc.train.network import build

    settings = Settings(cell="sru", units=20, projection=6)
    stack = build(settings, 3, np.zeros(4), np.ones(4)).layers
    assert [layer.projection for layer in stack if layer.name.startswith("rnn")] == [None, 6]
    with pytest.raises(InputError, match="'projection' is 20: no layer's input and output are both wider"):
        build(dataclasses.replace(settings, projection=20), 3, np.zeros(4), np.ones(4))


def test_unknown_cell():
    with pytest.raises(InputError, match="unknown cell 'lsmt': one of lstm, gru, simple_rnn, ligru, sru"):
        dataclasses.replace(SETTINGS, cell="lsmt")


def test_losses_by_hand():
    import tensorflow as tf

    from shrinkc.train.step import ctc_loss, frame_loss

    even = tf.zeros((1, 2, 4))
    lengths, targets, count = tf.constant([2]), tf.constant([[-1, 2]]), tf.constant([1])
    # One known frame, four equal classes: log 4.
    assert float(frame_loss(even, lengths, targets, None, None)) == pytest.approx(np.log(4))
    # Paths that collapse to "2" in two frames: 22, -2, 2-: three of sixteen.
    found = ctc_loss(even, lengths, targets, tf.constant([[2]]), count)
    assert float(found) == pytest.approx(np.log(16 / 3), rel=1e-5)
