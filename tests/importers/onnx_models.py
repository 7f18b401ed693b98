"""ONNX models made node by node with random weights: one for each option that is read.

Each case is a function that adds nodes to a Maker and returns the name of the output.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper
from onnx_maker import BIG, INPUTS, UNITS, Maker

Case = Callable[[Maker], str]


def of(kind: str, **options: Any) -> Case:
    """A recurrent layer alone: its Y as it is."""
    return lambda make: make.recurrent(kind, **options)[0]


def stated(make: Maker) -> str:
    """Zero initial states as PyTorch and Keras make them."""
    size = make.node("Gather", make.node("Shape", "x"), make.constant(1, "i8"), axis=0)
    shape = make.node("Concat", make.whole(1), make.node("Unsqueeze", size, make.whole(0)), make.whole(UNITS), axis=0)
    zeros = make.node("ConstantOfShape", shape, value=numpy_helper.from_array(np.zeros(1, "f4")))
    more = make.node("Expand", make.constant(0), make.node("Slice", shape, *_ends(make, 1, 3)))
    more = make.node("Unsqueeze", more, make.whole(0))
    return make.recurrent("LSTM", h=zeros, c=more)[0]


def _ends(make: Maker, start: int, end: int) -> tuple[str, str]:
    return make.whole(start), make.whole(end)


RECURRENT: dict[str, Case] = {
    "lstm": of("LSTM"),
    "lstm_reverse": of("LSTM", direction="reverse"),
    "lstm_both": of("LSTM", direction="bidirectional"),
    "lstm_no_bias": of("LSTM", bias=False),
    "lstm_peepholes": of("LSTM", peepholes=True),
    "lstm_peepholes_both": of("LSTM", peepholes=True, direction="bidirectional"),
    "lstm_hard": of("LSTM", activations=["HardSigmoid", "Tanh", "Tanh"]),
    "lstm_hard_peepholes": of(
        "LSTM",
        activations=["HardSigmoid", "Relu", "Tanh"],
        peepholes=True,
        activation_alpha=[0.15],
        activation_beta=[0.4],
    ),
    "lstm_each_direction": of(
        "LSTM",
        direction="bidirectional",
        activations=["HardSigmoid", "Tanh", "Relu", "Sigmoid", "Relu", "Tanh"],
        activation_alpha=[0.3],
    ),
    "lstm_both_hard": of(
        "LSTM",
        direction="bidirectional",
        activations=["HardSigmoid", "Tanh", "Tanh"] * 2,
        activation_alpha=[0.1, 0.3],
        activation_beta=[0.4, 0.6],
    ),
    "lstm_affine": of(
        "LSTM", activations=["Sigmoid", "Affine", "Tanh"], activation_alpha=[0.7], activation_beta=[-0.2]
    ),
    "lstm_thresholded": of("LSTM", activations=["Sigmoid", "ThresholdedRelu", "Tanh"], activation_alpha=[0.0]),
    "lstm_leaky": of("LSTM", activations=["Sigmoid", "LeakyRelu", "Tanh"], activation_alpha=[0.0]),
    "lstm_scaled": of(
        "LSTM", activations=["Sigmoid", "ScaledTanh", "Tanh"], activation_alpha=[1.0], activation_beta=[0.6]
    ),
    "lstm_settings": of("LSTM", input_forget=0, direction="forward"),
    "lstm_states": stated,
    "gru_after": of("GRU", linear_before_reset=1),
    "gru_before": of("GRU", linear_before_reset=0),
    "gru_default": of("GRU"),
    "gru_no_bias": of("GRU", linear_before_reset=1, bias=False),
    "gru_reverse": of("GRU", direction="reverse"),
    "gru_both": of("GRU", direction="bidirectional", linear_before_reset=1),
    "gru_hard_after": of("GRU", linear_before_reset=1, activations=["HardSigmoid", "Relu"]),
    "gru_hard_before": of("GRU", activations=["HardSigmoid", "Tanh"], activation_alpha=[0.25]),
    "gru_hard_candidate": of(
        "GRU", linear_before_reset=1, activations=["Sigmoid", "HardSigmoid"], activation_beta=[0.3]
    ),
    "gru_each_direction": of("GRU", direction="bidirectional", activations=["Sigmoid", "Tanh", "HardSigmoid", "Relu"]),
    "rnn": of("RNN"),
    "rnn_reverse": of("RNN", direction="reverse"),
    "rnn_both": of("RNN", direction="bidirectional", activations=["Tanh", "Sigmoid"]),
    "rnn_sigmoid": of("RNN", activations=["Sigmoid"]),
    "rnn_hard": of("RNN", activations=["HardSigmoid"]),
    "rnn_no_bias": of("RNN", bias=False),
    "rnn_linear": of("RNN", activations=["LeakyRelu"], activation_alpha=[1.0]),
    "rnn_leaky": of("RNN", activations=["LeakyRelu"], activation_alpha=[0.0]),
}
"""Recurrent layers alone: the output is (frames, directions, batch, units)."""


def stack(make: Maker) -> str:
    return make.squeezed("GRU", make.joined("LSTM"), 2 * UNITS)


def head(*more: str, **attributes: Any) -> Case:
    """An LSTM, a dense layer, and an operator behind it."""

    def case(make: Maker) -> str:
        x = make.dense(make.squeezed("LSTM"), UNITS)
        for kind in more:
            x = make.node(kind, x, **attributes)
        return x

    return case


def clip(*bounds: float) -> Case:
    return lambda make: make.node(
        "Clip", make.dense(make.squeezed("LSTM"), UNITS), *(make.constant(bound) for bound in bounds)
    )


def norm_behind(make: Maker) -> str:
    """BatchNorm1d between a recurrent and a dense layer: (frames, batch, units) to (batch, units, frames) and back."""
    x = make.node("Transpose", make.squeezed("LSTM"), perm=[1, 2, 0])
    x = make.node("Transpose", make.norm(x, UNITS, epsilon=1e-3), perm=[2, 0, 1])
    return make.dense(x, UNITS)


def norm_between(make: Maker) -> str:
    x = make.node("Transpose", make.squeezed("GRU"), perm=[1, 2, 0])
    return make.squeezed("LSTM", make.node("Transpose", make.norm(x, UNITS), perm=[2, 0, 1]), UNITS)


def norm_of_dense(make: Maker) -> str:
    x = make.node("Transpose", make.dense(make.squeezed("RNN"), UNITS), perm=[1, 2, 0])
    return make.node("Relu", make.node("Transpose", make.norm(x, 4), perm=[2, 0, 1]))


def norm_of_input(make: Maker) -> str:
    x = make.norm(make.node("Transpose", "x", perm=[1, 2, 0]), INPUTS)
    return make.squeezed("LSTM", make.node("Transpose", x, perm=[2, 0, 1]))


def normalized(*steps: str, wide: bool = True) -> Case:
    """Arithmetic with constants on the input."""

    def case(make: Maker) -> str:
        x = "x"
        for kind in steps:
            x = make.node(kind, x, make.constant(make.random.uniform(0.5, 2, INPUTS if wide else ())))
        return make.squeezed("GRU", x)

    return case


def reversed_sub(make: Maker) -> str:
    return make.squeezed("LSTM", make.node("Sub", make.weights(INPUTS), "x"))


def zero_factor(make: Maker) -> str:
    """A feature that is left out: its factor is 0."""
    x = make.node("Add", make.node("Mul", "x", make.constant([1, 0, 2, 0.5, 1])), make.weights(INPUTS))
    return make.squeezed("LSTM", x)


def scaled(make: Maker) -> str:
    """Arithmetic between a recurrent and a dense layer, and computed constants."""
    factor = make.node("Sqrt", make.node("Neg", make.constant([-2.0])))
    x = make.node("Add", make.node("Mul", make.squeezed("GRU"), factor), make.weights(1, 1, UNITS))
    return make.dense(x, UNITS)


def gemm(bias: tuple[int, ...] | None = None, **attributes: Any) -> Case:
    """bias: the shape of C."""

    def case(make: Maker) -> str:
        x = make.recurrent("LSTM")[1]
        shape = (4, UNITS) if attributes.get("transB") else (UNITS, 4)
        more = [make.weights(*bias)] if bias is not None else []
        return make.node("Gemm", make.squeeze(x, 0), make.weights(*shape), *more, **attributes)

    return case


def in_rows(make: Maker) -> str:
    """Keras' Dense as tf2onnx writes it: frames and batch in one axis and apart again."""
    y = make.node("Transpose", make.squeezed("LSTM"), perm=[1, 0, 2])
    shape = make.node("Cast", make.node("Shape", y), to=TensorProto.INT32)
    free = make.node("Gather", shape, make.constant([0, 1], "i4"), axis=0)
    whole = make.node("Cast", make.node("Concat", free, make.constant([4], "i4"), axis=0), to=TensorProto.INT64)
    rows = make.node("Reshape", y, make.whole(-1, UNITS))
    out = make.node("Reshape", make.node("MatMul", rows, make.weights(UNITS, 4)), whole)
    return make.node("Transpose", make.node("Tanh", out), perm=[1, 0, 2])


def in_rows_computed(make: Maker) -> str:
    """The same with the number of rows computed."""
    y = make.squeezed("LSTM")
    shape = make.node("Shape", y)
    rows = make.node("ReduceProd", make.node("Gather", shape, make.whole(0, 1), axis=0), axes=[0], keepdims=0)
    target = make.node("Concat", make.node("Unsqueeze", rows, make.whole(0)), make.whole(UNITS), axis=0)
    flat = make.node("MatMul", make.node("Reshape", y, target), make.weights(UNITS, 4))
    ends = [make.node("Slice", shape, *_ends(make, 0, 2)), make.node("Mul", make.whole(2), make.whole(2))]
    return make.node("Reshape", flat, make.node("Concat", *ends, axis=0))


def halves(kind: str) -> Case:
    """The two directions split, and combined."""

    def case(make: Maker) -> str:
        parts = make.nodes_of("Split", (make.joined("GRU"),), 2, axis=-1)
        return make.dense(make.node(kind, *parts), UNITS)

    return case


def sliced_halves(make: Maker) -> str:
    y = make.joined("LSTM")
    back = make.slice(y, UNITS, BIG, -1)
    return make.node("Add", back, make.slice(y, 0, UNITS, -1))


def reduced(kind: str) -> Case:
    """The sum or mean over the axis of directions."""

    def case(make: Maker) -> str:
        y = make.recurrent("LSTM", direction="bidirectional")[0]
        axes = {"axes": [1]} if kind == "ReduceMean" else {}
        y = make.node(kind, y, *([] if axes else [make.whole(1)]), keepdims=0, **axes)
        return make.dense(y, UNITS)

    return case


def swapped(make: Maker) -> str:
    """The backward half before the forward one, and one unit left out."""
    y = make.joined("LSTM")
    x = make.node("Concat", make.slice(y, UNITS, 2 * UNITS, 2), make.slice(y, 1, UNITS, 2), axis=2)
    return make.squeezed("GRU", x, 2 * UNITS - 1)


def picked(make: Maker) -> str:
    """Some of the input's features, one of them twice."""
    return make.squeezed("LSTM", make.node("Gather", "x", make.whole(3, 0, 3, -1), axis=2), 4)


def no_ops(make: Maker) -> str:
    x = make.node("Cast", make.node("Identity", "x"), to=TensorProto.FLOAT)
    y = make.node("Dropout", make.squeezed("LSTM", x))
    return make.dense(make.slice(y, 0, BIG, 0), UNITS)


def dense_only(make: Maker) -> str:
    return make.dense(make.node("Relu", make.dense("x", INPUTS, 7)), 7)


def folded_weights(make: Maker) -> str:
    """Weights that the file holds in another order: transposed, cut and joined by nodes."""
    weights = make.node("Transpose", make.weights(4, UNITS), perm=[1, 0])
    weights = make.node("Concat", make.slice(weights, 3, 6, 0), make.slice(weights, 0, 3, 0), axis=0)
    return make.node("MatMul", make.squeezed("RNN"), weights)


CHAINS: dict[str, Case] = {
    "stack": stack,
    "relu": head("Relu"),
    "tanh": head("Tanh"),
    "sigmoid": head("Sigmoid"),
    "hard_sigmoid": head("HardSigmoid"),
    "hard_sigmoid_sixth": head("HardSigmoid", alpha=1 / 6, beta=0.5),
    "clip_relu": clip(0.0),
    "clip_clamp": clip(0.0, 1.0),
    "softmax": head("Softmax", axis=-1),
    "softmax_default": head("Softmax"),
    "log_softmax": head("LogSoftmax", axis=2),
    "norm_behind": norm_behind,
    "norm_between": norm_between,
    "norm_of_dense": norm_of_dense,
    "norm_of_input": norm_of_input,
    "sub_div": normalized("Sub", "Div"),
    "sub_mul": normalized("Sub", "Mul"),
    "mul_add": normalized("Mul", "Add"),
    "one_value": normalized("Sub", "Div", wide=False),
    "reversed_sub": reversed_sub,
    "zero_factor": zero_factor,
    "scaled": scaled,
    "in_rows": in_rows,
    "in_rows_computed": in_rows_computed,
    "sum": halves("Add"),
    "product": halves("Mul"),
    "sliced_halves": sliced_halves,
    "reduce_sum": reduced("ReduceSum"),
    "reduce_mean": reduced("ReduceMean"),
    "swapped": swapped,
    "picked": picked,
    "no_ops": no_ops,
    "dense_only": dense_only,
    "folded_weights": folded_weights,
}
"""Chains whose output is (frames, batch, features)."""


def last_of(kind: str, how: str, direction: str = "forward") -> Case:
    """The last step in several ways: (batch, units)."""

    def case(make: Maker) -> str:
        y, h = make.recurrent(kind, direction=direction)[:2]
        if how == "state":
            return make.dense(make.squeeze(h, 0), UNITS)
        y = make.squeeze(y, 1)
        at = -1 if direction == "forward" else 0
        if how == "gather":
            return make.dense(make.node("Gather", y, make.constant(at, "i8"), axis=0), UNITS)
        return make.dense(make.squeeze(make.slice(y, at, BIG if at else 1, 0), 0), UNITS)

    return case


def both_states(make: Maker) -> str:
    """The last states of both directions, side by side, as PyTorch's users write it."""
    h = make.recurrent("LSTM", direction="bidirectional")[1]
    parts = [make.node("Gather", h, make.constant(k, "i8"), axis=0) for k in (-2, -1)]
    return make.dense(make.node("Concat", *parts, axis=-1), 2 * UNITS)


def both_steps(make: Maker) -> str:
    """The forward half at the last frame beside the backward half at the first."""
    y = make.joined("GRU")
    ends = [make.node("Gather", y, make.constant(k, "i8"), axis=0) for k in (-1, 0)]
    parts = [make.slice(ends[0], 0, UNITS, 1), make.slice(ends[1], UNITS, 2 * UNITS, 1)]
    return make.dense(make.node("Concat", *parts, axis=1), 2 * UNITS)


def both_states_summed(make: Maker) -> str:
    h = make.recurrent("LSTM", direction="bidirectional")[1]
    return make.node("ReduceSum", h, make.whole(0), keepdims=0)


def stacked_states(make: Maker) -> str:
    """PyTorch's h_n[-1] of two layers: the states of both are joined, and the last one is taken."""
    y, h, _ = make.recurrent("LSTM")
    _, more = make.recurrent("GRU", make.squeeze(y, 1), UNITS)
    states = make.node("Concat", h, more, axis=0)
    return make.node("Gather", states, make.constant(-1, "i8"), axis=0)


def last_of_dense(make: Maker) -> str:
    """All frames through a dense layer with an activation, then the last one."""
    y = make.node("Tanh", make.dense(make.joined("LSTM"), 2 * UNITS))
    return make.node("Gather", y, make.constant(-1, "i8"), axis=0)


def last_of_sum(make: Maker) -> str:
    parts = make.nodes_of("Split", (make.joined("GRU"),), 2, axis=-1)
    return make.node("Gather", make.node("Add", *parts), make.constant(-1, "i8"), axis=0)


LASTS: dict[str, Case] = {
    "state": last_of("LSTM", "state"),
    "state_of_reverse": last_of("GRU", "state", "reverse"),
    "gather": last_of("GRU", "gather"),
    "slice": last_of("LSTM", "slice"),
    "first_of_reverse": last_of("LSTM", "gather", "reverse"),
    "slice_of_reverse": last_of("RNN", "slice", "reverse"),
    "both_states": both_states,
    "both_steps": both_steps,
    "both_states_summed": both_states_summed,
    "stacked_states": stacked_states,
    "last_of_dense": last_of_dense,
    "last_of_sum": last_of_sum,
    "gemm": gemm(),
    "gemm_turned": gemm((1, 4), transB=1, alpha=0.5, beta=2.0),
    "gemm_bias": gemm((4,)),
    "gemm_one_bias": gemm((1, 1)),
    "gemm_scalar_bias": gemm((), beta=0.5),
}
"""Chains that give the last step alone: the output is (batch, features)."""
