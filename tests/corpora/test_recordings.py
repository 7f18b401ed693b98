"""From recordings to a dataset: frame labels by hand, statistics of the train side on every side."""

import numpy as np
import pytest

from shrinkc.corpora.recording import Corpus, Recording, Segment, build_sides, label_frames, read_audio
from shrinkc.datasets.features import FeatureConfig, log_mel
from shrinkc.datasets.phones import phone_set
from shrinkc.errors import InputError

PHONES = phone_set("common")


def recording(name: str, side: str, seed: int, samples: int = 2000) -> Recording:
    """Noise that says b, a flap and silence."""
    sound = np.random.default_rng(seed).integers(-500, 500, samples).astype(np.int16)
    segments = (Segment(0.0, 0.03, "b"), Segment(0.03, 0.06, "dx"), Segment(0.06, 0.2, "h#"))
    return Recording(name, f"speaker {seed}", side, ("b", "dx", "h#"), segments, lambda: sound)


def corpus(*recordings: Recording) -> Corpus:
    return Corpus("toy", recordings, 16000, "nobody", "none", "by speaker")


def test_frame_labels_by_hand():
    segments = [Segment(0.0, 0.02, "b"), Segment(0.02, 0.05, "q"), Segment(0.05, 0.06, "sil")]
    centres = np.array([0.0, 0.0199, 0.02, 0.049, 0.05, 0.06])
    b = PHONES.symbols.index("b")
    np.testing.assert_array_equal(label_frames(segments, centres, PHONES, "x"), [b, b, -1, -1, 0, -1])


def test_sides():
    config = FeatureConfig()
    sides = build_sides(corpus(recording("x", "train", 1), recording("y", "test", 2)), config, PHONES)
    assert set(sides) == {"train", "test"}
    train, test = sides["train"], sides["test"]
    b, t = PHONES.symbols.index("b"), PHONES.symbols.index("t")
    np.testing.assert_array_equal(test.labels, [b, t])
    # Centres at 12.5, 32.5, 52.5, 72.5 ms ...
    np.testing.assert_array_equal(test.frame_labels, [b, t, t, 0, 0, 0])
    np.testing.assert_array_equal(test.mean, train.mean)
    np.testing.assert_allclose(train.mean, train.features.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(train.std, train.features.std(axis=0), rtol=1e-4)
    np.testing.assert_array_equal(train.features, log_mel(recording("x", "train", 1).read(), config))
    assert (test.speakers, test.names) == (("speaker 2",), ("y",))
    assert test.meta["split_rule"] == "by speaker" and test.meta["frame_shift_ms"] == 20.0


def test_bad_recordings():
    with pytest.raises(InputError, match="no utterance on the train side"):
        build_sides(corpus(recording("y", "test", 2)), FeatureConfig(), PHONES)
    with pytest.raises(InputError, match="x: shorter than one frame"):
        build_sides(corpus(recording("x", "train", 1, samples=100)), FeatureConfig(), PHONES)
    with pytest.raises(InputError, match="toy: its sound has 16000 Hz, and the features are made for 22050 Hz"):
        build_sides(corpus(recording("x", "train", 1)), FeatureConfig(sample_rate=22050), PHONES)


def test_sound_of_another_rate_or_no_sound_is_named(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "low.wav", np.zeros(80, np.int16), 8000)
    with pytest.raises(InputError, match=r"low\.wav: 8000 Hz with 1 channels; 16000 Hz mono was expected"):
        read_audio(str(tmp_path / "low.wav"), 16000)
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(InputError, match=r"text\.wav: cannot be read as sound"):
        read_audio(str(tmp_path / "text.wav"), 16000)
    soundfile.write(tmp_path / "good.wav", np.array([1, -2, 300], np.int16), 16000)
    np.testing.assert_array_equal(read_audio(str(tmp_path / "good.wav"), 16000), [1, -2, 300])
