"""One step of training: loss, gradient, optimiser, and the running average of the weights."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from .batches import Batch
from .grids import Grid, snapped
from .held import HeldForward
from .network import Run, forward
from .settings import Settings
from .trained_models import taught_loss


class Trainer:
    """A model with its optimiser and its averaged weights, whose state can be taken out and put back."""

    def __init__(
        self,
        model: Any,
        settings: Settings,
        teachers: Sequence[Any] = (),
        grids: Sequence[Grid | None] | None = None,
        held: HeldForward | None = None,
    ) -> None:
        """grids: of each trainable variable, what its value is rounded to in the forward pass; None for no rounding.

        held: the forward pass with thresholds, where there are some.
        """
        import keras

        self.model = model
        self._grids, self._held = grids, held
        self._teachers = teachers
        self._settings = settings
        self._optimizer = keras.optimizers.Adam(1e-3, global_clipnorm=settings.clip)
        self._optimizer.build(model.trainable_variables)
        self._average = [tf.Variable(variable.numpy(), trainable=False) for variable in model.trainable_variables]
        self.run = self.run_of(model)
        self._compiled = {
            stage: tf.function(self._make_step(loss), input_signature=self._signature(), autograph=False)
            for stage, loss in (("frames", frame_loss), ("ctc", ctc_loss))
        }

    def _signature(self) -> list[tf.TensorSpec]:
        width = self.model.input_shape[-1]
        return [
            tf.TensorSpec((None, None, width), tf.float32),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None, None), tf.int32),
            tf.TensorSpec((None,), tf.int32),
            tf.TensorSpec((2,), tf.int32),
            tf.TensorSpec((), tf.float32),
        ]

    def _make_step(self, loss_of: Any) -> Any:
        def step(features, lengths, targets, labels, label_lengths, seed, decay):  # type: ignore[no-untyped-def]
            variables = self.model.trainable_variables
            with tf.GradientTape() as tape:
                with self._on_grids(variables):
                    logits, done, soft = self._forward(features, lengths, seed)
                loss = loss_of(logits, lengths, targets, labels, label_lengths) + self._settings.sending * soft
                if self._teachers:
                    count = tf.reduce_sum(label_lengths)
                    taught = taught_loss(self._teachers, features, logits, lengths, count)
                    loss += self._settings.teaching * taught
            self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
            for mean, variable in zip(self._average, variables, strict=True):
                mean.assign(decay * mean + (1 - decay) * variable)
            return loss, done

        return step

    def _forward(self, features: Any, lengths: Any, seed: Any) -> tuple[Any, Any, Any]:
        """Logits, the share of multiplications done, and what stands for it in the loss: 1 and 0 without thresholds."""
        arguments = features, lengths, self._settings.dropout, seed
        return self._held(*arguments) if self._held else (forward(self.model, *arguments), 1.0, 0.0)

    def run_of(self, model: Any) -> Run | None:
        """What computes a model's logits with the thresholds, weights as they are then; None without thresholds."""
        return None if self._held is None else self._held.on(model).run()

    def step(self, batch: Batch, stage: str, rate: float, number: int) -> tuple[float, float]:
        """Learn from one batch; `number` counts all steps of the run and fixes the dropout.

        Returns the loss, and the share of multiplications done.
        """
        self._optimizer.learning_rate.assign(rate)
        # Early averages would be of the random start: the decay grows with the steps up to its setting.
        decay = min(self._settings.average, (1 + number) / (10 + number))
        arrays = (batch.features, batch.lengths, batch.targets, batch.labels, batch.label_lengths)
        seed = np.array([self._settings.seed, number * 16], np.int32)
        loss, done = self._compiled[stage](
            *(tf.constant(value) for value in arrays), tf.constant(seed), tf.constant(decay, tf.float32)
        )
        return float(loss), float(done)

    def _on_grids(self, variables: Sequence[Any]) -> Any:
        """Inside, the model computes with its weights on their grids."""
        import keras

        if self._grids is None:
            return contextlib.nullcontext()
        pairs = zip(variables, self._grids, strict=True)
        return keras.StatelessScope([(variable, snapped(variable.value, grid)) for variable, grid in pairs])

    @contextlib.contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the model has the averaged weights, on their grids where they have some; after it, its own again.

        Batch norm's moving statistics stay: they are an average over the same steps already.
        """
        own = [variable.numpy() for variable in self.model.trainable_variables]
        means = [mean.numpy() for mean in self._average]
        if self._grids is not None:
            means = [snapped(mean, grid).numpy() for mean, grid in zip(means, self._grids, strict=True)]
        self._assign(self.model.trainable_variables, means)
        try:
            yield
        finally:
            self._assign(self.model.trainable_variables, own)

    def start_stage(self) -> None:
        """Go on from the averaged weights, with the optimiser's memory cleared."""
        self._assign(self.model.trainable_variables, [mean.numpy() for mean in self._average])
        self._assign(
            self._optimizer.variables,
            [np.zeros(value.shape, np.dtype(value.dtype)) for value in self._optimizer.variables],
        )

    def arrays(self) -> dict[str, list[np.ndarray]]:
        """All state, for a checkpoint."""
        return {
            "weights": [variable.numpy() for variable in self.model.trainable_variables],
            "optimizer": [np.asarray(variable) for variable in self._optimizer.variables],
            "average": [mean.numpy() for mean in self._average],
            "statistics": [variable.numpy() for variable in self.model.non_trainable_weights],
        }

    def restore(self, groups: dict[str, list[np.ndarray]]) -> None:
        """Put back what `arrays` gave. Raises ValueError where the arrays are not those of this network."""
        own = self.arrays()
        for name, arrays in own.items():
            given = groups.get(name, [])
            if [(each.shape, each.dtype) for each in given] != [(each.shape, each.dtype) for each in arrays]:
                raise ValueError(f"its {len(given)} arrays '{name}' are not the {len(arrays)} of this network")
        if not groups.keys() <= own.keys():
            raise ValueError(f"it holds {', '.join(sorted(groups.keys() - own.keys()))}, which is not known")
        self._assign(self.model.trainable_variables, groups["weights"])
        self._assign(self._optimizer.variables, groups["optimizer"])
        self._assign(self._average, groups["average"])
        self._assign(self.model.non_trainable_weights, groups.get("statistics", []))

    @staticmethod
    def _assign(variables: Any, values: list[np.ndarray]) -> None:
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def frame_loss(logits: Any, lengths: Any, targets: Any, labels: Any, label_lengths: Any) -> Any:
    """Mean cross entropy over the frames whose target is known (padding has none)."""
    known = tf.cast(targets >= 0, tf.float32)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(tf.maximum(targets, 0), logits)
    return tf.reduce_sum(each * known) / tf.maximum(tf.reduce_sum(known), 1.0)


def ctc_loss(logits: Any, lengths: Any, targets: Any, labels: Any, label_lengths: Any) -> Any:
    """CTC loss per label (Graves et al. 2006), blank = symbol 0; sparse labels take TensorFlow's compiled kernel."""
    there = tf.sequence_mask(label_lengths, tf.shape(labels)[1])
    where = tf.where(there)
    sparse = tf.SparseTensor(where, tf.gather_nd(labels, where), tf.cast(tf.shape(labels), tf.int64))
    each = tf.nn.ctc_loss(sparse, logits, None, lengths, logits_time_major=False, blank_index=0)
    return tf.reduce_sum(each) / tf.cast(tf.maximum(tf.reduce_sum(label_lengths), 1), tf.float32)
