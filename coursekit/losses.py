"""Losses: ``LOSSES["softmax_cross_entropy"](scores, y)`` gives the mean over the batch and its gradient."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array
from coursekit.registry import Registry


@dataclass(frozen=True)
class Loss:
    """One loss: ``loss(scores, y) -> (value, dscores)``."""

    name: str
    label: str
    function: Callable[..., tuple[float, Array]]
    formula: str
    source: str

    def __call__(self, scores: Array, y: ArrayLike, **params: float) -> tuple[float, Array]:
        return self.function(scores, y, **params)


LOSSES: Registry[Loss] = Registry("loss")


def class_labels(y: ArrayLike, scores: Array, where: str) -> Array:
    """Return labels as an integer array (N,), checked against scores (N, C).

    Raises
    ------
    TypeError
        If the labels are not integers.
    ValueError
        If the batch is empty, their number differs from N, or one is outside 0 … C − 1.
    """
    labels = np.asarray(y)
    n, classes = scores.shape
    if n == 0:
        raise ValueError(f"{where}: the batch is empty, and the mean over no samples is not defined.")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{where}: y holds class numbers and must be integers, but its dtype is {labels.dtype}.")
    if labels.shape != (n,):
        raise ValueError(f"{where}: y must have shape ({n},), one label a sample, but its shape is {labels.shape}.")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(
            f"{where}: labels must be 0 to {classes - 1} for {classes} scores, but run from {labels.min()} to "
            f"{labels.max()}."
        )
    return labels


def softmax_cross_entropy(scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Mean cross-entropy of the softmax, L = mean(log Σⱼ e^(sⱼ) − s_y), and its gradient (p − 1_y) / N.

    Parameters
    ----------
    scores : (N, C) array
        Unnormalised scores (logits).
    y : (N,) array of int
        Class numbers, 0 … C − 1.

    Returns
    -------
    loss : float
        In nats; log C for scores that are all equal.
    dscores : (N, C) array

    Raises
    ------
    TypeError, ValueError
        See `class_labels` and `coursekit.arrays.float_array`.
    """
    scores = float_array(scores, "softmax_cross_entropy: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "softmax_cross_entropy")
    rows = np.arange(len(labels))
    shifted = scores - scores.max(1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(1, keepdims=True)
    loss = float((np.log(totals[:, 0]) - shifted[rows, labels]).mean())
    dscores = exponentials / totals
    dscores[rows, labels] -= 1
    return loss, dscores / scores.dtype.type(len(labels))


LOSSES.add(
    Loss(
        "softmax_cross_entropy",
        "Softmax cross-entropy",
        softmax_cross_entropy,
        formula=r"L = \log \sum_j e^{s_j} - s_y",
        source="Bishop (2006), Pattern Recognition and Machine Learning, equation 4.108",
    )
)
