"""What every importer folds into weights: batch norms, scales of rows, functions behind linear layers.

Sums are made in float64, weights are float32 again.
"""

from dataclasses import dataclass, field, replace

import numpy as np

Affine = tuple[np.ndarray, np.ndarray]
"""factor and offset of x * factor + offset, (width,) each."""


@dataclass(frozen=True)
class Weights:
    """One direction of a layer as an importer read it; the fields are those of `network.Layer`."""

    cell: str
    options: dict[str, str]
    inputs: int
    units: int
    matrices: dict[str, np.ndarray]
    biases: dict[str, np.ndarray]
    vectors: dict[str, np.ndarray] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    @property
    def linear(self) -> bool:
        """Whether this is a dense layer without an activation."""
        return self.cell == "dense" and self.options.get("activation", "identity") == "identity"


def dense(matrix: np.ndarray, bias: np.ndarray) -> Weights:
    """A linear layer of (units, inputs) and (units,)."""
    units, inputs = matrix.shape
    return Weights("dense", {"activation": "identity"}, inputs, units, {"output.x": matrix}, {"output": bias})


def norm(
    mean: np.ndarray, spread: np.ndarray, gamma: np.ndarray | None = None, beta: np.ndarray | None = None
) -> Affine:
    """A batch norm at inference: gamma (x - mean) / sqrt(spread) + beta; `spread` is variance + epsilon, above 0."""
    factor = 1 / np.sqrt(spread.astype(np.float64))
    factor = factor if gamma is None else factor * gamma
    return factor, (0 if beta is None else beta.astype(np.float64)) - mean.astype(np.float64) * factor


def scaled_rows(matrix: np.ndarray, bias: np.ndarray, affine: Affine) -> tuple[np.ndarray, np.ndarray]:
    """factor (W x + b) + offset as another W and b: (rows, inputs) and (rows,)."""
    factor, offset = affine
    return (matrix * factor[:, None]).astype(np.float32), (bias * factor + offset).astype(np.float32)


def scaled(linear: Weights, affine: Affine) -> Weights:
    """A linear layer with a factor and an offset behind it."""
    matrix, bias = scaled_rows(linear.matrices["output.x"], linear.biases["output"], affine)
    return replace(linear, matrices={"output.x": matrix}, biases={"output": bias})


def activated(linear: Weights, function: str, slope: float | None = None) -> Weights:
    """A linear layer with a function behind it, as cells call it; `slope`: that of a hard sigmoid, a `clamp`."""
    made = replace(linear, options={"activation": function})
    return made if slope is None else hard_sigmoid(slope, made, ("output",))


def hard_sigmoid(slope: float, weights: Weights, gates: tuple[str, ...], vectors: tuple[str, ...] = ()) -> Weights:
    """Weights whose `gates` (and `vectors` of the same sums) carry a hard sigmoid's slope and offset.

    clip(slope * a + 0.5, 0, 1) of a gate's sum a is the cell's function `clamp` of the sum with these weights.
    """
    matrices = {
        path: (array * np.float32(slope)) if path.split(".")[0] in gates else array
        for path, array in weights.matrices.items()
    }
    biases = {
        gate: (array * np.float32(slope) + np.float32(0.5)) if gate in gates else array
        for gate, array in weights.biases.items()
    }
    parameters = {
        name: array * np.float32(slope) if name in vectors else array for name, array in weights.vectors.items()
    }
    return replace(weights, matrices=matrices, biases=biases, vectors=parameters)
