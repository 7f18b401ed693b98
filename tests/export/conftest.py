"""A build of a small network, made as `shrinkc build` makes one."""

import dataclasses
from pathlib import Path

import pytest

from labelled import labelled
from networks import recognizer
from shrinkc import importers, pipeline
from shrinkc.datasets import save
from shrinkc.project import Options, resolve, with_options
from shrinkc.project.values import empty
from tools import write_build

NETWORK = recognizer("gru", units=6, outputs=4, layers=1)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a build for the smallest core, with a CTC decoder."""
    from shutil import which

    if which("arm-none-eabi-gcc") is None:
        pytest.skip("not installed: arm-none-eabi-gcc")
    place = tmp_path_factory.mktemp("built")
    (place / "toy.keras").write_bytes(b"")
    save(labelled(NETWORK, 10, seed=9), place / "data.npz")
    options = Options(
        model=str(place / "toy.keras"),
        target="cortex-m0plus",
        calibration=str(place / "data.npz"),
        test=str(place / "data.npz"),
        decode="ctc",
        name="toy",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importers, "load", lambda path, name: dataclasses.replace(NETWORK, name=name))
        write_build(place / "build", pipeline.build(resolve(with_options(empty(), options))))
    return place / "build"
