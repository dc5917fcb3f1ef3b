"""Section 9: a norm that needs no batch."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def layer_norm(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    """Return γ x̂ + β for x (N, D), x̂ normalised sample by sample."""
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _samples(rng: np.random.Generator) -> list[Case]:
    """Three batches; the second is square, so that a wrong axis fits, the third is a single sample."""
    return [
        (
            rng.normal(rng.normal(size=(samples, 1)), rng.uniform(0.5, 3, (samples, 1)), (samples, units)),
            rng.uniform(0.5, 2, units),
            rng.normal(size=units),
            eps,
        )
        for samples, units, eps in ((3, 5, 0.1), (4, 4, 0.2), (1, 6, 0.05))
    ]


def _layer_by(x: Array, gamma: Array, beta: Array, spread: Array) -> Array:
    return gamma * (x - x.mean(axis=1, keepdims=True)) / spread + beta


def _gamma_first(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return layer_norm(gamma * x, np.ones_like(gamma), beta, eps)


def _unit_length(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return _layer_by(x, gamma, beta, np.sqrt(x.var(axis=1, keepdims=True) * x.shape[1] + eps))


def _no_keepdims(x: Array, gamma: Array, beta: Array, eps: float) -> Array:
    return gamma * (x - x.mean(axis=1)) / np.sqrt(x.var(axis=1) + eps) + beta


exercise(
    layer_norm,
    task="Return y (N, D): each sample of x normalised over its own D units, then scaled by gamma, shifted by beta.",
    returns=("y",),
    cases=_samples,
    misconceptions=(
        Misconception(
            "batch norm",
            lambda x, gamma, beta, eps: gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps) + beta,
            "that is batch norm: you average over the samples. Here each sample is measured over its own units.",
        ),
        Misconception(
            "one mean for all",
            lambda x, gamma, beta, eps: gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta,
            "you take one mean and variance for the whole batch. Each sample has its own.",
        ),
        Misconception(
            "no keepdims",
            _no_keepdims,
            "the axis is right, but a mean of shape (N,) meets the last axis of x, the units. Keep it a column: "
            "keepdims=True.",
        ),
        Misconception(
            "variance over the batch",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, np.sqrt(x.var(axis=0) + eps)),
            "the mean is each sample's own, but your variance runs over the batch. Both run over the sample's units.",
        ),
        Misconception(
            "sum for the variance",
            _unit_length,
            "you divide by the root of a sum of squares. The variance is their mean, over the D units.",
        ),
        Misconception(
            "mean square for the variance",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, np.sqrt((x**2).mean(axis=1, keepdims=True) + eps)),
            "you take the mean away above the line, but not below: the variance is the mean square of x − mean.",
        ),
        Misconception(
            "gamma first",
            _gamma_first,
            "you scale by gamma before you normalise, and the norm takes part of it away again. Normalise first.",
        ),
        Misconception(
            "rms norm",
            lambda x, gamma, beta, eps: gamma * x / np.sqrt((x**2).mean(axis=1, keepdims=True) + eps) + beta,
            "that is nearly RMS norm: you do not take the mean away.",
        ),
        Misconception(
            "no root",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.var(axis=1, keepdims=True) + eps),
            "you divide by the variance. Divide by the standard deviation, its root.",
        ),
        Misconception(
            "epsilon outside the root",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.std(axis=1, keepdims=True) + eps),
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, x.std(axis=1, keepdims=True)),
            "epsilon is left out. It is added to the variance, under the root.",
        ),
        Misconception(
            "unbiased",
            lambda x, gamma, beta, eps: _layer_by(x, gamma, beta, np.sqrt(x.var(axis=1, keepdims=True, ddof=1) + eps)),
            "here it is the plain variance, with 1/D.",
        ),
        Misconception(
            "no gamma and beta",
            lambda x, gamma, beta, eps: layer_norm(x, np.ones_like(gamma), 0 * beta, eps),
            "that is the normalised x. Each unit still has to be scaled by its gamma and shifted by its beta.",
        ),
        Misconception(
            "shift before scale",
            lambda x, gamma, beta, eps: layer_norm(x, gamma, gamma * beta, eps),
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
    ),
    hints=(
        "Batch norm averages down the columns of x, layer norm along its rows.",
        "x.mean(axis=1, keepdims=True) has shape (N, 1) and meets every unit of its own sample.",
        "y = gamma · (x − mean) / √(var + eps) + beta, as ever.",
    ),
    takeaway="Only the axis changes; but now no sample depends on another, so training and use are the same.",
)
