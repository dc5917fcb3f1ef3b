"""Where hyperparameters are looked for: ranges and choices by name, and the settings that a search draws from them."""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Range = tuple[float, float, str]  # from, to, and "log" or "linear"
Space = Mapping[str, Range | Sequence[Any]]
SCALES = ("log", "linear")
AXIS = 'a range is a tuple like (1e-4, 1.0, "log") or (0.0, 0.9, "linear"), choices are a list like [16, 32, 64]'


def check_space(space: Space) -> None:
    """Refuse a space in which nothing can be searched.

    Raises
    ------
    TypeError
        If an entry is neither a range nor a list of choices.
    ValueError
        If there is no entry, a list is empty, a range is empty or infinite, or a logarithm would be taken of 0 or less.
    """
    if not space:
        raise ValueError(f"search: space is empty. Name what train takes: {AXIS}.")
    for name, axis in space.items():
        if name == "rng":
            raise ValueError("search: the space holds 'rng', but every trial gets a generator of its own by that name.")
        if isinstance(axis, tuple):
            _check_range(name, axis)
        elif not isinstance(axis, list):
            raise TypeError(f"search: {name} is {axis!r}, but {AXIS}.")
        elif not axis:
            raise ValueError(f"search: {name} has no choices.")


def _check_range(name: str, axis: tuple[Any, ...]) -> None:
    if len(axis) != 3 or axis[2] not in SCALES:
        raise ValueError(f"search: {name} is {axis!r}, but {AXIS}.")
    low, high, scale = axis
    try:
        bounded = math.isfinite(low) and math.isfinite(high)
    except TypeError:
        raise TypeError(f"search: {name} runs from {low!r} to {high!r}, but both ends are numbers.") from None
    if not bounded or low >= high:
        raise ValueError(f"search: {name} runs from {low!r} to {high!r}. The first end is the lower one, both finite.")
    if scale == "log" and low <= 0:
        raise ValueError(f"search: {name} begins at {low!r}, which has no logarithm. Begin above 0, or say 'linear'.")


def random_settings(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Draw one value for every name, evenly over its range (of exponents, if ``"log"``) or its choices."""
    return {name: _drawn(axis, rng) for name, axis in space.items()}


def _drawn(axis: Range | Sequence[Any], rng: np.random.Generator) -> Any:
    if isinstance(axis, list):
        return axis[int(rng.integers(len(axis)))]
    low, high, scale = axis
    if scale == "linear":
        return float(rng.uniform(low, high))
    return float(np.clip(math.exp(rng.uniform(math.log(low), math.log(high))), low, high))


def grid_settings(space: Space, n: int) -> list[dict[str, Any]]:
    """Return every combination of all choices with k evenly spaced values a range, k as large as n trials allow.

    Raises
    ------
    ValueError
        If n does not even allow for both ends of every range.
    """
    choices = math.prod(len(axis) for axis in space.values() if isinstance(axis, list))
    ranges = sum(isinstance(axis, tuple) for axis in space.values())
    k = 1
    while ranges and choices * (k + 1) ** ranges <= n:
        k += 1
    least = choices * 2**ranges
    if n < least:
        raise ValueError(f"search: a grid over this space has at least {least} points, but n is {n}.")
    axes = [_spaced(axis, k) if isinstance(axis, tuple) else axis for axis in space.values()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*axes)]


def _spaced(axis: Any, k: int) -> list[float]:
    """Return k values from one end to the other, both included."""
    low, high, scale = axis
    return [float(value) for value in (np.geomspace if scale == "log" else np.linspace)(low, high, k)]
