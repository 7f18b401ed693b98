"""What cannot be read of a TensorFlow Lite file, by its words; damaged and hostile files never give a traceback."""

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.importers.limits import WEIGHTS_LIMIT
from shrinkc.network import Network

tflite_builder = pytest.importorskip("tflite_builder", reason="pip install 'shrinkc[tflite]' to read .tflite files")
Model = tflite_builder.Model
RELU, RELU6, TANH = 1, 3, 4
FRAMES, WIDTH = 20, 5
SHAPE = (1, FRAMES, WIDTH)


def spoiled(places: Callable[[Model], dict[int, int]]) -> Callable[[Model], int]:
    return lambda m: m.lstm(m.input, spoil=places(m))


def shared_state(m: Model) -> int:
    first = m.lstm(m.input, units=WIDTH)
    state = m.operators[0][1][18]
    return m.lstm(first, units=WIDTH, spoil={18: state})


def sided(m: Model, order: str) -> int:
    """Both directions joined: forward and backward by their letters, r for a backward one that is not reversed."""
    axis = m.integers(1)
    made = {"f": m.lstm(m.input), "r": m.lstm(m.op("REVERSE_V2", [m.input, axis], SHAPE))}
    made["b"] = m.op("REVERSE_V2", [made["r"], axis], (1, FRAMES, 6))
    return m.op("CONCATENATION", [made[side] for side in order], (1, FRAMES, 6 * len(order)), Axis=2)


def cut(m: Model, source: int, begin: tuple[int, ...], end: tuple[int, ...], step: int = 1, **masks: int) -> int:
    parts = [m.integers(*begin), m.integers(*end), m.integers(1, step, 1)]
    return m.op("STRIDED_SLICE", [source, *parts], (1, m.tensors[source]["shape"][-1]), **masks)


def last(m: Model, source: int) -> int:
    return cut(m, source, (0, -1, 0), (0, 0, 0), BeginMask=5, EndMask=5, ShrinkAxisMask=2)


def after_last(m: Model) -> int:
    step = last(m, m.lstm(m.input))
    return m.lstm(m.op("EXPAND_DIMS", [step, m.integers(1)], (1, 1, 6)))


def quantized_input(m: Model) -> int:
    m.tensors[m.input]["kind"] = 9
    return m.dense(m.input)


def sparse(m: Model) -> int:
    found = m.dense(m.input)
    m.tensors[m.operators[0][1][1]]["sparse"] = True
    return found


def two_graphs(m: Model) -> int:
    m.graphs = 2
    return m.dense(m.input)


def added(m: Model, *shape: int) -> int:
    return m.dense(m.op("ADD", [m.input, m.weights(*shape)], SHAPE))


def softened(m: Model, **options: float) -> int:
    return m.op("SOFTMAX", [m.dense(m.input)], (1, FRAMES, 3), **options)


def computed_weights(m: Model) -> int:
    return m.op("FULLY_CONNECTED", [m.input, m.dense(m.input), -1], (1, FRAMES, FRAMES), KeepNumDims=True)


def wrong_width(m: Model) -> int:
    return m.op("FULLY_CONNECTED", [m.input, m.weights(3, 7), -1], (1, FRAMES, 3), KeepNumDims=True)


REFUSED: dict[str, tuple[Callable[[Model], int], str]] = {
    "cifg": (spoiled(lambda m: {1: -1, 5: -1}), "has no input gate (CIFG), which is not supported"),
    "gate_missing": (spoiled(lambda m: {2: -1}), "lacks weights of a gate"),
    "layer_norm": (spoiled(lambda m: {20 + i: m.weights(6) for i in range(4)}), "has a layer norm inside"),
    "some_peepholes": (spoiled(lambda m: {9: m.weights(6)}), "has peepholes in some gates only"),
    "projection_bias": (spoiled(lambda m: {17: m.weights(6)}), "bias of a projection without its weights"),
    "wrong_shape": (spoiled(lambda m: {6: m.weights(6, 5)}), "forget.h has the shape (6, 5), not (6, 6)"),
    "nan": (spoiled(lambda m: {12: m.constant([np.nan] * 6)}), "input holds NaN or infinite weights"),
    "constant_state": (spoiled(lambda m: {18: m.weights(1, 6)}), "its initial state is no variable tensor"),
    "started": (
        spoiled(lambda m: {18: m.tensor((1, 6), np.ones(6, "f4").tobytes(), variable=True)}),
        "its initial state is not 0",
    ),
    "state_of_batch": (spoiled(lambda m: {19: m.tensor((4, 6), variable=True)}), "its state is 4 x 6"),
    "shared_state": (shared_state, "its state is used elsewhere too"),
    "cell_clip": (lambda m: m.lstm(m.input, CellClip=3.0), "cell_clip = 3 is not supported; known: 0 (none), 10"),
    "proj_clip": (lambda m: m.lstm(m.input, ProjClip=2.0), "proj_clip = 2 is not supported"),
    "relu_lstm": (lambda m: m.lstm(m.input, FusedActivationFunction=RELU), "fused_activation_function = RELU"),
    "diagonal": (lambda m: m.lstm(m.input, DiagonalRecurrentTensors=True), "diagonal_recurrent_tensors = True"),
    "time_major": (lambda m: m.lstm(m.input, TimeMajor=True), "with the frames on axis 0, and they stand on axis 1"),
    "newer": (lambda m: m.lstm(m.input, newer=True), "has options that are newer than the package tflite knows"),
    "behind_last": (after_last, "stands behind the last step of another LSTM"),
    "both_auxiliary": (
        lambda m: [m.both(m.input), m.operators[0][1].__setitem__(39, m.input)][0],
        "has auxiliary inputs",
    ),
    "both_clip": (lambda m: m.both(m.input, CellClip=1.0), "cell_clip = 1 is not supported"),
    "backward_first": (lambda m: sided(m, "bf"), "does not join a forward LSTM (first) and a backward one"),
    "all_reversed": (
        lambda m: m.lstm(m.op("REVERSE_V2", [m.input, m.integers(1)], SHAPE)),
        "gives its frames in reverse order (go_backwards)",
    ),
    "not_reversed": (lambda m: sided(m, "fr"), "joins frames of different times"),
    "three": (lambda m: sided(m, "fbf"), "joins 3 branches"),
    "skip": (
        lambda m: m.op("CONCATENATION", [m.input, m.lstm(m.input)], (1, FRAMES, 11), Axis=2),
        "only a chain of layers is supported",
    ),
    "sum": (
        lambda m: m.op("ADD", [m.input, m.lstm(m.input, units=WIDTH)], SHAPE),
        "joins branches that are not both directions of one layer",
    ),
    "difference": (
        lambda m: m.op("SUB", [m.dense(m.input), m.dense(m.input)], (1, FRAMES, 3)),
        "computes with two branches of the model",
    ),
    "flattened": (lambda m: m.op("RESHAPE", [m.input, m.integers(1, 100)], (1, 100)), "mixes frames and features"),
    "one_more_axis": (
        lambda m: m.op("RESHAPE", [m.input, m.integers(1, FRAMES, WIDTH, 1)], (1, FRAMES, WIDTH, 1)),
        "makes 1 x 20 x 5 x 1 of 1 x 20 x 5, which mixes frames and features",
    ),
    "transposed": (
        lambda m: m.op("TRANSPOSE", [m.input, m.integers(0, 2, 1)], (1, WIDTH, FRAMES)),
        "moves the features of 1 x 20 x 5 from the last axis",
    ),
    "reversed_features": (
        lambda m: m.op("REVERSE_V2", [m.input, m.integers(2)], SHAPE),
        "reverses other axes of 1 x 20 x 5 than that of the frames",
    ),
    "some_frame": (
        lambda m: cut(m, m.lstm(m.input), (0, 3, 0), (1, 4, 6)),
        "takes other frames than all or the last one",
    ),
    "some_features": (lambda m: cut(m, m.input, (0, 0, 1), (1, FRAMES, 5)), "takes a part of the features"),
    "every_second": (lambda m: cut(m, m.input, (0, 0, 0), (1, FRAMES, 5), step=2), "takes every 2th"),
    "last_of_input": (lambda m: last(m, m.input), "takes one frame that is not the last step of an LSTM"),
    "last_of_both": (lambda m: last(m, m.both(m.input)), "takes one frame that is not the last step of an LSTM"),
    "late_tanh": (lambda m: m.op("TANH", [m.lstm(m.input)], (1, FRAMES, 6)), "stands behind no Dense layer"),
    "twice": (
        lambda m: m.op("TANH", [m.dense(m.input, FusedActivationFunction=RELU)], (1, FRAMES, 3)),
        "stands behind no Dense layer without an activation",
    ),
    "relu6": (lambda m: m.dense(m.input, FusedActivationFunction=RELU6), "fused_activation_function = RELU6"),
    "fused_tanh": (lambda m: m.dense(m.input, FusedActivationFunction=TANH), "fused_activation_function = TANH"),
    "shuffled": (lambda m: m.dense(m.input, WeightsFormat=1), "has shuffled weights"),
    "hybrid": (
        spoiled(lambda m: {6: m.constant(np.ones((6, 6)), np.int8)}),
        "are of type INT8: the model is quantized",
    ),
    "half": (spoiled(lambda m: {2: m.constant(np.ones((6, 5)), np.float16)}), "are of type FLOAT16"),
    "wrong_width": (wrong_width, "has weights of 3 x 7 for 5 values a frame"),
    "computed_weights": (computed_weights, "has weights that are no constants of float32"),
    "sparse": (sparse, "are sparse; convert the model without sparsity"),
    "per_frame": (lambda m: added(m, FRAMES, WIDTH), "takes a constant of 20 x 5, which is not one value a feature"),
    "more_axes": (lambda m: added(m, 1, 1, 1, WIDTH), "of more axes than the frames have"),
    "scale_at_end": (lambda m: m.op("MUL", [m.lstm(m.input), m.weights(6)], (1, FRAMES, 6)), "stands at the end"),
    "beta": (lambda m: softened(m, Beta=2.0), "beta = 2 is not supported"),
    "after_softmax": (lambda m: m.dense(softened(m, Beta=1.0)), "stands after the softmax, which must be the end"),
    "unknown": (lambda m: m.op("ABS", [m.input], SHAPE), "(ABS): not supported; known operators: ADD"),
    "integer_input": (quantized_input, "is of type INT8: the model is quantized"),
    "two_graphs": (two_graphs, "holds 2 graphs; convert a model of one signature"),
    "nothing": (lambda m: m.op("RESHAPE", [m.input, m.integers(1, -1, WIDTH)], SHAPE), "nothing to compile"),
}


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and len(message) < 600
    return message


@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path: Path, name: str) -> None:
    build, words = REFUSED[name]
    model = Model(*SHAPE)
    assert words in refusal(model.save(tmp_path / "m.tflite", build(model)))


@pytest.mark.parametrize("outputs", [(), (0, 0)])
def test_one_input_and_one_output(tmp_path: Path, outputs: tuple[int, ...]) -> None:
    model = Model(*SHAPE)
    path = tmp_path / "m.tflite"
    path.write_bytes([model.dense(model.input), model.content(*outputs)][1])
    assert f"has 1 inputs and {len(outputs)} outputs" in refusal(path)


def test_both_directions_need_more_than_one_frame(tmp_path: Path) -> None:
    model = Model(1, 1, WIDTH)
    assert "runs backwards over one frame a call" in refusal(model.save(tmp_path / "m.tflite", model.both(model.input)))


@pytest.mark.parametrize("shape", [(4, 9, 5), (5,), (1, 2, 3, 4), (1, 9, 0), (1, 9, -1)])
def test_inputs_of_other_shapes(tmp_path: Path, shape: tuple[int, ...]) -> None:
    model = Model(*shape)
    model.op("ABS", [model.input], (1,))
    assert "its input is" in refusal(model.save(tmp_path / "m.tflite"))


def whole(tmp_path: Path) -> Path:
    model = Model(*SHAPE)
    return model.save(tmp_path / "m.tflite", model.dense(model.lstm(model.input)))


@pytest.mark.parametrize("part", [0.01, 0.1, 0.3, 0.6, 0.9, 0.99])
def test_truncated(tmp_path: Path, part: float) -> None:
    path = whole(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: max(1, int(len(content) * part))])
    assert "not a whole TensorFlow Lite file" in refusal(path)


def test_foreign(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    assert "no TFL3 at its start" in refusal(path)
    path.write_bytes(bytes(4) + b"TFL3" + bytes(200))
    assert "not a whole TensorFlow Lite file" in refusal(path)


def test_weights_that_are_not_all_there(tmp_path: Path) -> None:
    model = Model(*SHAPE)
    short = model.tensor((3, WIDTH), bytes(8))
    huge = model.tensor((1 << 30, WIDTH), bytes(8))
    for index, shape in ((short, "(3, 5)"), (huge, "(1073741824, 5)")):
        model.operators.clear()
        model.op("FULLY_CONNECTED", [model.input, index, -1], (1, FRAMES, 3), KeepNumDims=True)
        assert f"has 8 bytes for the shape {shape}" in refusal(model.save(tmp_path / "m.tflite"))


def test_giant_claims(tmp_path: Path) -> None:
    """Every length of a list in the file, one by one, made as large as it can be."""
    path = whole(tmp_path)
    content = path.read_bytes()
    places = [at for at in range(8, len(content) - 4, 4) if 0 < struct.unpack_from("<I", content, at)[0] < 64]
    for at in places[:400]:
        path.write_bytes(content[:at] + b"\xff\xff\xff\x7f" + content[at + 4 :])
        try:
            assert isinstance(load(path), Network)
        except InputError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_never_give_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    path = whole(tmp_path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    try:
        assert isinstance(load(path), Network)
    except InputError as error:
        assert str(error).startswith(f"{path}: ") and "\n" not in str(error)


def test_the_package_missing_is_one_line(tmp_path: Path) -> None:
    code = "import sys; sys.modules['tflite'] = None; from shrinkc.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "inspect", whole(tmp_path)]
    made = subprocess.run(command, capture_output=True, text=True)
    assert made.returncode == 2
    assert made.stderr.count("\n") == 1
    assert "reading it needs the package tflite; pip install 'shrinkc[tflite]'" in made.stderr


def test_importing_loads_no_framework(tmp_path: Path) -> None:
    code = "import sys; from shrinkc.importers import load; load(sys.argv[1]); print(*sys.modules)"
    command = [sys.executable, "-c", code, whole(tmp_path)]
    modules = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert not {"tensorflow", "keras", "tf_keras", "ai_edge_litert"} & set(modules.split())


def test_files_that_are_too_large(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    with path.open("wb") as file:
        file.truncate(WEIGHTS_LIMIT + 1)
    with pytest.raises(InputError, match=r"m\.tflite: over 512 MiB, too large for a microcontroller; save less in it"):
        load(path)
