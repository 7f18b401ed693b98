"""Trained models that a run begins with: the one whose weights it starts from, and the ones that it learns from.

Learning from others (Hinton, Vinyals and Dean 2015): beside the labels, the student is held to what its teachers say of
each frame, the same augmented frame that it hears itself.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InputError
from .network import load_model


@dataclass(frozen=True)
class TrainedModels:
    """Paths of `.keras` files. start: its weights are the first; it must be the network that the settings describe.

    teachers: any networks over the same features and symbols; what they say is averaged.
    """

    start: Path | None = None
    teachers: tuple[Path, ...] = ()

    def digests(self) -> dict[str, str | list[str]]:
        """What a resumed run must have begun with: nothing where there are none."""
        found: dict[str, str | list[str]] = {}
        if self.start:
            found["start"] = _digest(self.start)
        if self.teachers:
            found["teachers"] = [_digest(path) for path in self.teachers]
        return found


def _digest(path: Path) -> str:
    if not path.is_file():
        raise InputError(f"{path}: no such model")
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def start_from(model: Any, path: Path) -> None:
    """Give a new model the weights of the trained one in `path`.

    Raises InputError where that is another network.
    """
    found, own = load_model(path), model.get_weights()
    weights = found.get_weights()
    if [value.shape for value in weights] != [value.shape for value in own]:
        raise InputError(f"{path}: its weights are not those of the network of these settings; give the same settings")
    model.set_weights(weights)


def load_teachers(paths: Sequence[Path], model: Any) -> list[Any]:
    """The teachers, each over the features and the symbols of `model`.

    Raises InputError for one that is not.
    """
    teachers = [load_model(path) for path in paths]
    for path, teacher in zip(paths, teachers, strict=True):
        ends = [(one.input_shape[-1], one.output_shape[-1]) for one in (teacher, model)]
        if ends[0] != ends[1]:
            (features, symbols), (ours, known) = ends
            raise InputError(f"{path}: takes {features} features to {symbols} symbols, the data has {ours} and {known}")
    return teachers


def taught_loss(teachers: Sequence[Any], features: Any, logits: Any, lengths: Any, labels: Any) -> Any:
    """How far the student's logits (batch, frames, symbols) are from what the teachers say on average: the
    Kullback-Leibler divergence, summed over real frames, per label. `labels` is their number in the batch.
    """
    import tensorflow as tf

    said = [tf.nn.softmax(teacher(features, training=False)) for teacher in teachers]
    mean = tf.stop_gradient(tf.add_n(said) / len(said))
    each = tf.reduce_sum(mean * (tf.math.log(mean + 1e-9) - tf.nn.log_softmax(logits)), axis=-1)
    real = tf.sequence_mask(lengths, tf.shape(logits)[1], dtype=tf.float32)
    return tf.reduce_sum(each * real) / tf.cast(tf.maximum(labels, 1), tf.float32)
