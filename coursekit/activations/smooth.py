"""Functions that bend smoothly near zero: ELU, SELU, Swish and GELU."""

import math

from coursekit.activations.activation import elementwise
from coursekit.arrays import Array
from coursekit.hyperparameter import Hyperparameter
from coursekit.kernels.elementwise import exp, expm1, flushed, normal
from coursekit.kernels.jit import kernel


@kernel
def _elu(x: Array, y: Array, alpha: float) -> None:
    """f(x) = x if x > 0 else α (eˣ − 1)."""
    for i in range(x.size):
        v = flushed(x[i])
        y[i] = v if v > 0 else alpha * expm1(v)


@kernel
def _elu_backward(dout: Array, x: Array, y: Array, dx: Array, alpha: float) -> None:
    """f'(x) = 1 if x > 0 else α eˣ."""
    for i in range(x.size):
        d = flushed(dout[i])
        dx[i] = d if x[i] > 0 else flushed(d * alpha * exp(x[i]))


elementwise(
    "elu",
    _elu,
    _elu_backward,
    (Hyperparameter("alpha", 1.0, 0.1, 2.0, "depth of the negative plateau"),),
    label="ELU",
    formula=r"f(x) = x \text{ if } x > 0 \text{ else } \alpha\,(e^{x} - 1)",
    derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } \alpha\, e^{x}",
    range=(-1.0, math.inf),
    gain=1.2452,
    flat=(-2.3026, math.inf),
    kinks=(0.0,),
    verdict="Negative outputs pull the mean towards 0; saturates on the left, which resists noise. Costs an exp.",
    source="Clevert, Unterthiner and Hochreiter (2016), ELUs, equation 15",
    pytorch="nn.ELU({alpha!r})",
)

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772
HUGE = 1e30  # stands in for infinity beside a factor that goes to 0 faster: ∞ · 0 is NaN, but the limit is 0


@kernel
def _selu(x: Array, y: Array) -> None:
    """f(x) = λ x if x > 0 else λ α (eˣ − 1)."""
    scale, depth = x.dtype.type(SELU_SCALE), x.dtype.type(SELU_SCALE * SELU_ALPHA)  # a float64 would widen the loop
    for i in range(x.size):
        v = flushed(x[i])
        y[i] = scale * v if v > 0 else depth * expm1(v)


@kernel
def _selu_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = λ if x > 0 else λ α eˣ."""
    scale, depth = x.dtype.type(SELU_SCALE), x.dtype.type(SELU_SCALE * SELU_ALPHA)
    for i in range(x.size):
        dx[i] = flushed(flushed(dout[i]) * (scale if x[i] > 0 else depth * exp(x[i])))


elementwise(
    "selu",
    _selu,
    _selu_backward,
    label="SELU",
    formula=r"f(x) = \lambda x \text{ if } x > 0 \text{ else } \lambda \alpha\,(e^{x} - 1), \quad "
    r"\lambda \approx 1.0507,\ \alpha \approx 1.6733",
    derivative=r"f'(x) = \lambda \text{ if } x > 0 \text{ else } \lambda \alpha\, e^{x}",
    range=(-SELU_SCALE * SELU_ALPHA, math.inf),
    gain=1.0,
    flat=(-2.3026, math.inf),
    kinks=(0.0,),
    zero_centred=True,
    verdict="λ and α make mean 0 and variance 1 a fixed point: a deep net normalises itself. Use LeCun weights.",
    source="Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-normalizing neural networks, equation 2",
    pytorch="nn.SELU()",
)


@kernel
def _swish(x: Array, y: Array, beta: float) -> None:
    """f(x) = x σ(βx)."""
    one, huge = x.dtype.type(1), x.dtype.type(HUGE)
    for i in range(x.size):
        v = flushed(x[i])
        y[i] = max(v, -huge) / (one + exp(-beta * v))


@kernel
def _swish_backward(dout: Array, x: Array, y: Array, dx: Array, beta: float) -> None:
    """f'(x) = σ(z) + z σ(|z|)² e⁻|z|, z = βx: the second factor is σ(z) σ(−z)."""
    one, huge = x.dtype.type(1), x.dtype.type(HUGE)
    for i in range(x.size):
        z = min(max(beta * flushed(x[i]), -huge), huge)
        power = exp(-abs(z))
        open_gate = one / (one + power)
        gate = open_gate if z > 0 else power * open_gate
        dx[i] = flushed(flushed(dout[i]) * (gate + z * (open_gate * open_gate * power)))


elementwise(
    "swish",
    _swish,
    _swish_backward,
    (Hyperparameter("beta", 1.0, 0.1, 10.0, "sharpness of the gate"),),
    label="Swish",
    formula=r"f(x) = x\,\sigma(\beta x)",
    derivative=r"f'(x) = \sigma(\beta x) + \beta x\,\sigma(\beta x)\,\sigma(-\beta x)",
    range=(-0.2785, math.inf),
    gain=1.6765,
    flat=(-0.8824, math.inf),
    verdict="SiLU if β = 1. Smooth, dips below 0 and comes back. Often a bit better than ReLU in deep nets.",
    source="Ramachandran, Zoph and Le (2017), Searching for activation functions",
    pytorch="nn.SiLU()",
)


@kernel
def _gelu(x: Array, y: Array) -> None:
    """f(x) = x Φ(x), Φ the normal distribution function."""
    huge = x.dtype.type(HUGE)
    for i in range(x.size):
        v = flushed(x[i])
        cumulative, _ = normal(v)
        y[i] = max(v, -huge) * cumulative


@kernel
def _gelu_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = Φ(x) + x φ(x), φ the normal density."""
    huge = x.dtype.type(HUGE)
    for i in range(x.size):
        v = flushed(x[i])
        cumulative, density = normal(v)
        dx[i] = flushed(flushed(dout[i]) * (cumulative + min(max(v, -huge), huge) * density))


elementwise(
    "gelu",
    _gelu,
    _gelu_backward,
    label="GELU",
    formula=r"f(x) = x\,\Phi(x)",
    derivative=r"f'(x) = \Phi(x) + x\,\varphi(x)",
    range=(-0.17, math.inf),
    gain=1.5335,
    flat=(-1.7281, math.inf),
    verdict="ReLU times a soft gate; the usual choice in transformers.",
    source="Hendrycks and Gimpel (2016), Gaussian error linear units",
    pytorch="nn.GELU()",
)
