"""Dev PER of a model, and the last touch to a model trained with CTC: how readily it says nothing.

Greedy decoding takes the best class of each frame, while CTC trains the sum over all paths: where several paths share a
phone's probability, the blank wins the frame and the phone is lost. Deletions outnumber insertions many times. A
constant taken off the blank's logit evens them out; it is chosen on the dev sets and goes into the head's bias.
"""

from typing import Any

import numpy as np

from ..datasets.dataset import Dataset
from ..score.per import decode_all, per, utterance_errors
from .network import Run, outputs

BIASES = tuple(0.25 * step for step in range(13))


def dev_figures(model: Any, devs: dict[str, Dataset], run: Run | None = None) -> tuple[float, dict[str, float]]:
    """PER without silence over all dev sets together, and of each. run: see `network.outputs`."""
    return _figures(_outputs(model, devs, run), devs, 0.0)


def settle_blank(model: Any, devs: dict[str, Dataset], run: Run | None = None) -> tuple[float, float, dict[str, float]]:
    """Lower the head's bias for the blank by what serves the dev PER most.

    Returns what was taken off, and the dev PER over all sets and of each. The model is changed in place.
    """
    found = _outputs(model, devs, run)
    chosen = min(BIASES, key=lambda bias: _figures(found, devs, bias)[0])
    kernel, bias = model.get_layer("head").get_weights()
    bias[0] -= chosen
    model.get_layer("head").set_weights([kernel, bias])
    return chosen, *_figures(found, devs, chosen)


def _outputs(model: Any, devs: dict[str, Dataset], run: Run | None) -> dict[str, list[np.ndarray]]:
    return {name: outputs(model, [features for features, _ in dataset], run=run) for name, dataset in devs.items()}


def _figures(
    found: dict[str, list[np.ndarray]], devs: dict[str, Dataset], bias: float
) -> tuple[float, dict[str, float]]:
    """PER over all and of each, with `bias` taken off the blank's logit."""
    errors = {}
    for name, dataset in devs.items():
        less = bias * (np.arange(len(dataset.symbols)) == 0)
        hypotheses = decode_all([logits - less for logits in found[name]])
        errors[name] = utterance_errors([labels for _, labels in dataset], hypotheses)
    each = {name: per(items) for name, items in errors.items()}
    return per([item for items in errors.values() for item in items]), each
