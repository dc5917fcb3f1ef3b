"""Moments, histograms and counts over one layer's values, each in one pass."""

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel, reduction


@reduction
def moments(a: Array) -> tuple[float, float]:
    """Return mean and variance of ``a`` (M,), E[a²] − E[a]², summed in float64 whatever the dtype.

    Where these two agree in four digits, so that their difference has lost as many, they are taken from a value of the
    data once more: that takes half as long again, too long to do it always.
    """
    total = 0.0
    squares = 0.0
    for i in range(a.size):
        value = np.float64(a[i])
        total += value
        squares += value * value
    mean = total / a.size
    variance = squares / a.size - mean * mean
    return _moments_from(a, np.float64(a[0])) if variance < 1e-4 * mean * mean else (mean, variance)


@reduction
def _moments_from(a: Array, shift: float) -> tuple[float, float]:
    """With d = a − shift, μ = shift + E[d] and σ² = E[d²] − E[d]².

    With a value of the data as the shift, at most a factor M of float64's precision is lost (Chan, Golub and LeVeque
    1983, Algorithms for computing the sample variance, section 3).
    """
    total = 0.0
    squares = 0.0
    for i in range(a.size):
        d = np.float64(a[i]) - shift
        total += d
        squares += d * d
    mean = total / a.size
    return shift + mean, squares / a.size - mean * mean


@kernel
def histogram(a: Array, low: float, high: float, lanes: Array) -> None:
    """Count ``a`` (M,) into ``lanes`` (4, bins) over [low, high]; values beyond fall into the end bins, NaN into none.

    Four counting lanes, to be summed by the caller: neighbouring values often share a bin, and adding to the same
    number twice in a row makes the processor wait.
    """
    top = lanes.shape[1] - 1
    per_bin = lanes.shape[1] / (high - low)
    for i in range(a.size):
        position = (np.float64(a[i]) - low) * per_bin
        if position == position:
            lanes[i & 3, int(min(max(position, 0), top))] += 1


@kernel
def flat_share(z: Array, low: float, high: float, alive: Array) -> int:
    """Count the z (N, H) with z ≤ low or z ≥ high, and mark in ``alive`` (H,) the units with another z."""
    flat = 0
    for n in range(z.shape[0]):
        for h in range(z.shape[1]):
            outside = z[n, h] <= low or z[n, h] >= high
            alive[h] |= not outside
            flat += outside
    return flat
