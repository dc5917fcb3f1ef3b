"""Functions made of straight pieces: ReLU and its relatives."""

import math
from typing import NamedTuple

import numpy as np

from coursekit.activations.record import ACTIVATIONS, Activation, Parameter, elementwise
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.kernels.jit import kernel


@kernel
def _relu(x: Array, y: Array) -> None:
    """f(x) = max(x, 0); in this order NaN stays NaN."""
    for i in range(x.size):
        y[i] = max(x[i], 0)


@kernel
def _relu_backward(dout: Array, x: Array, y: Array, dx: Array) -> None:
    """f'(x) = 1 where x > 0, else 0."""
    for i in range(x.size):
        dx[i] = dout[i] if x[i] > 0 else 0


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
)


@kernel
def _leaky_relu(x: Array, y: Array, slope: float) -> None:
    """f(x) = x if x > 0 else slope · x."""
    for i in range(x.size):
        y[i] = x[i] if x[i] > 0 else slope * x[i]


@kernel
def _leaky_relu_backward(dout: Array, x: Array, y: Array, dx: Array, slope: float) -> None:
    """f'(x) = 1 if x > 0 else slope."""
    for i in range(x.size):
        dx[i] = dout[i] if x[i] > 0 else slope * dout[i]


elementwise(
    "leaky_relu",
    _leaky_relu,
    _leaky_relu_backward,
    (Parameter("slope", 0.01, 0.0, 0.5, "slope for x < 0"),),
    label="Leaky ReLU",
    formula=r"f(x) = \max(x, 0) + \alpha \min(x, 0)",
    derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } \alpha",
    range=(-math.inf, math.inf),
    gain=math.sqrt(2 / (1 + 0.01**2)),
    kinks=(0.0,),
    verdict="As ReLU, with a small slope on the left, so that no unit dies.",
    source="Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models",
)


class PReLUCache(NamedTuple):
    """Input, slopes spread over the input's shape, and the slopes as they came."""

    x: Array
    slope: Array
    alpha: Array | float


def prelu_forward(x: Array, alpha: Array | float = 0.25) -> tuple[Array, PReLUCache]:
    """Leaky ReLU whose slope is learned: f(x) = x if x > 0 else α x.

    Parameters
    ----------
    x : (N, C, ...)
        Input.
    alpha : float or array of shape () or (C,)
        A number is fixed. An array is learned (`prelu_backward` returns its gradient): one slope, or one a channel.
    """
    x = float_array(x, "prelu: x")
    slope = np.asarray(alpha, x.dtype)
    if slope.ndim == 1:
        if x.ndim < 2 or len(slope) != x.shape[1]:
            raise ValueError(
                f"prelu: alpha has {len(slope)} slopes, but x {x.shape} needs one a channel (axis 1), or a single one."
            )
        slope = slope.reshape(-1, *[1] * (x.ndim - 2))
    elif slope.ndim:
        raise ValueError(f"prelu: alpha must be a number or of shape (C,), but its shape is {slope.shape}.")
    return np.where(x <= 0, slope * x, x), PReLUCache(x, slope, alpha)


def prelu_backward(dout: Array, cache: PReLUCache) -> Array | tuple[Array, Array]:
    """Return dx, and dα = Σ dout · min(x, 0) behind it if α was given as an array."""
    x, slope, alpha = cache
    dout = upstream_gradient(dout, "prelu backward", x.shape, x.dtype)
    dx = np.where(x > 0, dout, slope * dout)
    if not isinstance(alpha, np.ndarray):
        return dx
    axes = tuple(axis for axis in range(x.ndim) if alpha.ndim == 0 or axis != 1)
    return dx, (dout * np.minimum(x, 0)).sum(axes)


ACTIVATIONS.add(
    Activation(
        "prelu",
        label="PReLU",
        forward=prelu_forward,
        backward=prelu_backward,
        params=(Parameter("alpha", 0.25, 0.0, 1.0, "slope for x < 0, learned"),),
        formula=r"f(x) = \max(x, 0) + \alpha \min(x, 0), \quad \alpha \text{ learned}",
        derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } \alpha, \quad \partial f / \partial \alpha = \min(x, 0)",
        range=(-math.inf, math.inf),
        gain=math.sqrt(2 / (1 + 0.25**2)),
        kinks=(0.0,),
        verdict="A leaky ReLU that learns its own slope. A few more parameters; can overfit on little data.",
        source="He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, equations 1 and 3",
    )
)


class RReLUCache(NamedTuple):
    """Input and the slopes that were drawn (one number at test time)."""

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
    if lower > upper:
        raise ValueError(f"rrelu: lower must not exceed upper, but they are {lower} and {upper}.")
    if not training:
        slope = np.asarray((lower + upper) / 2, x.dtype)
    elif rng is None:
        raise ValueError("rrelu draws random slopes in training: pass rng=np.random.default_rng(seed).")
    else:
        slope = rng.uniform(lower, upper, x.shape).astype(x.dtype)
    return np.where(x <= 0, slope * x, x), RReLUCache(x, slope)


def rrelu_backward(dout: Array, cache: RReLUCache) -> Array:
    """Return dx with the slopes that the forward pass drew."""
    dout = upstream_gradient(dout, "rrelu backward", cache.x.shape, cache.x.dtype)
    return np.where(cache.x > 0, dout, cache.slope * dout)


ACTIVATIONS.add(
    Activation(
        "rrelu",
        label="RReLU",
        forward=rrelu_forward,
        backward=rrelu_backward,
        params=(
            Parameter("lower", 1 / 8, 0.0, 1.0, "smallest slope for x < 0"),
            Parameter("upper", 1 / 3, 0.0, 1.0, "largest slope for x < 0"),
        ),
        formula=r"f(x) = \max(x, 0) + a \min(x, 0), \quad a \sim U(l, u)",
        derivative=r"f'(x) = 1 \text{ if } x > 0 \text{ else } a",
        range=(-math.inf, math.inf),
        gain=math.sqrt(2 / (1 + (11 / 48) ** 2)),
        kinks=(0.0,),
        verdict="A leaky ReLU whose slope is noise in training and its mean at test time: a mild regulariser.",
        source="Xu, Wang, Chen and Li (2015), Empirical evaluation of rectified activations",
    )
)


def crelu_forward(x: Array) -> tuple[Array, Array]:
    """Keep both signs: [max(x, 0), max(−x, 0)] side by side on axis 1, so (N, C, ...) becomes (N, 2C, ...)."""
    x = float_array(x, "crelu: x")
    if x.ndim < 2:
        raise ValueError(f"crelu doubles axis 1, so x must have at least two dimensions, but its shape is {x.shape}.")
    return np.maximum(np.concatenate([x, -x], axis=1), 0), x


def crelu_backward(dout: Array, cache: Array) -> Array:
    """Return dx: the first half's gradient where x > 0, minus the second half's where x < 0."""
    x = cache
    dout = upstream_gradient(dout, "crelu backward", (x.shape[0], 2 * x.shape[1], *x.shape[2:]), x.dtype)
    positive, negative = np.split(dout, 2, axis=1)
    dx: Array = positive * (x > 0) - negative * (x < 0)
    return dx


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
