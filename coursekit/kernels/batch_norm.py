"""Batch normalisation over rows x (N, C), and over images x (N, C, M) with M = H · W pixels a channel.

Statistics are float64. The loops over values take x − shift, where the shift is the mean rounded to the dtype of x.
That difference is exact where digits matter, so float32 serves a channel of mean 10⁴ too. What rounding took from the
mean goes into a constant of the channel, which costs nothing in the loop.
"""

import math

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel, reduction


@reduction
def row_moments(x: Array, mean: Array, var: Array) -> None:
    """Fill mean and var (C,) of x (N, C) in one pass: with d = x − x₀, μ = x₀ + E[d] and σ² = E[d²] − E[d]².

    Shifted by a value of the data, the difference loses at most a factor N of float64's precision
    (Chan, Golub and LeVeque 1983, Algorithms for computing the sample variance, section 3).
    """
    mean[:] = 0
    var[:] = 0
    for n in range(1, x.shape[0]):
        for c in range(x.shape[1]):
            d = np.float64(x[n, c]) - np.float64(x[0, c])
            mean[c] += d
            var[c] += d * d
    for c in range(x.shape[1]):
        d = mean[c] / x.shape[0]
        mean[c] = x[0, c] + d
        var[c] = max(var[c] / x.shape[0] - d * d, 0)


@reduction
def image_moments(x: Array, mean: Array, var: Array) -> None:
    """Fill mean and var (C,) of x (N, C, M), as `row_moments`."""
    count = x.shape[0] * x.shape[2]
    for c in range(x.shape[1]):
        total = 0.0
        squares = 0.0
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                d = np.float64(x[n, c, m]) - np.float64(x[0, c, 0])
                total += d
                squares += d * d
        d = total / count
        mean[c] = x[0, c, 0] + d
        var[c] = max(squares / count - d * d, 0)


@kernel
def update_running(
    running_mean: Array, running_var: Array, mean: Array, var: Array, count: int, momentum: float
) -> None:
    """Move running statistics towards those of a batch of ``count`` values a channel, all (C,).

    As a sum of two shares: with running + momentum · (batch − running) a momentum of 1 would not quite forget.
    """
    keep = 1 - momentum
    for c in range(mean.size):
        running_mean[c] = keep * running_mean[c] + momentum * mean[c]
        running_var[c] = keep * running_var[c] + momentum * (var[c] * count / (count - 1))


@kernel
def inverse_root(var: Array, eps: float, inverse_std: Array) -> None:
    """Fill 1 / √(σ² + ε) (C,)."""
    for c in range(var.size):
        inverse_std[c] = 1 / math.sqrt(var[c] + eps)


@kernel
def row_normalise(x: Array, gamma: Array, beta: Array, mean: Array, inverse_std: Array, y: Array) -> None:
    """Fill y (N, C) with γ/σ (x − μ) + β."""
    shift = mean.astype(x.dtype)
    scale = gamma * inverse_std
    offset = (beta + scale * (shift - mean)).astype(x.dtype)
    scale = scale.astype(x.dtype)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            y[n, c] = scale[c] * (x[n, c] - shift[c]) + offset[c]


@kernel
def image_normalise(x: Array, gamma: Array, beta: Array, mean: Array, inverse_std: Array, y: Array) -> None:
    """Fill y (N, C, M) with γ/σ (x − μ) + β."""
    number = x.dtype.type
    for c in range(x.shape[1]):
        shift = number(mean[c])
        exact_scale = gamma[c] * inverse_std[c]
        scale = number(exact_scale)
        offset = number(beta[c] + exact_scale * (shift - mean[c]))
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                y[n, c, m] = scale * (x[n, c, m] - shift) + offset


@reduction
def row_sums(dout: Array, x: Array, mean: Array, inverse_std: Array, dgamma: Array, dbeta: Array) -> None:
    """Fill dγ = Σ δ x̂ and dβ = Σ δ (C,), float64, for dout δ and x (N, C)."""
    dgamma[:] = 0
    dbeta[:] = 0
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            delta = np.float64(dout[n, c])
            dgamma[c] += delta * (x[n, c] - mean[c])
            dbeta[c] += delta
    for c in range(x.shape[1]):
        dgamma[c] *= inverse_std[c]


@reduction
def image_sums(dout: Array, x: Array, mean: Array, inverse_std: Array, dgamma: Array, dbeta: Array) -> None:
    """Fill dγ = Σ δ x̂ and dβ = Σ δ (C,), float64, for dout δ and x (N, C, M)."""
    for c in range(x.shape[1]):
        product = 0.0
        total = 0.0
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                delta = np.float64(dout[n, c, m])
                product += delta * (x[n, c, m] - mean[c])
                total += delta
        dgamma[c] = product * inverse_std[c]
        dbeta[c] = total


@kernel
def row_dx(
    dout: Array, x: Array, gamma: Array, mean: Array, inverse_std: Array, dgamma: Array, dbeta: Array, dx: Array
) -> None:
    """Fill dx (N, C) with γ/σ (δ − dβ/m − x̂ dγ/m), m = N, written as a δ + b (x − shift) + c."""
    shift = mean.astype(x.dtype)
    scale = gamma * inverse_std
    slope = -scale * inverse_std * dgamma / x.shape[0]
    offset = (slope * (shift - mean) - scale * dbeta / x.shape[0]).astype(x.dtype)
    scale = scale.astype(x.dtype)
    slope = slope.astype(x.dtype)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            dx[n, c] = scale[c] * dout[n, c] + slope[c] * (x[n, c] - shift[c]) + offset[c]


@kernel
def image_dx(
    dout: Array, x: Array, gamma: Array, mean: Array, inverse_std: Array, dgamma: Array, dbeta: Array, dx: Array
) -> None:
    """Fill dx (N, C, M) as `row_dx`, with m = N · M values a channel."""
    number = x.dtype.type
    count = x.shape[0] * x.shape[2]
    for c in range(x.shape[1]):
        shift = number(mean[c])
        exact_scale = gamma[c] * inverse_std[c]
        exact_slope = -exact_scale * inverse_std[c] * dgamma[c] / count
        offset = number(exact_slope * (shift - mean[c]) - exact_scale * dbeta[c] / count)
        scale = number(exact_scale)
        slope = number(exact_slope)
        for n in range(x.shape[0]):
            for m in range(x.shape[2]):
                dx[n, c, m] = scale * dout[n, c, m] + slope * (x[n, c, m] - shift) + offset
