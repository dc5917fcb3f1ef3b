"""Section 4: batch norm in training and in test mode."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def batch_norm_forward(
    x: Array, gamma: Array, beta: Array, running_mean: Array, running_var: Array, training: bool, eps: float
) -> Array:
    """Return γ (x − μ) / √(σ² + ε) + β, with the batch's statistics in training and the running ones at test time."""
    if training:
        mean, var = x.mean(axis=0), x.var(axis=0)
    else:
        mean, var = running_mean, running_var
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _batches_and_modes(rng: np.random.Generator) -> list[Case]:
    """Training and test by turns; the second batch is square, so that a wrong axis fits."""
    return [
        (
            rng.normal(rng.normal(size=units), rng.uniform(0.5, 3, units), (samples, units)),
            rng.uniform(0.5, 2, units),
            rng.normal(size=units),
            rng.normal(size=units),
            rng.uniform(0.5, 3, units),
            training,
            eps,
        )
        for samples, units, training, eps in (
            (7, 3, True, 0.1),
            (5, 5, True, 0.2),
            (6, 4, False, 0.1),
            (4, 4, False, 0.3),
        )
    ]


def _wrong_axis(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    mean, var = x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def _one_mean_for_all(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    return gamma * (x - x.mean()) / np.sqrt(x.var() + eps) + beta


def _unbiased(x, gamma, beta, running_mean, running_var, training, eps):
    if not training:
        return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, eps)
    return gamma * (x - x.mean(axis=0)) / np.sqrt(x.var(axis=0, ddof=1) + eps) + beta


def _statistics(x, running_mean, running_var, training):
    """Both right, for the wrong answers that go astray behind them."""
    return (x.mean(axis=0), x.var(axis=0)) if training else (running_mean, running_var)


def _no_root(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = _statistics(x, running_mean, running_var, training)
    return gamma * (x - mean) / (var + eps) + beta


def _eps_outside(x, gamma, beta, running_mean, running_var, training, eps):
    mean, var = _statistics(x, running_mean, running_var, training)
    return gamma * (x - mean) / (np.sqrt(var) + eps) + beta


def _no_eps(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, training, 0.0)


def _no_scale(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, np.ones_like(gamma), 0 * beta, running_mean, running_var, training, eps)


def _shift_first(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, gamma * beta, running_mean, running_var, training, eps)


def _always_training(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, True, eps)


def _always_running(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, False, eps)


def _modes_swapped(x, gamma, beta, running_mean, running_var, training, eps):
    return batch_norm_forward(x, gamma, beta, running_mean, running_var, not training, eps)


exercise(
    batch_norm_forward,
    task=(
        "Return y (N, D): x normalised unit by unit, scaled by gamma and shifted by beta, with the batch's "
        "statistics in training and the running ones otherwise."
    ),
    returns=("y",),
    cases=_batches_and_modes,
    misconceptions=(
        Misconception(
            "wrong axis",
            _wrong_axis,
            "you average over the units of a sample. Each unit has its own mean and variance, over the batch.",
        ),
        Misconception(
            "one mean for all",
            _one_mean_for_all,
            "you take one mean and one variance for all units. Each unit has its own: name the axis.",
        ),
        Misconception(
            "unbiased in training",
            _unbiased,
            "in training it is the plain variance, with 1/N. N − 1 belongs to the running variance.",
        ),
        Misconception(
            "no root",
            _no_root,
            "you divide by the variance. The result has variance 1 if you divide by the standard deviation.",
        ),
        Misconception(
            "epsilon outside the root",
            _eps_outside,
            "epsilon is added to the variance, under the root, not to its root.",
        ),
        Misconception(
            "no epsilon",
            _no_eps,
            "epsilon is missing: a unit that says the same to every sample has variance 0.",
        ),
        Misconception(
            "no gamma and beta",
            _no_scale,
            "that is the normalised x. The unit still has to scale it by gamma and shift it by beta.",
        ),
        Misconception(
            "shift before scale",
            _shift_first,
            "you scale beta too. First multiply by gamma, then add beta.",
        ),
        Misconception(
            "always the batch",
            _always_training,
            "training is right. At test time running_mean and running_var take the place of the batch's own.",
        ),
        Misconception(
            "always the running statistics",
            _always_running,
            "test time is right. In training the statistics are those of the batch x itself.",
        ),
        Misconception(
            "modes swapped",
            _modes_swapped,
            "you have the two modes the wrong way round: the batch's own statistics belong to training.",
        ),
    ),
    hints=(
        "First choose mean and var: of x along axis 0 in training, else the running ones. All have shape (D,).",
        "x̂ = (x − mean) / √(var + eps). NumPy applies a (D,) array to every row of x.",
        "y = gamma · x̂ + beta.",
    ),
    takeaway="One line for both modes; only where mean and variance come from differs.",
)
