"""`shrinkc train` on a tiny data set: a run, the same run resumed, and complaints."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from shrinkc.datasets import Dataset, save

CONFIG = """
layers = 1
units = 4
batch = 8
delay = 1
time_masks = 0
band_masks = 0
"""


def toy(seed: int, utterances: int) -> Dataset:
    """Two symbols, each a loud band of its own for four frames, silence between."""
    random = np.random.default_rng(seed)
    labels = random.integers(1, 3, (utterances, 2))
    frames = np.zeros((utterances, 16), np.int64)
    for place in range(2):
        frames[:, 3 + 7 * place : 7 + 7 * place] = labels[:, place : place + 1]
    features = np.eye(3)[frames.ravel()] * 6 + random.normal(0, 0.3, (utterances * 16, 3))
    return Dataset(
        features=features.astype(np.float32),
        lengths=np.full(utterances, 16),
        labels=labels.ravel().astype(np.int32),
        label_lengths=np.full(utterances, 2),
        symbols=("sil", "a", "b"),
        speakers=tuple("x" * utterances),
        frame_labels=frames.ravel().astype(np.int16),
        meta={"name": f"toy {seed}"},
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """train.npz, dev.npz, bare.npz without labels, sequences.npz without frame labels, short.npz whose
    utterances are too short for their labels (one_short.npz: one of them), and tiny.toml, in one folder."""
    save(toy(1, 24), tmp_path / "train.npz")
    save(toy(2, 8), tmp_path / "dev.npz")
    bare = dataclasses.replace(toy(3, 2), labels=np.zeros(0, np.int32), label_lengths=np.zeros(2, np.int64))
    save(bare, tmp_path / "bare.npz")
    save(dataclasses.replace(toy(1, 24), frame_labels=None), tmp_path / "sequences.npz")
    short = dataclasses.replace(toy(1, 24), labels=np.ones(24 * 9, np.int32), label_lengths=np.full(24, 9))
    save(short, tmp_path / "short.npz")
    counts = np.array([9, *[2] * 23])
    save(
        dataclasses.replace(toy(1, 24), labels=np.ones(counts.sum(), np.int32), label_lengths=counts),
        tmp_path / "one_short.npz",
    )
    (tmp_path / "tiny.toml").write_text(CONFIG)
    return tmp_path


TRAIN = ("train", "--data", "train.npz", "--dev", "dev.npz", "-o", "run", "--config", "tiny.toml")


def test_a_run_and_the_same_run_resumed(shrinkc_run, data):
    pytest.importorskip("tensorflow", reason="training needs tensorflow")
    code, out, err = shrinkc_run(*TRAIN, "--cell", "gru", "--frame-epochs", "1", "--ctc-epochs", "1")
    assert code == 0
    assert out.startswith("run/model.keras: dev PER ") and "(without silence)" in out
    assert [line.split(":")[0] for line in err.splitlines()] == ["frames 1", "ctc 1", "blank"]
    folder = data / "run"
    assert {path.name for path in folder.iterdir()} == {
        "model.keras", "train.toml", "train.log.jsonl", "checkpoint.npz",
    }  # fmt: skip
    assert 'cell = "gru"\n' in (folder / "train.toml").read_text()

    code, out, err = shrinkc_run(*TRAIN, "--cell", "gru", "--frame-epochs", "1", "--ctc-epochs", "2")
    assert code == 0
    lines = err.splitlines()
    assert lines[0] == "resuming after 2 epochs" and lines[1].startswith("ctc 2:")
    log = [json.loads(line) for line in (folder / "train.log.jsonl").read_text().splitlines()]
    assert [entry["stage"] for entry in log] == ["frames", "ctc", "ctc", "blank"]

    code, _, err = shrinkc_run(*TRAIN, "--cell", "lstm", "--frame-epochs", "1", "--ctc-epochs", "2")
    assert code == 2
    assert "holds a run with cell = gru, now it is lstm" in err and err.count("\n") == 1


def test_without_frame_labels(shrinkc_run, data):
    """Nothing could be learnt from them; without that stage, CTC alone is trained."""
    pytest.importorskip("tensorflow", reason="training needs tensorflow")
    command = [{"train.npz": "sequences.npz"}.get(word, word) for word in TRAIN]
    code, out, err = shrinkc_run(*command, "--cell", "gru", "--ctc-epochs", "1")
    assert (code, out) == (2, "") and not (data / "run").exists()
    assert "sequences.npz: no frame labels, on which the first 14 epochs would be trained; give --frame-epochs 0" in err
    assert err.count("\n") == 1
    code, _, err = shrinkc_run(*command, "--cell", "gru", "--ctc-epochs", "1", "--frame-epochs", "0")
    assert code == 0 and [line.split(":")[0] for line in err.splitlines()] == ["ctc 1", "blank"]


def test_no_epochs_at_all(shrinkc_run, data):
    pytest.importorskip("tensorflow", reason="training needs tensorflow")
    code, _, err = shrinkc_run(*TRAIN, "--frame-epochs", "0", "--ctc-epochs", "0")
    assert code == 2 and "are both 0: nothing would be trained" in err and err.count("\n") == 1


def test_utterances_that_are_left_out_are_counted(shrinkc_run, data):
    pytest.importorskip("tensorflow", reason="training needs tensorflow")
    command = [{"train.npz": "one_short.npz"}.get(word, word) for word in TRAIN]
    code, _, err = shrinkc_run(*command, "--cell", "gru", "--frame-epochs", "1", "--ctc-epochs", "0")
    assert code == 0
    assert err.startswith("one_short.npz: 1 utterances with fewer frames than labels are left out\nframes 1:")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"train.npz": "absent.npz"}, "absent.npz: no such dataset"),
        ({"dev.npz": "bare.npz"}, "bare.npz: 'labels' is empty"),
        ({"train.npz": "bare.npz"}, "bare.npz: 'labels' is empty; training ends with CTC"),
        ({"train.npz": "short.npz"}, "short.npz: every utterance has fewer frames than labels"),
        ({"tiny.toml": "absent.toml"}, "absent.toml: cannot be read"),
        ({"-o": "--cell=elman", "run": "-orun"}, "unknown cell 'elman': one of lstm, gru, simple_rnn, ligru, sru"),
        ({"-o": "--batch=0", "run": "-orun"}, "'batch' is 0: it must be 1 or more"),
    ],
)
def test_complaints_leave_nothing_behind(shrinkc_run, data, changed, says):
    code, out, err = shrinkc_run(*(changed.get(word, word) for word in TRAIN))
    assert (code, out) == (2, "")
    assert says in err and err.count("\n") == 1
    assert not (data / "run").exists()


def test_what_fine_tuning_needs(shrinkc_run, data):
    """A start model of the same network, and a plan whose patterns name something."""
    pytest.importorskip("tensorflow", reason="training needs tensorflow")
    (data / "plan.toml").write_text("[plan]\nweights = 4\n")
    (data / "wrong.toml").write_text("[plan]\nweight = 4\n")
    (data / "nothing.toml").write_text('[plan.paths."rnn7.*"]\nweights = 4\n')
    command = (*TRAIN, "--cell", "gru", "--frame-epochs", "1", "--ctc-epochs", "0")
    assert shrinkc_run(*(word.replace("run", "first") for word in command))[0] == 0
    start = ("--start", "first/model.keras")
    for given, says in (
        (("--quantize", "plan.toml"), "--quantize fine-tunes a trained model: give it with --start"),
        (("--quantize", "nothing.toml", *start), "plan.paths: 'rnn7.*' matches no path of this model; did you mean"),
        (("--quantize", "wrong.toml", *start), "wrong.toml:2: "),
        (("--quantize", "absent.toml", *start), "absent.toml: No such file or directory: give --quantize a file"),
        (("--quantize", "plan.toml", "--start", "absent.keras"), "absent.keras: no such model"),
        (("--quantize", "plan.toml", *start, "--cell", "lstm"), "not those of the network of these settings"),
    ):
        code, out, err = shrinkc_run(*command, *given)
        assert (code, out) == (2, ""), err
        assert says in err and err.count("\n") == 1
        assert not (data / "run").exists()
