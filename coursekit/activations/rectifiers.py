"""Functions made of straight pieces: ReLU and its relatives."""

import math
from typing import NamedTuple

import numpy as np

from coursekit.activations.activation import ACTIVATIONS, Activation, elementwise
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.hyperparameter import Hyperparameter
from coursekit.kernels.elementwise import flushed
from coursekit.kernels.jit import kernel


@kernel
def _relu(x: Array, y: Array) -> None:
    """f(x) = max(x, 0); in this order NaN stays NaN."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = flushed(max(x[i], zero))


@kernel
def _relu_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1 where x > 0, else 0; in this order a NaN in x lets the gradient, most likely NaN too, be seen."""
    zero = x.dtype.type(0)
    for i in range(x.size):
        dx[i] = flushed(zero if x[i] <= 0 else dout[i])


elementwise(
    "relu",
    _relu,
    _relu_backward,
    label="ReLU",
    formula=r"f(x) = \max(0, x)",
    derivative=r"f'(x) = \mathbf{1}[x > 0]",
    range=(0.0, math.inf),
    gain=math.sqrt(2),
    flat=(0.0, math.inf),
    kinks=(0.0,),
    verdict="The default. Cheap, never saturates for x > 0; a unit that is negative for every sample is dead.",
    source="Nair and Hinton (2010), Rectified linear units improve restricted Boltzmann machines",
    pytorch="nn.ReLU()",
)


@kernel
def _leaky_relu(x: Array, y: Array, slope: float) -> None:
    """f(x) = x if x > 0 else slope · x."""
    for i in range(x.size):
        y[i] = flushed(x[i] if x[i] > 0 else slope * x[i])


@kernel
def _leaky_relu_backward(dout: Array, x: Array, y: Array, dx: Array, slope: float) -> None:
    """f'(x) = 1 if x > 0 else slope."""
    for i in range(x.size):
        dx[i] = flushed(dout[i] if x[i] > 0 else slope * dout[i])


elementwise(
    "leaky_relu",
    _leaky_relu,
    _leaky_relu_backward,
    (Hyperparameter("slope", 0.01, 0.0, 0.5, "slope for x < 0"),),
    label="Leaky ReLU",
    formula=r"f(x) = \max(x, 0) + \alpha \min(x, 0)",
    derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } \alpha",
    range=(-math.inf, math.inf),
    gain=math.sqrt(2 / (1 + 0.01**2)),
    kinks=(0.0,),
    verdict="As ReLU, with a small slope on the left, so that no unit dies.",
    source="Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models",
    pytorch="nn.LeakyReLU({slope!r})",
)


@kernel
def _leaky_relu_each(x: Array, y: Array, slopes: Array) -> None:
    """f(x[n, j]) = x[n, j] if x[n, j] > 0 else slopes[j] · x[n, j]."""
    for n in range(x.shape[0]):
        for j in range(slopes.size):
            y[n, j] = flushed(x[n, j] if x[n, j] > 0 else slopes[j] * x[n, j])


@kernel
def _leaky_relu_each_backward(dout: Array, x: Array, dx: Array, slopes: Array) -> None:
    """f'(x[n, j]) = 1 if x[n, j] > 0 else slopes[j]."""
    for n in range(x.shape[0]):
        for j in range(slopes.size):
            dx[n, j] = flushed(dout[n, j] if x[n, j] > 0 else slopes[j] * dout[n, j])


@kernel
def _slope_gradients(dout: Array, x: Array, dslopes: Array) -> None:
    """∂L/∂slopes[j] = Σₙ dout[n, j] · min(x[n, j], 0), summed in float64."""
    zero = x.dtype.type(0)
    for n in range(x.shape[0]):
        for j in range(dslopes.size):
            dslopes[j] += np.float64(dout[n, j]) * np.float64(min(x[n, j], zero))


def _leak(x: Array, slope: Array) -> Array:
    """Apply the leaky ReLU: one slope for all, or slopes (M,) for a sample of M values, the next M values ..."""
    y = np.empty_like(x)
    if slope.size == 1:
        _leaky_relu(x.reshape(-1), y.reshape(-1), slope.flat[0])
    else:
        size = max(slope.size, 1)
        _leaky_relu_each(x.reshape(-1, size), y.reshape(-1, size), slope)
    return y


def _leak_backward(dout: Array, x: Array, slope: Array) -> Array:
    """Return dx of `_leak`."""
    dx = np.empty_like(x)
    if slope.size == 1:
        flat = x.reshape(-1)
        _leaky_relu_backward(dout.reshape(-1), flat, flat, dx.reshape(-1), slope.flat[0])
    else:
        size = max(slope.size, 1)
        _leaky_relu_each_backward(dout.reshape(-1, size), x.reshape(-1, size), dx.reshape(-1, size), slope)
    return dx


class PReLUCache(NamedTuple):
    """Input, slopes (one, or one for each value of a sample), and the slopes as they came."""

    x: Array
    slope: Array
    alpha: Array | float


def prelu_forward(x: Array, alpha: Array | float = 0.25) -> tuple[Array, PReLUCache]:
    """Leaky ReLU whose slope is learned: f(x) = x if x > 0 else α x.

    Parameters
    ----------
    x : (N, C, ...)
        Input.
    alpha : float or array of shape (), (1,) or (C,)
        A number is fixed. An array is learned (`prelu_backward` returns its gradient): one slope, or one a channel.

    Raises
    ------
    ValueError
        If alpha has neither one slope nor one a channel.
    """
    x = float_array(x, "prelu: x")
    slope = float_array(alpha, "prelu: alpha").astype(x.dtype, copy=False)
    if slope.ndim == 1 and len(slope) != 1:
        if x.ndim < 2 or len(slope) != x.shape[1]:
            raise ValueError(
                f"prelu: alpha has {len(slope)} slopes, but x {x.shape} needs one a channel (axis 1), or a single one."
            )
        slope = np.repeat(slope, math.prod(x.shape[2:]))
    elif slope.ndim > 1:
        raise ValueError(f"prelu: alpha must be a number or of shape (C,), but its shape is {slope.shape}.")
    return _leak(x, slope), PReLUCache(x, slope, alpha)


def prelu_backward(dout: Array, cache: PReLUCache) -> Array | tuple[Array, Array]:
    """Return dx, and dα = Σ dout · min(x, 0) behind it if α was given as an array."""
    x, slope, alpha = cache
    dout = upstream_gradient(dout, "prelu backward", x.shape, x.dtype)
    dx = _leak_backward(dout, x, slope)
    if not isinstance(alpha, np.ndarray):
        return dx
    return dx, _alpha_gradient(dout, x, alpha)


def _alpha_gradient(dout: Array, x: Array, alpha: Array) -> Array:
    """Return dα of α's shape, (), (1,) or (C,): first the sum over the samples, then over the places of a channel."""
    sample = math.prod(x.shape[1:])
    dslopes = np.zeros(sample)
    _slope_gradients(dout.reshape(-1, max(sample, 1)), x.reshape(-1, max(sample, 1)), dslopes)
    dalpha = dslopes.sum() if alpha.size == 1 else dslopes.reshape(x.shape[1], math.prod(x.shape[2:])).sum(1)
    return np.asarray(dalpha, x.dtype).reshape(alpha.shape)


ACTIVATIONS.add(
    Activation(
        "prelu",
        label="PReLU",
        forward=prelu_forward,
        backward=prelu_backward,
        params=(Hyperparameter("alpha", 0.25, 0.0, 1.0, "slope for x < 0, learned"),),
        learned=("alpha",),
        formula=r"f(x) = \max(x, 0) + \alpha \min(x, 0), \quad \alpha \text{ learned}",
        derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } \alpha, \quad \partial f / \partial \alpha = \min(x, 0)",
        range=(-math.inf, math.inf),
        gain=math.sqrt(2 / (1 + 0.25**2)),
        kinks=(0.0,),
        verdict="A leaky ReLU that learns its own slope. A few more parameters; can overfit on little data.",
        source="He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, equations 1 and 3",
        pytorch="nn.PReLU()",
    )
)


class RReLUCache(NamedTuple):
    """Input and the slopes that were drawn, one for each value in order (one for all at test time)."""

    x: Array
    slope: Array


def rrelu_forward(
    x: Array,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    rng: np.random.Generator | None = None,
    training: bool = False,
) -> tuple[Array, RReLUCache]:
    """Leaky ReLU with a random slope a ~ U(lower, upper) for each value; at test time the mean slope.

    Raises
    ------
    ValueError
        If lower > upper, or in training without ``rng``.
    """
    x = float_array(x, "rrelu: x")
    try:
        ordered = -math.inf < lower <= upper < math.inf
    except TypeError:
        raise TypeError(f"rrelu: lower and upper must be numbers, but are {lower!r} and {upper!r}.") from None
    if not ordered:
        raise ValueError(
            f"rrelu: lower must not exceed upper, but they are {lower} and {upper}. Both must be finite numbers."
        )
    if not training:
        slope = np.asarray((lower + upper) / 2, x.dtype)
    elif rng is None:
        raise ValueError("rrelu draws random slopes in training: pass rng=np.random.default_rng(seed).")
    else:
        slope = rng.random(x.size, x.dtype)
        slope *= upper - lower
        slope += lower
    return _leak(x, slope), RReLUCache(x, slope)


def rrelu_backward(dout: Array, cache: RReLUCache) -> Array:
    """Return dx with the slopes that the forward pass drew."""
    dout = upstream_gradient(dout, "rrelu backward", cache.x.shape, cache.x.dtype)
    return _leak_backward(dout, cache.x, cache.slope)


ACTIVATIONS.add(
    Activation(
        "rrelu",
        label="RReLU",
        forward=rrelu_forward,
        backward=rrelu_backward,
        params=(
            Hyperparameter("lower", 1 / 8, 0.0, 1.0, "smallest slope for x < 0"),
            Hyperparameter("upper", 1 / 3, 0.0, 1.0, "largest slope for x < 0"),
        ),
        draws=True,
        formula=r"f(x) = \max(x, 0) + a \min(x, 0), \quad a \sim U(l, u)",
        derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } a",
        range=(-math.inf, math.inf),
        gain=math.sqrt(2 / (1 + (11 / 48) ** 2)),
        kinks=(0.0,),
        verdict="A leaky ReLU whose slope is noise in training and its mean at test time: a mild regulariser.",
        source="Xu, Wang, Chen and Li (2015), Empirical evaluation of rectified activations",
        pytorch="nn.RReLU({lower!r}, {upper!r})",
    )
)


@kernel
def _crelu(x: Array, y: Array) -> None:
    """y[n] = [max(x[n], 0), max(−x[n], 0)], x (N, M), y (N, 2M)."""
    zero, size = x.dtype.type(0), x.shape[1]
    for n in range(x.shape[0]):
        positive, negative = y[n, :size], y[n, size:]
        for j in range(size):
            positive[j] = flushed(max(x[n, j], zero))
        for j in range(size):
            negative[j] = flushed(max(-x[n, j], zero))


@kernel
def _crelu_backward(dout: Array, x: Array, dx: Array) -> None:
    """dx[n, j] = dout[n, j] where x > 0, −dout[n, M + j] where x < 0, 0 where x is 0; at NaN their sum."""
    zero, size = x.dtype.type(0), x.shape[1]
    for n in range(x.shape[0]):
        positive, negative = dout[n, :size], dout[n, size:]
        for j in range(size):
            rising, falling = positive[j], -negative[j]
            at_0 = zero if x[n, j] == 0 else rising + falling
            dx[n, j] = flushed(rising if x[n, j] > 0 else (falling if x[n, j] < 0 else at_0))


class CReLUCache(NamedTuple):
    """The input."""

    x: Array


def crelu_forward(x: Array) -> tuple[Array, CReLUCache]:
    """Keep both signs: [max(x, 0), max(−x, 0)] side by side on axis 1, so (N, C, ...) becomes (N, 2C, ...).

    Raises
    ------
    ValueError
        If x has no axis 1.
    """
    x = float_array(x, "crelu: x")
    if x.ndim < 2:
        raise ValueError(f"crelu doubles axis 1, so x must have at least two dimensions, but its shape is {x.shape}.")
    y = np.empty(_doubled(x.shape), x.dtype)
    size = math.prod(x.shape[1:])
    _crelu(x.reshape(len(x), size), y.reshape(len(x), 2 * size))
    return y, CReLUCache(x)


def crelu_backward(dout: Array, cache: CReLUCache) -> Array:
    """Return dx: the first half's gradient where x > 0, minus the second half's where x < 0."""
    x = cache.x
    dout = upstream_gradient(dout, "crelu backward", _doubled(x.shape), x.dtype)
    dx = np.empty_like(x)
    size = math.prod(x.shape[1:])
    _crelu_backward(dout.reshape(len(x), 2 * size), x.reshape(len(x), size), dx.reshape(len(x), size))
    return dx


def _doubled(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], 2 * shape[1], *shape[2:])


ACTIVATIONS.add(
    Activation(
        "crelu",
        label="CReLU",
        forward=crelu_forward,
        backward=crelu_backward,
        formula=r"f(x) = [\max(0, x),\ \max(0, -x)]",
        derivative=r"f'(x) = [\mathbf{1}[x > 0],\ -\mathbf{1}[x < 0]]",
        range=(0.0, math.inf),
        gain=math.sqrt(2),
        kinks=(0.0,),
        elementwise=False,
        verdict="Keeps what ReLU throws away, at twice the width. Helps in the first convolution layers.",
        source="Shang, Sohn, Almeida and Lee (2016), Understanding and improving convolutional networks via CReLU",
    )
)
