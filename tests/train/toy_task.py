"""A task that a small network learns in seconds, and a training run on it."""

import json

import numpy as np

from shrinkc.datasets import Dataset
from shrinkc.train.settings import Settings

SETTINGS = Settings(
    layers=1, units=12, batch=8, frame_epochs=2, ctc_epochs=1, delay=1, frame_rate=0.02, ctc_rate=0.01,
    average=0.5, noise=0.05, stretch=0.0, warp=0.0, gain=0.0, tilt=0.0, time_masks=0, band_masks=0, dropout=0.1,
)  # fmt: skip


def toy(seed: int, utterances: int = 120) -> Dataset:
    """Each symbol is its own loud band for four frames, silence between: to be read off the features."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(1, 4, (utterances, 3))
    frames = np.zeros((utterances, 24), np.int64)
    for place in range(3):
        frames[:, 4 + 6 * place : 8 + 6 * place] = labels[:, place : place + 1]
    features = np.eye(4)[frames.ravel()] * 6 + rng.normal(0, 0.3, (utterances * 24, 4))
    return Dataset(
        features=features.astype(np.float32),
        lengths=np.full(utterances, 24),
        labels=labels.ravel().astype(np.int32),
        label_lengths=np.full(utterances, 3),
        symbols=("sil", "a", "b", "c"),
        speakers=tuple("x" * utterances),
        frame_labels=frames.ravel().astype(np.int16),
        meta={"name": "toy"},
    )


def run(folder, settings=SETTINGS, sources=("toy",), **given):
    """Train on the toy task, with whatever else `train` takes.

    Returns the end, the lines told, and the folder's log without its times.
    """
    from shrinkc.train.batches import gather
    from shrinkc.train.loop import train

    lines: list[str] = []
    end = train(gather([toy(1)], ["toy"]), {"toy dev": toy(2, 16)}, folder, settings, sources, lines.append, **given)
    log = [json.loads(line) for line in (folder / "train.log.jsonl").read_text().splitlines()]
    return end, lines, [{key: value for key, value in entry.items() if key != "seconds"} for entry in log]
