"""Functions that squash: sigmoid and tanh."""

from coursekit.activations.activation import elementwise
from coursekit.arrays import Array
from coursekit.kernels.elementwise import exp, flushed, tanh
from coursekit.kernels.jit import kernel


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
    gain=4.0,
    flat=(-3.6365, 3.6365),
    verdict="For a probability at the output. Inside a deep network it saturates and is not centred on 0: avoid it.",
    source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.4",
    pytorch="nn.Sigmoid()",
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
    by_output=True,
    label="tanh",
    formula=r"\tanh(x) = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}",
    derivative=r"\tanh'(x) = 1 - \tanh^2(x)",
    range=(-1.0, 1.0),
    gain=1.0,
    flat=(-1.8184, 1.8184),
    zero_centred=True,
    verdict="A sigmoid centred on 0. Better than the sigmoid inside a network, but it saturates too.",
    source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, section 4.4",
    pytorch="nn.Tanh()",
)
