"""Moments, histograms and counts over one layer's values, each in one pass."""

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.jit import kernel, reduction


@reduction
def moments(a: Array) -> tuple[float, float]:
    """Return mean and variance of ``a`` (M,), E[a²] − E[a]², summed in float64 whatever the dtype."""
    total = 0.0
    squares = 0.0
    for i in range(a.size):
        value = np.float64(a[i])
        total += value
        squares += value * value
    mean = total / a.size
    return mean, squares / a.size - mean * mean


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
