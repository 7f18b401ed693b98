"""Training itself: a task that a small network learns in seconds, killed and resumed to the very same weights."""

import dataclasses
import json

import numpy as np
import pytest

from shrinkc.datasets import Dataset
from shrinkc.errors import InputError
from shrinkc.train.settings import CELLS, Settings

pytest.importorskip("tensorflow", reason="training needs tensorflow")

SETTINGS = Settings(
    layers=1, units=12, batch=8, frame_epochs=2, ctc_epochs=1, delay=1, frame_rate=0.02, ctc_rate=0.01,
    average=0.5, noise=0.05, stretch=0.0, warp=0.0, gain=0.0, tilt=0.0, time_masks=0, band_masks=0, dropout=0.1,
)  # fmt: skip


def toy(seed: int, utterances: int = 120) -> Dataset:
    """Each symbol is its own loud band for four frames, silence between: to be read off the features."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 4, (utterances, 3))
    frames = np.zeros((utterances, 24), np.int64)
    for place in range(3):
        frames[:, 4 + 6 * place : 8 + 6 * place] = labels[:, place : place + 1]
    features = np.eye(4)[frames.ravel()] * 6 + rng.normal(0, 0.3, (utterances * 24, 4))
    return Dataset(
        features=features.astype(np.float32),
        lengths=np.full(utterances, 24),
        labels=labels.ravel().astype(np.int32),
        label_lengths=np.full(utterances, 3),
        symbols=("sil", "a", "b", "c"),
        speakers=tuple("x" * utterances),
        frame_labels=frames.ravel().astype(np.int16),
        meta={"name": "toy"},
    )


def run(folder, settings=SETTINGS, sources=("toy",)):
    """Train on the toy task; returns the end, the lines told, and the folder's log without its times."""
    from shrinkc.train.batches import gather
    from shrinkc.train.loop import train

    lines: list[str] = []
    end = train(gather([toy(1)], ["toy"]), {"toy dev": toy(2, 16)}, folder, settings, sources, lines.append)
    log = [json.loads(line) for line in (folder / "train.log.jsonl").read_text().splitlines()]
    return end, lines, [{key: value for key, value in entry.items() if key != "seconds"} for entry in log]


@pytest.fixture(scope="module", params=CELLS)
def settings(request):
    return dataclasses.replace(SETTINGS, cell=request.param)


@pytest.fixture(scope="module")
def whole(settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return folder, *run(folder, settings)


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
    assert [layer.name for layer in model.layers] == ["normalization", "rnn1", "head"]
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


def test_damaged_checkpoint(tmp_path):
    (tmp_path / "checkpoint.npz").write_bytes(b"no checkpoint")
    with pytest.raises(InputError, match=r"not a checkpoint .* delete it to start afresh"):
        run(tmp_path)


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
