"""Layers: forward/backward pairs, and the thin objects that hold parameters, gradients and the last cache."""

from coursekit.layers.activation import Activation
from coursekit.layers.layer import Layer
from coursekit.layers.linear import Linear, LinearCache, linear_backward, linear_forward
from coursekit.layers.norm import (
    BatchNorm,
    BatchNormCache,
    RunningStatistics,
    batch_norm_backward,
    batch_norm_forward,
)

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
