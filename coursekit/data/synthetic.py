"""Points in the plane with class labels, drawn from a formula: ``POINT_SETS["spirals"].draw(rng, 300, noise=0.1)``.

Classes take turns (0, 1, 2, 0, 1, ...), so that they are as equal as can be. With ``noise`` 0 the points lie on their
curves; the positions along a curve are evenly spaced.
"""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.registry import Registry


class Points(NamedTuple):
    """Points and the classes they belong to."""

    points: Array  # (N, 2) float32
    labels: Array  # (N,) int64


@dataclass(frozen=True)
class PointSet:
    """One kind of point set.

    Attributes
    ----------
    name, label : str
        The key in `POINT_SETS`, and the name for people.
    draw : callable
        ``draw(rng, n, noise=..., ...) -> Points``.
    linear : bool
        Whether a straight line separates the classes (as long as there is little noise).
    verdict : str
        What it shows.
    """

    name: str
    label: str
    draw: Callable[..., Points]
    linear: bool
    verdict: str


POINT_SETS: Registry[PointSet] = Registry("point set")


def spirals(rng: np.random.Generator, n: int = 300, noise: float = 0.2, classes: int = 3) -> Points:
    """Draw one spiral arm a class, wound around each other: radius s, angle 2πk/K + 4s, s from 0 to 1.

    Parameters
    ----------
    rng : numpy.random.Generator
        Where the noise comes from.
    n : int
        How many points, all classes together.
    noise : float
        Standard deviation of the angle, in radians.
    classes : int
        K, how many arms.

    Returns
    -------
    Points

    Raises
    ------
    ValueError
        If ``n`` or ``classes`` is not a positive whole number, there are fewer points than classes, or ``noise`` is
        negative.
    TypeError
        If ``rng`` is no generator.

    References
    ----------
    CS231n, course notes, Putting it together: a minimal neural network case study.
    """
    labels, s = _turns("spirals", rng, n, classes, noise)
    angle = 2 * np.pi * labels / classes + 4 * s + noise * rng.standard_normal(n)
    return _points(s * np.cos(angle), s * np.sin(angle), labels)


def moons(rng: np.random.Generator, n: int = 300, noise: float = 0.1) -> Points:
    """Draw two half circles that reach into each other; ``noise`` is a standard deviation. Otherwise as `spirals`."""
    labels, s = _turns("moons", rng, n, 2, noise)
    angle = np.pi * s
    upper = labels == 0
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle))
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle))
    return _points(x, y, labels, noise, rng)


def blobs(rng: np.random.Generator, n: int = 300, noise: float = 0.4, classes: int = 3) -> Points:
    """Draw one round cloud a class, their centres evenly on a circle of radius 2; ``noise`` is the spread."""
    labels, _ = _turns("blobs", rng, n, classes, noise)
    angle = 2 * np.pi * labels / classes
    return _points(2 * np.cos(angle), 2 * np.sin(angle), labels, noise, rng)


def xor(rng: np.random.Generator, n: int = 300, noise: float = 0.25) -> Points:
    """Draw clouds of spread ``noise`` around (±1, ±1); class 1 where the two signs differ."""
    corner, _ = _turns("xor", rng, n, 4, noise)
    right, top = corner % 2, corner // 2
    return _points(2 * right - 1, 2 * top - 1, right ^ top, noise, rng)


def circles(rng: np.random.Generator, n: int = 300, noise: float = 0.1) -> Points:
    """Draw circles of radius 1 (class 0) and ½ (class 1) around one centre; ``noise`` is a standard deviation."""
    labels, s = _turns("circles", rng, n, 2, noise, closed=True)
    radius = np.where(labels == 0, 1.0, 0.5)
    return _points(radius * np.cos(2 * np.pi * s), radius * np.sin(2 * np.pi * s), labels, noise, rng)


def _turns(
    where: str, rng: np.random.Generator, n: int, classes: int, noise: float, closed: bool = False
) -> tuple[Array, Array]:
    """Return each point's class (N,), and how far along its class's curve it is, from 0 to 1 (short of 1 if closed)."""
    if not isinstance(rng, np.random.Generator):  # no seed either: whoever writes moons(500) means n
        raise TypeError(
            f"{where}: rng must be a numpy.random.Generator, but is {rng!r}. "
            f"Try {where}(np.random.default_rng(0), n=300)."
        )
    for name, value in (("n", n), ("classes", classes)):
        if not isinstance(value, Integral) or value < 1:
            raise ValueError(f"{where}: {name} must be a whole number of at least 1, but is {value!r}.")
    if n < classes:
        raise ValueError(f"{where}: {n} points are too few for {classes} groups. Draw at least {classes}.")
    if not isinstance(noise, Real) or not noise >= 0:
        raise ValueError(f"{where}: noise is a spread and must not be negative, but is {noise!r}.")
    labels = np.arange(n) % classes
    place = np.arange(n) // classes
    count = np.bincount(labels)[labels]
    return labels, place / (count if closed else np.maximum(count - 1, 1))


def _points(x: Array, y: Array, labels: Array, noise: float = 0.0, rng: np.random.Generator | None = None) -> Points:
    points = np.stack([x, y], axis=1).astype(np.float64)
    if rng is not None:
        points += noise * rng.standard_normal(points.shape)
    return Points(points.astype(np.float32), labels.astype(np.int64))


POINT_SETS.add(PointSet("blobs", "Blobs", blobs, linear=True, verdict="A linear classifier is enough."))
POINT_SETS.add(PointSet("xor", "XOR", xor, linear=False, verdict="The smallest set that no straight line separates."))
POINT_SETS.add(PointSet("moons", "Moons", moons, linear=False, verdict="A line gets most of it; a curve gets all."))
POINT_SETS.add(PointSet("circles", "Circles", circles, linear=False, verdict="The distance from the centre decides."))
POINT_SETS.add(PointSet("spirals", "Spirals", spirals, linear=False, verdict="A boundary with many bends."))
