"""Several models that answer together: data drawn for each, a vote, and what the mean of their answers gains."""

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, Seed, seeded
from coursekit.hyperparameter import in_range, whole_number


def bootstrap(n: int, sets: int, rng: Seed) -> Array:
    """Draw data sets of the original size, with replacement.

    Parameters
    ----------
    n : int
        How many samples there are.
    sets : int
        How many data sets are wanted, one for each model.
    rng : numpy.random.Generator or int
        Or its seed.

    Returns
    -------
    (sets, n) int array
        Each row the indices of one data set.

    Raises
    ------
    ValueError
        If a count is not a whole number of at least 1.

    Examples
    --------
    >>> bootstrap(100, 3, np.random.default_rng(0)).shape
    (3, 100)

    References
    ----------
    L. Breiman (1996), Bagging predictors, Machine Learning 24.
    """
    n, sets = whole_number(n, "bootstrap: n"), whole_number(sets, "bootstrap: sets")
    return seeded(rng, "bootstrap").integers(0, n, (sets, n))


def distinct_share(n: int) -> float:
    """Expected share of the samples that are in a bootstrap: 1 − (1 − 1/n)ⁿ, which falls to 1 − 1/e = 63.2 %.

    Each of n draws misses a given sample with probability 1 − 1/n.

    Examples
    --------
    >>> round(distinct_share(10), 3), round(distinct_share(100), 3)
    (0.651, 0.634)
    """
    n = whole_number(n, "distinct_share: n")
    return 1 - (1 - 1 / n) ** n


def vote(answers: ArrayLike) -> Array:
    """Return the class that most models name, the smallest of those that are named equally often.

    Parameters
    ----------
    answers : (K, N) int array
        The class that each of K models gives each of N samples.

    Returns
    -------
    (N,) int64 array

    Raises
    ------
    ValueError
        If there are no models, or ``answers`` has another number of axes, or a class is negative.
    TypeError
        If classes are not whole numbers.

    Examples
    --------
    >>> vote([[3, 1], [3, 2], [8, 2]])
    array([3, 2])
    """
    named = np.asarray(answers)
    if named.ndim != 2 or not len(named):
        raise ValueError(f"vote: answers must have shape (K, N), a row for each model, but have {named.shape}.")
    if named.dtype.kind not in "iu":
        raise TypeError(f"vote: answers must be classes, whole numbers, but are {named.dtype}. Use scores.argmax(-1).")
    if named.size and named.min() < 0:
        raise ValueError(f"vote: a class is counted from 0, but one of the answers is {named.min()}.")
    if not named.size:
        return np.zeros(0, np.int64)
    classes, indices = np.unique(named, return_inverse=True)  # only those that are named, however large their numbers
    samples = np.arange(named.shape[1])
    counts = np.zeros((len(samples), len(classes)), int)
    for one_model in indices.reshape(named.shape):
        counts[samples, one_model] += 1
    winners: Array = classes[counts.argmax(1)]
    return winners.astype(np.int64)


def error_of_mean(variance: float, covariance: float, k: int) -> float:
    """Expected squared error of the mean of k models: v / k + (k − 1) c / k.

    v / k if their errors are independent, v if all err alike.

    Parameters
    ----------
    variance, covariance : float
        v, the mean of one model's squared error; c, the mean product of the errors of two.
    k : int
        How many models.

    Raises
    ------
    ValueError
        If v is negative, k is not a whole number of at least 1, or c is larger than v or so far below 0, under
        −v / (k − 1), that k errors cannot be so opposed.

    Examples
    --------
    >>> error_of_mean(1.0, 0.0, 4), error_of_mean(1.0, 1.0, 4)
    (0.25, 1.0)

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville (2016), Deep Learning, section 7.11.
    """
    k = whole_number(k, "error_of_mean: k")
    in_range(variance, "error_of_mean: variance", 0.0)
    # The mean of k errors cannot vary less than not at all: v / k + (k − 1) c / k ≥ 0.
    in_range(covariance, "error_of_mean: covariance", -variance / (k - 1) if k > 1 else -variance, variance)
    return max(0.0, variance / k + (k - 1) * covariance / k)
