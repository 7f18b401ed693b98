"""`shrinkc inspect`: what it prints of a model, and its cross-check against the real frameworks."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shrinkc import importers
from shrinkc.datasets import dataset
from shrinkc.errors import InputError
from shrinkc.importers.cross_check import cross_check, random_input
from shrinkc.importers.frameworks import open_framework

sys.path.insert(0, str(Path(__file__).parents[1] / "importers"))
tflite_builder = pytest.importorskip("tflite_builder", reason="pip install 'shrinkc[tflite]' to read .tflite files")

FRAMES, WIDTH = 100, 5


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """Both directions with peepholes and a projection, then a dense layer and a softmax."""
    model = tflite_builder.Model(1, FRAMES, WIDTH)
    values = model.dense(model.both(model.input, units=4, peepholes=True, projection=2))
    return model.save(tmp_path / "tiny.tflite", model.op("SOFTMAX", [values], (1, FRAMES, 3), Beta=1.0))


@pytest.fixture
def runtime() -> None:
    pytest.importorskip("ai_edge_litert", reason="pip install ai-edge-litert to run .tflite files")


def test_layers_paths_vectors_and_notes(shrinkc_run, tiny: Path) -> None:
    code, out, err = shrinkc_run("inspect", "tiny.tflite")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:5] == [
        "tiny: 315 parameters, 1,260 bytes of floats",
        "layer           cell                                 runs      inputs  units  outputs  parameters",
        "lstm1_forward   lstm clipped peepholes projection=2  forward   5       4      2        150",
        "lstm1_backward  lstm clipped peepholes projection=2  backward  5       4      2        150",
        "dense1          dense                                forward   4       3      3        15",
    ]
    assert "lstm1_backward.projection.m  2 x 4" in lines
    assert "lstm1_forward.input_peephole    4" in lines
    assert lines[-3:] == [
        "note: reads whole utterances: a layer runs backward",
        "note: c is clipped to +-10 as the file says; TensorFlow's converter adds that to Keras' LSTM",
        "note: the softmax at the end is left off: the outputs are logits, with the same order",
    ]


def test_json(shrinkc_run, tiny: Path) -> None:
    found = json.loads(shrinkc_run("inspect", "tiny.tflite", "--json")[1])
    assert (found["inputs"], found["outputs"], found["streams"]) == (5, 3, False)
    assert found["layers"][1] == {
        "name": "lstm1_backward",
        "cell": "lstm",
        "options": {"clipped": "yes", "peepholes": "yes", "projection": "yes"},
        "sizes": {"projection": 2},
        "reads": [],
        "directions": ["backward"],
        "last": False,
        "inputs": 5,
        "units": 4,
        "outputs": 2,
        "parameters": 150,
    }
    assert found["layers"][2]["reads"] == ["lstm1_forward", "lstm1_backward"]
    assert {"name": "lstm1_forward.output_peephole", "elements": 4} in found["vectors"]
    assert sum(one["rows"] * one["columns"] for one in found["paths"]) == 252
    assert "reference" not in found


def test_the_reference_on_random_numbers(shrinkc_run, tiny: Path, runtime: None) -> None:
    code, out, _ = shrinkc_run("inspect", "tiny.tflite", "--run-reference")
    assert code == 0
    last = out.splitlines()[-1]
    assert last.startswith("reference: at most ") and " from ai-edge-litert " in last
    assert last.endswith(" over 400 frames of random numbers (seed 0) (tolerance 0.0001): good")
    found = json.loads(shrinkc_run("inspect", "tiny.tflite", "--run-reference", "--json")[1])["reference"]
    assert found["good"] and found["difference"] < 1e-5 and found["utterances"] == 4


def test_the_reference_on_a_data_set(shrinkc_run, tmp_path: Path, tiny: Path, runtime: None) -> None:
    """A file of 100 frames takes an utterance in stretches of 100; what is left over is not run."""
    lengths = np.array([250, 99])
    features = np.random.default_rng(3).normal(size=(349, WIDTH)).astype(np.float32)
    empty = np.zeros(0, np.int32)
    made = dataset.Dataset(features, lengths, empty, np.zeros(2, np.int64), ("sil", "a"), ("p", "q"))
    dataset.save(made, tmp_path / "d.npz")
    code, out, _ = shrinkc_run("inspect", "tiny.tflite", "--run-reference", "--dataset", "d.npz")
    assert code == 0
    assert "over 200 frames of d.npz" in out
    code, _, err = shrinkc_run("inspect", "zoo:lstm", "--run-reference", "--dataset", "d.npz")
    assert code == 2
    assert "is 5 wide and the model takes" in err


def test_a_wrong_import_is_exit_code_3(shrinkc_run, monkeypatch, tmp_path: Path, tiny: Path, runtime: None) -> None:
    other = tflite_builder.Model(1, FRAMES, WIDTH, seed=8)
    values = other.dense(other.both(other.input, units=4, peepholes=True, projection=2))
    wrong = importers.load(other.save(tmp_path / "other.tflite", values))
    monkeypatch.setattr(importers, "load", lambda path, name=None: wrong)
    code, out, err = shrinkc_run("inspect", "tiny.tflite", "--run-reference")
    assert code == 3
    assert out.splitlines()[-1].endswith(": MISSED")
    assert "tiny.tflite: the float reference and ai-edge-litert" in err and err.count("\n") == 1


def test_other_widths_are_no_traceback(tmp_path: Path, tiny: Path, runtime: None) -> None:
    other = tflite_builder.Model(1, FRAMES, WIDTH)
    network = importers.load(other.save(tmp_path / "other.tflite", other.dense(other.input, units=7)))
    found = cross_check(tiny, network, random_input(network), "random")
    assert not found.good and found.difference == np.inf


def test_a_runtime_that_is_not_installed(tmp_path: Path, tiny: Path) -> None:
    code = "import sys; sys.modules.update(ai_edge_litert=None, tflite_runtime=None); from shrinkc.cli import run; "
    command = [sys.executable, "-c", code + "sys.exit(run(sys.argv[1:]))", "inspect", tiny, "--run-reference"]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 2
    assert made.stderr.endswith("running it needs a runtime of TensorFlow Lite; pip install 'shrinkc[tflite]'\n")


@pytest.mark.parametrize(
    ("module", "ending", "package"),
    [
        ("keras", ".keras", "'shrinkc[tensorflow]'"),
        ("onnxruntime", ".onnx", "onnxruntime"),
        ("tf_keras", "", "tf_keras"),  # a folder
    ],
)
def test_a_framework_that_is_not_installed(tmp_path: Path, module: str, ending: str, package: str) -> None:
    path = tmp_path / f"m{ending}"
    if ending:
        path.write_bytes(b"model")
    else:
        path.mkdir()
    code = (
        f"import sys; sys.modules['{module}'] = None; from pathlib import Path; "
        "from shrinkc.importers.frameworks import open_framework; open_framework(Path(sys.argv[1]), 3)"
    )
    made = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert f"m{ending}: running it needs {module}; pip install {package}\n" in made.stderr


def test_a_file_of_weights_alone_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(b"model")
    with pytest.raises(InputError, match="holds weights and not what made them"):
        open_framework(tmp_path / "m.safetensors", 3)


def test_a_file_that_the_framework_cannot_load(tmp_path: Path, runtime: None) -> None:
    (tmp_path / "m.tflite").write_bytes(b"\0" * 100)
    with pytest.raises(InputError, match="its framework cannot load it"):
        open_framework(tmp_path / "m.tflite", 3)


def test_a_data_set_alone(shrinkc_run, tiny: Path) -> None:
    code, _, err = shrinkc_run("inspect", "tiny.tflite", "--dataset", "d.npz")
    assert code == 2
    assert "--dataset says what --run-reference runs" in err


def test_keras_as_the_reference() -> None:
    """The bundled model, in a process of its own."""
    pytest.importorskip("tensorflow", reason="pip install tensorflow to run .keras files")
    command = [sys.executable, "-m", "shrinkc", "inspect", "zoo:lstm", "--run-reference", "--json"]
    made = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert made.returncode == 0, made.stderr
    found = json.loads(made.stdout)["reference"]
    assert found["framework"].startswith("keras 3") and 0 < found["difference"] < 1e-4


@pytest.fixture
def onnx_maker():
    pytest.importorskip("onnx", reason="pip install onnx to write .onnx files")
    pytest.importorskip("onnxruntime", reason="pip install onnxruntime to run .onnx files")
    import onnx_maker

    return onnx_maker


@pytest.mark.parametrize("shape", [("frames", 1, 5), ("frames", "batch", 5), (100, 1, 5)])
def test_onnx_as_the_reference(shrinkc_run, tmp_path: Path, onnx_maker, shape: tuple) -> None:
    make = onnx_maker.Maker(shape)
    (tmp_path / "m.onnx").write_bytes(make.model(make.squeezed("LSTM")).SerializeToString())
    code, out, err = shrinkc_run("inspect", "m.onnx", "--run-reference")
    assert code == 0, err
    assert "from onnxruntime" in out and out.rstrip().endswith("good")


def states_of_one_utterance(maker) -> object:
    """Zero states that fit a batch of 1 alone, where the frames' axis is as open as the batch's."""
    make = maker.Maker()
    zeros = [make.constant(np.zeros((1, 1, maker.UNITS))) for _ in "hc"]
    return make.model(make.squeeze(make.recurrent("LSTM", h=zeros[0], c=zeros[1])[0], 1))


def test_a_way_that_onnxruntime_cannot_go(shrinkc_run, tmp_path: Path, onnx_maker) -> None:
    """Only with the frames first: run with them second, onnxruntime finds states for one utterance, not for 100."""
    (tmp_path / "m.onnx").write_bytes(states_of_one_utterance(onnx_maker).SerializeToString())
    code, out, err = shrinkc_run("inspect", "m.onnx", "--run-reference")
    assert (code, err) == (0, "")
    assert out.rstrip().endswith("good")


def test_no_way_that_onnxruntime_can_go(tmp_path: Path, onnx_maker) -> None:
    """Weights of other states than the file's: each way is run, and onnxruntime's own exception ends as one line."""
    path = tmp_path / "m.onnx"
    path.write_bytes(states_of_one_utterance(onnx_maker).SerializeToString())
    network = importers.load(path)
    make = onnx_maker.Maker()
    zeros = make.constant(np.zeros((1, 3, onnx_maker.UNITS)))
    other = make.model(make.squeeze(make.recurrent("LSTM", h=zeros)[0], 1))
    path.write_bytes(other.SerializeToString())
    with pytest.raises(InputError) as caught:
        cross_check(path, network, random_input(network), "random")
    message = str(caught.value)
    assert message.startswith(f"{path}: onnxruntime ") and "cannot run it (" in message and "\n" not in message
    assert "initial_h" in message and message.endswith("hold `shrinkc build`'s float reference against your own model")


def test_a_file_that_onnxruntime_cannot_load(shrinkc_run, tmp_path: Path, onnx_maker) -> None:
    """layout = 1 is imported, and onnxruntime has it not."""
    make = onnx_maker.Maker(("batch", "frames", onnx_maker.INPUTS))
    model = make.model(make.squeeze(make.recurrent("LSTM", layout=1)[0], 2))
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString())
    assert shrinkc_run("inspect", "m.onnx")[0] == 0
    code, out, err = shrinkc_run("inspect", "m.onnx", "--run-reference")
    assert (code, out) == (2, "")
    assert "m.onnx: its framework cannot load it (" in err and "layout_ == 0 was false" in err and err.count("\n") == 1


def test_inspect_of_nothing(shrinkc_run) -> None:
    code, _, err = shrinkc_run("inspect", "none.keras")
    assert code == 2
    assert "none.keras" in err and err.count("\n") == 1
