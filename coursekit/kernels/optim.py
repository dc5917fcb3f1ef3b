"""One step of each optimiser over flat arrays (M,): parameters θ, gradients g, and what the optimiser remembers.

In float32 a number below 1e−38 is denormal, and arithmetic with it is many times slower. So gradients, squares and
what is remembered count as 0 below 1e−30, which √s + ε does not notice. Float64 needs none of this. NaN and inf stay.

A gradient whose square is too small to be kept leaves s at 0, and an ε of 0 would divide by it: ε counts as the root of
the smallest square, so that such a step is at most η.
"""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel, reduction


@kernel
def sgd(theta: Array, g: Array, lr: float, decay: float) -> None:
    """Gradient descent: d = g + λ θ; θ ← θ − η d."""
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        theta[i] -= lr * d


@kernel
def momentum(theta: Array, g: Array, v: Array, lr: float, mu: float, decay: float) -> None:
    """Momentum: d = g + λ θ; v ← μ v + d; θ ← θ − η v."""
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        velocity = mu * v[i] + d
        # With |velocity| alone LLVM's vector code would not fuse the sum, and round otherwise than its scalar code.
        v[i] = zero if max(abs(velocity), abs(d)) < tiny else velocity
        theta[i] -= lr * v[i]


@kernel
def nesterov(theta: Array, g: Array, v: Array, lr: float, mu: float, decay: float) -> None:
    """Nesterov momentum: d = g + λ θ; v ← μ v + d; θ ← θ − η (d + μ v)."""
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        velocity = mu * v[i] + d
        v[i] = zero if abs(velocity) < tiny else velocity
        theta[i] -= lr * (d + mu * v[i])


@kernel
def adagrad(theta: Array, g: Array, s: Array, lr: float, eps: float, decay: float) -> None:
    """AdaGrad: d = g + λ θ; s ← s + d²; θ ← θ − η d / (√s + ε)."""
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    small = math.sqrt(tiny)
    eps = max(eps, theta.dtype.type(1e-15 if theta.itemsize == 4 else 1e-154))
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        squarable = zero if abs(d) < small else d
        s[i] += squarable * squarable
        theta[i] -= lr * d / (math.sqrt(s[i]) + eps)


@kernel
def rmsprop(theta: Array, g: Array, s: Array, lr: float, beta: float, rest: float, eps: float, decay: float) -> None:
    """RMSProp: d = g + λ θ; s ← β s + (1 − β) d²; θ ← θ − η d / (√s + ε). ``rest`` = 1 − β."""
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    small = math.sqrt(tiny)
    eps = max(eps, theta.dtype.type(1e-15 if theta.itemsize == 4 else 1e-154))
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        squarable = zero if abs(d) < small else d
        square = beta * s[i] + rest * squarable * squarable
        s[i] = zero if square < tiny else square
        theta[i] -= lr * d / (math.sqrt(s[i]) + eps)


@kernel
def adam(
    theta: Array,
    g: Array,
    m: Array,
    v: Array,
    lr: float,
    beta1: float,
    rest1: float,
    beta2: float,
    rest2: float,
    unbias1: float,
    unbias2: float,
    eps: float,
    decay: float,
    shrink: float,
) -> None:
    """Adam: d = g + λ θ; m ← β₁ m + (1 − β₁) d; v ← β₂ v + (1 − β₂) d²; θ ← θ − σ θ − η m̂ / (√v̂ + ε).

    ``rest1`` = 1 − β₁, ``rest2`` = 1 − β₂; m̂ = ``unbias1`` · m with unbias1 = 1 / (1 − β₁ᵗ), v̂ likewise;
    ``decay`` = λ is L2, ``shrink`` = σ is decoupled decay.
    """
    zero = theta.dtype.type(0)
    tiny = theta.dtype.type(1e-30 if theta.itemsize == 4 else 0)
    small = math.sqrt(tiny)
    eps = max(eps, theta.dtype.type(1e-15 if theta.itemsize == 4 else 1e-154))
    for i in range(theta.size):
        d = g[i] + decay * theta[i]
        d = zero if abs(d) < tiny else d
        squarable = zero if abs(d) < small else d
        mean = beta1 * m[i] + rest1 * d
        square = beta2 * v[i] + rest2 * squarable * squarable
        m[i] = zero if abs(mean) < tiny else mean
        v[i] = zero if square < tiny else square
        theta[i] -= shrink * theta[i] + lr * (unbias1 * m[i]) / (math.sqrt(unbias2 * v[i]) + eps)


@reduction
def sum_of_squares(g: Array) -> float:
    """Σ g², summed in float64 whatever the dtype."""
    total = 0.0
    for i in range(g.size):
        value = np.float64(g[i])
        total += value * value
    return total


@kernel
def scale(g: Array, factor: float) -> None:
    """Scale: g ← factor · g."""
    for i in range(g.size):
        g[i] *= factor


@kernel
def clamp(g: Array, limit: float) -> None:
    """Cut: g ← min(max(g, −limit), limit). NaN stays."""
    for i in range(g.size):
        g[i] = min(max(g[i], -limit), limit)
