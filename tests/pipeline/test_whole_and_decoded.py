"""A bidirectional classifier and a streaming recogniser with a decoder of its own: from a file to a checked device."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from shrinkc import datasets, pipeline
from shrinkc.errors import InputError
from shrinkc.score import divergence
from shrinkc.score.decoding import decoded_symbols
from tools import needs_qemu, write_build


def build_and_verify(settings, folder: Path):
    made = pipeline.build(settings)
    write_build(folder, made)
    return made, pipeline.verify(folder, settings).verification


@needs_qemu
@pytest.mark.parametrize("both", [False, True], ids=["stream", "both ways"])
@pytest.mark.parametrize(("last", "decode"), [(False, "argmax"), (False, "ctc"), (True, "argmax")])
def test_verified_on_the_device(project, tmp_path, both, last, decode):
    settings = project(both, last, decode=decode, max_frames=12 if both else None)
    made, found = build_and_verify(settings, tmp_path / "out")
    assert found.bit_exact and found.frames == 87 and found.utterances == 12
    assert found.instructions_per_frame.mean > 100
    head = next(path for path in made.report.paths if path.name == "head.output.x")
    assert head.once == last
    assert found.eliminated.by_path["head.output.x"] < 100
    assert f"{settings.name}_decode.h" in made.files


@needs_qemu
def test_an_utterance_beyond_max_frames_is_refused_by_number(project, tmp_path):
    settings = project(True, False, max_frames=10)
    with pytest.raises(InputError, match=r"utterance 1 has 12 frames, the model was built for 10; .*--max-frames 12"):
        build_and_verify(settings, tmp_path / "out")


def test_max_frames_is_asked_for_and_refused_where_it_means_nothing(project):
    with pytest.raises(InputError, match=r"give --max-frames N.*longest has 12"):
        pipeline.build(project(True, False))
    with pytest.raises(InputError, match="leave --max-frames out"):
        pipeline.build(project(False, False, max_frames=9))


@needs_qemu
def test_another_decoder_than_the_outputs_ask_for_is_a_divergence(project, tmp_path, monkeypatch):
    """The check itself: against symbols that are one off, the first frame is named."""
    monkeypatch.setattr(divergence, "decoded_symbols", lambda *given: decoded_symbols(*given) + 1)
    _, found = build_and_verify(project(False, False, decode="argmax"), tmp_path / "out")
    where = found.first_divergence
    assert not found.bit_exact and (where.quantity, where.frame) == ("decoded symbol", 0)
    assert where.device == where.reference - 1


@needs_qemu
def test_the_decoder_is_held_against_what_it_was_built_with(project, tmp_path):
    """Another blank for the score, and other names for the same outputs, change nothing on the device."""
    settings = project(False, False, decode="ctc")
    write_build(tmp_path / "out", pipeline.build(settings))
    data = datasets.load(settings.data.test.path)
    datasets.save(dataclasses.replace(data, symbols=("x", "sil", "y", "z")), tmp_path / "renamed.npz")
    for changed in (
        dataclasses.replace(settings, metric=dataclasses.replace(settings.metric, blank="b")),
        project(False, False, decode="ctc", test=str(tmp_path / "renamed.npz")),
    ):
        found = pipeline.verify(tmp_path / "out", changed).verification
        assert found.bit_exact and found.first_divergence is None


def test_symbols_of_greedy_ctc():
    outputs = np.eye(4, dtype=np.int16)[[0, 1, 1, 0, 1, 2, 3, 3, 0]]
    assert decoded_symbols(outputs, "ctc", 0).tolist() == [-1, 1, -1, -1, 1, 2, 3, -1, -1]
    assert decoded_symbols(outputs, "argmax", 0).tolist() == [0, 1, 1, 0, 1, 2, 3, 3, 0]
    assert decoded_symbols(outputs[:2], "none", 0).tolist() == [-2, -2]
    assert decoded_symbols(np.zeros((1, 3), np.int16), "argmax", 0).tolist() == [0]


def test_ctc_needs_a_blank_among_the_symbols(project):
    settings = project(False, False, decode="ctc")
    object.__setattr__(settings.metric, "blank", "nothing")
    with pytest.raises(InputError, match="--decode ctc needs the blank's place"):
        pipeline.build(settings)


def test_ctc_needs_more_than_the_last_step(project):
    with pytest.raises(InputError, match="the model gives one vector at the end; use argmax"):
        pipeline.build(project(False, True, decode="ctc"))
