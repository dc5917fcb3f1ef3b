"""Parts of a labelled set that share no sample, each class in its share: training, validation, test."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, Seed, seeded


class Part(NamedTuple):
    """Some samples and their labels, in random order."""

    x: Array  # (M, ...)
    labels: Array  # (M,)


def split(x: Array, labels: ArrayLike, fractions: Sequence[float], rng: Seed) -> tuple[Part, ...]:
    """Divide samples among parts, each class by the same fractions (stratified), and shuffle every part.

    Parameters
    ----------
    x : (N, ...) array
        Samples.
    labels : (N,) array
        What they are.
    fractions : sequence of float
        The share of each part, e.g. ``(0.8, 0.2)``; what is missing to 1 is left out.
    rng : numpy.random.Generator or int
        Or its seed. Deals the samples.

    Returns
    -------
    tuple of Part
        Copies, in the order of ``fractions``.

    Raises
    ------
    ValueError
        If there is not one label a sample, the fractions are not positive or add up to more than 1, or a part would be
        empty.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train, test = split(np.arange(10.0), [0, 0, 0, 0, 0, 1, 1, 1, 1, 1], (0.8, 0.2), rng)
    >>> np.bincount(train.labels), np.bincount(test.labels)
    (array([4, 4]), array([1, 1]))
    """
    x, labels, rng = np.asarray(x), np.asarray(labels), seeded(rng, "split")
    if labels.ndim != 1 or labels.shape != x.shape[:1]:
        raise ValueError(f"split: labels must be one for each of x, but have shape {labels.shape} for x {x.shape}.")
    bounds = np.cumsum(fractions)
    if len(bounds) == 0 or not min(fractions) > 0 or not bounds[-1] <= 1 + 1e-9:
        raise ValueError(f"split: fractions must be positive and add up to at most 1, but are {tuple(fractions)}.")
    dealt: list[list[Array]] = [[] for _ in bounds]
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        cuts = np.rint(bounds * len(rows)).astype(int)
        for part, start, stop in zip(dealt, [0, *cuts], cuts, strict=False):
            part.append(rows[start:stop])
    chosen = [rng.permutation(np.concatenate(part)) if part else np.empty(0, int) for part in dealt]
    if not all(map(len, chosen)):
        raise ValueError(f"split: {len(x)} samples are too few for parts of {tuple(fractions)}: one would be empty.")
    return tuple(Part(x[rows], labels[rows]) for rows in chosen)
