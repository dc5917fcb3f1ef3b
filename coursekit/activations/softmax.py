"""Softmax: scores to probabilities, for the output layer."""

from typing import Any, NamedTuple

import numpy as np

from coursekit.activations.activation import ACTIVATIONS, Activation
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels.elementwise import exp, flushed
from coursekit.kernels.jit import kernel, reduction


@kernel
def _highest(row: Array) -> Any:
    """Return max row. Four running maxima: a single one would wait for itself at every step."""
    quarter = row.size // 4
    a = b = c = d = row[0]
    for k in range(quarter):
        a = max(row[k], a)
        b = max(row[quarter + k], b)
        c = max(row[2 * quarter + k], c)
        d = max(row[3 * quarter + k], d)
    for k in range(4 * quarter, row.size):
        a = max(row[k], a)
    return max(max(a, b), max(c, d))


@reduction
def _softmax(x: Array, y: Array) -> None:
    """y[n, k] = e^(x[n, k] − m) / Σⱼ e^(x[n, j] − m), m = max x[n]."""
    for n in range(x.shape[0]):
        highest = _highest(x[n])
        for k in range(x.shape[1]):
            y[n, k] = x[n, k] - highest
    flat = y.reshape(y.size)
    for i in range(flat.size):  # in one piece, so that short rows vectorise too
        flat[i] = exp(flat[i])
    for n in range(x.shape[0]):
        total = 0.0
        for k in range(x.shape[1]):
            total += np.float64(y[n, k])
        share = y.dtype.type(1 / total)
        for k in range(x.shape[1]):
            y[n, k] *= share


@reduction
def _softmax_backward(dout: Array, y: Array, dx: Array) -> None:
    """dx[n, k] = y[n, k] (dout[n, k] − Σⱼ dout[n, j] y[n, j])."""
    for n in range(y.shape[0]):
        total = 0.0
        for k in range(y.shape[1]):
            total += np.float64(dout[n, k]) * np.float64(y[n, k])
        mean = y.dtype.type(total)
        for k in range(y.shape[1]):
            dx[n, k] = flushed(y[n, k] * (dout[n, k] - mean))


class SoftmaxCache(NamedTuple):
    """The probabilities and the axis over which they sum to 1."""

    y: Array
    axis: int


def softmax_forward(x: Array, axis: int = -1) -> tuple[Array, SoftmaxCache]:
    """Turn scores into probabilities, yᵢ = e^(xᵢ − m) / Σⱼ e^(xⱼ − m); m = max x keeps e^x from overflowing.

    Parameters
    ----------
    x : (..., K, ...)
        Scores, at least one along ``axis``.
    axis : int
        The axis of the K classes; the last one is the fastest.

    Raises
    ------
    ValueError
        If x has no such axis, or no score along it.
    """
    x = float_array(x, "softmax: x")
    if not -x.ndim <= axis < x.ndim or x.shape[axis] == 0:
        raise ValueError(f"softmax needs at least one score along axis {axis}, but x has shape {x.shape}.")
    scores = _last(x, axis)
    y = np.empty_like(scores)
    classes = scores.shape[-1]
    _softmax(scores.reshape(-1, classes), y.reshape(-1, classes))
    y = _last(y, axis)
    return y, SoftmaxCache(y.copy(), axis)  # the caller may change what is returned


def softmax_backward(dout: Array, cache: SoftmaxCache) -> Array:
    """Return dx = y ⊙ (dout − Σⱼ doutⱼ yⱼ)."""
    dout = upstream_gradient(dout, "softmax backward", cache.y.shape, cache.y.dtype)
    y, dout = _last(cache.y, cache.axis), _last(dout, cache.axis)
    dx = np.empty_like(y)
    classes = y.shape[-1]
    _softmax_backward(dout.reshape(-1, classes), y.reshape(-1, classes), dx.reshape(-1, classes))
    return _last(dx, cache.axis)


def _last(a: Array, axis: int) -> Array:
    """Exchange ``axis`` and the last axis, so that it lies in one piece; done twice, it is undone."""
    return np.ascontiguousarray(a.swapaxes(axis, -1))


ACTIVATIONS.add(
    Activation(
        "softmax",
        label="Softmax",
        forward=softmax_forward,
        backward=softmax_backward,
        formula=r"y_i = \frac{e^{x_i}}{\sum_j e^{x_j}}",
        derivative=r"\frac{\partial y_i}{\partial x_j} = y_i\,(\delta_{ij} - y_j)",
        range=(0.0, 1.0),
        gain=1.0,
        elementwise=False,
        verdict="For the probabilities of several classes at the output. With two: the sigmoid of their difference.",
        source="Bridle (1990), Training stochastic model recognition algorithms as networks",
        pytorch="nn.Softmax(-1)",
    )
)
