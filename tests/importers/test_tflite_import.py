"""TensorFlow Lite files: outputs held against the runtime that they are made for, refusals by their words."""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import Network, floating

tflite_builder = pytest.importorskip("tflite_builder", reason="pip install 'shrinkc[tflite]' to read .tflite files")
Model, RELU, TANH = tflite_builder.Model, tflite_builder.RELU, tflite_builder.TANH

MAKER = Path(__file__).parent / "tflite_models.py"
FRAMES, WIDTH = 100, 5

CONVERTED = [
    "recipe",
    "from_keras_model",
    "streaming",
    "free",
    "last",
    "backward_last",
    "both_last",
    "dense",
]

CONVERTER_REFUSALS = {
    "no_bias": "(WHILE): a loop cannot be read: the converter did not fuse the RNN; convert it with a fused LSTM",
    "unrolled": "(UNPACK): an unrolled RNN cannot be read; convert it with a fused LSTM",
    "dynamic": "are of type INT8: the model is quantized; convert it without converter.optimizations",
    "half": "(DEQUANTIZE): the model is quantized; convert it without converter.optimizations",
    "integers": "the model is quantized; convert it without converter.optimizations",
}


@pytest.fixture(scope="session")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what TensorFlow's converter makes of models of tf_keras."""
    for package in ("tensorflow", "tf_keras"):
        pytest.importorskip(package, reason="pip install tensorflow tf_keras to convert models with it")
    folder = tmp_path_factory.mktemp("tflite")
    made = subprocess.run([sys.executable, MAKER, folder], capture_output=True, text=True, timeout=1800)
    assert made.returncode == 0, made.stderr[-3000:]
    return folder


def features() -> np.ndarray:
    return np.random.default_rng(11).normal(0, 1.5, (FRAMES, WIDTH)).astype(np.float32)


def run(path: Path, frames: np.ndarray) -> np.ndarray:
    """What the runtime gives: (frames, outputs). A file of one frame a call is called once a frame, in one state."""
    runtime = pytest.importorskip("ai_edge_litert.interpreter", reason="pip install ai-edge-litert to compare with it")
    interpreter = runtime.Interpreter(model_path=str(path))
    given_input, output = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    shape = np.where(given_input["shape_signature"] < 0, 1, given_input["shape_signature"])
    if shape[1] == 1 and given_input["shape_signature"][1] < 0:
        shape[1] = len(frames)
    interpreter.resize_tensor_input(given_input["index"], shape)
    interpreter.allocate_tensors()
    found = []
    for part in frames.reshape(-1, *shape):
        interpreter.set_tensor(given_input["index"], part)
        interpreter.invoke()
        result = interpreter.get_tensor(output["index"])
        found.append(result.reshape(-1, result.shape[-1]))
    return np.concatenate(found)


def outputs_of(network: Network, frames: np.ndarray) -> np.ndarray:
    """The float reference's outputs, with the softmax that the importer left off."""
    outputs = floating.run(network, [frames])[0]
    for note in network.notes:
        if "softmax at the end" in note:
            outputs = outputs - outputs.max(-1, keepdims=True)
            outputs = outputs - np.log(np.exp(outputs).sum(-1, keepdims=True))
            return outputs if "log-softmax" in note else np.exp(outputs)
    return outputs


def check(path: Path, frames: np.ndarray | None = None) -> Network:
    """The import of `path` against the runtime, over 100 frames."""
    frames = features() if frames is None else frames
    expected = run(path, frames)
    network = load(path)
    found = outputs_of(network, frames)
    assert found.shape == expected.shape
    assert np.abs(expected).max() > 0.01
    assert (np.abs(found - expected) <= 1e-5 * np.maximum(1, np.abs(expected))).all()
    return network


@pytest.mark.parametrize("name", CONVERTED)
def test_what_the_converter_writes(converted: Path, name: str) -> None:
    network = check(converted / f"{name}.tflite")
    lstms = [layer for layer in network.layers if layer.cell_name == "lstm"]
    assert any("clipped to +-10" in note for note in network.notes) == bool(lstms)
    assert ("one frame a call" in " ".join(network.notes)) == (name == "streaming")
    assert any(layer.last for layer in lstms) == name.endswith("last")
    assert any(layer.directions == ("backward",) for layer in lstms) == (name.startswith(("both", "backward")))


@pytest.mark.parametrize("name", CONVERTER_REFUSALS)
def test_what_the_converter_writes_is_refused(converted: Path, name: str) -> None:
    assert CONVERTER_REFUSALS[name] in refusal(converted / "refused" / f"{name}.tflite")


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 600
    return message


def joined(model: Model, sides: list[int], width: int) -> int:
    return model.op("CONCATENATION", sides, (1, FRAMES, width), Axis=2)


def patterned(model: Model, **options: bool) -> int:
    """Forward and reversed LSTM, as the converter writes a Bidirectional layer."""
    shape = (1, FRAMES, WIDTH)
    axis = model.integers(1)
    backward = model.lstm(model.op("REVERSE_V2", [model.input, axis], shape), **options)
    return joined(
        model, [model.lstm(model.input, **options), model.op("REVERSE_V2", [backward, axis], (1, FRAMES, 6))], 12
    )


def product(model: Model) -> int:
    first = model.both(model.input, MergeOutputs=False)
    return model.dense(model.op("MUL", [first, first + 1], (1, FRAMES, 6)))


def average(model: Model) -> int:
    first = model.both(model.input, MergeOutputs=False)
    total = model.op("ADD", [first, first + 1], (1, FRAMES, 6))
    return model.dense(model.op("MUL", [total, model.constant(0.5)], (1, FRAMES, 6)))


def split(model: Model) -> int:
    first = model.both(model.input, MergeOutputs=False)
    return joined(model, [first, first + 1], 12)


def sliced(model: Model, source: int, begin: tuple[int, ...], end: tuple[int, ...], **masks: int) -> int:
    parts = [model.integers(*begin), model.integers(*end), model.integers(*[1] * len(begin))]
    return model.op("STRIDED_SLICE", [source, *parts], (1, model.tensors[source]["shape"][-1]), **masks)


def last_of_dense(model: Model) -> int:
    """The last frame of a dense layer behind an LSTM, by its number."""
    values = model.dense(model.lstm(model.input))
    return sliced(model, values, (0, FRAMES - 1, 0), (1, FRAMES, 3), ShrinkAxisMask=2)


def around(model: Model) -> int:
    """Every operator that changes a shape and nothing else."""
    shape = (1, 1, FRAMES, WIDTH)
    values = model.op("EXPAND_DIMS", [model.input, model.integers(1)], shape)
    values = model.op("TRANSPOSE", [values, model.integers(2, 0, 1, 3)], (FRAMES, 1, 1, WIDTH))
    values = model.op("SQUEEZE", [values], (FRAMES, WIDTH))
    values = model.op("RESHAPE", [values, model.integers(-1, 1, WIDTH)], (FRAMES, 1, WIDTH))
    values = model.lstm(values, TimeMajor=True)
    values = model.op("RESHAPE", [values, model.integers(FRAMES, 6)], (FRAMES, 6))
    return model.dense(values, KeepNumDims=False)


def arithmetic(model: Model) -> int:
    """Constants on the input and behind layers, from both sides."""
    shape = (1, FRAMES, WIDTH)
    values = model.op("SUB", [model.input, model.weights(WIDTH)], shape)
    values = model.op("DIV", [values, model.constant([1.5, 0.5, 2, 3, 0.25])], shape)
    values = model.op("SUB", [model.weights(1, 1, WIDTH), values], shape)
    values = model.lstm(values)
    values = model.op("MUL", [model.weights(6), values], (1, FRAMES, 6))
    values = model.dense(values, bias=False)
    values = model.op("ADD", [values, model.weights(3)], (1, FRAMES, 3), FusedActivationFunction=RELU)
    return model.dense(values)


def zero_factor(model: Model) -> int:
    """A feature that is multiplied away."""
    values = model.op("MUL", [model.input, model.constant([1, 0, 2, 0.5, 3])], (1, FRAMES, WIDTH))
    return model.dense(values, FusedActivationFunction=RELU)


def grown(clip: float) -> Callable[[Model], int]:
    """An LSTM that forgets nothing and always adds: its c passes 10."""

    def build(model: Model) -> int:
        gates = {13: model.constant(np.full(6, 12)), 12: model.constant(np.full(6, 3))}
        return model.lstm(model.input, spoil=gates | {14: model.constant([1, -1, 1, 0.2, 0.3, -2])}, CellClip=clip)

    return build


BUILT: dict[str, Callable[[Model], int]] = {
    "plain": lambda m: m.lstm(m.input),
    "peepholes": lambda m: m.lstm(m.input, peepholes=True),
    "projection": lambda m: m.dense(m.lstm(m.input, projection=4)),
    "projection_no_bias": lambda m: m.lstm(m.input, projection=4, bias=False),
    "everything": lambda m: m.lstm(m.input, peepholes=True, projection=8),
    "no_clip": grown(0),
    "clip": grown(10),
    "asymmetric": lambda m: m.lstm(m.input, AsymmetricQuantizeInputs=True),
    "no_layer_norm_inputs": lambda m: m.lstm(m.input, short=True),
    "both_merged": lambda m: m.both(m.input),
    "both_split": split,
    "both_everything": lambda m: m.dense(m.both(m.input, peepholes=True, projection=4)),
    "both_pattern": lambda m: m.dense(patterned(m, peepholes=True)),
    "both_product": product,
    "both_average": average,
    "both_stacked": lambda m: m.both(m.both(m.input)),
    "last_of_dense": last_of_dense,
    "around": around,
    "arithmetic": arithmetic,
    "zero_factor": zero_factor,
    "relu": lambda m: m.dense(m.dense(m.input, FusedActivationFunction=RELU)),
    "log_softmax": lambda m: m.op("LOG_SOFTMAX", [m.dense(m.input)], (1, FRAMES, 3)),
    "logits_reshaped": lambda m: m.op(
        "RESHAPE", [m.op("SOFTMAX", [m.dense(m.input)], (1, FRAMES, 3), Beta=1.0), m.integers(FRAMES, 3)], (FRAMES, 3)
    ),
}
"""Models that the converter never writes, by what they try."""


@pytest.mark.parametrize("name", BUILT)
def test_built_models(tmp_path: Path, name: str) -> None:
    model = Model(1, FRAMES, WIDTH)
    check(model.save(tmp_path / "m.tflite", BUILT[name](model)))


@pytest.mark.parametrize("both", [False, True])
def test_time_major(tmp_path: Path, both: bool) -> None:
    model = Model(FRAMES, 1, WIDTH)
    values = (model.both if both else model.lstm)(model.input, TimeMajor=True)
    assert check(model.save(tmp_path / "m.tflite", model.dense(values))).streams is not both


def test_the_clip_is_what_the_file_says(tmp_path: Path) -> None:
    for clip, wanted in ((0, {}), (10, {"clipped": "yes"})):
        model = Model(1, FRAMES, WIDTH)
        network = load(model.save(tmp_path / "m.tflite", grown(clip)(model)))
        seen: dict[str, np.ndarray] = {}
        floating.run(network, [features()], seen.__setitem__)
        assert network.layers[0].cell_options == wanted
        assert (np.abs(seen["lstm1.c_new"]).max() > 15) == (clip == 0)


def test_the_manual_names_tests_that_are_here() -> None:
    """Each row of the tables of docs/models-tflite.md ends in ids of these two files."""
    refusals = import_module("test_tflite_refusals")
    known = {
        "import": {*CONVERTED, *BUILT, *CONVERTER_REFUSALS, *globals()},
        "refusals": {*refusals.REFUSED, *vars(refusals)},
    }
    page = (Path(__file__).parents[2] / "docs" / "models-tflite.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split("|")[-1] for line in page.splitlines() if line.startswith("|")]
    named = [(*found.partition(":")[::2],) for row in rows for found in row.split(";") if ":" in found]
    assert len(named) > 50
    for file, names in named:
        assert set(names.replace(",", " ").split()) <= known[file.strip()]
    every = {name for _, names in named for name in names.replace(",", " ").split()}
    assert {*CONVERTED, *BUILT, *CONVERTER_REFUSALS} <= every
