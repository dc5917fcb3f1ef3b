"""Dropout (Srivastava et al., 2014), with inverted scaling."""

from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, Seed, float_array, seeded, upstream_gradient
from coursekit.kernels.dropout import drop, drop_backward
from coursekit.layers.layer import Layer


class DropoutCache(NamedTuple):
    """What `dropout_backward` needs."""

    kept: Array | None  # bool, the shape of x: which values stayed; None at test time, when all do
    p: float
    shape: tuple[int, ...]  # of x
    dtype: Any


def dropout_forward(
    x: Array, p: float = 0.5, rng: np.random.Generator | None = None, training: bool = True
) -> tuple[Array, DropoutCache]:
    """Set each value to 0 with probability p, and scale the others: y = m ⊙ x / (1 − p), mᵢ ~ Bernoulli(1 − p).

    Inverted scaling: the mean of y over masks is x, so at test time y = x and nothing is left to scale.

    Parameters
    ----------
    x : array, any shape
        Inputs.
    p : float
        Probability of *dropping* a value, in [0, 1). The paper's p is the probability of keeping one.
    rng : numpy.random.Generator, optional
        One number is drawn from it, and a hash makes the mask from that: the same for float32 and float64. Needed in
        training only.
    training : bool
        Whether to drop.

    Returns
    -------
    y : array of the shape of x
    cache : DropoutCache

    Raises
    ------
    ValueError
        If p is out of range.
    TypeError
        If ``rng`` is no generator in training, or the dtype is not float32 or float64.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = dropout_forward(np.ones(8), p=0.5, rng=np.random.default_rng(0))
    >>> sorted(set(y.tolist()))
    [0.0, 2.0]

    References
    ----------
    Srivastava et al. (2014), Dropout: a simple way to prevent neural networks from overfitting, sections 4 and 10.
    """
    x = float_array(x, "dropout_forward: x")
    _check_probability(p, "dropout_forward")
    if not training:
        return x.copy(), DropoutCache(None, p, x.shape, x.dtype)
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "dropout_forward: in training pass rng=np.random.default_rng(seed), from which the mask is drawn, "
            f"not {rng!r}. At test time pass training=False."
        )
    y, kept = np.empty_like(x), np.empty(x.shape, bool)
    seed = int(rng.integers(1 << 63))
    with np.errstate(over="ignore"):  # a hash is meant to overflow; NumPy says so if the compiler is off
        drop(x.reshape(-1), seed, float(p), y.reshape(-1), kept.reshape(-1))
    return y, DropoutCache(kept, p, x.shape, x.dtype)


def _check_probability(p: float, where: str) -> None:
    if not isinstance(p, Real) or not 0 <= p < 1:
        raise ValueError(
            f"{where}: p is the probability of dropping a value, from 0 to just below 1, not {p!r}. "
            "p=0.5 drops half of them."
        )


def dropout_backward(dout: Array, cache: DropoutCache) -> Array:
    """Gradient m ⊙ δ / (1 − p): what was dropped gets none; at test time δ itself. ``dout`` δ has the shape of x."""
    kept, p, shape, dtype = cache
    dout = upstream_gradient(dout, "dropout_backward", shape, dtype)
    if kept is None:
        return dout.copy()
    dx = np.empty_like(dout)
    drop_backward(dout.reshape(-1), kept.reshape(-1), float(p), dx.reshape(-1))
    return dx


class Dropout(Layer):
    """Dropout with its own generator; it drops in training only."""

    p: float

    def __init__(self, p: float, rng: Seed) -> None:
        super().__init__()
        _check_probability(p, "Dropout")
        self.p = p
        self.rng = seeded(rng, "Dropout")

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = dropout_forward(x, self.p, self.rng, training)
        return y

    def arguments(self) -> str:
        return f"{self.p:g}"

    def backward(self, dout: Array) -> Array:
        return dropout_backward(dout, self._last_cache())
