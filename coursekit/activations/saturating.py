"""Functions that squash: identity and step for comparison, sigmoid, tanh, and softmax for the output layer."""

import math
from typing import Any, NamedTuple

import numpy as np

from coursekit.activations.record import ACTIVATIONS, Activation, elementwise
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels.elementwise import exp, flushed, tanh
from coursekit.kernels.jit import kernel, reduction


@kernel
def _identity(x: Array, y: Array) -> None:
    """f(x) = x."""
    for i in range(x.size):
        y[i] = flushed(x[i])


@kernel
def _identity_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1."""
    for i in range(x.size):
        dx[i] = flushed(dout[i])


elementwise(
    "identity",
    _identity,
    _identity_backward,
    label="Identity",
    formula=r"f(x) = x",
    derivative=r"f'(x) = 1",
    range=(-math.inf, math.inf),
    gain=1.0,
    zero_centred=True,
    verdict="No nonlinearity at all: a stack of layers stays one linear map. For the output of a regression.",
    source="Goodfellow, Bengio and Courville (2016), Deep Learning, section 6.2.2.1",
)


@kernel
def _step(x: Array, y: Array) -> None:
    """f(x) = 1 if x > 0 else 0; NaN stays NaN."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(x.size):
        y[i] = one if x[i] > 0 else (zero if x[i] <= 0 else x[i])


@kernel
def _step_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 0: no gradient ever comes back."""
    for i in range(x.size):
        dx[i] = 0


elementwise(
    "step",
    _step,
    _step_backward,
    label="Binary step",
    formula=r"f(x) = \mathbf{1}[x > 0]",
    derivative=r"f'(x) = 0 \quad (x \neq 0)",
    range=(0.0, 1.0),
    gain=1.0,
    flat=(0.0, 0.0),
    kinks=(0.0,),
    verdict="The perceptron's decision. Its gradient is 0 everywhere, so gradient descent cannot train through it.",
    source="Rosenblatt (1958), The perceptron",
)


@kernel
def _sigmoid(x: Array, y: Array) -> None:
    """σ(x) = 1 / (1 + e⁻ˣ)."""
    one = x.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


@kernel
def _sigmoid_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """σ'(x) = σ(|x|)² e⁻|x|; σ(x) (1 − σ(x)) would lose every digit for large x."""
    one = x.dtype.type(1)
    for i in range(x.size):
        power = exp(-abs(x[i]))
        gate = one / (one + power)
        dx[i] = flushed(flushed(dout[i]) * (gate * gate * power))


elementwise(
    "sigmoid",
    _sigmoid,
    _sigmoid_backward,
    label="Sigmoid",
    formula=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
    derivative=r"\sigma'(x) = \sigma(x)\,(1 - \sigma(x)) \le \tfrac{1}{4}",
    range=(0.0, 1.0),
    gain=1.0,
    flat=(-3.6365, 3.6365),
    verdict="For a probability at the output. Inside a deep network it saturates and is not centred on 0: avoid it.",
    source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.4",
)


@kernel
def _tanh(x: Array, y: Array) -> None:
    """f(x) = tanh x."""
    for i in range(x.size):
        y[i] = tanh(flushed(x[i]))


@kernel
def _tanh_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1 − tanh² x."""
    one = x.dtype.type(1)
    for i in range(x.size):
        dx[i] = flushed(dout[i]) * (one - y[i] * y[i])


elementwise(
    "tanh",
    _tanh,
    _tanh_backward,
    label="tanh",
    formula=r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
    derivative=r"\tanh'(x) = 1 - \tanh^2(x)",
    range=(-1.0, 1.0),
    gain=1.0,
    flat=(-1.8184, 1.8184),
    zero_centred=True,
    verdict="A sigmoid centred on 0. Better than the sigmoid inside a network, but it saturates too.",
    source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.4",
)


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
    return y, SoftmaxCache(y, axis)


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
    )
)
