"""The schedule and the settings of training, without any network."""

import dataclasses
import json

import pytest

from shrinkc.errors import InputError
from shrinkc.train.progress import Progress
from shrinkc.train.settings import Settings, read_settings, write_settings

SETTINGS = Settings(frame_epochs=2, ctc_epochs=12, ctc_rate=0.008, hold=1 / 3, patience=3)


def run(progress, *pers):
    for dev_per in pers:
        progress = progress.advance(dev_per, 10)
    return progress


def test_frame_stage_runs_all_its_epochs_at_one_rate():
    after = run(Progress(), 0.9, 1.0)
    assert after.rate(SETTINGS) == SETTINGS.frame_rate and after.stage_over(SETTINGS)
    assert (after.best, after.best_epoch, after.step) == (0.9, "frames 1", 20)
    following = after.next_stage()
    assert (following.stage, following.epoch, following.step, following.best) == (1, 0, 20, 0.9)
    assert following.waited == 0


def test_ctc_rate_is_held_for_a_third_and_then_falls_to_nothing():
    rates = [Progress(stage=1, epoch=epoch).rate(SETTINGS) for epoch in range(12)]
    assert rates[:5] == pytest.approx([0.008] * 5)
    assert rates[5:] == pytest.approx([0.007, 0.006, 0.005, 0.004, 0.003, 0.002, 0.001])


def test_ctc_ends_when_its_epochs_are_used_or_the_dev_per_has_stopped_falling():
    start = Progress(stage=1)
    waiting = run(start, 0.9, 0.8, 0.85, 0.8)
    assert (waiting.waited, waiting.stage_over(SETTINGS)) == (2, False)
    assert run(waiting, 0.7).waited == 0
    ended = run(waiting, 0.81)
    assert ended.stage_over(SETTINGS) and (ended.best, ended.best_epoch) == (0.8, "ctc 2")
    falling = run(start, *(1 - epoch / 100 for epoch in range(12)))
    assert falling.stage_over(SETTINGS) and falling.waited == 0


def test_progress_survives_json():
    progress = run(Progress(stage=1), 0.9, 0.8)
    assert Progress.from_dict(json.loads(json.dumps(progress.as_dict()))) == progress
    begun = Progress()  # no model is kept yet: its PER is infinite
    assert Progress.from_dict(json.loads(json.dumps(begun.as_dict()))) == begun


def test_settings_survive_their_file(tmp_path):
    path = tmp_path / "train.toml"
    path.write_text(write_settings(SETTINGS))
    assert read_settings(path, {}) == SETTINGS
    assert read_settings(path, {"units": 7, "cell": None}) == dataclasses.replace(SETTINGS, units=7)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("unitz = 3", "unknown key 'unitz'"),
        ('units = "many"', "'units' must be int, not 'many'"),
        ("units = true", "'units' must be int, not True"),
        ("units = 0", "'units' is 0: it must be 1 or more"),
        ("hold = 1", "'hold' is 1.0: it must be from 0 to below 1"),
        ("dropout = 1", "'dropout' is 1.0: it must be from 0 to below 1"),
        ("seed = -1", "'seed' is -1: it must be 0 or more"),
        ('cell = "lsmt"', "unknown cell 'lsmt': one of lstm, gru, simple_rnn, ligru, sru"),
        ("projection = 8", "'projection' is for the cell sru, not lstm"),
        ('cell = "sru"\nbatch_norm = true', "'batch_norm' is not for the cell sru, which reads its input outside"),
        ('cell = "ligru"\nbatch_norm = true', "'batch_norm' is not for the cell ligru, which has its own"),
        ("noise = -1", "'noise' is -1.0: it must be 0 or more"),
        ("tilt = inf", "'tilt' is inf: it must be 0 or more"),
        ("gain = nan", "'gain' is nan: it must be 0 or more"),
        ("band_mask = -1", "'band_mask' is -1: it must be 0 or more"),
        ("ctc_rate = 0", "'ctc_rate' is 0.0: it must be above 0"),
        ("clip = nan", "'clip' is nan: it must be above 0"),
        ("units =", "not TOML"),
    ],
)
def test_bad_settings(tmp_path, text, says):
    path = tmp_path / "train.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=says):
        read_settings(path, {})


def test_absent_settings(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_settings(tmp_path / "none.toml", {})
