"""Layers: forward/backward pairs, and the thin objects that hold parameters, gradients and the last cache."""

from coursekit.layers.linear import LinearCache, linear_backward, linear_forward
from coursekit.layers.norm import BatchNormCache, RunningStatistics, batch_norm_backward, batch_norm_forward
from coursekit.layers.objects import Activation, BatchNorm, Layer, Linear

__all__ = [
    "Activation",
    "BatchNorm",
    "BatchNormCache",
    "Layer",
    "Linear",
    "LinearCache",
    "RunningStatistics",
    "batch_norm_backward",
    "batch_norm_forward",
    "linear_backward",
    "linear_forward",
]
