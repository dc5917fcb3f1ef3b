"""One array in numbers: its moments, its histogram, how much of it an activation makes flat."""

import math
from typing import NamedTuple

import numpy as np

from coursekit.activations import Activation
from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import whole_number
from coursekit.kernels.stats import flat_share, histogram, moments


class Moments(NamedTuple):
    """Mean and standard deviation of all values of one layer."""

    mean: float
    std: float


def layer_moments(values: Array) -> Moments:
    """Mean and standard deviation over all of ``values`` (any shape), summed in float64; NaN or inf if a value is."""
    values = _some(values, "layer_moments: values")
    mean, variance = moments(values.reshape(-1))
    if not math.isfinite(variance) and np.isfinite(values).all():  # only the squares are beyond float64
        largest = float(np.abs(values).max())
        mean, std = layer_moments(values / largest)
        return Moments(largest * mean, largest * std)
    return Moments(mean, float(np.sqrt(variance if variance > 0 or variance != variance else 0.0)))


def layer_histogram(values: Array, low: float, high: float, bins: int = 60) -> Array:
    """Count ``values`` (any shape) into ``bins`` equal bins over [low, high]; values beyond fall into the end bins.

    NaN falls into none.

    Raises
    ------
    TypeError
        If ``values`` are neither float32, float64 nor integers.
    ValueError
        If ``bins`` is not a whole number of at least 1, or low and high leave no room for so many bins.
    """
    lanes = np.zeros((4, whole_number(bins, "layer_histogram: bins")), np.int64)
    # float: whole numbers as limits would be compiled for once more.
    low, high = float(low), float(high)
    if not 0 < (high - low) / bins < math.inf or math.isinf(bins / (high - low)):
        raise ValueError(
            f"layer_histogram: low must lie below high, far enough for {bins} bins, and both must be finite, but they "
            f"are {low!r} and {high!r}."
        )
    histogram(float_array(values, "layer_histogram: values").reshape(-1), low, high, lanes)
    counts: Array = lanes.sum(0)
    return counts


class Flatness(NamedTuple):
    """How much of a layer passes (almost) no gradient."""

    saturated: float  # share of all values where the activation is flat
    dead: float  # share of units that are flat for every sample (and, in images, at every place)


def layer_flatness(preactivations: Array, activation: Activation) -> Flatness:
    """Share of the ``preactivations`` z where the activation is flat (`Activation.flat`), and of dead units.

    Parameters
    ----------
    preactivations : (N, H) or (N, C, H, W) array
        What the activation was given. In images a unit is a channel.
    activation : coursekit.activations.Activation
        A record of `ACTIVATIONS`.

    Returns
    -------
    Flatness
    """
    z = _some(preactivations, "layer_flatness: preactivations", (2, 4), "(N, H) or (N, C, H, W)")
    alive = np.zeros(z[0].size, np.bool_)  # one for each value of a sample
    flat = flat_share(z.reshape(len(z), -1), *activation.flat, alive)
    return Flatness(flat / z.size, 1 - float(alive.reshape(z.shape[1], -1).any(1).mean()))


def _some(values: Array, where: str, ndim: tuple[int, ...] | None = None, shape: str = "") -> Array:
    """Return ``values`` fit for a kernel, and refuse to take statistics of nothing."""
    values = float_array(values, where, ndim, shape)
    if values.size == 0:
        raise ValueError(f"{where} must hold at least one value, but the shape is {values.shape}.")
    return values
