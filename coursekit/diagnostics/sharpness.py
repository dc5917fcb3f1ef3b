"""How steeply a network's loss bends: the largest curvature in the space of its parameters."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.hyperparameter import in_range, whole_number
from coursekit.losses import LossFunction, loss_of
from coursekit.network import Sequential, pass_kept


class Sharpness(NamedTuple):
    """The largest eigenvalue λ of the Hessian, and how well it is known."""

    value: float  # λ; NaN where a gradient is not finite
    direction: Array  # (P,), of length 1: its eigenvector, over all parameters one after the other
    error: float  # ‖H v − λ v‖: an eigenvalue lies at most so far from λ
    iterations: int


def sharpness(
    net: Sequential,
    loss: LossFunction | str,
    data: tuple[Array, Any],
    start: np.random.Generator | Array,
    tolerance: float = 0.01,
    iterations: int = 100,
) -> Sharpness:
    """Return the largest eigenvalue of the Hessian H = ∂²L/∂w² of a network's loss, by power iteration.

    Whatever direction v is multiplied by H again and again turns into the eigenvector of the eigenvalue that is
    largest in size. H itself, P × P numbers, is never formed. Its product with v is a difference of two gradients::

        H v ≈ (∇L(w + h v) − ∇L(w − h v)) / (2 h)        λ = vᵀ H v        v ← H v / ‖H v‖

    If that eigenvalue is negative, the iteration goes on with H + |λ| I, whose largest one belongs to the largest of H.
    Gradient descent with a rate η is stable along v only while λ < 2/η.

    Parameters
    ----------
    net : Sequential
        In test mode; parameters and gradients are afterwards what they were.
    loss : callable or str
        ``loss(scores, y) -> (value, dscores)``, one of `LOSSES`, or its name.
    data : (x, y)
        All samples of the mean: x (N, ...), and y as the loss wants it.
    start : numpy.random.Generator or (P,) array
        Draws the first direction, or is it: the direction of an earlier call is a good one a few steps later.
    tolerance : float
        It ends when ``error`` is at most this share of |λ|.
    iterations : int
        It ends after so many products at the latest, in each of its two parts.

    Returns
    -------
    Sharpness

    Raises
    ------
    ValueError
        If the network has no parameters, the direction is of another shape or zero, or a number is out of range.
    TypeError
        If the start is neither a generator nor an array.

    Examples
    --------
    For L = mean (x w − y)² with one input of 3, H = 2 · 3² for the weight; with a bias, 2 (3² + 1).

    >>> from coursekit.layers import Linear
    >>> from coursekit.losses import LOSSES
    >>> rng = np.random.default_rng(0)
    >>> line = Sequential([Linear(1, 1, rng, dtype=np.float64)])
    >>> found = sharpness(line, LOSSES["mse"], (np.array([[3.0]]), np.array([[1.0]])), rng)
    >>> round(found.value, 6)
    20.0

    References
    ----------
    B. Pearlmutter (1994), Fast exact multiplication by the Hessian, section 1 (the difference of two gradients);
    J. Cohen et al. (2021), Gradient descent on neural networks typically occurs at the edge of stability, section 2.
    """
    in_range(tolerance, "sharpness: tolerance", 0, above=True)
    iterations = whole_number(iterations, "sharpness: iterations")
    v = _direction(start, sum(array.size for array in net.params.values()))
    kept = [array.copy() for array in (*net.params.values(), *net.grads.values())]
    w = np.concatenate([array.reshape(-1) for array in net.params.values()])

    def times_hessian(v: Array) -> Array:
        h = float(np.cbrt(np.finfo(w.dtype).eps)) * (1 + float(np.linalg.norm(w)))
        ahead, behind = (_gradient_at(net, loss, data, (w + side * v).astype(w.dtype)) for side in (h, -h))
        product: Array = (ahead - behind) / (2 * h)
        return product

    try:
        with pass_kept(net), np.errstate(all="ignore"):  # a network that has run away is answered with NaN
            found = _iterate(times_hessian, v, 0.0, tolerance, iterations)
            if found.value < 0:
                found = _iterate(times_hessian, v, -found.value, tolerance, iterations)
    finally:
        for array, before in zip((*net.params.values(), *net.grads.values()), kept, strict=True):
            array[...] = before
    return found


def _iterate(
    times_hessian: Callable[[Array], Array], v: Array, shift: float, tolerance: float, iterations: int
) -> Sharpness:
    """Multiply v by H + shift · I until it only grows."""
    for count in range(1, iterations + 1):
        product = times_hessian(v)
        value = float(v @ product)
        error = float(np.linalg.norm(product - value * v))
        following = product + shift * v
        length = float(np.linalg.norm(following))
        found = Sharpness(value if math.isfinite(value) else math.nan, v, error, count)
        if not math.isfinite(length) or error <= tolerance * abs(value) or length == 0:
            break
        v = following / length
    return found


def _direction(start: Any, size: int) -> Array:
    """Return a direction (size,) of length 1, in float64."""
    if size == 0:
        raise ValueError("sharpness: the network has no parameters, so its loss bends in no direction.")
    if isinstance(start, np.random.Generator):
        start = start.normal(size=size)
    if not isinstance(start, np.ndarray):
        raise TypeError(
            f"sharpness: start must be a numpy.random.Generator or a direction, but is {start!r}. "
            "Try np.random.default_rng(0)."
        )
    length = float(np.linalg.norm(start))
    if start.shape != (size,) or not 0 < length < math.inf:
        raise ValueError(
            f"sharpness: start must be a direction of shape ({size},), one number for each parameter and not all 0, "
            f"but its shape is {start.shape} and its length {length:g}."
        )
    return start.astype(np.float64) / length


def _gradient_at(net: Sequential, loss: Any, data: tuple[Array, Any], w: Array) -> Array:
    """Return ∇L (P,) in float64 at parameters w (P,), which stay in the network."""
    at = 0
    for array in net.params.values():
        array[...] = w[at : at + array.size].reshape(array.shape)
        at += array.size
    x, y = data
    net.parameter_gradients(loss_of(loss)(net.forward(x), y)[1])
    return np.concatenate([array.reshape(-1) for array in net.grads.values()]).astype(np.float64)
