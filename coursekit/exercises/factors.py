"""The constant factor that stands between an answer and the right one, and where it may come from."""

import math
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from coursekit.arrays import Array

NEAR = 1e-5  # relative, so that float32 will do
Values = tuple[float, ...]  # one a case


def explained_factor(expected: list[Array], found: list[Array], arguments: list[dict[str, Any]]) -> str:
    """Say by which factor all entries of an answer are off, and what that factor is made of; nothing if by none.

    Parameters
    ----------
    expected, found : list of ndarray
        In every case, of the same shapes.
    arguments : list of dict
        The arguments of every case by name.

    Returns
    -------
    str
        With ``{name}`` and ``{verb}`` for the value and "is" or "are".
    """
    each = [_ratio(*pair) for pair in zip(expected, found, strict=True)]
    known = [(ratio, case) for ratio, case in zip(each, arguments, strict=True) if ratio is not None]
    if not known or any(ratio is None and right.any() for ratio, right in zip(each, expected, strict=True)):
        return ""
    ratios = tuple(ratio for ratio, _ in known)
    if _near(ratios, (1.0,) * len(ratios)):
        return ""
    for sign, also in ((1, ""), (-1, " and has the wrong sign")):
        if words := _in_words(tuple(sign * ratio for ratio in ratios), [case for _, case in known]):
            return "{name} {verb} " + words[0] + also + words[1]
    if sum(right.size for right in expected) > len(expected):
        return (
            f"one factor is wrong in all of {{name}}: {ratios[0]:.4g} with the first inputs, {ratios[-1]:.4g} at last."
        )
    return ""


def _ratio(expected: Array, found: Array) -> float | None:
    """Return what all entries of ``expected`` were multiplied with, or None."""
    some = expected != 0
    if not some.any() or not np.isfinite(found).all() or np.abs(found[~some]).max(initial=0) > 1e-9:
        return None
    quotients = found[some] / expected[some]
    middle = float(np.median(quotients))
    return middle if middle != 0 and _near(quotients, middle) else None


def _near(a: Any, b: Any) -> bool:
    return bool(np.allclose(a, b, rtol=NEAR, atol=0))


CONSTANTS = (("2", 2.0), ("4", 4.0), ("3", 3.0), ("8", 8.0), ("√2", math.sqrt(2)), ("√3", math.sqrt(3)))


def _in_words(ratios: Values, cases: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Return what a factor is, and a question about where it comes from."""
    for words, constant in CONSTANTS:
        for much, value in (("large", constant), ("small", 1 / constant)):
            if _near(ratios, value):
                return f"{words} times too {much}", f". {_constant_from(words, much)}"
    for times, by in ((1.0, ""), (2.0, "2 · "), (0.5, "½ · ")):
        for words, size in _expressions(cases):
            first = f" ({times * size[0]:.4g} with the first inputs). "
            if _near(ratios, times * np.asarray(size)):
                return f"too large by the factor {by}{words}", first + _from(words, "Is a division by it missing?")
            if _near(ratios, times / np.asarray(size)):
                return f"too small: divided by {by}{words}", first + _from(words, "Is a multiplication by it missing?")
    if len(set(np.round(ratios, 9))) == 1 and len(ratios) > 1:
        return (
            f"{ratios[0]:.4g} times what it should be, whatever the inputs",
            ". Which constant is too many or missing?",
        )
    return None


def _constant_from(words: str, much: str) -> str:
    if "√" in words:
        return "Does a root cover too little, or too much?"
    if "3" in words:
        return "Where may a 3 come from?"
    large, small = "Is a 2 counted twice, or a ½ forgotten?", "Is a 2 missing, from the derivative of a square perhaps?"
    return large if much == "large" else small


def _from(words: str, otherwise: str) -> str:
    if "− 1" in words:
        return "Is a mean of squares divided by N − 1 where N is asked, or the other way round?"
    return "Is a mean taken where a sum is asked, or the other way round?" if ".shape" in words else otherwise


def _expressions(cases: list[dict[str, Any]]) -> Iterator[tuple[str, Values]]:
    """Yield sizes, their roots, products, quotients, and what N − 1 in place of N makes, each with its words."""
    sizes = list(_sizes(cases))
    yield from sizes
    for (a, s), (b, t) in combinations(sizes, 2):
        yield f"{a} · {b}", tuple(np.multiply(s, t))
    for words, size in sizes:
        if min(size) > 0:
            yield f"√({words})", tuple(np.sqrt(size))
        if min(size) > 1:
            yield f"{words} / ({words} − 1)", tuple(np.divide(size, np.subtract(size, 1)))
            yield f"√({words} / ({words} − 1))", tuple(np.sqrt(np.divide(size, np.subtract(size, 1))))
        yield f"({words})²", tuple(np.square(size))
    for (a, s), (b, t) in combinations(sizes, 2):
        yield f"{a} / {b}", tuple(np.divide(s, t))


def _sizes(cases: list[dict[str, Any]]) -> Iterator[tuple[str, Values]]:
    """Yield the numbers among the arguments and the sides of the arrays, each set of values once."""
    seen: set[Values] = set()
    for name in cases[0]:
        values = [np.asarray(case[name]) for case in cases]
        sides = [(f"{name}.shape[{axis}]", [v.shape[axis] for v in values]) for axis in range(values[0].ndim)]
        if not values[0].ndim and values[0].dtype.kind in "iuf":
            sides = [(name, [float(v) for v in values])]
        for words, numbers in sides:
            size = tuple(map(float, numbers))
            if size not in seen and 0 not in size and set(size) != {1.0}:
                seen.add(size)
                yield words, size
