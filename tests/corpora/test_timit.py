"""TIMIT in both layouts: made up here, and the real sample where it lies beside the checkout."""

from collections import Counter

import numpy as np
import pytest

from shrinkc.corpora import timit
from shrinkc.corpora.recording import build_sides
from shrinkc.datasets.features import FeatureConfig
from shrinkc.datasets.phones import phone_set
from shrinkc.errors import InputError

LABELS = "0 800 h#\n800 1600 b\n1600 2400 ao\n2400 3200 h#\n"


def write_sentence(folder, stem, upper):
    soundfile = pytest.importorskip("soundfile")
    folder.mkdir(parents=True, exist_ok=True)
    sound, labels = (f"{stem}.wav", f"{stem}.phn")
    if upper:
        sound, labels = sound.upper(), labels.upper()
    (folder / labels).write_text(LABELS)
    # NIST SPHERE, as on the corpus' own disc, and RIFF, as in the sample.
    noise = np.random.default_rng(0).integers(-100, 100, 3200).astype(np.int16)
    soundfile.write(folder / sound, noise, 16000, format="NIST" if upper else "WAV", subtype="PCM_16")


@pytest.mark.parametrize("upper", [True, False])
def test_the_corpus_own_layout(tmp_path, upper):
    for path in ("train/dr1/fcjf0", "test/dr1/faks0", "test/dr1/felc0", "test/dr1/mzzz0"):
        for stem in ("sa1", "sx1"):
            write_sentence(tmp_path / (path.upper() if upper else path), stem, upper)
    found = timit.read_corpus(tmp_path)
    assert {recording.name: recording.side for recording in found.recordings} == {
        "fcjf0_sx1": "train",
        "faks0_sx1": "dev",
        "felc0_sx1": "test",
    }
    sides = build_sides(found, FeatureConfig(), phone_set("timit39"))
    symbols = sides["test"].symbols
    assert [symbols[label] for label in sides["test"].labels] == ["b", "aa"]


def test_official_lists():
    assert len(timit.DEV_SPEAKERS) == 50 and len(timit.CORE_TEST_SPEAKERS) == 24
    assert not timit.DEV_SPEAKERS & timit.CORE_TEST_SPEAKERS


def test_bad_folders(tmp_path):
    with pytest.raises(InputError, match=r"no \.phn files"):
        timit.read_corpus(tmp_path)
    folder = tmp_path / "train" / "dr1" / "fcjf0"
    folder.mkdir(parents=True)
    (folder / "sx1.phn").write_text(LABELS)
    with pytest.raises(InputError, match=r"no sx1\.wav beside it"):
        timit.read_corpus(tmp_path)
    (folder / "sx1.phn").write_text("0 800\n")
    with pytest.raises(InputError, match=r"sx1\.phn: line 1, '0 800', is not 'start end label'"):
        timit.read_corpus(tmp_path)
    (folder / "sx1.phn").write_text(f"0 {'9' * 400} b\n")
    with pytest.raises(InputError, match=r"sx1\.phn: line 1, '0 9{58}\.\.\.', is not"):
        timit.read_corpus(tmp_path)
    (folder / "sx1.phn").write_bytes(b"0 800 h#\n800 1600 \xe9\n")
    with pytest.raises(InputError, match=r"sx1\.phn: line 2 is not UTF-8 text"):
        timit.read_corpus(tmp_path)


def test_the_real_sample(timit_sample):
    pytest.importorskip("soundfile")
    found = timit.read_corpus(timit_sample)
    assert found.name == "timit-sample"
    assert len(found.recordings) == 96  # 120 sentences less SA1 and SA2 of 12 speakers
    assert Counter(recording.side for recording in found.recordings) == {"train": 48, "test": 32, "dev": 16}
    sides_of: dict[str, set] = {}
    for recording in found.recordings:
        sides_of.setdefault(recording.speaker, set()).add(recording.side)
    assert len(sides_of) == 12 and all(len(sides) == 1 for sides in sides_of.values())
    sx186 = next(recording for recording in found.recordings if recording.name == "falk0_sx186")
    assert sx186.phones[:4] == ("h#", "w", "uh", "dcl")
    assert sx186.segments[1].start == 1960 / 16000
