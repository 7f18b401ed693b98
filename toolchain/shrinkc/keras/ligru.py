"""LiGRU for Keras 3: a GRU without the reset gate, with ReLU and with batch norm on the products of the input."""

from typing import Any

import keras
from keras import ops

from .recurrent import Cell, Recurrent, product, scan


@keras.saving.register_keras_serializable(package="shrinkc")
class LiGRUCell(Cell):
    """One step of LiGRU (Ravanelli et al. 2018, "Light gated recurrent units for speech recognition").

        z = sigma(BN(W_z x) + U_z h);  n = relu(BN(W_n x) + U_n h);  h' = z*h + (1-z)*n

    Weights, gates in the order z, n: kernel (features, 2 units), recurrent_kernel (units, 2 units), then with batch
    norm gamma, beta, moving_mean, moving_variance, and without it bias, (2 units,) each.

    Args:
        units: width of the state.
        activation: of n. recurrent_activation: of z. None is the identity.
        use_bias: whether there is a bias where there is no batch norm; batch norm has its own (beta).
        batch_norm: normalise W x. A cell by itself sees one step only, so it cannot be trained with it: use LiGRU.
        momentum: share of the old moving statistics that an update keeps. epsilon: is added to the variance.
        The rest is that of keras.layers.GRUCell; dropout masks serve both gates.

    Raises ValueError for what cannot be meant.
    """

    def __init__(
        self,
        units: int,
        activation: Any = "relu",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        batch_norm: bool = True,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        beta_initializer: Any = "zeros",
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
        if not 0 <= momentum < 1 or not epsilon > 0:
            raise ValueError(f"momentum must be from 0 to below 1 and epsilon above 0, got {momentum!r}, {epsilon!r}")
        self.activation = keras.activations.get(activation)
        self.recurrent_activation = keras.activations.get(recurrent_activation)
        self.use_bias, self.batch_norm = use_bias, batch_norm
        self.momentum, self.epsilon = momentum, epsilon
        self.gamma_initializer = keras.initializers.get(gamma_initializer)
        self.beta_initializer = keras.initializers.get(beta_initializer)

    def build(self, input_shape: tuple) -> None:
        wide = 2 * self.units
        self.kernel = self.add_part("kernel", "kernel", (input_shape[-1], wide))
        self.recurrent_kernel = self.add_part("recurrent_kernel", "recurrent", (self.units, wide))
        self.bias = None
        if self.batch_norm:
            self.gamma = self.add_weight(name="gamma", shape=(wide,), initializer=self.gamma_initializer)
            self.beta = self.add_weight(name="beta", shape=(wide,), initializer=self.beta_initializer)
            self.moving_mean = self.add_weight(
                name="moving_mean", shape=(wide,), initializer="zeros", trainable=False, autocast=False
            )
            self.moving_variance = self.add_weight(
                name="moving_variance", shape=(wide,), initializer="ones", trainable=False, autocast=False
            )
        elif self.use_bias:
            self.bias = self.add_part("bias", "bias", (wide,))
        self.built = True

    def call(self, inputs: Any, states: Any, training: bool = False) -> tuple[Any, Any]:
        """inputs (batch, features), states (batch, units) or a list of it; returns the output and the new states."""
        nested = isinstance(states, (list, tuple))
        if training and self.batch_norm and self.trainable:
            raise ValueError(
                f"{self.name}: a cell sees one step, and batch norm is over the whole sequence; "
                "train the layer shrinkc.keras.LiGRU, or a cell with batch_norm=False"
            )
        state = states[0] if nested else states
        products = self._normalised(product(self.dropped(inputs, training), self.kernel), None, False)
        new = self._step(state, *ops.split(products, 2, axis=-1), self.dropped_state(state, training))
        return new, [new] if nested else new

    def run(self, inputs: Any, state: Any, mask: Any, training: bool, unroll: bool) -> tuple[Any, Any]:
        products = product(self.dropped(inputs, training), self.kernel)
        products = self._normalised(products, mask, training and self.trainable)

        def step(old: Any, values: Any) -> Any:
            return self._step(old, *ops.split(values, 2, axis=-1), self.dropped_state(old, training))

        return scan(step, products, state, mask, unroll)

    def _step(self, state: Any, update: Any, candidate: Any, seen: Any) -> Any:
        """h' of the products of the input for each gate; `seen` is the state as the recurrent weights see it."""
        of_update, of_candidate = ops.split(ops.matmul(seen, self.recurrent_kernel), 2, axis=-1)
        z = self.recurrent_activation(update + of_update)
        n = self.activation(candidate + of_candidate)
        return z * state + (1 - z) * n

    def _normalised(self, products: Any, mask: Any, training: bool) -> Any:
        """W x with its bias, or batch norm: by the statistics of all real frames in training, else the moving ones."""
        if not self.batch_norm:
            return products if self.bias is None else products + self.bias
        mean, variance = self.moving_mean, self.moving_variance
        if training:
            mean, variance = self._statistics(products, mask)
        factor = ops.cast(self.gamma, mean.dtype) / ops.sqrt(variance + self.epsilon)
        return (products - ops.cast(mean, products.dtype)) * ops.cast(factor, products.dtype) + self.beta

    def _statistics(self, products: Any, mask: Any) -> tuple[Any, Any]:
        """Mean and variance (2 units,) over the frames that are not masked; they move the moving statistics."""
        values = ops.cast(ops.reshape(products, (-1, 2 * self.units)), self.moving_mean.dtype)
        there = ops.ones_like(values[:, 0]) if mask is None else ops.reshape(mask, (-1,))
        weights = ops.cast(ops.expand_dims(there, 0), values.dtype)
        count = ops.sum(weights)
        # A sum over frames is a product with the row of their weights: quicker than a masked copy.
        shares = weights / ops.maximum(count, 1.0)
        mean = ops.matmul(shares, values)[0]
        variance = ops.matmul(shares, ops.square(values - mean))[0]
        kept = ops.where(count > 0, ops.cast(self.momentum, mean.dtype), ops.cast(1.0, mean.dtype))
        for moving, new in ((self.moving_mean, mean), (self.moving_variance, variance)):
            moving.assign(moving * kept + ops.stop_gradient(new) * (1 - kept))
        return mean, variance

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "activation": keras.activations.serialize(self.activation),
            "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
            "use_bias": self.use_bias,
            "batch_norm": self.batch_norm,
            "momentum": self.momentum,
            "epsilon": self.epsilon,
            "gamma_initializer": keras.initializers.serialize(self.gamma_initializer),
            "beta_initializer": keras.initializers.serialize(self.beta_initializer),
        }


@keras.saving.register_keras_serializable(package="shrinkc")
class LiGRU(Recurrent):
    """LiGRU over a sequence (batch, time, features): the options of LiGRUCell and of keras.layers.RNN.

    With batch norm, training normalises by the statistics of W x over all frames of the batch that the mask leaves, and
    inference by their moving averages. The state is h.
    """

    cell_class = LiGRUCell
