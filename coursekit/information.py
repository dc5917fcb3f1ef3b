"""How many bits a message costs: entropy, cross-entropy and Kullback–Leibler divergence of two distributions."""

import math

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array
from coursekit.hyperparameter import in_range


def entropy(p: ArrayLike, base: float = 2) -> float:
    """Entropy, H(p) = −Σ p log p with 0 log 0 = 0: the mean length of the best code for events that follow p.

    Parameters
    ----------
    p : (K,) array
        Probabilities of the K events.
    base : float
        Of the logarithm: 2 gives bits, ``math.e`` nats.

    Returns
    -------
    float
        From 0, one event is certain, to log K, all are as likely.

    Raises
    ------
    TypeError, ValueError
        If p is not a distribution, or the base is not a finite number above 1.

    Examples
    --------
    >>> entropy([0.5, 0.25, 0.25])
    1.5

    References
    ----------
    Shannon (1948), A mathematical theory of communication, section 6.
    """
    p = _distribution(p, "entropy: p")
    happens = p > 0
    return _sum_of(p[happens] * -_log(p[happens]), base, "entropy")


def cross_entropy(p: ArrayLike, q: ArrayLike, base: float = 2) -> float:
    """Cross-entropy, H(p, q) = −Σ p log q ≥ H(p): the mean length if events follow p but the code was made for q.

    Parameters
    ----------
    p, q : (K,) arrays
        Probabilities of the same K events.
    base : float
        Of the logarithm: 2 gives bits, ``math.e`` nats.

    Returns
    -------
    float
        Infinite if q holds an event for impossible, q = 0, that does happen, p > 0: it has no code word.

    Raises
    ------
    TypeError, ValueError
        If one is not a distribution, their lengths differ, or the base is not a finite number above 1.

    Examples
    --------
    >>> cross_entropy([0.5, 0.25, 0.25], [0.25, 0.25, 0.5])
    1.75
    """
    p, q = _pair(p, q, "cross_entropy")
    happens = p > 0
    return _sum_of(p[happens] * -_log(q[happens]), base, "cross_entropy")


def kl_divergence(p: ArrayLike, q: ArrayLike, base: float = 2) -> float:
    """Kullback–Leibler divergence, D(p‖q) = Σ p log(p / q) = H(p, q) − H(p) ≥ 0: what the wrong code costs on top.

    0 only for p = q, and not symmetric. Parameters, Returns and Raises as for `cross_entropy`.

    Examples
    --------
    >>> kl_divergence([0.5, 0.25, 0.25], [0.25, 0.25, 0.5])
    0.25

    References
    ----------
    Kullback and Leibler (1951), On information and sufficiency.
    """
    p, q = _pair(p, q, "kl_divergence")
    happens = p > 0
    return _sum_of(p[happens] * (_log(p[happens]) - _log(q[happens])), base, "kl_divergence")


def _log(x: Array) -> Array:
    """The logarithm to base 2, −∞ at 0 without a warning."""
    with np.errstate(divide="ignore"):
        log: Array = np.log2(x)
    return log


def _sum_of(terms: Array, base: float, where: str) -> float:
    """Sum terms in bits and convert them to the base; rounding may not take the sum below 0."""
    in_range(base, f"{where}: the base", 1, above=True)
    return max(math.fsum(terms) / math.log2(base), 0.0)


def _pair(p: ArrayLike, q: ArrayLike, where: str) -> tuple[Array, Array]:
    first, second = _distribution(p, f"{where}: p"), _distribution(q, f"{where}: q")
    if len(first) != len(second):
        raise ValueError(f"{where}: p and q must be over the same events, but have {len(first)} and {len(second)}.")
    return first, second


def _distribution(p: ArrayLike, where: str) -> Array:
    """Return probabilities (K,) in float64, checked: none negative or NaN, and a sum of 1 within 1e−5."""
    p = float_array(p, where, 1, "(K,)").astype(np.float64)
    if not (p >= 0).all():
        raise ValueError(f"{where} must hold probabilities, none negative or NaN, but holds {p.min():.6g}.")
    if not abs(p.sum() - 1) <= 1e-5:
        raise ValueError(f"{where} must sum to 1, but sums to {p.sum():.6g}. Divide it by its sum.")
    return p
