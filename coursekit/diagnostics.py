"""What flows through a layer, in numbers: mean, standard deviation, histogram, saturated and dead share."""

from typing import NamedTuple

import numpy as np

from coursekit.activations import Activation
from coursekit.arrays import Array
from coursekit.kernels.stats import flat_share, histogram, moments


class Moments(NamedTuple):
    """Mean and standard deviation of all values of one layer."""

    mean: float
    std: float


def layer_moments(values: Array) -> Moments:
    """Mean and standard deviation over all of ``values`` (any shape), summed in float64; NaN or inf if a value is."""
    mean, variance = moments(np.ascontiguousarray(values).reshape(-1))
    return Moments(mean, float(np.sqrt(variance if variance > 0 or variance != variance else 0.0)))


def layer_histogram(values: Array, low: float, high: float, bins: int = 60) -> Array:
    """Count ``values`` (any shape) into ``bins`` equal bins over [low, high]; values beyond fall into the end bins."""
    lanes = np.zeros((4, bins), np.int64)
    histogram(np.ascontiguousarray(values).reshape(-1), low, high, lanes)
    counts: Array = lanes.sum(0)
    return counts


class Flatness(NamedTuple):
    """How much of a layer passes (almost) no gradient."""

    saturated: float  # share of (sample, unit) pairs where the activation is flat
    dead: float  # share of units that are flat for every sample


def layer_flatness(preactivations: Array, activation: Activation) -> Flatness:
    """Share of the ``preactivations`` z (N, H) where the activation is flat (`Activation.flat`), and of dead units."""
    alive = np.zeros(preactivations.shape[1], np.bool_)
    flat = flat_share(np.ascontiguousarray(preactivations), *activation.flat, alive)
    return Flatness(flat / preactivations.size, 1 - alive.mean())
