"""Blocks: layers that hold layers."""

from collections.abc import Sequence

import numpy as np

from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.layers.layer import Layer


class Residual(Layer):
    """A shortcut around layers f in order: y = x + f(x), so dx = δ + (∂f/∂x)ᵀ δ; the 1 keeps the gradient alive.

    Parameters
    ----------
    layers : list of Layer
        f, whose output has the shape of its input.
    survival : float
        Stochastic depth: the probability, in (0, 1], that f takes part in a training step. At test time
        y = x + survival · f(x), its expectation.
    rng : numpy.random.Generator, optional
        Needed if ``survival`` is under 1.

    Raises
    ------
    ValueError
        If there is no layer, ``survival`` is not a probability, ``rng`` is missing, or (in forward) the shape of f(x)
        is not that of x.

    References
    ----------
    He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, equation 1. Huang, Sun, Liu, Sedra and
    Weinberger (2016), Deep networks with stochastic depth, equations 2 and 5.
    """

    def __init__(self, layers: Sequence[Layer], survival: float = 1.0, rng: np.random.Generator | None = None) -> None:
        super().__init__()
        self.layers = list(layers)
        if not self.layers:
            raise ValueError("Residual needs at least one layer.")
        if not 0 < survival <= 1:
            raise ValueError(f"Residual: survival is a probability in (0, 1], not {survival!r}.")
        if survival < 1 and rng is None:
            raise ValueError("Residual with survival under 1 draws numbers: pass rng=np.random.default_rng(seed).")
        self.survival = survival
        self.rng = rng

    def forward(self, x: Array, training: bool = False) -> Array:
        x = float_array(x, "Residual: x")
        share = self._share(training)
        self.cache = share, x.shape, x.dtype
        if not share:
            return x.copy()
        f = x
        for layer in self.layers:
            f = layer.forward(f, training)
        if f.shape != x.shape:
            raise ValueError(
                f"Residual: the layers turn {x.shape} into {f.shape}, which cannot be added to x. "
                "Choose layers whose output has the shape of their input, e.g. padding that keeps height and width."
            )
        return x + f if share == 1 else x + x.dtype.type(share) * f

    def backward(self, dout: Array) -> Array:
        share, shape, dtype = self._last_cache()
        dout = upstream_gradient(dout, "Residual", shape, dtype)
        if not share:
            _clear(self.layers)
            return dout.copy()
        df = dout if share == 1 else dtype.type(share) * dout
        for layer in reversed(self.layers):
            df = layer.backward(df)
        return dout + df

    def _share(self, training: bool) -> float:
        """Return the factor of f: in training 1 or 0, drawn; at test time the probability of a 1."""
        if not training or self.rng is None:
            return self.survival
        return float(self.rng.random() < self.survival)


def _clear(layers: Sequence[Layer]) -> None:
    """Set all gradients to 0: layers that took no part must not learn from the step before."""
    for layer in layers:
        for gradient in layer.grads.values():
            gradient[...] = 0
        _clear(layer.layers)
