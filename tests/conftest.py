"""Fixtures shared by the rungs of the suite: a quantised network, and the generated C run on this machine."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from networks import speech_like

from shrinkc.calibrate import calibrate
from shrinkc.compile.host import compile_host_harness
from shrinkc.emit import emit
from shrinkc.emulate.host import run_host
from shrinkc.emulate.trace import Trace
from shrinkc.lower import lower
from shrinkc.network import Network
from shrinkc.project import Delta, Plan
from shrinkc.quantize import QuantizedNetwork, quantize
from shrinkc.target import load_target


def quantized(network: Network, plan: Plan | None = None, delta: Delta | None = None) -> QuantizedNetwork:
    """`network` quantised with ranges from random utterances of its width."""
    ranges = calibrate(network, speech_like(width=network.inputs))
    return quantize(network, ranges, plan or Plan(), delta or Delta())


@pytest.fixture(name="quantized")
def quantized_fixture() -> Callable[..., QuantizedNetwork]:
    """quantized(network, plan, delta)."""
    return quantized


@pytest.fixture
def on_host(tmp_path: Path) -> Callable[..., Trace]:
    """on_host(network, inputs, compiler, sanitize): the portable C of a quantised network, built and run here."""

    def run(
        network: QuantizedNetwork, inputs: list[np.ndarray], compiler: str = "gcc", sanitize: bool = False
    ) -> Trace:
        if shutil.which(compiler) is None:
            pytest.skip(f"{compiler} is not installed")
        sources = emit(lower(network), load_target("cortex-m3"))
        folder = Path(tmp_path) / f"{compiler}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        harness = compile_host_harness(sources.files, sources.name, folder, compiler=compiler, sanitize=sanitize)
        return run_host(harness, inputs, dump_state=True)

    return run
