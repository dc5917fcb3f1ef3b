"""Thin layer objects: they hold parameters, gradients and the last cache, and do no arithmetic of their own."""

from typing import Any

import numpy as np

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.initialisers import INITIALISERS
from coursekit.layers.linear import linear_backward, linear_forward
from coursekit.layers.norm import RunningStatistics, batch_norm_backward, batch_norm_forward


class Layer:
    """A step of a network: ``params`` and ``grads`` by name, ``forward``, and ``backward`` which fills ``grads``."""

    def __init__(self) -> None:
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.cache: Any = None

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the output for ``x`` and keep what backward needs."""
        raise NotImplementedError

    def backward(self, dout: Array) -> Array:
        """Fill ``grads`` and return the gradient with respect to the last input."""
        raise NotImplementedError

    def _last_cache(self) -> Any:
        if self.cache is None:
            raise RuntimeError(f"{type(self).__name__}: run forward before backward.")
        return self.cache


class Linear(Layer):
    """Fully connected: x (N, fan_in) → (N, fan_out), weights by an initialiser's name, biases 0."""

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        rng: np.random.Generator,
        init: str = "he_normal",
        dtype: Any = np.float32,
        **init_params: Any,
    ) -> None:
        super().__init__()
        weights = INITIALISERS[init](fan_in, fan_out, rng=rng, dtype=dtype, **init_params)
        self.params = {"w": weights, "b": np.zeros(fan_out, dtype)}

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = linear_forward(x, self.params["w"], self.params["b"])
        return y

    def backward(self, dout: Array) -> Array:
        dx, self.grads["w"], self.grads["b"] = linear_backward(dout, self._last_cache())
        return dx


class Activation(Layer):
    """An activation by name, with its scalar parameters fixed."""

    def __init__(self, name: str, **params: float) -> None:
        super().__init__()
        self.function = ACTIVATIONS[name]
        self.function_params = params

    def forward(self, x: Array, training: bool = False) -> Array:
        y: Array
        y, self.cache = self.function.forward(x, **self.function_params)
        return y

    def backward(self, dout: Array) -> Array:
        dx: Array = self.function.backward(dout, self._last_cache())
        return dx


class BatchNorm(Layer):
    """Batch normalisation over (N, D) or (N, C, H, W), with its running statistics."""

    def __init__(self, channels: int, momentum: float = 0.1, eps: float = 1e-5, dtype: Any = np.float32) -> None:
        super().__init__()
        self.params = {"gamma": np.ones(channels, dtype), "beta": np.zeros(channels, dtype)}
        self.running = RunningStatistics.start(channels, dtype)
        self.momentum = momentum
        self.eps = eps

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = batch_norm_forward(
            x, self.params["gamma"], self.params["beta"], self.running, training, self.momentum, self.eps
        )
        return y

    def backward(self, dout: Array) -> Array:
        dx, self.grads["gamma"], self.grads["beta"] = batch_norm_backward(dout, self._last_cache())
        return dx
