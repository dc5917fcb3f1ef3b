"""Losses of a classifier: the two hinge losses, cross-entropy for several classes and for two, and the 0–1 loss."""

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, any_array, float_array
from coursekit.hyperparameter import Hyperparameter, in_range
from coursekit.kernels import loss as kernels
from coursekit.losses.loss import LOSSES, Loss
from coursekit.losses.targets import class_labels, probabilities, values_like

MARGIN = Hyperparameter("margin", 1.0, 0.0, 5.0, "how far the right score must lead")


def hinge(scores: Array, y: ArrayLike, margin: float = 1.0) -> tuple[float, Array]:
    """Mean multiclass SVM loss, L = Σ_{j≠y} max(0, sⱼ − s_y + margin).

    The gradient is 1 for each j that comes too near, minus their number for y, all ÷ N. Exactly at the margin, where
    the slope jumps from 0 to 1, it is 0.

    Parameters
    ----------
    scores : (N, C) array
    y : (N,) array of int
        Class numbers, 0 … C − 1.
    margin : float
        How far the right score must lead.

    Returns
    -------
    loss : float
        (C − 1) · margin for scores that are all equal. The sum over the classes is not divided by C.
    dscores : (N, C) array

    Raises
    ------
    TypeError, ValueError
        See `class_labels` and `coursekit.arrays.float_array`; and if the margin is not a number of at least 0.

    Examples
    --------
    >>> loss, dscores = hinge(np.array([[3.2, 5.1, -1.7]]), [0])
    >>> print(round(loss, 6), dscores)
    2.9 [[-1.  1.  0.]]
    """
    in_range(margin, "hinge: margin", 0)
    scores = float_array(scores, "hinge: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "hinge")
    dscores = np.empty_like(scores)
    total = kernels.hinge(scores, labels, float(margin), dscores)
    return float(total) / len(scores), dscores


def squared_hinge(scores: Array, y: ArrayLike, margin: float = 1.0) -> tuple[float, Array]:
    """Mean squared SVM loss, L = Σ_{j≠y} max(0, sⱼ − s_y + margin)²: one large error costs more than many small ones.

    The gradient, 2 max(0, sⱼ − s_y + margin) for j ≠ y, is continuous. Everything else as for `hinge`; equal scores
    cost (C − 1) · margin².
    """
    in_range(margin, "squared_hinge: margin", 0)
    scores = float_array(scores, "squared_hinge: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "squared_hinge")
    dscores = np.empty_like(scores)
    total = kernels.squared_hinge(scores, labels, float(margin), dscores)
    return float(total) / len(scores), dscores


def _excess(scores: Array, y: ArrayLike, margin: float = 1.0) -> Array:
    """|sⱼ − s_y + margin| for j ≠ y, infinity for y."""
    own = np.arange(len(scores)), np.asarray(y)
    distance: Array = np.abs(scores - scores[own][:, None] + margin)
    distance[own] = math.inf
    return distance


LOSSES.add(
    Loss(
        "hinge",
        "Hinge (multiclass SVM)",
        hinge,
        formula=r"L = \sum_{j \ne y} \max(0,\ s_j - s_y + \Delta)",
        gradient=r"\frac{\partial L}{\partial s_j} = \mathbf{1}[s_j - s_y + \Delta > 0] \ (j \ne y), \quad "
        r"\frac{\partial L}{\partial s_y} = -\sum_{j \ne y} \frac{\partial L}{\partial s_j}",
        y="classes",
        params=(MARGIN,),
        kinks=_excess,
        verdict="Content once the right score leads by the margin: then it pulls no more.",
        source="Weston and Watkins (1999), Support vector machines for multi-class pattern recognition",
    )
)
LOSSES.add(
    Loss(
        "squared_hinge",
        "Squared hinge",
        squared_hinge,
        formula=r"L = \sum_{j \ne y} \max(0,\ s_j - s_y + \Delta)^2",
        gradient=r"\frac{\partial L}{\partial s_j} = 2 \max(0,\ s_j - s_y + \Delta) \ (j \ne y), \quad "
        r"\frac{\partial L}{\partial s_y} = -\sum_{j \ne y} \frac{\partial L}{\partial s_j}",
        y="classes",
        params=(MARGIN,),
        verdict="As the hinge, but one bad violation counts more than several slight ones.",
        source="Tang (2013), Deep learning using linear support vector machines",
    )
)


def softmax_cross_entropy(
    scores: Array,
    y: ArrayLike,
    label_smoothing: float = 0.0,
    class_weights: ArrayLike | None = None,
    temperature: float = 1.0,
) -> tuple[float, Array]:
    """Mean cross-entropy of the softmax, L = mean(log Σⱼ e^(sⱼ) − s_y), and its gradient (p − 1_y) / N.

    Parameters
    ----------
    scores : (N, C) array
        Unnormalised scores (logits).
    y : (N,) array of int, or (N, C) array of probabilities
        Class numbers, 0 … C − 1; or soft targets q, such as a teacher's probabilities (distillation):
        L = −Σⱼ qⱼ log pⱼ.
    label_smoothing : float
        ε from 0 to 1: the targets become (1 − ε) q + ε / C.
    class_weights : (C,) array, optional
        A factor wⱼ for each term −qⱼ log pⱼ. With class numbers the mean is the weighted one, Σₙ … / Σₙ w_(yₙ), so that
        equal weights change nothing; with soft targets it is 1/N Σₙ …. Both as in PyTorch.
    temperature : float
        T > 0: p = softmax(s / T). The gradient shrinks as 1/T, and as 1/T² against targets of the same temperature
        (Hinton et al., section 2): multiply by T² yourself where that matters.

    Returns
    -------
    loss : float
        In nats; log C for scores that are all equal.
    dscores : (N, C) array

    Raises
    ------
    TypeError, ValueError
        See `class_labels`, `coursekit.losses.targets.probabilities` and `coursekit.arrays.float_array`; and if a
        parameter is out of its range.
    """
    where = "softmax_cross_entropy"
    in_range(temperature, "softmax_cross_entropy: temperature", 0, above=True)
    in_range(label_smoothing, "softmax_cross_entropy: label_smoothing", 0, 1)
    scores = float_array(scores, "softmax_cross_entropy: scores", 2, "(N, C)")
    y = any_array(y, "softmax_cross_entropy: y")
    soft = y.ndim == 2 and (y.dtype.kind == "f" or y.shape == scores.shape)
    targets = probabilities(y, scores, where) if soft else class_labels(y, scores, where)
    dscores = np.empty_like(scores)
    if not soft and class_weights is None and label_smoothing == 0:
        losses = np.empty(len(scores))
        total = kernels.softmax_cross_entropy(scores, targets, 1 / float(temperature), losses, dscores)
        return float(total) / len(scores), dscores
    targets = _shares(targets, scores, label_smoothing, class_weights)
    return float(kernels.soft_cross_entropy(scores, targets, 1 / float(temperature), dscores)), dscores


def _shares(targets: Array, scores: Array, smoothing: float, class_weights: ArrayLike | None) -> Array:
    """Return t (N, C) such that the loss is −Σ t log p: smoothed targets times weights ÷ what the mean divides by."""
    n, classes = scores.shape
    weights = np.ones(classes) if class_weights is None else _class_weights(class_weights, classes)
    if targets.ndim == 2:
        soft, count = targets, float(n)
    else:
        soft, count = np.zeros((n, classes)), weights[targets].sum()
        soft[np.arange(n), targets] = 1
        if count == 0:
            only = ", ".join(map(str, np.unique(targets)))
            raise ValueError(
                "softmax_cross_entropy: the class weights of all labels are 0, so there is no mean over these "
                f"{n} samples of class {only}. Each batch needs a sample that counts: leave the others out of the "
                "data, or give those classes a small weight, e.g. 1e-3."
            )
    shares: Array = ((1 - smoothing) * soft + smoothing / classes) * weights / count
    return shares.astype(scores.dtype, copy=False)


def _class_weights(class_weights: ArrayLike, classes: int) -> Array:
    weights = float_array(class_weights, "softmax_cross_entropy: class_weights").astype(np.float64)
    if weights.shape != (classes,):
        raise ValueError(
            f"softmax_cross_entropy: class_weights must have shape ({classes},), one a class, but their shape is "
            f"{weights.shape}."
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(f"softmax_cross_entropy: class_weights must be finite and not negative, but are {weights}.")
    return weights


LOSSES.add(
    Loss(
        "softmax_cross_entropy",
        "Softmax cross-entropy",
        softmax_cross_entropy,
        formula=r"L = \log \sum_j e^{s_j} - s_y",
        gradient=r"\frac{\partial L}{\partial s_j} = p_j - \mathbf{1}[j = y], \quad p = \mathrm{softmax}(s)",
        y="classes",
        params=(
            Hyperparameter("label_smoothing", 0.0, 0.0, 0.5, "the share of the target spread evenly over all classes"),
            Hyperparameter("temperature", 1.0, 0.2, 10.0, "what the scores are divided by"),
        ),
        verdict="The one to begin with. Never quite content: it always wants a little more lead.",
        source="Bishop (2006), Pattern Recognition and Machine Learning, equation 4.108; label smoothing: Szegedy et "
        "al. (2016), section 7; soft targets: Hinton, Vinyals and Dean (2015), Distilling the knowledge, equation 1",
    )
)


def binary_cross_entropy(scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Mean binary cross-entropy on logits, L = −y log σ(s) − (1 − y) log σ(−s), and its gradient (σ(s) − y) / M.

    Parameters
    ----------
    scores : (N,), (N, 1) or (N, K) array
        Logits s, before the sigmoid; K independent questions a sample.
    y : array of the same shape
        From 0 to 1: the probability of yes. (N,) and (N, 1) may stand for each other.

    Returns
    -------
    loss : float
        In nats, the mean over all M = N · K numbers, as in PyTorch; log 2 for scores of 0.
    dscores : array of the shape of scores

    Raises
    ------
    TypeError, ValueError
        See `coursekit.losses.targets.values_like` and `coursekit.arrays.float_array`; and if a target is outside 0 … 1.
    """
    scores = float_array(scores, "binary_cross_entropy: scores")
    y = values_like(y, scores, "binary_cross_entropy").reshape(-1)
    if not kernels.all_between(y, 0.0, 1.0):
        raise ValueError(
            f"binary_cross_entropy: y must lie between 0 and 1, but runs from {y.min():.6g} to {y.max():.6g}."
        )
    dscores = np.empty_like(scores)
    total = kernels.binary_cross_entropy(scores.reshape(-1), y, dscores.reshape(-1))
    return float(total) / scores.size, dscores


LOSSES.add(
    Loss(
        "binary_cross_entropy",
        "Binary cross-entropy",
        binary_cross_entropy,
        formula=r"L = \log(1 + e^{s}) - s\,y",
        gradient=r"\frac{\partial L}{\partial s} = \sigma(s) - y",
        y="probabilities",
        verdict="For yes-or-no questions: the sigmoid cancels out of the gradient, so that a wrong neuron learns fast.",
        source="Bishop (2006), Pattern Recognition and Machine Learning, equations 4.90 and 4.91",
    )
)


def zero_one(scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Share of samples whose highest score is not that of y; of equal scores the first counts.

    A small step of the scores changes no decision, so the gradient is 0 wherever there is one, and 0 is returned: this
    loss can be counted, but no gradient descent can follow it.

    Parameters
    ----------
    scores : (N, C) array
    y : (N,) array of int
        Class numbers, 0 … C − 1.

    Returns
    -------
    loss : float
        The error rate, 1 − accuracy; NaN if a score is.
    dscores : (N, C) array of zeros

    Raises
    ------
    TypeError, ValueError
        See `class_labels` and `coursekit.arrays.float_array`.
    """
    scores = float_array(scores, "zero_one: scores", 2, "(N, C)")
    labels = class_labels(y, scores, "zero_one")
    loss = math.nan if np.isnan(scores).any() else float((scores.argmax(1) != labels).mean())
    return loss, np.zeros_like(scores)


def _lead(scores: Array, y: ArrayLike) -> Array:
    """Return the distance between the two highest scores of each sample."""
    ordered = np.sort(scores, 1)
    lead: Array = ordered[:, -1] - ordered[:, -2] if scores.shape[1] > 1 else np.full(len(scores), math.inf)
    return lead


LOSSES.add(
    Loss(
        "zero_one",
        "0–1 loss",
        zero_one,
        formula=r"L = \mathbf{1}[\arg\max_j s_j \ne y]",
        gradient=r"\frac{\partial L}{\partial s_j} = 0",
        y="classes",
        kinks=_lead,
        verdict="What is meant, and what is counted in the end. It has no slope, so nothing can be learnt from it.",
        source="Bishop (2006), Pattern Recognition and Machine Learning, section 1.5.1",
    )
)
