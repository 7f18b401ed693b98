"""Models with a number, an option or an edge changed at random: refused, or the same as in onnxruntime."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from onnx_maker import INPUTS, Maker
from onnx_models import CHAINS, LASTS, RECURRENT
from onnxruntime.capi import onnxruntime_pybind11_state as errors

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.network import floating

REFUSALS = tuple(getattr(errors, name) for name in ("Fail", "InvalidArgument", "InvalidGraph", "RuntimeException"))
CASES = RECURRENT | CHAINS | LASTS
FRAMES, BATCH = 5, 4
"""As many utterances as dense units, so that what broadcasts to either means another thing."""


def change_constant(model: onnx.ModelProto, random: np.random.Generator) -> None:
    numbers = [tensor for tensor in model.graph.initializer if tensor.data_type == onnx.TensorProto.INT64]
    if numbers:
        tensor = numbers[random.integers(len(numbers))]
        values = numpy_helper.to_array(tensor).copy()
        values.flat[random.integers(values.size)] = random.integers(-3, 8)
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def change_shape(model: onnx.ModelProto, random: np.random.Generator) -> None:
    """A vector of constants with its axes in another order, or one of size 1 more or less: it broadcasts otherwise."""
    vectors = [tensor for tensor in model.graph.initializer if sum(size != 1 for size in tensor.dims) <= 1]
    if not vectors:
        return
    tensor = vectors[random.integers(len(vectors))]
    values = numpy_helper.to_array(tensor)
    ways = [values[..., None], values[None], values.T, values.reshape([size for size in values.shape if size != 1])]
    tensor.CopyFrom(numpy_helper.from_array(ways[random.integers(len(ways))].copy(), tensor.name))


def change_attribute(model: onnx.ModelProto, random: np.random.Generator) -> None:
    node = model.graph.node[random.integers(len(model.graph.node))]
    if not node.attribute:
        return
    attribute = node.attribute[random.integers(len(node.attribute))]
    if random.integers(3) == 0:
        node.attribute.remove(attribute)
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = int(random.integers(-2, 4))
    elif attribute.type == onnx.AttributeProto.INTS:
        attribute.ints[random.integers(len(attribute.ints))] = int(random.integers(-2, 4))
    elif attribute.type == onnx.AttributeProto.STRING:
        attribute.s = random.choice([b"forward", b"reverse", b"bidirectional"])
    elif attribute.type == onnx.AttributeProto.STRINGS:
        attribute.strings[0] = random.choice([b"Relu", b"Tanh", b"HardSigmoid", b"Affine"])


def change_edge(model: onnx.ModelProto, random: np.random.Generator) -> None:
    node = model.graph.node[random.integers(len(model.graph.node))]
    names = [name for other in model.graph.node for name in other.output]
    names += [tensor.name for tensor in model.graph.initializer] + ["x"]
    if random.integers(4) == 0 and len(node.input) > 1:
        del node.input[-1]
    else:
        node.input[random.integers(len(node.input))] = random.choice(names)


def expected_of(model: onnx.ModelProto, features: np.ndarray) -> np.ndarray | None:
    """onnxruntime's output, None where it refuses the model too."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        return session.run(None, {"x": features})[0]
    except REFUSALS:
        return None


def likeness(outputs: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, whatever the order of the output's axes. outputs: (utterances, frames, features)."""
    parts = outputs.reshape(*outputs.shape[:2], 2, -1) if outputs.shape[2] % 2 == 0 else outputs[:, :, None]
    orders = [(0, 1, 2, 3), (1, 0, 2, 3), (0, 2, 1, 3), (2, 0, 1, 3), (1, 2, 0, 3), (2, 1, 0, 3)]
    views = [parts.transpose(order) for order in orders]
    views += [outputs.transpose(order) for order in ((0, 2, 1), (1, 2, 0), (2, 0, 1), (2, 1, 0))]
    scale = np.maximum(1, np.abs(expected.ravel()))
    return min(float((np.abs(view.ravel() - expected.ravel()) / scale).max()) for view in views)


@pytest.mark.parametrize("change", [change_constant, change_shape, change_attribute, change_edge])
def test_mutants_are_refused_or_the_same(tmp_path: Path, change) -> None:
    """What is accepted means the same here as in onnxruntime. Both ways to tell frames from batch are tried."""
    random = np.random.default_rng(8)
    path = tmp_path / "model.onnx"
    features = random.normal(0, 1, (FRAMES, BATCH, INPUTS)).astype(np.float32)
    same = refused = 0
    for number in range(8 * len(CASES)):
        make = Maker()
        model = make.model(list(CASES.values())[number % len(CASES)](make))
        change(model, random)
        path.write_bytes(model.SerializeToString())
        try:
            network = load(path)
        except InputError:
            refused += 1
            continue
        expected = expected_of(model, features)
        if expected is None or any("softmax" in note for note in network.notes):
            continue
        runs = [np.stack(floating.run(network, list(x))) for x in (features.swapaxes(0, 1), features)]
        found = [likeness(run, expected) for run in runs if run.size == expected.size]
        assert found and min(found) < 1e-5, onnx.printer.to_text(model.graph)[:2000]
        same += 1
    assert same > 50 and refused > 50
