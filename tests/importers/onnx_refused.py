"""ONNX models that must be refused, each with the words of its refusal."""

from collections.abc import Callable
from typing import Any

import numpy as np
from onnx import TensorProto, helper
from onnx_maker import BIG, INPUTS, UNITS, Maker

Build = Callable[[Maker], str]


def layer(kind: str, **options: Any) -> Build:
    return lambda make: make.recurrent(kind, **options)[0]


def behind(kind: str, *more: Any, **attributes: Any) -> Build:
    """An operator that reads a recurrent layer's (frames, batch, units), and constants."""
    return lambda make: make.node(kind, make.squeezed("LSTM"), *(make.constant(value) for value in more), **attributes)


def before(kind: str, *more: Any, **attributes: Any) -> Build:
    """An operator that reads the input, before a recurrent layer."""
    return lambda make: make.squeezed("LSTM", make.node(kind, "x", *(make.constant(m) for m in more), **attributes))


def shaped(*target: int, kind: str = "Reshape") -> Build:
    return lambda make: make.node(kind, make.squeezed("LSTM"), make.whole(*target))


def loop(make: Maker) -> str:
    body = helper.make_graph([], "body", [], [])
    return make.node("Loop", make.whole(3), "", make.node("Cast", make.squeezed("LSTM"), to=11), body=body)


def steps(make: Maker, end: int, start: int = 0, step: int = 1) -> str:
    return make.slice(make.squeezed("LSTM"), start, end, 0, step)


def one_frame(at: int, direction: str = "forward") -> Build:
    return lambda make: make.node("Gather", make.squeezed("LSTM", direction=direction), make.constant(at, "i8"), axis=0)


def both_at_the_end(make: Maker) -> str:
    return make.dense(make.node("Gather", make.joined("LSTM"), make.constant(-1, "i8"), axis=0), 2 * UNITS)


def branch(make: Maker) -> str:
    y = make.squeezed("LSTM")
    return make.node("Add", make.dense(y, UNITS, UNITS), y)


def skipped(make: Maker) -> str:
    y = make.squeezed("LSTM")
    make.dense(y, UNITS)
    more = make.dense(make.nodes[-1].output[0], 4)
    return make.node("Concat", more, y, axis=2)


def batch_as_frames(make: Maker) -> str:
    return make.squeezed("GRU", make.node("Transpose", make.squeezed("LSTM"), perm=[1, 0, 2]), UNITS)


def features_as_frames(make: Maker) -> str:
    return make.squeezed("GRU", make.node("Transpose", make.squeezed("LSTM"), perm=[2, 1, 0]), UNITS)


def one_step_each(make: Maker) -> str:
    """Every frame as an utterance of its own."""
    x = make.node("Reshape", "x", make.whole(1, -1, INPUTS))
    return make.squeezed("LSTM", x)


def batch_in_a_row(make: Maker) -> str:
    """All utterances one behind the other."""
    return make.squeezed("LSTM", make.node("Reshape", "x", make.whole(-1, 1, INPUTS)))


def windows(make: Maker) -> str:
    """Every 25 frames on their own."""
    make.dims = (1, 100, INPUTS)
    return make.squeezed("LSTM", make.node("Reshape", "x", make.whole(4, 25, INPUTS)))


def directions_apart(make: Maker) -> str:
    y = make.recurrent("LSTM", direction="bidirectional")[0]
    return make.dense(make.node("Transpose", y, perm=[0, 2, 1, 3]), UNITS)


def interleaved(make: Maker) -> str:
    """Units of both directions in turn: the output's order is another one."""
    y = make.recurrent("LSTM", direction="bidirectional")[0]
    return make.node("Reshape", make.node("Transpose", y, perm=[0, 2, 3, 1]), make.whole(0, 0, -1))


def half_of_it(make: Maker) -> str:
    return make.slice(make.joined("LSTM"), 0, UNITS, 2)


def wrong_halves(make: Maker) -> str:
    y = make.joined("LSTM")
    return make.node("Add", make.slice(y, 0, 4, 2), make.slice(y, 4, 8, 2))


def per_frame(make: Maker) -> str:
    return make.node("Add", make.squeezed("LSTM"), make.weights(9, 1, UNITS))


def activation_alone(make: Maker) -> str:
    return make.node("Tanh", make.squeezed("LSTM"))


def twice(make: Maker) -> str:
    return make.node("Tanh", make.node("Relu", make.dense(make.squeezed("LSTM"), UNITS)))


def scaled_end(make: Maker) -> str:
    return make.node("Mul", make.squeezed("LSTM"), make.weights(UNITS))


def behind_softmax(make: Maker) -> str:
    return make.dense(make.node("Softmax", make.dense(make.squeezed("LSTM"), UNITS)), 4)


def softmax_of_frames(make: Maker) -> str:
    return make.node("Softmax", make.dense(make.squeezed("LSTM"), UNITS), axis=0)


def softmax_over_more(make: Maker) -> str:
    make.opset = 11
    return make.node("Softmax", make.dense(make.squeezed("LSTM"), UNITS), axis=1)


def cell_state(make: Maker) -> str:
    return make.squeeze(make.recurrent("LSTM")[2], 0)


def started(make: Maker) -> str:
    return make.recurrent("LSTM", h=make.weights(1, 1, UNITS))[0]


def started_by_input(make: Maker) -> str:
    return make.recurrent("GRU", h="x")[0]


def wide_state(make: Maker) -> str:
    return make.recurrent("LSTM", c=make.constant(np.zeros((1, 1, UNITS + 2))))[0]


def padded(make: Maker) -> str:
    return make.recurrent("LSTM", lengths=make.constant([40, 30], "i4"))[0]


def weights_from_input(make: Maker) -> str:
    return make.node("MatMul", make.weights(4, 9), make.squeezed("LSTM"))


def turned_gemm(make: Maker) -> str:
    return make.node("Gemm", make.squeeze(make.recurrent("LSTM")[1], 0), make.weights(1, 4), transA=1)


def gemm_with_bias(*shape: int) -> Build:
    def build(make: Maker) -> str:
        x = make.squeeze(make.recurrent("LSTM")[1], 0)
        return make.node("Gemm", x, make.weights(UNITS, 4), make.weights(*shape))

    return build


def training_norm(make: Maker) -> str:
    return make.norm(make.node("Transpose", make.squeezed("LSTM"), perm=[1, 2, 0]), UNITS, training_mode=1)


def norm_of_frames(make: Maker) -> str:
    return make.norm(make.squeezed("LSTM"), UNITS)


def training_dropout(make: Maker) -> str:
    return make.node("Dropout", make.squeezed("LSTM"), make.constant(0.5), make.constant(True, "?"))


def short_weights(make: Maker) -> str:
    return make.nodes_of("GRU", ("x", make.weights(1, 3 * UNITS, INPUTS), make.weights(1, 3 * UNITS - 1, UNITS)), 1)[0]


def wrong_type(make: Maker) -> str:
    return make.node("Transpose", "x", perm="back")


def nothing(make: Maker) -> str:
    return make.node("Identity", "x")


REFUSED: dict[str, tuple[Build, str]] = {
    "clip": (layer("LSTM", clip=3.0), "(LSTM): clip = 3 is not supported; train and export it without clipping"),
    "input_forget": (layer("LSTM", input_forget=1), "input_forget = 1 is not supported"),
    "activation": (layer("LSTM", activations=["Softsign", "Tanh", "Tanh"]), "activation 'Softsign' is not supported"),
    "elu": (layer("RNN", activations=["Elu"], activation_alpha=[1.0]), "activation 'Elu' is not supported"),
    "leaky": (
        layer("RNN", activations=["LeakyRelu"], activation_alpha=[0.25]),
        "LeakyRelu with alpha 0.25 cannot be folded",
    ),
    "affine": (layer("RNN", activations=["Affine"]), "Affine lacks its alpha, for which runtimes differ"),
    "affine_beta": (layer("RNN", activations=["Affine"], activation_alpha=[1.0]), "give activation_beta"),
    "reset": (layer("GRU", linear_before_reset=2), "linear_before_reset = 2 is not 0 or 1"),
    "scaled_tanh": (
        layer("RNN", activations=["ScaledTanh"], activation_alpha=[1.7], activation_beta=[0.6]),
        "ScaledTanh with alpha 1.7 cannot be folded",
    ),
    "thresholded": (
        layer("RNN", activations=["ThresholdedRelu"], activation_alpha=[1.0]),
        "ThresholdedRelu with alpha 1 cannot be folded",
    ),
    "gru_tanh_gate": (
        layer("GRU", activations=["Tanh", "Tanh"], linear_before_reset=1),
        "(gru): gate = tanh is not supported: h_new = mix(z: h, n) mixes by a gate that can leave 0 to 1; "
        "train it with a sigmoid or hard sigmoid there",
    ),
    "gru_relu_gate": (layer("GRU", activations=["Relu", "Tanh"]), "(gru): gate = relu is not supported"),
    "gru_affine_gate": (
        layer("GRU", activations=["Affine", "Tanh"], activation_alpha=[1.0], activation_beta=[0.0]),
        "(gru): gate = identity is not supported",
    ),
    "hard_on_state": (
        layer("LSTM", activations=["Sigmoid", "Tanh", "HardSigmoid"]),
        "HardSigmoid(0.2, 0.5) as the third activation works on the cell state",
    ),
    "alphas": (layer("LSTM", activation_alpha=[0.2, 0, 0]), "has more activation_alpha or activation_beta"),
    "activations": (layer("LSTM", activations=["Sigmoid"]), "has 1 activations, not 3"),
    "direction": (layer("GRU", direction="both"), "direction = 'both' are not ONNX's"),
    "attribute": (layer("GRU", input_forget=0), "(GRU): has the attribute input_forget, which is not known"),
    "attribute_type": (wrong_type, "its attribute perm is not of ONNX's type"),
    "state": (started, "initial_h is not zero; only states that start at zero are supported"),
    "state_of_input": (started_by_input, "initial_h is not zero; only states that start at zero"),
    "repeated": (shaped(1, 1, UNITS, kind="Expand"), "repeats the network's values"),
    "state_width": (wide_state, "initial_c does not have 1 x 6 values an utterance"),
    "sequence_lens": (padded, "sequence_lens is not the number of frames; leave it out"),
    "cell_state": (cell_state, "reads 'v0_2', which no node before it gives"),
    "weights": (short_weights, "its R has the shape (1, 17, 6), not (1, 18, 6)"),
    "loop": (loop, "(Loop): is not supported; export the recurrent layer as LSTM, GRU or RNN"),
    "einsum": (behind("Einsum", equation="bij->bji"), "(Einsum): is not supported; write the product as a Linear"),
    "quantized": (behind("DynamicQuantizeLinear"), "works on quantised values; export the float32 model"),
    "dequantized": (before("QuantizeLinear", 0.1), "(QuantizeLinear): works on quantised values"),
    "layer_norm": (behind("LayerNormalization", np.ones(UNITS)), "needs the mean of every frame"),
    "conv": (before("Conv", np.ones((4, 5, 3))), "(Conv): is not supported; only recurrent and dense layers are"),
    "gelu": (behind("Erf"), "(Erf): is not supported; known: Add, BatchNormalization, Cast"),
    "argmax": (behind("ArgMax", axis=2), "leave it off, the order of the outputs stays"),
    "leaky_relu": (behind("LeakyRelu"), "(LeakyRelu): is not supported; known:"),
    "cast": (behind("Cast", to=TensorProto.FLOAT16), "turns values into another type"),
    "mixing_reshape": (shaped(-1, 3), "mixes frames or batch with features; keep them apart"),
    "windows": (
        shaped(-1, 9, UNITS),
        "turns (axis 0, axis 1, 6) into (-1, 9, 6); keep frames, batch and features apart",
    ),
    "windows_of_a_batch": (windows, "cuts the frames or the batch into pieces; keep them whole"),
    "flatten": (behind("Flatten", axis=1), "mixes frames or batch with features"),
    "batch_as_frames": (batch_as_frames, "runs along axis 1, the layer before it along axis 0"),
    "features_as_frames": (features_as_frames, "keep the features last"),
    "one_step_each": (one_step_each, "runs along an axis that is not the frames of the input"),
    "batch_in_a_row": (batch_in_a_row, "runs along axis 0*axis 1; all layers must run along one axis"),
    "directions_apart": (directions_apart, "reads the two directions one by one; join them"),
    "interleaved": (interleaved, "returns some of the last layer's outputs, or in another order"),
    "half_of_it": (half_of_it, "returns some of the last layer's outputs"),
    "wrong_halves": (wrong_halves, "combines values other than the two directions of one layer"),
    "subtracted": (behind("Mul"), "does not have two inputs"),
    "per_frame": (per_frame, "its constant differs from frame to frame"),
    "wrong_constant": (behind("Add", np.ones(4)), "its constant has the shape (1, 1, 4), not that of the features"),
    "divided_by": (lambda make: make.node("Div", make.constant(1), make.squeezed("LSTM")), "divides by the network's"),
    "scaled_end": (scaled_end, "scales its output behind the last layer; put a dense layer behind it"),
    "branch": (branch, "only a chain is supported"),
    "skipped": (skipped, "reads what another layer has read already; only a chain is supported, without branches"),
    "activation_alone": (activation_alone, "tanh on its own is not supported; put it right behind a linear dense"),
    "two_activations": (twice, "tanh on its own is not supported"),
    "clip_operator": (behind("Clip", 0, 6), "clips to 0.0 and 6.0, not supported"),
    "behind_softmax": (behind_softmax, "stands after the softmax of 'Softmax_4', which must be the end of the model"),
    "softmax_of_frames": (softmax_of_frames, "is not over the features alone; use axis = -1"),
    "softmax_over_more": (softmax_over_more, "is not over the features alone"),
    "both_at_the_end": (both_at_the_end, "is not the last step of its direction (backward, that is the first frame)"),
    "first_frame": (one_frame(0), "is not the last step of its direction"),
    "last_frame_of_reverse": (one_frame(-1, "reverse"), "is not the last step of its direction"),
    "a_frame": (one_frame(3), "only the last frame of a recurrent layer can be taken"),
    "some_frames": (lambda make: steps(make, 5), "takes some of the frames, or of the batch"),
    "no_frames": (lambda make: steps(make, 0, -1), "takes some of the frames, or of the batch"),
    "turned_frames": (lambda make: steps(make, -BIG, -1, -1), "takes some of the frames, or of the batch"),
    "an_utterance": (behind("Squeeze"), "takes out every axis of size 1, and the sizes are open; name the axes"),
    "squeezed_frames": (shaped(0, kind="Squeeze"), "takes out an axis that is not known to be of size 1"),
    "reduced": (shaped(0, kind="ReduceSum"), "reduces more than the two directions of a layer"),
    "reduced_units": (shaped(2, kind="ReduceSum"), "reduces an axis of 6, not of the two directions"),
    "computed_weights": (weights_from_input, "takes weights that are no float32 constants"),
    "transA": (turned_gemm, "transA = 1 is not supported; transpose the weights instead"),
    "gemm_bias_a_row": (gemm_with_bias(4, 1), "(Gemm): its C has the shape (4, 1), not (4,); use one bias a unit"),
    "gemm_bias_width": (gemm_with_bias(2, 2), "(Gemm): its C has the shape (2, 2), not (4,)"),
    "gemm_bias_axes": (gemm_with_bias(1, 1, 4), "(Gemm): its C has the shape (1, 1, 4), not (4,)"),
    "training_norm": (training_norm, "is not at inference"),
    "norm_of_frames": (norm_of_frames, "does not normalise the features (axis 1)"),
    "dropout": (training_dropout, "training_mode is on; export the model for inference"),
    "giant_shape": (
        lambda make: make.node("ConstantOfShape", make.whole(1 << 40, 1 << 40)),
        "(ConstantOfShape): makes 1208925819614629174706176 values",
    ),
    "nothing": (nothing, "the model has no recurrent and no dense layer; nothing to compile"),
}
