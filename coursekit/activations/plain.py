"""Identity and step: what an activation is compared with."""

import math

from coursekit.activations.activation import elementwise
from coursekit.arrays import Array
from coursekit.kernels.elementwise import flushed
from coursekit.kernels.jit import kernel


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
    pytorch="nn.Identity()",
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
