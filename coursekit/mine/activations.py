"""An activation of the learner's own."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from coursekit.activations import ACTIVATIONS, Activation, ElementwiseCache
from coursekit.arrays import Array, float_array, upstream_gradient
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.own_code import OwnCodeError, called, numbers
from coursekit.kernels.elementwise import flush_tiny
from coursekit.mine.names import check_name, label_of
from coursekit.mine.trial import NothingYetError, tried, unlike

Function = Callable[[Array], Any]

FORM = "def f(x): return np.tanh(x)"
REAL = "biuf"  # kinds of dtypes that hold real numbers
STEP = 1e-5  # of a difference
WIDE = np.linspace(-200.0, 200.0, 40_001)  # where range and flat ends are looked for
FLAT, GONE = 0.1, 0.01  # of the largest slope: under the first f is flat, under the second its slope tends to 0
CLOSE = 1e-4  # a slope may be off by this part of itself, and by this part of the largest


def activation(name: str, f: Function, df: Function | None = None) -> CheckResult:
    """Put an activation of your own into every dropdown of activations, under ``name``.

    Parameters
    ----------
    name : str
        What to call it. A name of your own may be used again: the newer one replaces the older.
    f : callable
        ``f(x)``: is given an array of any shape, float32 or float64, and returns an array of its shape. Each output
        depends on its own input alone.
    df : callable, optional
        ``df(x)``, the slope f'(x) at every x, in the shape of x. Without it the slope is taken by differences,
        (f(x + h) − f(x − h)) / 2h in float64 with h = 10⁻⁵, which takes longer and errs at a kink.

    Returns
    -------
    CheckResult
        ✓ and it is in the dropdowns; or what is wrong, and nothing has changed.

    Raises
    ------
    ValueError
        If the name is one of the course's, or no name.

    Examples
    --------
    >>> activation("sine", np.sin, np.cos)
    ✓ sine: it is in every dropdown of activations now, as “sine (yours)”.
    >>> ACTIVATIONS.remove_own()
    """
    check_name(name, ACTIVATIONS)
    for function in (f, df) if df is not None else (f,):
        if complaint := unlike(function, ("x",), FORM):
            return CheckResult(name, Verdict.WRONG, complaint)
    made = activation_of(name, f, df)
    slopes = "" if df else " Its slope is taken by differences: give a df, and it is quicker."
    praise = f"it is in every dropdown of activations now, as “{made.label}”.{slopes}"
    result = tried(name, lambda: _try(made, f, df), praise)
    if result.verdict is Verdict.CORRECT:
        ACTIVATIONS.add_own(made)
    return result


class OwnActivation(Activation):
    """A record that a copy of a network keeps, whatever the name stands for by then."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "OwnActivation":
        return self


def activation_of(name: str, f: Function, df: Function | None) -> OwnActivation:
    """Make a record of a function and its slope; what else a record tells is measured."""
    value = partial(_values, f"your {name}", f)
    slope = partial(_values, f"the df of your {name}", df) if df else partial(_differences, value)

    def forward(x: Array) -> tuple[Array, ElementwiseCache]:
        x = float_array(x, f"{name}: x")
        y = value(x)
        return y, ElementwiseCache(x, y, ())

    def backward(dout: Array, cache: ElementwiseCache) -> Array:
        dout = upstream_gradient(dout, f"{name} backward", cache.x.shape, cache.x.dtype)
        dx = dout * slope(cache.x)
        flush_tiny(dx.reshape(-1))
        return dx

    facts = vars(_measured(value, slope))
    verdict = "Your own function." if df else "Your own function, its slope by differences."
    return OwnActivation(name, label_of(name), forward, backward, "", "", verdict=verdict, **facts)


def _values(what: str, function: Function, x: Array) -> Array:
    """Return f(x), a new array in the shape and dtype of x; what is NaN where x is a number is a mistake."""
    result = called(what, function, x)
    hint = f"Return an array in the shape of x, one number for each of x. The form: {FORM}."
    y = numbers(what, result, "x", x.shape, hint, REAL).astype(x.dtype)
    lost = np.isnan(y)
    if lost.any() and (lost := lost & np.isfinite(x)).any():
        raise OwnCodeError(
            f"{what} gives nan at x = {x[lost][0]:.4g}. Look for a division of 0 by 0 or of ∞ by ∞, as of an exp that "
            "is too large, and for the root or log of a negative number."
        )
    flush_tiny(y.reshape(-1))
    return y


def _differences(value: Function, x: Array) -> Array:
    """Return (f(x + h) − f(x − h)) / 2h, computed in float64, in the dtype of x."""
    x64 = x.astype(np.float64)
    h = STEP * np.maximum(1.0, np.abs(x64))
    with np.errstate(all="ignore"):  # as in `called`
        rise: Array = (value(x64 + h) - value(x64 - h)) / (2 * h)
        return rise.astype(x.dtype)


# ---- what a record tells


@dataclass(frozen=True)
class Facts:
    """What of `Activation` can be measured."""

    range: tuple[float, float] = (-math.inf, math.inf)
    gain: float = 1.0
    flat: tuple[float, float] = (-math.inf, math.inf)
    zero_centred: bool = False


def _measured(value: Function, slope: Function) -> Facts:
    """Measure a function; of one that fails, nothing."""
    z = WIDE / 25  # from −8 to 8
    density = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    try:
        with np.errstate(all="ignore"):
            y, middle, slopes = value(WIDE), value(z), np.abs(slope(WIDE))
    except OwnCodeError:  # the trials will tell
        return Facts()
    square, mean = float(density @ middle**2), float(density @ middle)
    gain = 1 / math.sqrt(square) if 0 < square < math.inf else 1.0
    return Facts(_bounds(y), gain, _flat_ends(slopes), abs(mean) < 0.05 * math.sqrt(square))


def _bounds(y: Array) -> tuple[float, float]:
    """Return the bounds of y over `WIDE`, infinite where its outer half goes beyond its inner one."""
    quarter = len(y) // 4
    inner = y[quarter:-quarter]
    room = 0.01 * np.ptp(inner)
    low, high = float(y.min()), float(y.max())
    return low if low >= inner.min() - room else -math.inf, high if high <= inner.max() + room else math.inf


def _flat_ends(slopes: Array) -> tuple[float, float]:
    """Return where f is flat to the left and to the right, as `Activation.flat` has it, from |f'| over `WIDE`."""
    steepest = slopes.max()
    if not 0 < steepest < math.inf:
        return -math.inf, math.inf
    steep = np.flatnonzero(slopes >= FLAT * steepest)
    stretch = len(slopes) // 20
    low = float(WIDE[max(steep[0] - 1, 0)]) if slopes[:stretch].max() < GONE * steepest else -math.inf
    high = float(WIDE[min(steep[-1] + 1, len(WIDE) - 1)]) if slopes[-stretch:].max() < GONE * steepest else math.inf
    return low, high


# ---- trials


def _try(made: Activation, f: Function, df: Function | None) -> None:
    """Raise what is wrong with a function, or with its slope."""
    rng = np.random.default_rng(0)
    x = np.concatenate([np.arange(-20.0, 21.0), [-100.0, -50.0, 50.0, 100.0], rng.uniform(-6, 6, 60)])
    for what, function in (("it", f), ("its df", df)):
        if function is not None and called(f"your {made.name}", function, x) is None:
            raise NothingYetError(f"{what} returns nothing. End with return. The form: {FORM}.")
    for given in (x, x[:6].reshape(2, 3), x.astype(np.float32)):
        _check_values(made, given)
    _check_elementwise(made, x)
    if df is not None:
        _check_slope(made, df, rng.normal(0, 2, 60))


def _check_values(made: Activation, x: Array) -> None:
    y, cache = made.forward(x)
    endless = ~np.isfinite(y) & (np.abs(x) <= 20)
    if endless.any():
        raise OwnCodeError(
            f"your {made.name} gives {y[endless][0]} at x = {x[endless][0]:.4g}. Is there a division by 0?"
        )
    made.backward(np.ones_like(x), cache)


def _check_elementwise(made: Activation, x: Array) -> None:
    """Raise if part of the inputs does not give part of the outputs, or all inputs give the same."""
    (whole, _), (part, _) = made.forward(x), made.forward(np.ascontiguousarray(x[::3]))
    if not np.ptp(whole):
        raise OwnCodeError(f"your {made.name} gives {whole[0]:.4g} for every x. Such a unit says nothing of its input.")
    if not np.allclose(whole[::3], part, rtol=1e-6, atol=1e-9, equal_nan=True):
        i = int(np.argmax(~np.isclose(whole[::3], part, rtol=1e-6, atol=1e-9)))
        raise OwnCodeError(
            f"your {made.name} gives {whole[::3][i]:.4g} at x = {x[::3][i]:.4g} among {len(x)} inputs, and "
            f"{part[i]:.4g} among {len(part)} of them. Each output depends on its own input alone: take out sums, "
            "means and maxima over x, and random numbers."
        )


def _check_slope(made: Activation, df: Function, x: Array) -> None:
    """Raise if df is not the slope of f, and say what it may be instead."""
    y, _ = made.forward(x)
    what = f"the df of your {made.name}"
    slope = _values(what, df, x)
    right = _differences(lambda u: made.forward(u)[0], x)
    if _same(slope, right):
        return
    if _same(_values(what, df, y), right):
        raise OwnCodeError(f"{what} would be right if it were given y = f(x). It is given x: write y = f(x) into it.")
    with np.errstate(all="ignore"):
        factor = float(np.median(slope / right))
    if math.isfinite(factor) and factor and _same(slope / factor, right):
        raise OwnCodeError(
            f"{what} is {factor:.4g} times the slope, at every x. Is there a factor too many, or a sign?"
        )
    i = int(np.argmax(np.abs(slope - right) / np.maximum(1, np.abs(right))))
    raise OwnCodeError(
        f"{what} gives {slope[i]:.4g} at x = {x[i]:.4g}, but there f rises by {right[i]:.4g} for each 1 of x."
    )


def _same(slope: Array, right: Array) -> bool:
    sizes = np.abs(right)
    return bool((np.abs(slope - right) <= CLOSE * (sizes + min(1.0, float(sizes.max())))).all())
