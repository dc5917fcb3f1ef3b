"""One loss for several tasks, whose scores stand side by side in the last layer of a network."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, any_array, float_array
from coursekit.hyperparameter import in_range, whole_number
from coursekit.losses.classification import softmax_cross_entropy


def multitask(
    scores: Array, y: ArrayLike, classes: Sequence[int], weights: Sequence[float] | None = None
) -> tuple[float, Array]:
    """Weighted sum of the tasks' cross-entropies, L = Σₜ λₜ Lₜ, each the mean over those samples that have its label.

    The layers below are the shared trunk; a last linear layer of ΣC outputs holds one head for each task, C columns
    wide. ``partial(multitask, classes=(10, 2), weights=(1, 0.5))`` is a loss for `fit`.

    Parameters
    ----------
    scores : (N, ΣC) array
        The first task's C scores, then the second's, and so on.
    y : (N, T) int array
        The class of each sample in each task, counted from 0; −1 where it is not known.
    classes : sequence of int
        C of each of T tasks.
    weights : sequence of float, optional
        λ of each task, 1 unless given.

    Returns
    -------
    loss : float
        A task that no sample of the batch has a label for adds 0.
    dscores : (N, ΣC) array
        ∂L/∂scores.

    Raises
    ------
    ValueError
        If a number of classes is not whole, shapes do not fit the tasks, a label is not a class of its task, or a
        weight is negative.
    TypeError
        If ``scores`` are not float32 or float64, or labels not whole numbers.

    Examples
    --------
    >>> loss, dscores = multitask(np.zeros((2, 4)), [[0, 1], [1, -1]], classes=(2, 2), weights=(1, 0.5))
    >>> round(float(loss / np.log(2)), 3)
    1.5
    >>> dscores
    array([[-0.25,  0.25,  0.25, -0.25],
           [ 0.25, -0.25,  0.  ,  0.  ]])

    References
    ----------
    R. Caruana (1997), Multitask learning, Machine Learning 28.
    """
    scores = float_array(scores, "multitask: scores", 2, "(N, ΣC)")
    if not isinstance(classes, Sequence | np.ndarray) or isinstance(classes, str):
        raise TypeError(f"multitask: classes must list how many each task has, e.g. (10, 2), but is {classes!r}.")
    classes = [whole_number(count, f"multitask: the number of classes of task {t}") for t, count in enumerate(classes)]
    labels = _labels(y, len(scores), len(classes))
    weights = [1.0] * len(classes) if weights is None else weights
    if sum(classes) != scores.shape[1] or len(weights) != len(classes):
        raise ValueError(
            f"multitask: tasks of {tuple(classes)} classes need {sum(classes)} scores and {len(classes)} weights, but "
            f"there are {scores.shape[1]} and {len(weights)}."
        )
    total, dscores, start = 0.0, np.zeros_like(scores), 0
    for t, (count, weight) in enumerate(zip(classes, weights, strict=True)):
        in_range(weight, f"multitask: weight {t}", 0.0)
        known, columns = np.flatnonzero(labels[:, t] >= 0), slice(start, start + count)
        if len(known):
            loss, d = softmax_cross_entropy(np.ascontiguousarray(scores[known, columns]), labels[known, t])
            total += weight * loss
            dscores[known, columns] = scores.dtype.type(weight) * d
        start += count
    return total, dscores


def _labels(y: ArrayLike, samples: int, tasks: int) -> Array:
    """Return the labels (N, T), or say what is wrong with them; that a class exists, cross-entropy checks."""
    labels = any_array(y, "multitask: y")
    if labels.shape != (samples, tasks):
        raise ValueError(f"multitask: y must have shape {(samples, tasks)}, a column a task, but has {labels.shape}.")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"multitask: y must hold classes, whole numbers, but is {labels.dtype}.")
    if labels.size and labels.min() < -1:
        raise ValueError(f"multitask: a label is a class from 0 or, unknown, −1, but one is {labels.min()}.")
    return labels
