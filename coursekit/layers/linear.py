"""The fully connected layer."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array, Seed, float_array, same_dtype, seeded, upstream_gradient
from coursekit.initialisers import INITIALISERS
from coursekit.layers.layer import Layer


class LinearCache(NamedTuple):
    """What `linear_backward` needs."""

    x: Array  # (N, D)
    w: Array  # (D, H)


def linear_forward(x: Array, w: Array, b: Array) -> tuple[Array, LinearCache]:
    """Affine map, y = x w + b.

    Parameters
    ----------
    x : (N, D) array
        Inputs, one sample a row.
    w : (D, H) array
        Weights.
    b : (H,) array
        Bias.

    Returns
    -------
    y : (N, H) array
    cache : LinearCache

    Raises
    ------
    ValueError
        If the shapes do not fit.
    TypeError
        If a dtype is not float32 or float64, or the three differ.

    Examples
    --------
    >>> import numpy as np
    >>> y, cache = linear_forward(np.ones((1, 2)), np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2))
    >>> y
    array([[4., 6.]])
    """
    x = float_array(x, "linear_forward: x", 2, "(N, D)")
    w = float_array(w, "linear_forward: w", 2, "(D, H)")
    b = float_array(b, "linear_forward: b", 1, "(H,)")
    same_dtype("linear_forward", x=x, w=w, b=b)
    if x.shape[1] != w.shape[0] or w.shape[1] != b.shape[0]:
        raise ValueError(
            f"linear_forward: x {x.shape}, w {w.shape} and b {b.shape} do not fit. "
            "x is (N, D), w is (D, H) and b is (H,): the columns of x are the rows of w."
        )
    y = x @ w
    y += b
    return y, LinearCache(x, w)


def linear_backward(dout: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    """Gradients of the affine map: dx = δ wᵀ, dw = xᵀ δ, db = Σₙ δₙ, with δ = ``dout`` (N, H)."""
    x, w = cache
    dout = upstream_gradient(dout, "linear_backward", (x.shape[0], w.shape[1]), x.dtype)
    return dout @ w.T, *_of_parameters(x, dout)


def _of_parameters(x: Array, dout: Array, dw: Array | None = None, db: Array | None = None) -> tuple[Array, Array]:
    """Return dw = xᵀ δ and db = Σₙ δₙ, written into the arrays that are given."""
    return np.matmul(x.T, dout, out=dw), np.add.reduce(dout, 0, out=db)


class Linear(Layer):
    """Fully connected: x (N, fan_in) → (N, fan_out), weights by an initialiser's name, biases 0.

    ``rng`` draws the weights, here as in all layers that draw: a generator, or a whole number, the seed of one.
    """

    def __init__(
        self,
        fan_in: int,
        fan_out: int,
        rng: Seed,
        init: str = "he_normal",
        dtype: Any = np.float32,
        **init_params: Any,
    ) -> None:
        weights = INITIALISERS[init](fan_in, fan_out, seeded(rng, "Linear"), None, dtype, **init_params)
        super().__init__(w=weights, b=np.zeros(fan_out, dtype))

    def forward(self, x: Array, training: bool = False) -> Array:
        y, self.__dict__["cache"] = linear_forward(  # past __setattr__, which would show in a small network
            x, self.params["w"], self.params["b"]
        )
        return y

    def backward(self, dout: Array) -> Array:
        dx, dw, db = linear_backward(dout, self._last_cache())
        self._keep(w=dw, b=db)
        return dx

    def arguments(self) -> str:
        return ", ".join(map(str, self.params["w"].shape))

    def parameter_gradients(self, dout: Array) -> None:
        x, w = self._last_cache()
        dout = upstream_gradient(dout, "linear_backward", (x.shape[0], w.shape[1]), x.dtype)
        _of_parameters(x, dout, self.grads["w"], self.grads["b"])
