"""Log-mel features against figures worked out by hand, and against a plain transform of one frame."""

import numpy as np
import pytest

from shrinkc.datasets.features import ENERGY_FLOOR, FeatureConfig, log_mel, mel, mel_filters
from shrinkc.errors import InputError


def test_mel_scale():
    # HTK's scale is made so that 1000 Hz is 1000 mel; 2595 log10(1 + 700/700) = 2595 * 0.30103.
    assert mel(0) == 0
    assert mel(1000) == pytest.approx(1000, abs=0.02)
    assert mel(700) == pytest.approx(781.17, abs=0.01)


def test_frames_and_centres():
    config = FeatureConfig()
    assert (config.frame_samples, config.shift_samples, config.fft_size) == (400, 320, 512)
    assert [config.frames_of(samples) for samples in (0, 399, 400, 719, 720)] == [0, 0, 1, 1, 2]
    np.testing.assert_allclose(config.centres(3), [0.0125, 0.0325, 0.0525])


def test_filters_are_triangles_that_overlap_by_half():
    filters = mel_filters(FeatureConfig(bands=40))
    assert filters.shape == (40, 257)
    assert filters.min() == 0 and filters.max() <= 1
    # In the middle of the range two neighbours share every bin, and their weights add up to one.
    total = filters.sum(axis=0)[20:230]
    np.testing.assert_allclose(total, 1, atol=1e-12)


def test_one_frame_by_hand():
    config = FeatureConfig(bands=20)
    rng = np.random.default_rng(0)
    samples = rng.integers(-3000, 3000, 400)
    shaped = samples.astype(float)
    shaped[1:] -= 0.97 * samples[:-1]
    shaped[0] -= 0.97 * samples[0]
    shaped *= 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 399)
    angles = np.outer(np.arange(257), np.arange(400)) * 2 * np.pi / 512
    power = (np.cos(angles) @ shaped) ** 2 + (np.sin(angles) @ shaped) ** 2
    wanted = np.log(mel_filters(config) @ power)
    np.testing.assert_allclose(log_mel(samples, config), wanted[None], rtol=1e-5)


def test_a_tone_is_loudest_in_its_band():
    config = FeatureConfig()
    tone = 8000 * np.sin(2 * np.pi * 1500 * np.arange(4000) / 16000)
    centres = np.linspace(mel(20), mel(8000), 42)[1:-1]
    assert (log_mel(tone, config).argmax(axis=1) == np.abs(centres - mel(1500)).argmin()).all()


def test_digital_silence_is_the_floor_and_short_sounds_have_no_frames():
    config = FeatureConfig()
    np.testing.assert_allclose(log_mel(np.zeros(1000, np.int16), config), np.log(ENERGY_FLOOR), rtol=1e-6)
    assert log_mel(np.zeros(399, np.int16), config).shape == (0, 40)


def test_ten_times_as_loud_adds_the_logarithm_of_a_hundred():
    config = FeatureConfig()
    samples = np.random.default_rng(1).integers(-1000, 1000, 2000)
    np.testing.assert_allclose(log_mel(samples * 10, config) - log_mel(samples, config), np.log(100), atol=1e-4)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"frame_shift_ms": 0}, "frame shift"),
        ({"frame_shift_ms": 30}, "frame shift"),
        ({"bands": 0}, "0 bands"),
        ({"bands": 300}, "300 bands"),
        ({"high_hz": 9000}, "do not fit a rate of 16000 Hz"),
    ],
)
def test_impossible_settings(values, says):
    with pytest.raises(InputError, match=says):
        FeatureConfig(**values)
