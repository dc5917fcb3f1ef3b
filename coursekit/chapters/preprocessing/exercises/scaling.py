"""Sections 1 and 3: the shape that data gives to a valley, and one std for every feature."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def condition_number(x: Array) -> float:
    """Largest over smallest eigenvalue of the Hessian 2 xᵀx / N."""
    curvatures = np.linalg.eigvalsh(x.T @ x / len(x))
    return float(curvatures[-1] / curvatures[0])


def _off_centre(rng: np.random.Generator) -> list[Case]:
    """Three sets of different size, scale and offset; as many features as samples in none of them."""
    return [
        (rng.normal(size=(n, d)) * rng.uniform(0.5, 3, d) + rng.uniform(-2, 2, d),)
        for n, d in ((12, 2), (20, 3), (30, 4))
    ]


exercise(
    condition_number,
    task="Return the condition number of the Hessian 2 xᵀx / N, as it is: the largest curvature over the smallest.",
    returns=("ratio",),
    cases=_off_centre,
    misconceptions=(
        Misconception(
            "of the data",
            lambda x: float(np.linalg.cond(x)),
            "that is the condition number of x. The Hessian has xᵀx, and its eigenvalues are the squares.",
        ),
        Misconception(
            "centred",
            lambda x: condition_number(x - x.mean(0)),
            "that is the ratio for centred data. Take x as it is: its mean shapes the valley as well.",
        ),
        Misconception(
            "diagonal only",
            lambda x: float((x**2).sum(0).max() / (x**2).sum(0).min()),
            "you compare the diagonal of the Hessian. Its curvatures are its eigenvalues, which also depend on how "
            "the features go together.",
        ),
        Misconception(
            "variances",
            lambda x: float(x.var(axis=0).max() / x.var(axis=0).min()),
            "you compare the variances of the features. The valley also depends on their means and on how they go "
            "together: its curvatures are the eigenvalues of the Hessian.",
        ),
        Misconception(
            "correlations",
            lambda x: float(np.linalg.cond(np.corrcoef(x.T))),
            "that is the ratio for standardised data. Take x as it is: units and means shape the valley as well.",
        ),
        Misconception(
            "upside down",
            lambda x: 1 / condition_number(x),
            "that is the smallest over the largest. The condition number is at least 1.",
        ),
        Misconception(
            "largest only",
            lambda x: float(np.linalg.eigvalsh(2 * x.T @ x / len(x))[-1]),
            "that is the largest curvature. Divide it by the smallest.",
        ),
    ),
    hints=(
        "The Hessian is a symmetric (D, D) matrix. Its curvatures are its eigenvalues.",
        "np.linalg.eigvalsh returns the eigenvalues of a symmetric matrix, the smallest first.",
        "curvatures = np.linalg.eigvalsh(2 * x.T @ x / len(x)), and the ratio is curvatures[-1] / curvatures[0].",
    ),
    takeaway="The factor 2 / N cancels: a condition number measures the shape of a valley, not its size.",
)


def standardise(x: Array) -> Array:
    """(x − μ) / σ, feature by feature; a feature that is constant but for rounding becomes 0."""
    mean, std = x.mean(axis=0), x.std(axis=0)
    return (x - mean) / np.where(std <= 1e-10 * np.abs(mean), 1, std)


def _is_constant(x: Array) -> Array:
    return x.std(axis=0) <= 1e-10 * np.abs(x.mean(axis=0))


def _unless_constant(x: Array, divisor: Array) -> Array:
    return np.where(_is_constant(x), 1, divisor)


def _only_exact_zeros(x: Array) -> Array:
    std = x.std(axis=0)
    return (x - x.mean(axis=0)) / np.where(std == 0, 1, std)


def _with_a_constant(rng: np.random.Generator) -> list[Case]:
    """Features of unlike scale; in all sets but the first one is constant, in the last two with a std that is not 0."""
    cases = []
    for n, d, constant, value in ((6, 3, None, 0), (5, 4, 2, 7.0), (4, 4, 0, 7.0), (6, 4, 1, 0.1), (6, 3, 1, 5e-9)):
        x = rng.normal(size=(n, d)) * rng.uniform(0.1, 20, d) + rng.uniform(-9, 9, d)
        if constant is not None:
            x[:, constant] = value
        cases.append((x,))
    return cases


exercise(
    standardise,
    task="Give every feature of x (N, D) mean 0 and std 1; a feature that is the same in all samples becomes 0.",
    returns=("z",),
    cases=_with_a_constant,
    misconceptions=(
        Misconception(
            "only exact zeros",
            _only_exact_zeros,
            "a constant feature becomes all ones or all minus ones. Its mean is rounded, so its std is not quite 0: "
            "that of six times 0.1 is 1.4e−17. Compare σ with the size of the mean: σ ≤ 1e−10 |μ| is rounding.",
        ),
        Misconception(
            "variance",
            lambda x: (x - x.mean(axis=0)) / np.where(x.var(axis=0) == 0, 1, x.var(axis=0)),
            "you divide by the variance. It has the square of the feature's unit.",
        ),
        Misconception(
            "not centred",
            lambda x: x / _unless_constant(x, x.std(axis=0)),
            "the spread is right, but the mean is not 0.",
        ),
        Misconception(
            "not scaled",
            lambda x: x - x.mean(axis=0),
            "the mean is 0, but the features still have different stds.",
        ),
        Misconception(
            "all features together",
            lambda x: (x - x.mean()) / x.std(),
            "you use one mean and one std for all features. Each has its own: which axis are the samples?",
        ),
        Misconception(
            "wrong axis",
            lambda x: (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True),
            "you standardise every sample. The statistics of a feature run over the samples, axis 0.",
        ),
        Misconception(
            "N − 1",
            lambda x: (x - x.mean(axis=0)) / np.where(x.std(axis=0) == 0, 1, x.std(axis=0, ddof=1)),
            "your std divides by N − 1. Here z must have the std 1 by np.std, which divides by N.",
        ),
        Misconception(
            "to the range",
            lambda x: (x - x.min(axis=0)) / _unless_constant(x, np.ptp(x, axis=0)),
            "that maps each feature to 0 … 1, and one outlier decides the scale. Use the mean and the std.",
        ),
        Misconception(
            "variance, constants kept",
            lambda x: standardise(x) / np.where(_is_constant(x), 1, x.std(axis=0)),
            "constant features are right; all others you divide by their variance σ². Divide by σ.",
        ),
        Misconception(
            "N − 1, constants kept",
            lambda x: standardise(x) * np.sqrt(1 - 1 / len(x)),
            "constant features are right; for all others your σ divides by N − 1, and z has a std below 1.",
        ),
    ),
    hints=(
        "Mean and std of a feature are taken over the samples: axis=0.",
        "Where σ is 0, x − μ is 0 as well, and any divisor but 0 leaves it so. Rounding can make both about 1e−17.",
        "np.where(std <= 1e-10 * np.abs(mean), 1, std) is the divisor.",
    ),
    takeaway="Pixels at the edge that are black in every training image are the classic case of σ = 0.",
)
