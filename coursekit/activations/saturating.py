"""Functions that squash: identity and step for comparison, sigmoid, tanh, and softmax for the output layer."""

import math
from typing import NamedTuple

import numpy as np

from coursekit.activations.record import ACTIVATIONS, Activation, elementwise
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels.elementwise import exp, tanh
from coursekit.kernels.jit import kernel


@kernel
def _identity(x: Array, y: Array) -> None:
    """f(x) = x."""
    for i in range(x.size):
        y[i] = x[i]


@kernel
def _identity_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1."""
    for i in range(x.size):
        dx[i] = dout[i]


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
    for i in range(x.size):
        y[i] = 1 if x[i] > 0 else (0 if x[i] <= 0 else x[i])


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
    for i in range(x.size):
        y[i] = 1 / (1 + exp(-x[i]))


@kernel
def _sigmoid_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """σ'(x) = σ(x) σ(−x); 1 − σ(x) would lose every digit for large x."""
    for i in range(x.size):
        dx[i] = dout[i] * y[i] / (1 + exp(x[i]))


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
        y[i] = tanh(x[i])


@kernel
def _tanh_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1 − tanh² x."""
    for i in range(x.size):
        dx[i] = dout[i] * (1 - y[i] * y[i])


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


class SoftmaxCache(NamedTuple):
    """The probabilities and the axis over which they sum to 1."""

    y: Array
    axis: int


def softmax_forward(x: Array, axis: int = -1) -> tuple[Array, SoftmaxCache]:
    """Turn scores into probabilities, yᵢ = e^(xᵢ − m) / Σⱼ e^(xⱼ − m); m = max x keeps e^x from overflowing."""
    x = float_array(x, "softmax: x")
    if x.ndim == 0 or x.shape[axis] == 0:
        raise ValueError(f"softmax needs at least one score along axis {axis}, but x has shape {x.shape}.")
    y = np.exp(x - x.max(axis, keepdims=True))
    y /= y.sum(axis, keepdims=True)
    return y, SoftmaxCache(y, axis)


def softmax_backward(dout: Array, cache: SoftmaxCache) -> Array:
    """Return dx = y ⊙ (dout − Σⱼ doutⱼ yⱼ)."""
    y, axis = cache.y, cache.axis
    dout = upstream_gradient(dout, "softmax backward", y.shape, y.dtype)
    dx: Array = y * (dout - (dout * y).sum(axis, keepdims=True))
    return dx


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
