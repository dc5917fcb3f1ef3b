"""Maxout (Goodfellow et al., 2013): each unit is the largest of K linear maps, and so learns its own activation."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, Seed, float_array, same_dtype, seeded, upstream_gradient
from coursekit.initialisers import INITIALISERS
from coursekit.kernels import pool as kernels
from coursekit.layers.layer import Layer


class MaxoutCache(NamedTuple):
    """What `maxout_backward` needs."""

    x: Array  # (N, D)
    w: Array  # (D, H, K)
    piece: Array  # (N, H), int32: which of the K maps was largest


def maxout_forward(x: Array, w: Array, b: Array) -> tuple[Array, MaxoutCache]:
    """Largest of K linear maps, y[n, h] = max over k of Σ_d x[n, d] w[d, h, k] + b[h, k].

    Parameters
    ----------
    x : (N, D) array
        Inputs, one sample a row.
    w : (D, H, K) array
        Weights of the K pieces of each unit.
    b : (H, K) array
        Biases.

    Returns
    -------
    y : (N, H) array
    cache : MaxoutCache

    Raises
    ------
    ValueError
        If the shapes do not fit, or K is 0.
    TypeError
        If a dtype is not float32 or float64, or the three differ.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = maxout_forward(np.array([[-3.0]]), np.array([[[1.0, -1.0]]]), np.zeros((1, 2)))  # |x|
    >>> y
    array([[3.]])

    References
    ----------
    Goodfellow et al. (2013), Maxout networks, section 3.
    """
    x = float_array(x, "maxout_forward: x", 2, "(N, D)")
    w = float_array(w, "maxout_forward: w", 3, "(D, H, K)")
    b = float_array(b, "maxout_forward: b", 2, "(H, K)")
    same_dtype("maxout_forward", x=x, w=w, b=b)
    if x.shape[1] != w.shape[0] or w.shape[1:] != b.shape or not w.shape[2]:
        raise ValueError(
            f"maxout_forward: x {x.shape}, w {w.shape} and b {b.shape} do not fit. "
            "x is (N, D), w is (D, H, K) and b is (H, K), with K ≥ 1 pieces."
        )
    shape = x.shape[0], w.shape[1]
    z = x @ _matrix(w)
    y, piece = np.empty(shape, x.dtype), np.empty(shape, np.int32)
    kernels.maxout(z.reshape(*shape, w.shape[2]), b, y, piece)
    return y, MaxoutCache(x, w, piece)


def maxout_backward(dout: Array, cache: MaxoutCache) -> tuple[Array, Array, Array]:
    """Gradients: only the largest piece (the first of equals) gets δ = ``dout`` (N, H); then as a linear layer.

    δ'[n, h, k] = δ[n, h] · 1[k won], dx = δ' wᵀ, dw = xᵀ δ', db = Σₙ δ'ₙ.
    """
    x, w, piece = cache
    dout = upstream_gradient(dout, "maxout_backward", piece.shape, x.dtype)
    dz = np.empty((*piece.shape, w.shape[2]), x.dtype)
    kernels.maxout_backward(dout, piece, dz)
    flat = dz.reshape(x.shape[0], w.shape[1] * w.shape[2])
    return flat @ _matrix(w).T, (x.T @ flat).reshape(w.shape), dz.sum(0)


def _matrix(w: Array) -> Array:
    """View (D, H, K) as (D, H · K): one matrix product for all pieces."""
    return w.reshape(w.shape[0], w.shape[1] * w.shape[2])


class Maxout(Layer):
    """Maxout units: x (N, fan_in) → (N, fan_out), each with so many pieces; biases 0.

    Weights have variance 1 / fan_in unless another initialiser is named: the larger of two unit Gaussians has
    E[y²] = 1, so with two pieces a signal keeps its size.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        pieces: int,
        rng: Seed,
        init: str = "lecun_normal",
        dtype: Any = np.float32,
        **init_params: Any,
    ) -> None:
        shape = (fan_in, fan_out, pieces)
        weights = INITIALISERS[init](
            fan_in, fan_out, rng=seeded(rng, "Maxout"), shape=shape, dtype=dtype, **init_params
        )
        super().__init__(w=weights, b=np.zeros((fan_out, pieces), dtype))

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.cache = maxout_forward(x, self.params["w"], self.params["b"])
        return y

    def backward(self, dout: Array) -> Array:
        dx, dw, db = maxout_backward(dout, self._last_cache())
        self._keep(w=dw, b=db)
        return dx

    def arguments(self) -> str:
        return ", ".join(map(str, self.params["w"].shape))
