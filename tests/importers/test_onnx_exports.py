"""Models that PyTorch exported to ONNX, imported and held against PyTorch itself."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from onnx_runs import assert_close, run_network

from shrinkc.errors import InputError
from shrinkc.importers import load

FRAMES = 100
EXPORTS = Path(__file__).parent / "onnx_exports.py"


@pytest.fixture(scope="session")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what PyTorch's exporters make, by a process of its own."""
    for package in ("torch", "onnxscript"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; pip install torch onnxscript to compare with it")
    folder = tmp_path_factory.mktemp("onnx_exports")
    made = subprocess.run([sys.executable, str(EXPORTS), str(folder)], capture_output=True, text=True, timeout=1800)
    assert made.returncode == 0, made.stderr[-3000:]
    return folder


OLDER = ["lstm", "lstm_frames_first", "gru", "gru_no_bias", "rnn", "rnn_relu", "both", "both_frames_first"]
OLDER += ["both_summed", "viewed", "last", "last_state", "both_last_state", "states", "whole", "unbatched"]
NEWER = ["both_last_state.newer", "whole.newer"]


@pytest.mark.parametrize("name", [*OLDER, *NEWER])
def test_exports_equal_pytorch(exports: Path, name: str) -> None:
    network = load(exports / f"{name}.onnx")
    made = np.load(exports / f"{name.removesuffix('.newer')}.npz")
    features, outputs = made["features"], made["outputs"]
    if name == "unbatched":
        features, outputs = features[None], outputs[None]
    elif "frames_first" in name or name == "gru_no_bias":
        features, outputs = features.swapaxes(0, 1), outputs.swapaxes(0, 1)
    found = run_network(network, features)
    assert features.shape[1] == FRAMES
    assert_close(found.reshape(outputs.shape), outputs)
    fixed = any("saved for 3 frames" in note for note in network.notes)
    assert fixed == name.endswith(".newer")


REFUSED = {
    "both_last": "use the recurrent layer's second output (Y_h; PyTorch's h_n)",
    "unrolled.newer": "PyTorch's newer exporter unrolls nn.RNN: use dynamo=False",
    "projection.newer": "an LSTM with a projection (PyTorch's proj_size) does not survive export",
}


@pytest.mark.parametrize("name", REFUSED)
def test_exports_that_are_refused(exports: Path, name: str) -> None:
    with pytest.raises(InputError) as caught:
        load(exports / f"{name}.onnx")
    assert REFUSED[name] in str(caught.value) and "\n" not in str(caught.value)


def test_layers_are_called_as_in_pytorch(exports: Path) -> None:
    names = [layer.name for layer in load(exports / "whole.onnx").layers]
    assert names == ["first", "rnn", "rnn_1", "second", "head"]
