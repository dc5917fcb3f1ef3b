"""What all layer objects share: parameters, their gradients and the last cache. They do no arithmetic of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from coursekit.arrays import Array


class Layer:
    """A step of a network.

    Attributes
    ----------
    params, grads : dict from name to array
        What is learned, and ∂L/∂ it from the last backward pass; a gradient is overwritten in place.
    buffers : dict from name to array
        What is kept but not learned, e.g. running statistics.
    layers : list of Layer
        The layers inside this one, if it is a block.
    rng : numpy.random.Generator or None
        Where a layer that draws in training takes its numbers from.
    """

    layers: Sequence["Layer"] = ()
    rng: np.random.Generator | None = None

    def __init__(self, **params: Array) -> None:
        self.params: dict[str, Array] = {name: np.array(array, order="C") for name, array in params.items()}
        self.grads: dict[str, Array] = {name: np.zeros_like(array) for name, array in self.params.items()}
        self.buffers: dict[str, Array] = {}
        self.cache: Any = None

    def forward(self, x: Array, training: bool = False) -> Array:
        """Return the output for ``x`` and keep what backward needs."""
        raise NotImplementedError

    def backward(self, dout: Array) -> Array:
        """Fill ``grads`` and return the gradient with respect to the last input."""
        raise NotImplementedError

    def parameter_gradients(self, dout: Array) -> None:
        """Fill ``grads`` only, as the first layer of a network may; layers that save time by it override this."""
        self.backward(dout)

    def cost(self) -> tuple[int, int]:
        """Parameters, and multiply–adds for one sample of the last forward pass: each weight (w, wx, wh) × its uses."""
        weights = sum(array.size for name, array in self.params.items() if name.startswith("w"))
        inside = [layer.cost() for layer in self.layers]
        parameters = sum(array.size for array in self.params.values()) + sum(count for count, _ in inside)
        return parameters, weights * self._uses() + sum(count for _, count in inside)

    def _uses(self) -> int:
        """How many multiply–adds each weight takes part in for one sample."""
        return 1

    def _last_cache(self) -> Any:
        if self.cache is None:
            raise RuntimeError(f"{type(self).__name__}: run forward before backward.")
        return self.cache

    def _keep(self, **grads: Array) -> None:
        """Write gradients into ``grads``."""
        for name, gradient in grads.items():
            self.grads[name][...] = gradient
