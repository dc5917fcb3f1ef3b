"""Section 4: batch norm at test time folded into the layer before it."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def fold_batch_norm(
    w: Array, b: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, eps: float
) -> tuple[Array, Array]:
    """Return w and b of the one linear layer that does what x w + b and batch norm at test time do together."""
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale, scale * (b - running_mean) + beta


def _trained(rng: np.random.Generator) -> list[Case]:
    """Three layers; the second is square, so that a scale along the wrong axis fits."""
    return [
        (
            rng.normal(size=(inputs, units)),
            rng.normal(size=units),
            rng.uniform(0.5, 2, units),
            *rng.normal(size=(2, units)),
            rng.uniform(0.5, 3, units),
            eps,
        )
        for inputs, units, eps in ((5, 3, 0.1), (4, 4, 0.2), (2, 6, 0.05))
    ]


def _fold_by(scale: Array, w: Array, b: Array, beta: Array, mean: Array) -> tuple[Array, Array]:
    return w * scale, scale * (b - mean) + beta


def _fold_shift(shift: Callable[..., Array]) -> Callable[..., Any]:
    """Return the fold with the right weights and the bias ``shift(scale, b, beta, mean)``."""

    def wrong(w, b, gamma, beta, running_mean, running_var, eps):
        scale = gamma / np.sqrt(running_var + eps)
        return w * scale, shift(scale, b, beta, running_mean)

    return wrong


def _fold_scale(scale: Callable[..., Array]) -> Callable[..., Any]:
    """Return the fold with the scale ``scale(gamma, var, eps)``."""

    def wrong(w, b, gamma, beta, running_mean, running_var, eps):
        return _fold_by(scale(gamma, running_var, eps), w, b, beta, running_mean)

    return wrong


def _scaled_inputs(w, b, gamma, beta, running_mean, running_var, eps):
    scale = gamma / np.sqrt(running_var + eps)
    return w * scale[:, None], scale * (b - running_mean) + beta


def _weights_left(w, b, gamma, beta, running_mean, running_var, eps):
    return w, fold_batch_norm(w, b, gamma, beta, running_mean, running_var, eps)[1]


exercise(
    fold_batch_norm,
    task=(
        "Return w (D, H) and b (H,) of one linear layer that does what x w + b, followed by batch norm at test time, "
        "does."
    ),
    returns=("w", "b"),
    cases=_trained,
    misconceptions=(
        Misconception(
            "old bias forgotten",
            _fold_shift(lambda scale, b, beta, mean: beta - scale * mean),
            "w is right. The layer's own bias passes batch norm too, and is missing in yours.",
        ),
        Misconception(
            "old bias not scaled",
            _fold_shift(lambda scale, b, beta, mean: b + beta - scale * mean),
            "w is right. The old bias stands before batch norm, so it is scaled with everything else.",
        ),
        Misconception(
            "mean not scaled",
            _fold_shift(lambda scale, b, beta, mean: scale * b + beta - mean),
            "w is right. The mean is taken away before the scale, so it is scaled too.",
        ),
        Misconception(
            "mean added",
            _fold_shift(lambda scale, b, beta, mean: scale * (b + mean) + beta),
            "w is right. The running mean is taken away, and you add it.",
        ),
        Misconception(
            "beta scaled",
            _fold_shift(lambda scale, b, beta, mean: scale * (b - mean + beta)),
            "w is right. beta is added after the scale: it stays as it is.",
        ),
        Misconception(
            "beta forgotten",
            _fold_shift(lambda scale, b, beta, mean: scale * (b - mean)),
            "w is right. beta is missing in your bias.",
        ),
        Misconception(
            "only the bias",
            _weights_left,
            "b is right. The weights have to take over the scale of batch norm.",
        ),
        Misconception(
            "rows scaled",
            _scaled_inputs,
            "b is right. Each unit is a column of w, and it is the columns that are scaled.",
        ),
        Misconception(
            "no root",
            _fold_scale(lambda gamma, var, eps: gamma / (var + eps)),
            "you divide by the variance. Batch norm divides by its root.",
        ),
        Misconception(
            "epsilon outside the root",
            _fold_scale(lambda gamma, var, eps: gamma / (np.sqrt(var) + eps)),
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            _fold_scale(lambda gamma, var, eps: gamma / np.sqrt(var)),
            "epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "no gamma",
            _fold_scale(lambda gamma, var, eps: 1 / np.sqrt(var + eps)),
            "gamma is left out: it is part of the scale.",
        ),
    ),
    hints=(
        "Write batch norm at test time as scale · z + shift, with z = x w + b. What is scale, and what is shift?",
        "scale = gamma / √(running_var + eps), and scale · (x w + b − running_mean) + beta is what must come out.",
        "Multiply out: what stands at x is the new w, all the rest is the new b.",
    ),
    takeaway="At test time batch norm is one scale and one shift a unit, and the layer before it can do both.",
)
