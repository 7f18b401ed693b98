"""What the whole suite shares: the folder of its helpers on the path, and the generated C run on this machine."""

import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from shrinkc.emit import emit
from shrinkc.emulate.host import run_host
from shrinkc.emulate.trace import Trace
from shrinkc.lower import Program

sys.path.insert(0, str(Path(__file__).parent))

from host_build import HarnessBuilder

# A suite started in the background ignores SIGINT, and so would every program that it starts and interrupts.
if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def harness_builder(tmp_path_factory: pytest.TempPathFactory) -> HarnessBuilder:
    """Builds harnesses, with one runtime for all."""
    return HarnessBuilder(tmp_path_factory.mktemp("common"))


@pytest.fixture
def on_host(tmp_path: Path, harness_builder: HarnessBuilder) -> Callable[..., Trace]:
    """on_host(program, inputs, compiler, sanitize): the C of a program, of any family, built and run here."""

    def run(program: Program, inputs: list[np.ndarray], compiler: str = "gcc", sanitize: bool = False) -> Trace:
        if shutil.which(compiler) is None:
            pytest.skip(f"{compiler} is not installed")
        folder = Path(tmp_path) / f"{compiler}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        harness = harness_builder.build(emit(program), folder, compiler, sanitize)
        return run_host(harness, inputs, dump_state=True)

    return run
