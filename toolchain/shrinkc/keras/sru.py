"""SRU for Keras 3: all products are of the input, and the recurrence is element-wise."""

import math
from typing import Any

import keras
from keras import ops

from .recurrent import Cell, Recurrent, product, scan

SKIPS = ("auto", "input", "matrix", "none")
ACTIVATIONS = ("linear", "tanh")


@keras.saving.register_keras_serializable(package="shrinkc")
class SRUCell(Cell):
    """One step of SRU (Lei et al. 2018, "Simple recurrent units for highly parallelizable recurrence").

        u0, u1, u2[, u3] = W x (or W P x);  f = sigma(u1 + v_f*c + b_f);  r = sigma(u2 + v_r*c + b_r)
        c' = f*c + (1-f)*u0;  h = r*g(c') + (1-r)*skip        both gates read the old c; the state is c

    Weights: projection (features, projection) where there is one; kernel (features or projection, 3 or 4 units), its
    parts in the order u0 (candidate), u1 (forget), u2 (reset), u3 (skip); recurrent_kernel (2 units,), v_f then v_r;
    bias (2 units,), b_f then b_r; and alpha (1,), a constant, where the skip is the input.

    Args:
        units: width of the state and of the output.
        activation: g: "linear" (or None) or "tanh".
        projection: width of P x, None for no projection.
        skip: "input" (alpha * x; x must have `units` features), "matrix" (u3), "none" (0), or "auto": the input where
            its width is `units`, else the matrix.
        recurrent: whether the gates read c through v.
        use_bias: whether the gates have a bias.
        highway_bias: b_r at the start, on top of bias_initializer.
        rescale: alpha = sqrt(1 + 2 exp(highway_bias)), which keeps the output's variance through many layers; else 1.
        kernel_initializer, recurrent_initializer: None for the authors' (the paper's section on initialization, and
            the package sru for v): uniform with the variance 1 / inputs, halved for the gates, times alpha^2 for u3;
            v uniform with the variance 1/2.
        The rest is that of keras.layers.GRUCell: dropout is of the products' input, recurrent_dropout of the c that
        the gates read, one mask for both.

    Raises ValueError for what cannot be meant.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "linear",
        projection: int | None = None,
        skip: str = "auto",
        recurrent: bool = True,
        use_bias: bool = True,
        highway_bias: float = 0.0,
        rescale: bool = True,
        kernel_initializer: Any = None,
        recurrent_initializer: Any = None,
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units,
            dropout,
            recurrent_dropout,
            seed,
            kernel_initializer=kernel_initializer,
            recurrent_initializer=recurrent_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            recurrent_regularizer=recurrent_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
            **kwargs,
        )
        self.activation = keras.activations.get(activation)
        self.projection, self.skip, self.recurrent, self.use_bias = projection, skip, recurrent, use_bias
        self.highway_bias, self.rescale = highway_bias, rescale
        if keras.activations.serialize(self.activation) not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)} or None, got {activation!r}")
        if skip not in SKIPS:
            raise ValueError(f"skip must be one of {', '.join(SKIPS)}, got {skip!r}")
        if projection is not None and (type(projection) is not int or projection <= 0):
            raise ValueError(f"projection must be a positive integer or None, got {projection!r}")

    @property
    def scale(self) -> float:
        """alpha: what keeps the variance of the output when the reset gate starts at highway_bias."""
        return math.sqrt(1 + 2 * math.exp(self.highway_bias)) if self.rescale else 1.0

    def build(self, input_shape: tuple) -> None:
        features, units = input_shape[-1], self.units
        automatic = "input" if features == units else "matrix"
        self._skip = automatic if self.skip == "auto" else self.skip
        if self._skip == "input" and features != units:
            raise ValueError(
                f"{self.name}: skip='input' needs an input of {units} features, its units, not {features}; use 'matrix'"
            )
        self._factors = [1.0, math.sqrt(0.5), math.sqrt(0.5)] + [self.scale] * (self._skip == "matrix")
        entry = features if self.projection is None else self.projection
        self.projection_kernel = self.recurrent_kernel = self.bias = self.alpha = None
        if self.projection is not None:
            paper = self.kernel_initializer or keras.initializers.VarianceScaling(1.0, "fan_in", "uniform")
            self.projection_kernel = self.add_part("projection", "kernel", (features, entry), paper)
        paper = self.kernel_initializer or self._paper_kernel
        self.kernel = self.add_part("kernel", "kernel", (entry, len(self._factors) * units), paper)
        if self.recurrent:
            bound = math.sqrt(1.5)
            paper = self.recurrent_initializer or keras.initializers.RandomUniform(-bound, bound)
            self.recurrent_kernel = self.add_part("recurrent_kernel", "recurrent", (2 * units,), paper)
        if self.use_bias:
            self.bias = self.add_part("bias", "bias", (2 * units,), self._first_bias)
        if self._skip == "input":
            constant = keras.initializers.Constant(self.scale)
            self.alpha = self.add_weight(name="alpha", shape=(1,), initializer=constant, trainable=False)
        self.built = True

    def _paper_kernel(self, shape: tuple[int, int], dtype: Any = None) -> Any:
        """Uniform with the variance 1 / inputs, each part times its own factor."""
        drawn = keras.initializers.VarianceScaling(1.0, "fan_in", "uniform")(shape, dtype)
        return drawn * ops.repeat(ops.array(self._factors, dtype), self.units)

    def _first_bias(self, shape: tuple[int], dtype: Any = None) -> Any:
        """What bias_initializer gives, and the highway's bias on the reset gate."""
        return self.bias_initializer(shape, dtype) + ops.repeat(ops.array([0.0, self.highway_bias], dtype), self.units)

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """inputs (batch, features), states (batch, units) or a list of it; returns the output and the new states."""
        nested = isinstance(states, (list, tuple))
        state = states[0] if nested else states
        first, rest = self._products(inputs, training)
        new = self._step(state, first, training)
        return self._output(inputs, new, rest, self.dropped_state(state, training)), [new] if nested else new

    def run(
        self, inputs: Any, state: Any, mask: Any, training: bool, unroll: bool, read: Any = None
    ) -> tuple[Any, Any]:
        """As of Cell. read: what the products read in place of the inputs, which the skip takes as they are."""
        first, rest = self._products(inputs if read is None else read, training)
        # Only c goes from step to step; the outputs follow from all old and new c at once.
        states, last = scan(lambda old, values: self._step(old, values, training), first, state, mask, unroll)
        begin = ops.expand_dims(state, 1)
        if mask is not None:  # the loop gives zeros for the steps before the first real one, where c is still the first
            begun = ops.cumsum(ops.cast(ops.expand_dims(mask, -1), "int32"), axis=1) > 0
            states = ops.where(begun, states, begin)
        before = ops.concatenate([begin, states[:, :-1]], axis=1)
        outputs = self._output(inputs, states, rest, self.dropped_state(before, training))
        if mask is not None:
            outputs, _ = scan(lambda _, output: output, outputs, ops.zeros_like(state), mask, unroll)
        return outputs, last

    def _products(self, inputs: Any, training: bool) -> tuple[Any, Any]:
        """What the loop needs, u0 and u1, and what the outputs need, u2 and, where the skip is a matrix, u3."""
        entry = self.dropped(inputs, training)
        if self.projection_kernel is not None:
            entry = product(entry, self.projection_kernel)
        return product(entry, self.kernel[:, : 2 * self.units]), product(entry, self.kernel[:, 2 * self.units :])

    def _gate(self, index: int, total: Any, seen: Any) -> Any:
        """sigma(u + v*c + b) of the forget (0) or reset (1) gate; `seen` is c as v sees it."""
        part = slice(index * self.units, (index + 1) * self.units)
        if self.recurrent_kernel is not None:
            total = total + self.recurrent_kernel[part] * seen
        return ops.sigmoid(total if self.bias is None else total + self.bias[part])

    def _step(self, state: Any, values: Any, training: bool) -> Any:
        """c' of the products u0 and u1."""
        candidate, forget = ops.split(values, 2, axis=-1)
        f = self._gate(0, forget, self.dropped_state(state, training))
        return f * state + (1 - f) * candidate

    def _output(self, inputs: Any, state: Any, values: Any, seen: Any) -> Any:
        """h of x, the new c, the products u2 and u3, and the old c as v sees it."""
        r, result = self._gate(1, values[..., : self.units], seen), self.activation(state)
        if self._skip == "none":
            return r * result
        skip = self.alpha * inputs if self._skip == "input" else values[..., self.units :]
        return r * result + (1 - r) * skip

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "projection": self.projection,
            "skip": self.skip,
            "recurrent": self.recurrent,
            "use_bias": self.use_bias,
            "highway_bias": self.highway_bias,
            "rescale": self.rescale,
        }


@keras.saving.register_keras_serializable(package="shrinkc")
class SRU(Recurrent):
    """SRU over a sequence (batch, time, features): the options of SRUCell and of keras.layers.RNN. The state is c."""

    cell_class = SRUCell
