"""The fully connected layer."""

from typing import NamedTuple

from coursekit.arrays import Array, float_array, same_dtype


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
    return x @ w + b, LinearCache(x, w)


def linear_backward(dout: Array, cache: LinearCache) -> tuple[Array, Array, Array]:
    """Gradients of the affine map: dx = δ wᵀ, dw = xᵀ δ, db = Σₙ δₙ, with δ = ``dout`` (N, H)."""
    dout = float_array(dout, "linear_backward: dout", 2, "(N, H)").astype(cache.x.dtype, copy=False)
    expected = (cache.x.shape[0], cache.w.shape[1])
    if dout.shape != expected:
        raise ValueError(f"linear_backward: dout must have shape {expected}, like the output, but has {dout.shape}.")
    return dout @ cache.w.T, cache.x.T @ dout, dout.sum(0)
