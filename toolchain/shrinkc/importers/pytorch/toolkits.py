"""Recurrent layers of two speech toolkits, with batch norm on W x and the same weights in both directions.

PyTorch-Kaldi: classes liGRU, minimalGRU, GRU, LSTM and RNN of neural_networks.py, https://github.com/mravanelli/pytorch-kaldi.
SpeechBrain: LiGRU of speechbrain/nnet/RNN.py, https://github.com/speechbrain/speechbrain, version 1.0.3.
Bidirectional, both run one set of weights over the sequence and over its reverse; the outputs stand side by side.
"""

import numpy as np

from ..folding import Weights, scaled_rows
from .recurrent import Reading, Stacked, place, read_norm, scale_candidate

_KALDI_GATES = {
    "kaldi_ligru": {"candidate": ("wh", "uh"), "update": ("wz", "uz")},
    "kaldi_minimalgru": {"candidate": ("wh", "uh"), "update": ("wz", "uz")},
    "kaldi_gru": {"candidate": ("wh", "uh"), "update": ("wz", "uz"), "reset": ("wr", "ur")},
    "kaldi_lstm": {
        "forget": ("wfx", "ufh"),
        "input": ("wix", "uih"),
        "output": ("wox", "uoh"),
        "candidate": ("wcx", "uch"),
    },
    "kaldi_rnn": {"state": ("wh", "uh")},
}
"""Names of the lists that hold W and U of each gate; the batch norm of W x is `bn_` and the name of W."""

_CANDIDATE_READS = {"kaldi_gru": "rh", "kaldi_minimalgru": "zh"}
"""What a candidate's U reads where that is not h: r * h, z * h."""


def read_kaldi(reading: Reading) -> None:
    """A PyTorch-Kaldi network, with all its layers."""
    prefix, tensors = reading.spec.prefix, reading.tensors
    if tensors.has(f"{prefix}ln0.*"):
        raise reading.refuse("layer norm of the input is not supported; train with use_laynorm_inp=False")
    if f"{prefix}bn0.running_mean" in tensors:
        norm = read_norm(tensors, f"{prefix}bn0.", reading.assembly.width)
        if reading.assembly.width is None:
            reading.assembly.input_width = norm[0].size
        reading.assembly.scale(f"{reading.spec.name}.bn0", *norm)
    first = next(iter(_KALDI_GATES[reading.spec.kind].values()))[0]
    count = 1
    while f"{prefix}{first}.{count}.weight" in tensors:
        count += 1
    told = zip(_one_a_layer(reading, "activation", count), _one_a_layer(reading, "candidate_scale", count), strict=True)
    made = [_kaldi_layer(reading, number, str(name), float(scale)) for number, (name, scale) in enumerate(told)]
    place(reading, [Stacked((weights,), bool(reading.option("bidirectional"))) for weights in made])


def _one_a_layer(reading: Reading, key: str, count: int) -> list[object]:
    """The value of a key for each layer of the stack: the TOML has one for all, or a list."""
    value = reading.option(key)
    if not isinstance(value, list):
        return [value] * count
    if len(value) != count:
        raise reading.refuse(f"{key} lists {len(value)} values for {count} layers; give one for all, or one a layer")
    return value


def _kaldi_layer(reading: Reading, number: int, activation: str, scale: float) -> Weights:
    kind = reading.spec.kind
    matrices, biases, units = {}, {}, 0
    for gate, (w, u) in _KALDI_GATES[kind].items():
        source = _CANDIDATE_READS.get(kind, "h") if gate == "candidate" else "h"
        matrix, bias = _kaldi_input(reading, w, number)
        units = len(bias)
        name = f"{reading.spec.prefix}{u}.{number}.weight"
        matrices |= {f"{gate}.x": matrix, f"{gate}.{source}": reading.tensors.take(name, units, units)}
        biases[gate] = bias
    _check_layer_norm(reading, number)
    cell, options = _kaldi_cell(kind, activation)
    made = Weights(cell, options, next(iter(matrices.values())).shape[1], units, matrices, biases)
    _check_shapes(reading, made)
    return scale_candidate(reading, made, "state" if cell == "simple_rnn" else "candidate", activation, scale)


def _kaldi_cell(kind: str, activation: str) -> tuple[str, dict[str, str]]:
    return {
        "kaldi_ligru": ("ligru", {"candidate": activation}),
        "kaldi_minimalgru": ("minimal_gru", {"candidate": activation}),
        "kaldi_gru": ("gru", {"reset": "before", "candidate": activation}),
        "kaldi_lstm": ("lstm", {"candidate": activation, "hidden": activation}),
        "kaldi_rnn": ("simple_rnn", {"activation": activation}),
    }[kind]


def _kaldi_input(reading: Reading, w: str, number: int) -> tuple[np.ndarray, np.ndarray]:
    """W and the bias of one gate. A layer has a bias where it has no norm, and only there."""
    prefix, tensors = reading.spec.prefix, reading.tensors
    name, norm = f"{prefix}{w}.{number}.", f"{prefix}bn_{w}.{number}."
    matrix = tensors.take(f"{name}weight", None, None)
    if f"{name}bias" in tensors:
        if f"{norm}running_mean" in tensors and _is_trained(reading, norm):
            raise reading.refuse(f"{name + 'bias'!r} and a trained {norm + 'running_mean'!r} do not go together")
        return matrix, tensors.take(f"{name}bias", len(matrix))
    if not _is_trained(reading, norm):
        raise reading.refuse(f"{norm + 'running_mean'!r} holds no statistics: it was not trained with batch norm")
    return scaled_rows(matrix, np.zeros(len(matrix)), read_norm(tensors, norm, len(matrix)))


def _is_trained(reading: Reading, norm: str) -> bool:
    """Whether a batch norm has seen data. PyTorch-Kaldi makes one for each gate, used or not."""
    tensors = reading.tensors
    mean, variance = tensors.take(f"{norm}running_mean", None), tensors.take(f"{norm}running_var", None)
    tensors.ignore(f"{norm}weight", f"{norm}bias")
    return bool(mean.any() or (variance != 1).any())


def _check_layer_norm(reading: Reading, number: int) -> None:
    """PyTorch-Kaldi keeps a layer norm of h for each layer; one that was used is no longer 1 and 0."""
    gamma, beta = (f"{reading.spec.prefix}ln.{number}.{part}" for part in ("gamma", "beta"))
    if gamma not in reading.tensors:
        return
    if (reading.tensors.take(gamma, None) != 1).any() or reading.tensors.take(beta, None).any():
        raise reading.refuse(f"layer norm ({gamma!r} is trained) is not supported; train with batch norm")


def read_speechbrain_ligru(reading: Reading) -> None:
    """A SpeechBrain LiGRU, with all its layers."""
    prefix, layers = reading.spec.prefix, []
    while not layers or f"{prefix}rnn.{len(layers)}.w.weight" in reading.tensors:
        weights = _speechbrain_layer(reading, f"{prefix}rnn.{len(layers)}.")
        layers.append(Stacked((weights,), bool(reading.option("bidirectional"))))
    place(reading, layers)


def _speechbrain_layer(reading: Reading, part: str) -> Weights:
    """Rows of w, u and norm: candidate, then update."""
    tensors = reading.tensors
    matrix = tensors.take(f"{part}w.weight", None, None)
    rows, inputs = matrix.shape
    if rows % 2:
        raise reading.refuse(f"{part + 'w.weight'!r} has {rows} rows, not two for each unit; check the kind")
    recurrent = tensors.take(f"{part}u.weight", rows, rows // 2)
    bias = np.zeros(rows)
    if f"{part}norm.running_mean" not in tensors:
        raise reading.refuse(
            "is not normalised with batchnorm but with a layer norm, not supported; train with batchnorm"
        )
    matrix, bias = scaled_rows(matrix, bias, read_norm(tensors, f"{part}norm.", rows))
    _check_buffers(reading, part, rows // 2)
    of_x, of_h, biases = (np.split(array, 2) for array in (matrix, recurrent, bias))
    matrices = {"candidate.x": of_x[0], "update.x": of_x[1], "candidate.h": of_h[0], "update.h": of_h[1]}
    options = {"candidate": str(reading.option("activation"))}
    return Weights("ligru", options, inputs, rows // 2, matrices, {"candidate": biases[0], "update": biases[1]})


def _check_buffers(reading: Reading, part: str, units: int) -> None:
    """The state it starts from must be 0, the scale of the candidate at test 1; masks of dropout are for training."""
    tensors = reading.tensors
    if f"{part}h_init" in tensors and tensors.take(f"{part}h_init", 1, units).any():
        raise reading.refuse(f"{part + 'h_init'!r} is not 0; only states that start at 0 are supported")
    if f"{part}drop_mask_te" in tensors and (tensors.take(f"{part}drop_mask_te", 1) != 1).any():
        raise reading.refuse(f"{part + 'drop_mask_te'!r} is not 1; save a model that does not scale at test")
    tensors.ignore(f"{part}drop_masks")


def _check_shapes(reading: Reading, weights: Weights) -> None:
    """All gates read the same inputs and have the same units."""
    for path, array in weights.matrices.items():
        wanted = (weights.units, weights.inputs if path.endswith(".x") else weights.units)
        if array.shape != wanted:
            raise reading.refuse(f"its {path} is {array.shape[0]} x {array.shape[1]}, not {wanted[0]} x {wanted[1]}")
