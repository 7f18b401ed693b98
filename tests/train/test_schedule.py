"""The schedule and the settings of training, without any network."""

import dataclasses

import pytest
from shrinkc.errors import InputError
from shrinkc.train.progress import Progress
from shrinkc.train.settings import Settings, read_settings, write_settings

SETTINGS = Settings(patience=2, halvings=1, frame_epochs=2, ctc_epochs=50, ctc_rate=0.008)


def run(progress, *pers):
    for dev_per in pers:
        progress = progress.advance(dev_per, 10, SETTINGS)
    return progress


def test_frame_stage_keeps_its_rate_and_ends_after_its_epochs():
    after = run(Progress(), 0.9, 1.0)
    assert after.rate(SETTINGS) == SETTINGS.frame_rate and after.stage_over(SETTINGS)
    assert (after.best, after.best_epoch, after.step) == (0.9, "frames 1", 20)
    following = after.next_stage()
    assert (following.stage, following.epoch, following.step, following.best) == (1, 0, 20, 0.9)


def test_rate_is_halved_after_epochs_without_gain_and_the_stage_ends_after_the_last_halving():
    start = Progress(stage=1)
    assert run(start, 0.9, 0.8, 0.85).rate(SETTINGS) == 0.008
    halved = run(start, 0.9, 0.8, 0.85, 0.8)
    assert (halved.rate(SETTINGS), halved.waited) == (0.004, 0)
    assert not halved.stage_over(SETTINGS)
    assert run(halved, 0.7, 0.71).rate(SETTINGS) == 0.004
    ended = run(halved, 0.7, 0.71, 0.72)
    assert ended.stage_over(SETTINGS) and ended.best == 0.7 and ended.best_epoch == "ctc 5"


def test_progress_survives_json():
    progress = run(Progress(stage=1), 0.9, 0.8)
    assert Progress(**progress.as_dict()) == progress


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
        ("dropout = 1", "'dropout' is 1.0: it must be from 0 to below 1"),
        ("seed = -1", "'seed' is -1: it must be 0 or more"),
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
