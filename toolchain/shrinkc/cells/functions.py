"""The element-wise functions that cells are written with, one record each.

What a function computes in real numbers, how far its result can reach, and how it reads. How it becomes integers
is `quantize/expressions.py`'s to say.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Interval = tuple[float, float]


@dataclass(frozen=True)
class Function:
    """arity: how many arguments. text: how it reads, {} for each argument. compute: float32 arrays to float32.

    bounds: the intervals of the arguments to the interval of the result.
    """

    arity: int
    text: str
    compute: Callable[..., np.ndarray]
    bounds: Callable[..., Interval]


def _product(a: Interval, b: Interval) -> Interval:
    corners = [x * y if x and y else 0.0 for x in a for y in b]
    return min(corners), max(corners)


def _hull(_share: Interval, a: Interval, b: Interval) -> Interval:
    """A mix lies between what it mixes: its share is a gate's, from 0 to 1."""
    return min(a[0], b[0]), max(a[1], b[1])


CLIP = 10.0
"""Where clip10 cuts off: the cell_clip that TensorFlow's converter gives every fused LSTM."""


def _clipped(a: Interval) -> Interval:
    return min(max(a[0], -CLIP), CLIP), min(max(a[1], -CLIP), CLIP)


FUNCTIONS: dict[str, Function] = {
    "add": Function(2, "{} + {}", np.add, lambda a, b: (a[0] + b[0], a[1] + b[1])),
    "multiply": Function(2, "{} * {}", np.multiply, _product),
    "one_minus": Function(1, "(1 - {})", lambda a: 1 - a, lambda a: (1 - a[1], 1 - a[0])),
    "mix": Function(3, "mix({}: {}, {})", lambda z, a, b: z * a + (1 - z) * b, _hull),
    "sigmoid": Function(1, "sigmoid({})", lambda a: 0.5 + 0.5 * np.tanh(0.5 * a), lambda a: (0.0, 1.0)),
    "clamp": Function(1, "clamp({})", lambda a: np.clip(a, 0, 1), lambda a: (0.0, 1.0)),
    "clip10": Function(1, "clip10({})", lambda a: np.clip(a, np.float32(-CLIP), np.float32(CLIP)), _clipped),
    "tanh": Function(1, "tanh({})", np.tanh, lambda a: (-1.0, 1.0)),
    "relu": Function(1, "relu({})", lambda a: np.maximum(a, 0), lambda a: (max(a[0], 0.0), max(a[1], 0.0))),
    "identity": Function(1, "{}", lambda a: a, lambda a: a),
}
"""mix(z: a, b) = z * a + (1 - z) * b. clamp(a) = min(max(a, 0), 1): the hard sigmoids of all frameworks are a clamp of
an affine product, whose slope and offset stand in its weights and its bias."""
