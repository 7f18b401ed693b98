"""Model files of the real frameworks, made once by processes of their own, and files made by hand."""

import fcntl
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

FRAMEWORKS = ("keras", "tf_keras")
MAKER = Path(__file__).parent / "keras_models.py"


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models of each framework, in keras/ and tf_keras/; shared by all workers of one run."""
    for package in ("tensorflow", *FRAMEWORKS):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; pip install tensorflow tf_keras to compare with it")
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if base.name.startswith("popen-") else base) / "keras_models"
    root.mkdir(exist_ok=True)
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (root / "done").exists():
            _make(root)
            (root / "done").touch()
    return root


def _make(root: Path) -> None:
    """Both frameworks side by side."""
    makers = {}
    for framework in FRAMEWORKS:
        (root / framework).mkdir(exist_ok=True)
        command = [sys.executable, str(MAKER), framework, str(root / framework)]
        makers[framework] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    for framework, maker in makers.items():
        output, _ = maker.communicate(timeout=1800)
        assert maker.returncode == 0, f"{framework} could not make its models:\n{output[-3000:]}"
