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

FUNCTIONS = tuple(
    f"{part}_{kind}"
    for part in ("kernel", "recurrent", "bias")
    for kind in ("initializer", "regularizer", "constraint")
)
"""What a user may give for each of the weights."""

OF_EVERY_LAYER = {"name", "trainable", "dtype"}
"""Settings that the cell and the layer around it both have."""


class Cell(keras.layers.Layer, DropoutRNNCell):
    """A cell with the options of Keras' own: units, `kernel_`, `recurrent_` and `bias_` initializer, regularizer and
    constraint, dropout of the input and of the state (one mask for all steps and gates), and the seed of the dropout.
    """

    def __init__(self, units: int, dropout: float, recurrent_dropout: float, seed: int | None, **options: Any) -> None:
        functions = {name: _functions_of(name).get(options.pop(name)) for name in FUNCTIONS}
        if type(units) is not int or units <= 0:
            raise ValueError(f"units must be a positive integer, got {units!r}")
        for name, share in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if not 0 <= share < 1:
                raise ValueError(f"{name} must be from 0 to below 1, got {share!r}")
        super().__init__(**options)
        self.units = self.state_size = self.output_size = units
        self.dropout, self.recurrent_dropout, self.seed = dropout, recurrent_dropout, seed
        self.seed_generator = keras.random.SeedGenerator(seed=seed)
        for name, function in functions.items():
            setattr(self, name, function)

    def add_part(self, name: str, part: str, shape: tuple[int, ...], initializer: Any = None) -> Any:
        """A trainable weight with the functions of `part`; `initializer` goes before the one of `part`."""
        return self.add_weight(
            name=name,
            shape=shape,
            initializer=initializer or getattr(self, f"{part}_initializer"),
            regularizer=getattr(self, f"{part}_regularizer"),
            constraint=getattr(self, f"{part}_constraint"),
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
        functions = {name: getattr(self, name) for name in FUNCTIONS}
        functions = {name: each and _functions_of(name).serialize(each) for name, each in functions.items()}
        own = {"dropout": self.dropout, "recurrent_dropout": self.recurrent_dropout, "seed": self.seed}
        return {**super().get_config(), "units": self.units, **own, **functions}


class Recurrent(keras.layers.RNN):
    """A layer over one cell: the cell's options and those of keras.layers.RNN in one list, as Keras' layers have it."""

    cell_class: type[Cell]

    def __init__(self, units: int, *args: Any, **options: Any) -> None:
        own = inspect.signature(self.cell_class.__init__)
        given = {name: options.pop(name) for name in [*options] if name in own.parameters}
        given |= {name: options[name] for name in ("trainable", "dtype") if name in options}
        bound = own.bind(None, units, *args, name=self.cell_class.__name__.lower(), **given)
        super().__init__(self.cell_class(*bound.args[1:], **bound.kwargs), **options)
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

    def __getattr__(self, name: str) -> Any:
        """The cell's options are the layer's too, as with Keras' own layers."""
        if name in inspect.signature(self.cell_class.__init__).parameters and "cell" in self.__dict__:
            return getattr(self.cell, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def get_config(self) -> dict[str, Any]:
        base = super().get_config()
        del base["cell"]
        regularizer = keras.regularizers.serialize(self.activity_regularizer) if self.activity_regularizer else None
        cell = {name: value for name, value in self.cell.get_config().items() if name not in OF_EVERY_LAYER}
        return {**base, "activity_regularizer": regularizer, **cell}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "Recurrent":
        return cls(**config)


def _functions_of(name: str) -> Any:
    """Keras' module of initializers, regularizers or constraints, for an option such as kernel_initializer."""
    return getattr(keras, f"{name.split('_')[1]}s")


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
