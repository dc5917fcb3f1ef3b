"""What a loss checks before it counts: labels, probabilities and values that fit the scores."""

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, any_array, float_array
from coursekit.kernels.loss import all_between

INT64 = np.dtype(np.int64)
# What makes class numbers of labels of another kind: truth values, floats, text.
MENDS = dict.fromkeys("bf", " Write y.astype(int).") | {"U": " Write names, y = np.unique(y, return_inverse=True)."}


def class_labels(y: ArrayLike, scores: Array, where: str) -> Array:
    """Return labels as an int64 array (N,) that is fit for a kernel, checked against scores (N, C).

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If the batch is empty, their number differs from N, or one is outside 0 … C − 1.
    """
    not_empty(scores, where)
    n, classes = scores.shape
    labels = any_array(y, f"{where}: y")
    if labels.dtype.kind not in "iu":
        mend = MENDS.get(labels.dtype.kind, "")
        raise TypeError(f"{where}: y holds class numbers and must be integers, but its dtype is {labels.dtype}.{mend}")
    if labels.shape != (n,):
        mend = " Write y[:, 0]." if labels.shape == (n, 1) else ""
        mend = " If each row marks its class with a 1, write y.argmax(1)." if labels.shape == scores.shape else mend
        raise ValueError(
            f"{where}: y must have shape ({n},), one label a sample, but its shape is {labels.shape}.{mend}"
        )
    fit = labels if labels.dtype == INT64 and labels.flags.carray else np.require(labels, INT64, ["C", "W"])
    if not all_between(fit, 0, classes - 1):
        mend = " Give the network a score for each class, or take binary_cross_entropy." if classes == 1 else ""
        raise ValueError(
            f"{where}: labels must be 0 to {classes - 1} for {classes} scores, but run from {labels.min()} to "
            f"{labels.max()}.{mend}"
        )
    return fit


def probabilities(y: ArrayLike, scores: Array, where: str) -> Array:
    """Return soft targets, one distribution over the classes a row, checked and in the dtype of the scores (N, C).

    Raises
    ------
    TypeError
        If they are not numbers.
    ValueError
        If the shape is not that of the scores, one is negative or NaN, or a row does not sum to 1 (within 1e−4).
    """
    not_empty(scores, where)
    targets = float_array(y, f"{where}: y")
    if targets.shape != scores.shape:
        raise ValueError(
            f"{where}: y must be labels (N,), integers, or probabilities {scores.shape}, like the scores, but its "
            f"shape is {targets.shape}."
        )
    if not all_between(targets.reshape(-1), 0.0, math.inf):
        raise ValueError(f"{where}: probabilities must not be negative, but y holds {targets.min():.6g}.")
    sums = targets.sum(1, dtype=np.float64)
    row = np.abs(sums - 1).argmax()
    if not abs(sums[row] - 1) <= 1e-4:
        raise ValueError(
            f"{where}: each row of y must sum to 1, but row {row} sums to {sums[row]:.6g}. Divide each row by its sum."
        )
    return targets.astype(scores.dtype, copy=False)


def values_like(y: ArrayLike, scores: Array, where: str) -> Array:
    """Return targets in shape and dtype of the scores; (N,) and (N, 1) may stand for each other.

    Raises
    ------
    TypeError
        If they are not numbers.
    ValueError
        If there are none, or the shapes differ: NumPy would broadcast (N, 1) and (N,) to (N, N) without a word.
    """
    not_empty(scores, where)
    values = float_array(y, f"{where}: y")
    if values.shape != scores.shape:
        if values.size != scores.size or {values.ndim, scores.ndim} != {1, 2} or len(values) != len(scores):
            raise ValueError(
                f"{where}: y must have shape {scores.shape}, like the scores, but its shape is {values.shape}."
            )
        values = values.reshape(scores.shape)
    return values if values.dtype == scores.dtype else values.astype(scores.dtype)


def not_empty(scores: Array, where: str) -> None:
    """Raise ``ValueError`` if there is nothing to take a mean over."""
    if scores.size == 0:
        reason = (
            "the batch is empty, and the mean over no samples is not defined"
            if len(scores) == 0
            else f"scores {scores.shape} have no class"
        )
        raise ValueError(f"{where}: {reason}.")
