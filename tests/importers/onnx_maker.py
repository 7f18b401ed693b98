"""Builds ONNX graphs node by node, with random weights."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

INPUTS, UNITS = 5, 6
GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


class Maker:
    """A graph that grows. dims: axes of the input "x"; names are open sizes."""

    def __init__(self, dims: tuple[Any, ...] = ("frames", "batch", INPUTS), opset: int = 17, seed: int = 5) -> None:
        self.dims, self.opset, self.random = dims, opset, np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.tensors: list[onnx.TensorProto] = []

    def constant(self, values: Any, dtype: str = "f4") -> str:
        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def whole(self, *values: int) -> str:
        return self.constant(values, "i8")

    def weights(self, *shape: int, size: float = 0.6) -> str:
        return self.constant(self.random.normal(0, size, shape))

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        return self.nodes_of(kind, inputs, 1, **attributes)[0]

    def nodes_of(self, kind: str, inputs: tuple[str, ...], outputs: int, **attributes: Any) -> list[str]:
        names = [f"v{len(self.nodes)}_{number}" for number in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, name=f"{kind}_{len(self.nodes)}", **attributes))
        return names

    def recurrent(self, kind: str, x: str = "x", inputs: int = INPUTS, **options: Any) -> list[str]:
        """Y, Y_h (and Y_c). bias, peepholes: whether there are some. lengths, h, c: names of those inputs."""
        bias, peepholes = options.pop("bias", True), options.pop("peepholes", False)
        optional = [options.pop(key, "") for key in ("lengths", "h", "c")]
        directions = 2 if options.get("direction") == "bidirectional" else 1
        rows = GATES[kind] * UNITS
        # Larger recurrent weights make a Relu's state chaotic: rounding alone would tell two runs apart.
        names = [x, self.weights(directions, rows, inputs), self.weights(directions, rows, UNITS, size=0.3)]
        names.append(self.weights(directions, 2 * rows) if bias else "")
        names += optional if kind == "LSTM" else optional[:2]
        if peepholes:
            names.append(self.weights(directions, 3 * UNITS))
        while not names[-1]:
            names.pop()
        return self.nodes_of(kind, tuple(names), 3 if kind == "LSTM" else 2, hidden_size=UNITS, **options)

    def squeezed(self, kind: str, x: str = "x", inputs: int = INPUTS, **options: Any) -> str:
        """One direction's outputs, (frames, batch, units)."""
        return self.squeeze(self.recurrent(kind, x, inputs, **options)[0], 1)

    def joined(self, kind: str, x: str = "x", inputs: int = INPUTS, **options: Any) -> str:
        """Both directions' outputs side by side, as PyTorch writes it: (frames, batch, 2 units)."""
        y = self.recurrent(kind, x, inputs, direction="bidirectional", **options)[0]
        return self.node("Reshape", self.node("Transpose", y, perm=[0, 2, 1, 3]), self.whole(0, 0, -1))

    def squeeze(self, x: str, *axes: int) -> str:
        if self.opset >= 13:
            return self.node("Squeeze", x, self.whole(*axes))
        return self.node("Squeeze", x, axes=list(axes))

    def slice(self, x: str, start: int, end: int, axis: int, step: int = 1) -> str:
        if self.opset >= 10:
            return self.node("Slice", x, *(self.whole(n) for n in (start, end, axis, step)))
        return self.node("Slice", x, starts=[start], ends=[end], axes=[axis])

    def dense(self, x: str, inputs: int, units: int = 4) -> str:
        return self.node("Add", self.node("MatMul", x, self.weights(inputs, units)), self.weights(units))

    def norm(self, x: str, width: int, **attributes: Any) -> str:
        variance = self.constant(self.random.uniform(0.3, 2, width))
        return self.node("BatchNormalization", x, *(self.weights(width) for _ in range(3)), variance, **attributes)

    def model(self, *outputs: str) -> onnx.ModelProto:
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, self.dims)
        results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
        graph = helper.make_graph(self.nodes, "graph", [x], results, self.tensors)
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", self.opset)], ir_version=9)


BIG = (1 << 63) - 1
"""What exporters write for `up to the end`."""
