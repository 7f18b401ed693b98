"""ONNX files that must be refused, each by its words in one line: what is not supported, damaged, or hostile."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx_maker import UNITS, Maker
from onnx_refused import REFUSED
from onnx_runs import saved

from shrinkc.errors import InputError
from shrinkc.importers import load
from shrinkc.importers.limits import WEIGHTS_LIMIT
from shrinkc.importers.onnx.reader import REMEDIES


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ") and "\n" not in message and message.count(str(path)) == 1
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(tmp_path: Path, name: str) -> None:
    build, reason = REFUSED[name]
    make = Maker()
    message = refusal(saved(tmp_path, make.model(build(make))))
    assert reason in message
    assert ";" in message or "(" in message


@pytest.mark.parametrize("kind", REMEDIES)
def test_operators_with_a_remedy(tmp_path: Path, kind: str) -> None:
    """Each is an operator that there is, and its remedy is what a model with it is refused with."""
    domain, _, operator = kind.rpartition(".")
    assert domain or onnx.defs.has(operator)
    make = Maker()
    model = make.model(make.node(operator, make.squeezed("LSTM"), domain=domain))
    assert refusal(saved(tmp_path, model)) == f"layer '{operator}_2' ({operator}): {REMEDIES[kind]}"


def small() -> onnx.ModelProto:
    make = Maker()
    return make.model(make.dense(make.squeezed("LSTM"), UNITS))


def change_type(model: onnx.ModelProto, code: int) -> None:
    array = numpy_helper.to_array(model.graph.initializer[0])
    kind = {TensorProto.FLOAT16: np.float16, TensorProto.DOUBLE: np.float64, TensorProto.INT8: np.int8}[code]
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(array.astype(kind), "c0"))


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="/etc/passwd")


def giant(model: onnx.ModelProto) -> None:
    model.graph.initializer[0].dims[:] = [1 << 40, 1 << 20, 1 << 20]


def second_input(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, 1, UNITS]))


def second_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("v0_1", TensorProto.FLOAT, None))


def dims(model: onnx.ModelProto, *sizes: Any, kind: int = TensorProto.FLOAT) -> None:
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", kind, sizes))


def not_finite(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[1]
    values = numpy_helper.to_array(tensor).copy()
    values.flat[0] = np.nan
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def node(model: onnx.ModelProto, **changes: Any) -> None:
    for key, value in changes.items():
        setattr(model.graph.node[0], key, value)


def turned(model: onnx.ModelProto) -> None:
    nodes = list(model.graph.node)[::-1]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def function(model: onnx.ModelProto) -> None:
    model.functions.add(name="own", domain="mine")


def sparse(model: onnx.ModelProto) -> None:
    model.graph.sparse_initializer.add()


SPOILED: dict[str, tuple[Callable[[onnx.ModelProto], Any], str]] = {
    "half": (lambda m: change_type(m, TensorProto.FLOAT16), "tensor 'c0': is float16, not float32; export the model"),
    "double": (lambda m: change_type(m, TensorProto.DOUBLE), "tensor 'c0': is double, not float32"),
    "int8": (lambda m: change_type(m, TensorProto.INT8), "tensor 'c0': is int8, not float32"),
    "external": (external, "tensor 'c0': its values stand in another file, which is not followed"),
    "giant": (giant, "tensor 'c0': has the shape [1099511627776, 1048576, 1048576] and 120 values"),
    "not_finite": (not_finite, "tensor 'c1': holds NaN or infinite values; train it again"),
    "second_input": (second_input, "reads 'x', 'h0'; only models of one input are supported"),
    "second_output": (second_output, "returns 'v3_0', 'v0_1'; only one output is supported"),
    "input_type": (lambda m: dims(m, "t", "b", 5, kind=TensorProto.DOUBLE), "input 'x' is double, not float32"),
    "input_rank": (lambda m: dims(m, "t", "b", 5, 1), "input 'x' does not have two or three axes"),
    "input_open": (lambda m: dims(m, "t", "b", "f"), "does not say how many features it has"),
    "input_wide": (lambda m: dims(m, "t", "b", 1 << 40), "has 1099511627776 features; too many"),
    "input_empty": (lambda m: dims(m, "t", "b", 0), "input 'x' has an axis of size 0"),
    "input_width": (lambda m: dims(m, "t", "b", 4), "its W has the shape (1, 24, 5), not (1, 24, 4)"),
    "domain": (lambda m: node(m, domain="com.microsoft"), "(LSTM): is of the domain 'com.microsoft'"),
    "kind": (lambda m: node(m, op_type="FastGRNN"), "(FastGRNN): is not supported; known:"),
    "order": (turned, "which no node before it gives"),
    "function": (function, "has functions of its own ('own')"),
    "sparse": (sparse, "has sparse weights; save it with dense ones"),
    "opset": (lambda m: setattr(m.opset_import[0], "version", 99), "uses opset 99, known are 7 to 28"),
    "no_opset": (lambda m: m.ClearField("opset_import"), "does not say which version of ONNX's operators"),
    "no_version": (lambda m: m.ClearField("ir_version"), "not an ONNX model"),
    "no_nodes": (lambda m: m.graph.ClearField("node"), "not an ONNX model, or one without nodes"),
    "two_makers": (lambda m: m.graph.node[1].output.append("v0_0"), "two nodes give 'v0_0'"),
}


@pytest.mark.parametrize("name", SPOILED)
def test_spoiled_files(tmp_path: Path, name: str) -> None:
    spoil, reason = SPOILED[name]
    model = small()
    spoil(model)
    assert reason in refusal(saved(tmp_path, model))


def test_truncated_and_foreign_files(tmp_path: Path) -> None:
    path = saved(tmp_path, small())
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], b"\x89HDF\r\n\x1a\n" + whole, b"no model at all"):
        path.write_bytes(part)
        assert "export the model again" in refusal(path)


def test_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.truncate(WEIGHTS_LIMIT + 1)
    assert "over 512 MiB, too large for a microcontroller" in refusal(path)


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, small())
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    assert refusal(path) == "reading ONNX needs the package onnx; pip install 'shrinkc[onnx]'"


def test_bytes_changed_at_random(tmp_path: Path) -> None:
    """Whatever a damaged file holds, it is imported or refused in one line."""
    whole = saved(tmp_path, small()).read_bytes()
    random = np.random.default_rng(1)
    path = tmp_path / "model.onnx"
    refused = 0
    for _ in range(600):
        spoiled = bytearray(whole)
        places = random.integers(len(whole), size=random.integers(1, 4))
        for place in np.where(random.integers(2, size=places.size), places, places % 700):
            spoiled[place] = random.integers(256)
        path.write_bytes(spoiled)
        try:
            load(path)
        except InputError as error:
            assert str(error).startswith(f"{path}: ")
            refused += 1
    assert 50 < refused < 600
