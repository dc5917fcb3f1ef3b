"""Optimisers: ``state = opt.init(params)``, then ``opt.step(params, grads, state)`` changes the parameters in place."""

import math
from numbers import Real
from typing import Any

from coursekit.arrays import Array
from coursekit.registry import Registry


class SGD:
    """Gradient descent, θ ← θ − η g.

    Parameters
    ----------
    lr : float
        Learning rate η.

    Raises
    ------
    ValueError
        If the learning rate is not a positive finite number.
    """

    name = "sgd"
    lr: float

    def __init__(self, lr: float) -> None:
        if isinstance(lr, bool) or not isinstance(lr, Real) or not (math.isfinite(lr) and lr > 0):
            raise ValueError(
                f"{self.name}: the learning rate must be a positive number, but is {lr!r}. Try 0.1 or 0.01."
            )
        self.lr = float(lr)

    def init(self, params: dict[str, Array]) -> dict[str, Any]:
        """Return the optimiser's memory at the start: plain SGD has none."""
        return {}

    def step(self, params: dict[str, Array], grads: dict[str, Array], state: dict[str, Any]) -> None:
        """Move every parameter against its gradient, in place."""
        for name, gradient in grads.items():
            params[name] -= self.lr * gradient


OPTIMISERS: Registry[type[SGD]] = Registry("optimiser")
OPTIMISERS.add(SGD)
