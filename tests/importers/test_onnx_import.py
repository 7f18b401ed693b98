"""Imported ONNX files held against onnxruntime."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto
from onnx_maker import INPUTS, UNITS, Maker
from onnx_models import CHAINS, LASTS, RECURRENT
from onnx_runs import assert_close, features_of, imported, run_network, run_onnx

from shrinkc.errors import InputError
from shrinkc.network import Network

FRAMES, BATCH = 100, 2


def compare(
    folder: Path, model: onnx.ModelProto, batched: Callable[[np.ndarray], np.ndarray], oracle: Any = None
) -> Network:
    """Import the model and hold it against onnxruntime, which runs the model (or its like, `oracle`) on frames first.

    batched: onnxruntime's output with the batch in front.
    """
    features = features_of(FRAMES, BATCH, INPUTS)
    expected = batched(run_onnx(oracle or model, features))
    network = imported(folder, model)
    found = run_network(network, features.swapaxes(0, 1))
    assert_close(found, expected.reshape(found.shape))
    return network


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_layers_equal_onnxruntime(tmp_path: Path, name: str) -> None:
    make = Maker()
    compare(tmp_path, make.model(RECURRENT[name](make)), lambda y: y.transpose(2, 0, 1, 3))


@pytest.mark.parametrize("name", CHAINS)
def test_chains_equal_onnxruntime(tmp_path: Path, name: str) -> None:
    make = Maker()
    compare(tmp_path, make.model(CHAINS[name](make)), lambda y: y.swapaxes(0, 1))


@pytest.mark.parametrize("name", LASTS)
def test_last_steps_equal_onnxruntime(tmp_path: Path, name: str) -> None:
    make = Maker()
    network = compare(tmp_path, make.model(LASTS[name](make)), lambda y: y)
    assert any(layer.last for layer in network.layers)


@pytest.mark.parametrize("opset", [7, 9, 11, 14, 18, 22, 28])
@pytest.mark.parametrize("name", ["gather", "slice", "state"])
def test_older_and_newer_opsets(tmp_path: Path, name: str, opset: int) -> None:
    make = Maker(opset=opset)
    compare(tmp_path, make.model(LASTS[name](make)), lambda y: y)


def test_attributes_of_older_opsets(tmp_path: Path) -> None:
    """What later became inputs: Split, Unsqueeze, ReduceSum, Clip; and Softmax over all axes from one on."""
    make = Maker(opset=9)
    parts = make.nodes_of("Split", (make.joined("GRU"),), 2, axis=2, split=[UNITS, UNITS])
    both = make.node("Concat", *(make.node("Unsqueeze", part, axes=[0]) for part in parts), axis=0)
    x = make.dense(make.node("ReduceSum", both, axes=[0], keepdims=0), UNITS)
    x = make.node("Softmax", make.dense(make.node("Clip", x, min=0.0, max=1.0), 4), axis=2)
    network = compare(tmp_path, make.model(x), lambda y: y.swapaxes(0, 1))
    assert [layer.cell_name for layer in network.layers] == ["gru", "gru", "merge", "dense", "dense"]


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize("output", [0, 1])
def test_batch_first_layout(tmp_path: Path, kind: str, direction: str, output: int) -> None:
    """onnxruntime has no layout = 1: it runs the same weights with layout = 0."""
    first, oracle = Maker(("batch", "frames", INPUTS)), Maker()
    model = first.model(first.recurrent(kind, layout=1, direction=direction)[output])
    plain = oracle.model(oracle.recurrent(kind, direction=direction)[output])
    compare(tmp_path, model, lambda y: y.transpose(2, 0, 1, 3) if output == 0 else y.swapaxes(0, 1), plain)


def test_layout_of_states(tmp_path: Path) -> None:
    """With layout = 1 the batch comes first in the initial states too."""
    make = Maker((1, FRAMES, INPUTS))
    model = make.model(make.recurrent("GRU", layout=1, h=make.constant(np.zeros((1, 1, UNITS))))[0])
    assert imported(tmp_path, model).layers[0].cell_name == "gru"


@pytest.mark.parametrize("dims", [("b", "t", INPUTS), ("b", INPUTS, "t"), (BATCH, FRAMES, INPUTS)])
def test_axes_of_the_input(tmp_path: Path, dims: tuple[Any, ...]) -> None:
    """Batch first, features before frames, and sizes that are all fixed."""
    make = Maker(dims)
    order = [1, 0, 2] if dims[-1] == INPUTS else [2, 0, 1]
    y = make.squeezed("LSTM", make.node("Transpose", "x", perm=order))
    model = make.model(make.node("Transpose", y, perm=[1, 2, 0]))
    utterances = features_of(BATCH, FRAMES, INPUTS)
    expected = run_onnx(model, utterances if dims[-1] == INPUTS else utterances.swapaxes(1, 2))
    network = imported(tmp_path, model)
    assert_close(run_network(network, utterances), expected.swapaxes(1, 2))
    fixed = "the file was saved for 100 frames; the network takes any number"
    assert network.notes == ((fixed,) if dims[1] == FRAMES else ())


def test_one_utterance_without_a_batch(tmp_path: Path) -> None:
    make = Maker(("frames", INPUTS))
    y = make.squeezed("GRU", make.node("Unsqueeze", "x", make.whole(1)))
    model = make.model(make.dense(make.node("Reshape", y, make.whole(-1, UNITS)), UNITS))
    features = features_of(FRAMES, INPUTS)
    assert_close(run_network(imported(tmp_path, model), features[None])[0], run_onnx(model, features))


def test_a_fixed_batch_of_one_taken_out(tmp_path: Path) -> None:
    """Squeeze, Gather and Flatten of axes that are known to be of size 1."""
    make = Maker((1, FRAMES, INPUTS))
    x = make.node("Unsqueeze", make.node("Gather", "x", make.constant(0, "i8"), axis=0), make.whole(1))
    h = make.squeeze(make.recurrent("LSTM", x)[1], 0)
    model = make.model(make.dense(make.node("Flatten", h), UNITS))
    features = features_of(1, FRAMES, INPUTS)
    assert_close(run_network(imported(tmp_path, model), features)[0], run_onnx(model, features))


@pytest.mark.parametrize("how", ["constant", "computed"])
def test_full_sequence_lens(tmp_path: Path, how: str) -> None:
    make = Maker((FRAMES, BATCH, INPUTS) if how == "constant" else ("frames", 1, INPUTS))
    lengths = make.constant([FRAMES] * BATCH, "i4")
    if how == "computed":
        lengths = make.node("Cast", make.slice(make.node("Shape", "x"), 0, 1, 0), to=TensorProto.INT32)
    model = make.model(make.recurrent("LSTM", lengths=lengths)[0])
    features = features_of(FRAMES, BATCH if how == "constant" else 1, INPUTS)
    found = run_network(imported(tmp_path, model), features.swapaxes(0, 1))
    assert_close(found, run_onnx(model, features).transpose(2, 0, 1, 3).reshape(found.shape))


def keras_style(make: Maker, both: bool) -> str:
    """An LSTM as tf2onnx 1.17 writes Keras 3's, batch first, with zero states of an Expand."""
    x = make.node("Transpose", "x", perm=[1, 0, 2])
    shape = make.node("Cast", make.node("Shape", "x"), to=TensorProto.INT32)
    size = make.node("Concat", make.slice(shape, 0, 1, 0), make.constant([UNITS], "i4"), axis=0)
    zeros = make.node("Expand", make.constant(0), make.node("Cast", size, to=TensorProto.INT64))
    zeros = make.node("Unsqueeze", zeros, make.whole(0))
    if not both:
        y = make.squeezed("LSTM", x, h=zeros, c=zeros, activations=["Sigmoid", "Tanh", "Tanh"])
        return make.node("Transpose", y, perm=[1, 0, 2])
    zeros = make.node("Concat", zeros, zeros, axis=0)
    y = make.recurrent("LSTM", x, h=zeros, c=zeros, direction="bidirectional")[0]
    parts = [make.squeeze(make.slice(y, k, k + 1, 1), 1) for k in (0, 1)]
    y = make.node("Mul", make.node("Concat", *parts, axis=2), make.weights(2 * UNITS))
    return make.node("Transpose", y, perm=[1, 0, 2])


@pytest.mark.parametrize("both", [False, True], ids=["one_direction", "both_directions"])
def test_keras_through_tf2onnx(tmp_path: Path, both: bool) -> None:
    make = Maker(("batch", "frames", INPUTS), opset=15)
    y = keras_style(make, both)
    shape = make.node("Cast", make.node("Shape", y), to=TensorProto.INT32)
    free = make.node("Gather", shape, make.constant([0, 1], "i4"), axis=0)
    target = make.node("Concat", free, make.constant([3], "i4"), axis=0)
    width = 2 * UNITS if both else UNITS
    rows = make.node("MatMul", make.node("Reshape", y, make.whole(-1, width)), make.weights(width, 3))
    model = make.model(make.node("Reshape", rows, make.node("Cast", target, to=TensorProto.INT64)))
    utterances = features_of(BATCH, FRAMES, INPUTS)
    assert_close(run_network(imported(tmp_path, model), utterances), run_onnx(model, utterances))


def test_what_becomes_of_the_parts(tmp_path: Path) -> None:
    """Normalisation, batch norm and scales are folded; names come from the nodes; what is left off is noted."""
    make = Maker()
    x = make.node("Div", make.node("Sub", "x", make.constant([1.0] * INPUTS)), make.constant([4.0] * INPUTS))
    y, h, _ = make.recurrent("LSTM", x)
    make.nodes[-1].name = "/encoder/rnn/LSTM_1"
    make.node("Tanh", h)
    head = make.dense(make.node("Mul", make.squeeze(y, 1), make.constant(0.5)), UNITS)
    network = imported(tmp_path, make.model(make.node("Softmax", make.node("Relu", head))))
    assert [(layer.name, layer.cell_name) for layer in network.layers] == [
        ("encoder_rnn_1", "lstm"),
        ("MatMul_6", "dense"),
    ]
    assert network.layers[1].cell_options == {"activation": "relu"}
    assert (network.mean == 1).all() and (network.scale == 0.25).all()
    assert network.notes == (
        "the softmax of layer Softmax_9 is left off: the outputs are logits, with the same order",
        "nodes that the output does not need are left off: Tanh",
    )


RANDOM_DIMS = (4, 2, 4)
PARTS = {"T": 4, "D": 2, "B": 2, "u": 2, "v": UNITS // 2}
"""Frames, directions, batch, and the units in two parts."""


def sizes_of(axes: list[str]) -> list[int]:
    return [int(np.prod([PARTS[part] for part in axis])) for axis in axes]


def shuffled(make: Maker, random: np.random.Generator) -> str:
    """A bidirectional layer's output moved about at random, and read by a second layer. All sizes look alike.

    About half of the time frames, batch and features end up where they belong, if the way there kept them apart.
    """
    y = make.recurrent("GRU", inputs=RANDOM_DIMS[2], direction="bidirectional")[0]
    axes = ["T", "D", "B", "uv"]
    for _ in range(random.integers(5)):
        move, at = random.integers(4), int(random.integers(len(axes)))
        if move < 2:
            order = random.permutation(len(axes)).tolist()
            y, axes = make.node("Transpose", y, perm=order), [axes[k] for k in order]
        elif move == 2 and at + 1 < len(axes):
            axes[at : at + 2] = [axes[at] + axes[at + 1]]
            y = make.node("Reshape", y, make.whole(*sizes_of(axes)))
        elif len(axes[at]) > 1:
            axes[at : at + 1] = [axes[at][:1], axes[at][1:]]
            y = make.node("Reshape", y, make.whole(*sizes_of(axes)))
    y = make.node("Reshape", y, make.whole(*sizes_of(list("".join(axes)))))
    axes = list("".join(axes))
    order = random.permutation(5).tolist()
    if random.integers(2):
        order.sort(key=lambda k: {"T": 0, "B": 1}.get(axes[k], 2))
    y, axes = make.node("Transpose", y, perm=order), [axes[k] for k in order]
    parts = [4, 2, 12] if random.integers(4) else random.permutation([4, 2, 12]).tolist()
    return make.recurrent("GRU", make.node("Reshape", y, make.whole(*parts)), parts[2])[0]


def test_moves_at_random_are_followed_or_refused(tmp_path: Path) -> None:
    """No model whose meaning a Transpose or Reshape has changed is accepted, however alike the sizes."""
    accepted = 0
    for seed in range(300):
        make = Maker(RANDOM_DIMS, seed=seed)
        model = make.model(shuffled(make, np.random.default_rng(seed)))
        try:
            network = imported(tmp_path, model)
        except InputError:
            continue
        features = features_of(*RANDOM_DIMS)
        found = run_network(network, features.swapaxes(0, 1))
        expected = run_onnx(model, features)
        assert_close(found, expected.transpose(2, 0, 1, 3).reshape(found.shape))
        accepted += 1
    assert 50 <= accepted <= 200
