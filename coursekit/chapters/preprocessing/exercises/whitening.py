"""Section 4: white data, by the statistics of the training set."""

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Misconception, exercise


def pca_whitening(train: Array, test: Array, eps: float) -> Array:
    """(x − μ) U / √(λ + ε) with μ, U and λ of the training set."""
    mean = train.mean(axis=0)
    centred = train - mean
    variances, axes = np.linalg.eigh(centred.T @ centred / len(train))
    return (test - mean) @ axes / np.sqrt(variances + eps)


def _clouds(rng: np.random.Generator) -> list[Case]:
    """Correlated features off centre, with an ε that is not small."""
    return [
        (
            rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) + rng.uniform(-3, 3, d),
            rng.normal(size=(m, d)) @ rng.normal(size=(d, d)) + rng.uniform(-3, 3, d),
            round(float(rng.uniform(0.05, 0.2)), 3),
        )
        for n, m, d in ((20, 9, 3), (15, 4, 4), (30, 12, 2))
    ]


def _whitened(fit: Array, x: Array, mean: Array) -> tuple[Array, Array, Array]:
    """Eigenvalues and eigenvectors of the covariance of ``fit``, and x − mean."""
    centred = fit - fit.mean(axis=0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(fit))
    return variances, axes, x - mean


def _no_root(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / (variances + eps)


def _only_rotated(train: Array, test: Array, eps: float) -> Array:
    _, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes


def _axes_transposed(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes.T / np.sqrt(variances + eps)


def _turned_back(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / np.sqrt(variances + eps) @ axes.T


def _eps_outside(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, train.mean(axis=0))
    return centred @ axes / (np.sqrt(variances) + eps)


def _not_centred(train: Array, test: Array, eps: float) -> Array:
    variances, axes, test = _whitened(train, test, np.zeros(train.shape[1]))
    return test @ axes / np.sqrt(variances + eps)


def _test_mean(train: Array, test: Array, eps: float) -> Array:
    variances, axes, centred = _whitened(train, test, test.mean(axis=0))
    return centred @ axes / np.sqrt(variances + eps)


def _largest_first(train: Array, test: Array, eps: float) -> Array:
    return pca_whitening(train, test, eps)[:, ::-1]


def _one_less(train: Array, test: Array, eps: float) -> Array:
    variances, axes = np.linalg.eigh(np.cov(train.T))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


def _svd_of_the_data(train: Array, test: Array, eps: float) -> Array:
    mean = train.mean(axis=0)
    _, sizes, rows = np.linalg.svd(train - mean, full_matrices=False)
    return (test - mean) @ rows.T / np.sqrt(sizes**2 / len(train) + eps)


def _svd_of_the_covariance(train: Array, test: Array, eps: float) -> Array:
    axes, variances, _ = np.linalg.svd(np.cov(train.T, bias=True))
    return (test - train.mean(axis=0)) @ axes / np.sqrt(variances + eps)


exercise(
    pca_whitening,
    task=(
        "Whiten test (M, D) with μ, λ and U of train (N, D): (x − μ) U / √(λ + ε). The covariance divides by N; "
        "λ and U are as np.linalg.eigh returns them."
    ),
    returns=("whitened",),
    cases=_clouds,
    misconceptions=(
        Misconception(
            "fitted on the test set",
            lambda train, test, eps: pca_whitening(test, test, eps),
            "all your statistics come from the test set. Fit on train, apply to test.",
        ),
        Misconception(
            "fitted on both",
            lambda train, test, eps: pca_whitening(np.concatenate([train, test]), test, eps),
            "the test samples have entered the statistics. Fit on train alone.",
        ),
        Misconception(
            "mean of the test set",
            _test_mean,
            "λ and U are right, but you centre with the mean of test. The training set's mean serves both.",
        ),
        Misconception(
            "not centred",
            _not_centred,
            "λ and U are right, but test is not centred before it is turned.",
        ),
        Misconception(
            "no root",
            _no_root,
            "you divide by the variances. Dividing by a std makes a variance 1.",
        ),
        Misconception(
            "only decorrelated",
            _only_rotated,
            "that is decorrelated, not white: the variances still differ. Divide each column.",
        ),
        Misconception(
            "eps outside the root",
            _eps_outside,
            "ε is added to the variance, under the root.",
        ),
        Misconception(
            "U transposed",
            _axes_transposed,
            "np.linalg.eigh returns the components as columns: the coordinate along one is x times that column.",
        ),
        Misconception(
            "ZCA",
            _turned_back,
            "that is ZCA: whitened, then turned back. PCA whitening stays in the coordinates of the components.",
        ),
        Misconception(
            "largest first",
            _largest_first,
            "it is white, but the components stand in another order. Keep the order of np.linalg.eigh here.",
        ),
        Misconception(
            "N − 1",
            _one_less,
            "your covariance divides by N − 1, as np.cov does unless bias=True. Here it divides by N.",
        ),
        Misconception(
            "SVD of the data",
            _svd_of_the_data,
            "it is white, but order and signs are those of np.linalg.svd, as good as any. To be compared, take those "
            "of np.linalg.eigh here.",
        ),
        Misconception(
            "SVD of the covariance",
            _svd_of_the_covariance,
            "it is white, but np.linalg.svd gives the components in another order, some with another sign. To "
            "be compared, take np.linalg.eigh here.",
        ),
    ),
    hints=(
        "Centre train with its own mean. Its covariance is centred.T @ centred / len(train).",
        "variances, axes = np.linalg.eigh(covariance). The test set is centred with the mean of train.",
        "(test − mean) @ axes gives the coordinates; divide each column by √(variance + eps).",
    ),
    takeaway="On the training set the covariance is now λ / (λ + ε) on the diagonal. On the test set only nearly.",
)
