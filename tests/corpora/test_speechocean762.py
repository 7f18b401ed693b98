"""speechocean762: made-up rows by hand, and the real tables where they lie beside the checkout."""

import pytest

from shrinkc.corpora import speechocean762
from shrinkc.corpora.recording import Segment
from shrinkc.errors import InputError

HEADER = "utterance\tspeaker\tage\tgender\taudio\ttext\tphones\talignment\n"


def write_tables(folder, train, test):
    for part, rows in (("train", train), ("test", test)):
        (folder / part).mkdir()
        (folder / part / "utterances.tsv").write_text(HEADER + "".join(rows))


def row(utterance, speaker, alignment="0:5:sil 5:9:b 9:12:iy"):
    return f'{utterance}\t{speaker}\t9\tm\tWAVE/{utterance}.ogg\tA "QUOTED BEE\tb iy\t{alignment}\n'


def test_rows_become_recordings(tmp_path, monkeypatch):
    monkeypatch.setattr(speechocean762, "DEV_UTTERANCES", 1)
    write_tables(tmp_path, [row("1", "s1"), row("2", "s1"), row("3", "s2")], [row("4", "s3", "")])
    found = {recording.name: recording for recording in speechocean762.read_corpus(tmp_path).recordings}
    assert found["1"].side == found["2"].side != found["3"].side
    assert {found["1"].side, found["3"].side} == {"train", "dev"} and found["4"].side == "test"
    assert found["1"].phones == ("b", "iy")
    assert found["1"].segments == (Segment(0, 0.05, "sil"), Segment(0.05, 0.09, "b"), Segment(0.09, 0.12, "iy"))
    assert found["4"].segments == ()


def test_bad_tables(tmp_path):
    with pytest.raises(InputError, match=r"utterances\.tsv: not found"):
        speechocean762.read_corpus(tmp_path)
    write_tables(tmp_path, [row("1", "s1")] * 500, [row("4", "s3", "0:5")])
    with pytest.raises(InputError, match="4: alignment '0:5' is not start:end:phone"):
        speechocean762.read_corpus(tmp_path)
    table = tmp_path / "train" / "utterances.tsv"
    table.write_text(HEADER + row("1", "s1") + "2\ts1\t9\n")
    with pytest.raises(InputError, match=r"utterances\.tsv: line 3 has 3 columns and the header 8"):
        speechocean762.read_corpus(tmp_path)
    table.write_bytes((HEADER + row("1", "s1")).encode() + b"2\ts1\xff\n")
    with pytest.raises(InputError, match=r"utterances\.tsv: line 3 is not UTF-8 text"):
        speechocean762.read_corpus(tmp_path)
    table.write_text("")
    with pytest.raises(InputError, match=r"utterances\.tsv: no rows, or no column 'utterance'"):
        speechocean762.read_corpus(tmp_path)
    (tmp_path / "train" / "utterances.tsv").write_text("utterance\tspeaker\n1\ts1\n")
    with pytest.raises(InputError, match="no column 'audio'"):
        speechocean762.read_corpus(tmp_path)


def test_the_real_corpus(speechocean):
    found = speechocean762.read_corpus(speechocean).recordings
    count = {side: sum(recording.side == side for recording in found) for side in ("train", "dev", "test")}
    assert count == {"train": 2000, "dev": 500, "test": 1700}
    speakers = {side: {item.speaker for item in found if item.side == side} for side in count}
    assert {side: len(names) for side, names in speakers.items()} == {"train": 100, "dev": 25, "test": 85}
    assert not speakers["train"] & speakers["dev"] and not speakers["test"] & (speakers["train"] | speakers["dev"])


def test_real_sound(speechocean):
    pytest.importorskip("soundfile")
    first = speechocean762.read_corpus(speechocean).recordings[0]
    samples = first.read()
    assert samples.dtype.name == "int16"
    # The alignment covers the sound, but for less than one analysis window at the end.
    assert abs(len(samples) / 16000 - first.segments[-1].end) < 0.03
