"""SRU as the package `sru` keeps it (https://github.com/asappresearch/sru, version 2.6.0: modules.py and ops.py).

The columns of `weight` are (direction, unit, k) with k fastest: candidate, forget, reset and, where the layer's input
and output differ in width, the skip. `weight_c` and `bias` are (forget or reset, direction, unit). With three
matrices a direction skips with its own stretch of x, times `scale_x` (1 where the layer does not rescale).
"""

import numpy as np

from ..folding import Weights, dense
from .recurrent import Reading, Stacked, place


def read_sru(reading: Reading) -> None:
    """sru.SRU, or one sru.SRUCell: as many layers as the names say."""
    prefix, tensors = reading.spec.prefix, reading.tensors
    _read_first_projection(reading)
    if f"{prefix}rnn_lst.0.weight" not in tensors and f"{prefix}weight_c" in tensors:
        parts = [prefix]
    else:
        parts = [f"{prefix}rnn_lst.0."]
        while f"{prefix}rnn_lst.{len(parts)}.weight_c" in tensors:
            parts.append(f"{prefix}rnn_lst.{len(parts)}.")
    place(reading, [Stacked(_read_layer(reading, part)) for part in parts])


def _read_first_projection(reading: Reading) -> None:
    """proj_input_to_hidden_first: a linear layer without bias before the stack."""
    name = f"{reading.spec.prefix}input_to_hidden.weight"
    if name in reading.tensors:
        matrix = reading.tensors.take(name, None, None)
        bias = np.zeros(len(matrix), np.float32)
        reading.assembly.add(f"{reading.spec.name}_input", dense(matrix, bias))


def _read_layer(reading: Reading, part: str) -> tuple[Weights, ...]:
    """One layer's weights, a set for each direction."""
    tensors, directions = reading.tensors, 2 if reading.option("bidirectional") else 1
    for name, reason in (("layer_norm", "layer_norm"), ("custom_m", "custom_m, a module of your own,")):
        if tensors.has(f"{part}{name}.*"):
            raise reading.refuse(f"{reason} is not supported; train without it")
    bias = tensors.take(f"{part}bias", None)
    if bias.size % (2 * directions):
        raise reading.refuse(f"{part + 'bias'!r} has {bias.size} values, not 2 a unit of {directions} directions")
    units = bias.size // 2 // directions
    projection = tensors.take(f"{part}weight_proj", None, None) if f"{part}weight_proj" in tensors else None
    weight = tensors.take(f"{part}weight", None if projection is None else projection.shape[1], None)
    inputs = len(weight) if projection is None else len(projection)
    options = _options(reading, part, inputs, units * directions, weight.shape[1])
    recurrent = tensors.take(f"{part}weight_c", bias.size).reshape(2, directions, units)
    scale = tensors.take(f"{part}scale_x", 1)
    options["recurrent"] = "yes" if recurrent.any() else "no"
    cube = weight.reshape(len(weight), directions, units, -1)
    made = []
    for side in range(directions):
        vectors = {"alpha": np.full(units, scale[0], np.float32)} if options["skip"] == "input" else {}
        if recurrent.any():
            vectors |= {"forget_recurrent": recurrent[0, side], "reset_recurrent": recurrent[1, side]}
        matrices, biases = _gates(cube[:, side], bias.reshape(2, directions, units)[:, side], options)
        sizes = {}
        if projection is not None:
            matrices["projection.x"] = np.ascontiguousarray(projection.T)
            sizes = {"projection": len(weight)}
        own = options | ({"part": str(side)} if options["skip"] == "input" else {})
        made.append(Weights("sru", own, inputs, units, matrices, biases, vectors, sizes))
    return tuple(made)


def _options(reading: Reading, part: str, inputs: int, outputs: int, columns: int) -> dict[str, str]:
    """The cell's options but for `recurrent` and `part`: how many matrices there are tells how it skips."""
    count = columns / outputs
    if count not in (3, 4):
        raise reading.refuse(f"{part + 'weight'!r} has {columns} columns, not 3 or 4 for each of {outputs} outputs")
    skip = "none"
    if reading.option("skip"):
        skip = "matrix" if count == 4 else "input"
    elif count == 4:
        raise reading.refuse("skip = false, but its tensors hold a matrix for the skip; write skip = true")
    if skip == "input" and inputs != outputs:
        raise reading.refuse(
            f"skips with its input, but reads {inputs} values and gives {outputs}; "
            "check bidirectional, or write skip = false"
        )
    projects = f"{part}weight_proj" in reading.tensors
    return {
        "skip": skip,
        "activation": str(reading.option("activation")),
        "projection": "yes" if projects else "no",
    }


def _gates(
    cube: np.ndarray, bias: np.ndarray, options: dict[str, str]
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Matrices and biases of one direction: cube (width read, units, k), bias (2, units)."""
    source = "p" if options["projection"] == "yes" else "x"
    gates = ("candidate", "forget", "reset", "skip")[: cube.shape[2]]
    matrices = {f"{gate}.{source}": np.ascontiguousarray(cube[:, :, k].T) for k, gate in enumerate(gates)}
    return matrices, {"forget": bias[0], "reset": bias[1]}
