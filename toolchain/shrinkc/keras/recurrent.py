"""What LiGRU and SRU share: the options of Keras' own recurrent cells, the loop over time, the layer around a cell."""

import inspect
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

# Neither has a public name: the loop of keras.layers.RNN, which `keras.ops.scan` is no match for (it fails on sequences
# of unknown length), and the class of cells whose dropout masks that layer makes and drops.
from keras.src import backend
from keras.src.layers.rnn.dropout_rnn_cell import DropoutRNNCell

PARTS = ("kernel", "recurrent", "bias")
"""The weights that a user gives an initializer, a regularizer and a constraint."""

LAYER_ONLY = {"name", "trainable", "dtype"}
"""Settings of a Layer that the cell and the layer around it both have."""


class Cell(keras.layers.Layer, DropoutRNNCell):
    """A cell with the options of Keras' own: units, `kernel_`, `recurrent_` and `bias_` initializer, regularizer and
    constraint, dropout of the input and of the state (one mask for all steps and gates), and the seed of the dropout.
    """

    def __init__(self, units: int, dropout: float, recurrent_dropout: float, seed: int | None, **options: Any) -> None:
        functions = {
            f"{part}_{kind}": getattr(keras, f"{kind}s").get(options.pop(f"{part}_{kind}"))
            for part in PARTS
            for kind in ("initializer", "regularizer", "constraint")
        }
        if type(units) is not int or units <= 0:
            raise ValueError(f"units must be a positive integer, got {units!r}")
        for name, share in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= share < 1:
                raise ValueError(f"{name} must be from 0 to below 1, got {share!r}")
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units
        self.dropout, self.recurrent_dropout, self.seed = dropout, recurrent_dropout, seed
        self.seed_generator = keras.random.SeedGenerator(seed=seed)
        self._functions = functions

    def add_part(self, name: str, part: str, shape: tuple[int, ...], initializer: Any = None) -> Any:
        """A trainable weight with the functions of `part`; `initializer` stands in for one that is not given."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=self._functions[f"{part}_initializer"] or initializer,
            regularizer=self._functions[f"{part}_regularizer"],
            constraint=self._functions[f"{part}_constraint"],
        )

    def run(self, inputs: Any, state: Any, mask: Any, training: bool, unroll: bool) -> tuple[Any, Any]:
        """The whole sequence: inputs (batch, time, features), state (batch, units), mask (batch, time) or None.

        Returns the outputs (batch, time, units) and the last state. A masked step keeps the state and the last output.
        """
        raise NotImplementedError

    def dropped(self, inputs: Any, training: bool) -> Any:
        """Inputs of one step (batch, features) or of all (batch, time, features), with dropout in training."""
        return _drop(inputs, self.get_dropout_mask) if training and self.dropout else inputs

    def dropped_state(self, state: Any, training: bool) -> Any:
        """State of one step or of all, as its weights see it: with dropout in training."""
        return _drop(state, self.get_recurrent_dropout_mask) if training and self.recurrent_dropout else state

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """Zeros."""
        return [ops.zeros((batch_size, self.units), dtype=self.compute_dtype)]

    def get_config(self) -> dict[str, Any]:
        functions = {
            name: getattr(keras, f"{name.split('_')[1]}s").serialize(function) if function is not None else None
            for name, function in self._functions.items()
        }
        own = {"dropout": self.dropout, "recurrent_dropout": self.recurrent_dropout, "seed": self.seed}
        return {**super().get_config(), "units": self.units, **own, **functions}


class Recurrent(keras.layers.RNN):
    """A layer over one cell: the cell's options and those of keras.layers.RNN in one list, as Keras' layers have it."""

    cell_class: type[Cell]

    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        names = list(inspect.signature(self.cell_class.__init__).parameters)
        if isinstance(units, keras.layers.Layer) or len(args) > len(names) - 3:
            raise TypeError(
                f"{type(self).__name__} takes units and the options of its cell, got {units!r} and {args!r}"
            )
        given = dict(zip(names[2:], args, strict=False))
        given |= {name: options.pop(name) for name in names[1:] if name in options and name not in LAYER_ONLY}
        shared = {name: options[name] for name in ("trainable", "dtype") if name in options}
        cell = self.cell_class(units, **given, **shared, name=f"{self.cell_class.__name__.lower()}")
        super().__init__(cell, **options)
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def inner_loop(self, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> tuple[Any, Any, Any]:
        """keras.layers.RNN's loop, with all products of the input computed before it."""
        state = initial_state[0] if isinstance(initial_state, (list, tuple)) else initial_state
        mask = mask[0] if isinstance(mask, (list, tuple)) else mask
        batch, time = ops.shape(sequences)[:2]
        # What is known of batch and time beforehand must be the same for all three, or the loop is refused.
        state = ops.reshape(state, (batch, self.units))
        mask = None if mask is None else ops.reshape(ops.cast(mask, "bool"), (batch, time))
        if self.go_backwards:
            sequences = ops.flip(sequences, axis=1)
            mask = None if mask is None else ops.flip(mask, axis=1)
        outputs, state = self.cell.run(sequences, state, mask, bool(training), self.unroll)
        if mask is not None and self.zero_output_for_mask:
            outputs = ops.where(ops.expand_dims(mask, -1), outputs, ops.zeros_like(outputs))
        return outputs[:, -1], outputs, [state]

    @property
    def units(self) -> int:
        """Units of the cell."""
        return self.cell.units

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        del base["cell"]
        regularizer = keras.regularizers.serialize(self.activity_regularizer) if self.activity_regularizer else None
        cell = {name: value for name, value in self.cell.get_config().items() if name not in LAYER_ONLY}
        return {**base, "activity_regularizer": regularizer, **cell}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Recurrent":
        return cls(**config)


def _drop(values: Any, mask_for: Callable) -> Any:
    """values times the mask of their sequences: the same one at all steps."""
    return values * mask_for(values) if len(values.shape) == 2 else values * ops.expand_dims(mask_for(values[:, 0]), 1)


def product(inputs: Any, kernel: Any) -> Any:
    """inputs (..., n) times kernel (n, m), as one plain matrix product (a batched one has a slow gradient)."""
    shape = ops.shape(inputs)
    flat = ops.matmul(ops.reshape(inputs, (-1, shape[-1])), kernel)
    return ops.reshape(flat, (*shape[:-1], kernel.shape[-1]))


def scan(step: Callable, values: Any, state: Any, mask: Any, unroll: bool) -> tuple[Any, Any]:
    """All states (batch, time, units), and the last one, of state' = step(state, value), from `state`.

    values: (batch, time, n). mask: (batch, time) or None; a masked step keeps the state, and repeats the one before in
    what is returned, zeros where there is none.
    """

    def one(value: Any, states: Any) -> tuple[Any, list[Any]]:
        new = step(states[0], value)
        return new, [new]

    _, states, last = backend.rnn(one, values, [state], mask=mask, unroll=unroll)
    return states, last[0]
