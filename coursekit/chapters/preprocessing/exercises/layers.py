"""Section 6: what a linear layer does to mean and covariance."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def through_a_layer(mean: Array, covariance: Array, w: Array, b: Array) -> tuple[Array, Array]:
    """Mean μ W + b and covariance Wᵀ Σ W of x W + b, for rows x of mean μ and covariance Σ."""
    return mean @ w + b, w.T @ covariance @ w


def _moments(rng: np.random.Generator) -> list[Case]:
    """As many units as features, so that a layer that is turned round still fits; in the last case more."""
    cases = []
    for features, units in ((2, 2), (3, 3), (3, 5)):
        mix = rng.normal(size=(features, features))
        w, b = rng.normal(size=(features, units)), rng.uniform(-2, 2, units)
        cases.append((rng.uniform(-3, 3, features), mix @ mix.T, w, b))
    return cases


exercise(
    through_a_layer,
    task="x has the mean μ (D,) and the covariance Σ (D, D). Return the mean (H,) and the covariance (H, H) of "
    "x W + b, for W (D, H) and b (H,).",
    returns=("mean", "covariance"),
    cases=_moments,
    misconceptions=(
        Misconception(
            "bias forgotten",
            lambda mean, covariance, w, b: (mean @ w, w.T @ covariance @ w),
            "the covariance is right. The bias moves every sample, and so the mean.",
        ),
        Misconception(
            "bias in the covariance",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ covariance @ w + np.outer(b, b)),
            "the mean is right. A bias is the same for all samples, so it spreads nothing: it has no part in the "
            "covariance.",
        ),
        Misconception(
            "only one side",
            lambda mean, covariance, w, b: (mean @ w + b, covariance @ w),
            "the mean is right. A covariance is a mean of products of two outputs, and each of the two has passed W.",
        ),
        Misconception(
            "turned round",
            lambda mean, covariance, w, b: (mean @ w + b, w @ covariance @ w.T),
            "the mean is right. You take W Σ Wᵀ, as for samples that stand in columns. Here they are rows, x W.",
        ),
        Misconception(
            "variances only",
            lambda mean, covariance, w, b: (mean @ w + b, np.diag(np.diag(w.T @ covariance @ w))),
            "the mean and the variances are right. Two outputs that share inputs go together, so the entries beside "
            "the diagonal are not 0.",
        ),
        Misconception(
            "weights squared",
            lambda mean, covariance, w, b: (mean @ w + b, np.diag((w**2).T @ np.diag(covariance))),
            "the mean is right. Squared weights times variances is the rule for inputs that do not go together, and "
            "for the diagonal alone. Σ has more entries.",
        ),
        Misconception(
            "variances as a vector",
            lambda mean, covariance, w, b: (mean @ w + b, (w**2).T @ np.diag(covariance)),
            "the mean is right. You return H variances, and those of inputs that do not go together. A covariance is a "
            "table (H, H), and all of Σ takes part.",
        ),
        Misconception(
            "as if white",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ w),
            "the mean is right. Wᵀ W is the answer for white inputs, Σ = I.",
        ),
        Misconception(
            "spread uncorrelated",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ np.diag(np.diag(covariance)) @ w),
            "the mean is right. From Σ you take the diagonal only, as if the inputs did not go together.",
        ),
        Misconception(
            "second moment",
            lambda mean, covariance, w, b: (mean @ w + b, w.T @ (covariance + np.outer(mean, mean)) @ w),
            "the mean is right. You have put μ into the covariance as well, which is taken about the mean.",
        ),
    ),
    hints=(
        "A mean goes through a linear layer as a sample does.",
        "y − its mean is (x − μ) W: the bias has gone. The covariance of y is the mean of (y − mean)ᵀ (y − mean).",
        "mean @ w + b, and w.T @ covariance @ w.",
    ),
    takeaway="From white inputs come outputs of covariance Wᵀ W: without an activation, a centred signal stays centred "
    "where b = 0, but what was white stays white only if W turns.",
)
