"""Keep a gradient that explodes from throwing the parameters far away: clipping by norm and by value."""

import math
from collections.abc import Mapping

import numpy as np

from coursekit.arrays import Array
from coursekit.kernels.optim import clamp, scale, sum_of_squares
from coursekit.optimisers.optimiser import check_writeable, is_number
from coursekit.parameters import together


def clip_by_norm(grads: Mapping[str, Array], max_norm: float) -> float:
    """Scale all gradients together, in place, so that their norm is at most c: g ← g · min(1, c / ‖g‖).

    The direction stays. ‖g‖ is the root of the sum of all squares over all arrays, summed in float64.

    Parameters
    ----------
    grads : mapping from name to array
        C-contiguous and writeable.
    max_norm : float
        c.

    Returns
    -------
    norm : float
        ‖g‖ before. If it is NaN or infinite no factor mends the gradients, and they stay as they are: look at it.

    Raises
    ------
    ValueError
        If ``max_norm`` is not a positive number, or an array cannot be changed in place.
    TypeError
        If an array is neither float32 nor float64.

    Examples
    --------
    >>> grads = {"w": np.array([3.0, 0.0]), "b": np.array([4.0])}
    >>> clip_by_norm(grads, max_norm=1.0)
    5.0
    >>> grads["b"]
    array([0.8])

    References
    ----------
    R. Pascanu, T. Mikolov and Y. Bengio (2013), On the difficulty of training recurrent neural networks, algorithm 1.
    """
    _check("clip_by_norm", grads, "max_norm", max_norm)
    norm = math.sqrt(sum(sum_of_squares(g) for (g,) in together(grads)))
    if max_norm < norm < math.inf:
        for (g,) in together(grads):
            if max_norm / norm >= np.finfo(g.dtype).tiny:
                scale(g, g.dtype.type(max_norm / norm))
            else:  # the factor itself would lose its digits, or be 0
                g[...] = g.astype(np.float64) / norm * max_norm
    return norm


def clip_by_value(grads: Mapping[str, Array], limit: float) -> None:
    """Cut every gradient, in place: g ← min(max(g, −c), c) with c = ``limit``.

    The direction changes: large gradients lose more than small ones. Infinity becomes c, NaN stays.

    Raises
    ------
    ValueError
        If ``limit`` is not a positive number, or an array cannot be changed in place.
    TypeError
        If an array is neither float32 nor float64.

    References
    ----------
    T. Mikolov (2012), Statistical language models based on neural networks, section 3.2.2.
    """
    _check("clip_by_value", grads, "limit", limit)
    for (g,) in together(grads):
        clamp(g, g.dtype.type(limit))


def _check(where: str, grads: Mapping[str, Array], what: str, bound: float) -> None:
    if not is_number(bound) or bound <= 0:
        raise ValueError(f"{where}: {what} must be a positive number, but is {bound!r}. Try 1 or 5.")
    check_writeable(grads, f"{where}: the gradient")
