"""A model and data that commands can name: a file that stands for a small random network."""

import dataclasses
from pathlib import Path

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc import importers
from shrinkc.datasets import save

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)
MODEL = ("toy.keras", "--calibration", "calibration.npz", "--dev", "dev.npz", "--jobs", "1")


def write_toy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """toy.keras, which is imported as NETWORK, with calibration.npz, dev.npz and bare.npz, which has no labels."""
    (folder / "toy.keras").write_bytes(b"")
    save(labelled(NETWORK, 10, seed=9), folder / "calibration.npz")
    save(labelled(NETWORK), folder / "dev.npz")
    save(labelled(NETWORK, labels=False), folder / "bare.npz")
    save(labelled(recognizer(inputs=9, outputs=4)), folder / "wide.npz")
    monkeypatch.setattr(importers, "load", lambda path, name: dataclasses.replace(NETWORK, name=name))
