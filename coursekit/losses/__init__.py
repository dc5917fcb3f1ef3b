"""The losses of the course: ``LOSSES["hinge"](scores, y)`` gives the mean over the batch and its gradient."""

from coursekit.losses.classification import (
    binary_cross_entropy,
    hinge,
    softmax_cross_entropy,
    squared_hinge,
    zero_one,
)
from coursekit.losses.loss import LOSSES, Loss, LossFunction, loss_of
from coursekit.losses.multitask import multitask
from coursekit.losses.regression import huber, mae, mse
from coursekit.losses.targets import class_labels
from coursekit.losses.variants import focal, large_margin_softmax

__all__ = [
    "LOSSES",
    "Loss",
    "LossFunction",
    "binary_cross_entropy",
    "class_labels",
    "focal",
    "hinge",
    "huber",
    "large_margin_softmax",
    "loss_of",
    "mae",
    "mse",
    "multitask",
    "softmax_cross_entropy",
    "squared_hinge",
    "zero_one",
]
