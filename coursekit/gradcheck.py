"""Gradients by centred differences, and the check that a backward pass agrees with them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.arrays import Array


def numerical_gradient(f: Callable[[Array], float], x: Array, h: float = 1e-5) -> Array:
    """Centred differences, ∂f/∂xᵢ ≈ (f(x + h eᵢ) − f(x − h eᵢ)) / 2h, with an error of order h².

    Parameters
    ----------
    f : callable
        From an array of the shape of x to a number.
    x : array, any shape
        The point, taken in float64; not modified.
    h : float
        The step.

    Returns
    -------
    array of the shape of x, float64

    Examples
    --------
    >>> numerical_gradient(lambda x: (x**2).sum(), np.array([1.0, -3.0])).round(6)
    array([ 2., -6.])
    """
    if not h > 0:
        raise ValueError(f"numerical_gradient: the step h must be positive, but is {h!r}. Try 1e-5.")
    point = np.array(x, dtype=np.float64)
    gradient = np.empty_like(point)
    for i in np.ndindex(point.shape):
        centre = point[i]
        point[i] = centre + h
        above = f(point)
        point[i] = centre - h
        below = f(point)
        point[i] = centre
        gradient[i] = (above - below) / (2 * h)
    return gradient


def relative_error(a: Array, b: Array) -> float:
    """The largest |a − b| / max(|a| + |b|, 1e−8) over all elements; NaN if any element is NaN."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise ValueError(f"relative_error: the shapes differ, {a.shape} and {b.shape}.")
    return float(np.max(np.abs(a - b) / np.maximum(np.abs(a) + np.abs(b), 1e-8), initial=0.0))


@dataclass(frozen=True)
class GradcheckReport:
    """The relative error of each input's gradient, and whether all are under the tolerance."""

    errors: tuple[float, ...]
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether every error is under the tolerance (a NaN is not)."""
        return all(error < self.tolerance for error in self.errors)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        errors = ", ".join(f"{error:.0e}" for error in self.errors)
        verdict = "passed" if self.passed else "FAILED"
        return f"gradcheck {verdict}: relative errors {errors} (tolerance {self.tolerance:.0e})"


def gradcheck(
    forward: Callable[..., tuple[Array, Any]],
    backward: Callable[[Array, Any], Any],
    *inputs: Array,
    rng: np.random.Generator,
    h: float = 1e-5,
    tolerance: float = 1e-6,
) -> GradcheckReport:
    """Compare a backward pass with centred differences of L = Σ dout ⊙ forward(...).

    Parameters
    ----------
    forward, backward : callable
        ``forward(*inputs) -> (out, cache)`` and ``backward(dout, cache) -> gradients of the inputs, in order``.
    *inputs : array
        float64 inputs away from kinks.
    rng : numpy.random.Generator
        Draws ``dout``: a non-uniform one, because a uniform one hides errors that cancel in a sum.
    h, tolerance : float
        The step, and the largest relative error that passes.

    Returns
    -------
    GradcheckReport
    """
    points = [np.array(x, dtype=np.float64) for x in inputs]
    out, cache = forward(*points)
    dout = rng.normal(size=out.shape)
    found = backward(dout, cache)
    gradients = found if isinstance(found, tuple) else (found,)
    if len(gradients) != len(points):
        raise ValueError(f"gradcheck: backward returned {len(gradients)} gradients for {len(points)} inputs.")

    def loss_of(index: int) -> Callable[[Array], float]:
        return lambda x: float((dout * forward(*points[:index], x, *points[index + 1 :])[0]).sum())

    errors = tuple(
        relative_error(gradient, numerical_gradient(loss_of(i), points[i], h)) for i, gradient in enumerate(gradients)
    )
    return GradcheckReport(errors, tolerance)
