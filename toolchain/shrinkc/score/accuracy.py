"""Accuracy of classifiers: one label a frame, or one label an utterance."""

from collections.abc import Sequence

import numpy as np

from ..datasets import Dataset
from ..errors import InputError
from .per import Errors

UNKNOWN = -1


def reference_labels(dataset: Dataset) -> tuple[list[np.ndarray], str]:
    """The labels of each utterance, and what one stands for: "frames" or "sequences".

    Frame labels come first, where the data set has them; then labels as many as frames; then one
    label an utterance. Anything else cannot be scored as accuracy: InputError.
    """
    if dataset.frame_labels is not None:
        return [dataset.frame_labels_of(index) for index in range(len(dataset))], "frames"
    references = [labels for _, labels in dataset]
    if np.array_equal(dataset.lengths, dataset.label_lengths):
        return references, "frames"
    if np.all(dataset.label_lengths == 1):
        return references, "sequences"
    raise InputError(
        "metric.kind: accuracy needs one label a frame or one an utterance; set it to 'per' for sequences of labels"
    )


def label_errors(references: Sequence[np.ndarray], outputs: Sequence[np.ndarray], unit: str) -> list[Errors]:
    """Wrong labels of each utterance, as substitutions, so that rates and intervals work as for PER.

    `references` holds the labels and `outputs` one (frames, classes) array an utterance. With unit
    "sequences" the last frame's output decides. A label of -1 is unknown and not counted. Equal
    outputs give the lowest class.
    """
    errors = []
    for labels, output in zip(references, outputs, strict=True):
        seen = output[-1:] if unit == "sequences" else output
        known = np.asarray(labels) != UNKNOWN
        wrong = np.argmax(seen, axis=1)[known] != np.asarray(labels)[known]
        errors.append(Errors(int(np.count_nonzero(wrong)), 0, 0, int(np.count_nonzero(known))))
    return errors
