"""A loss of the learner's own, for classes."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from coursekit.arrays import Array, float_array
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.own_code import OwnCodeError, called, numbers
from coursekit.losses import LOSSES, Loss
from coursekit.mine.names import check_name, label_of
from coursekit.mine.trial import NothingYetError, tried, unlike

OwnLoss = Callable[[Array, Array], Any]

FORM = "def f(scores, y): return loss, dscores"
TRIALS = (((5, 3), np.float64), ((4, 2), np.float32), ((1, 4), np.float64))  # shape and dtype of the scores
STEP = 1e-5  # of a difference
CLOSE = 1e-4  # a gradient may be off by this part of its largest entry


def loss(name: str, f: OwnLoss, df: OwnLoss | None = None) -> CheckResult:
    """Put a loss of your own into every dropdown of losses for classes, under ``name``.

    Parameters
    ----------
    name : str
        What to call it. A name of your own may be used again: the newer one replaces the older.
    f : callable
        ``f(scores, y)`` is given scores (N, C) and the right classes y (N,), whole numbers from 0 on. It returns the
        loss, a mean over the N samples, and its gradient (N, C) with respect to the scores, as the losses of the course
        do; or only the loss, if there is a ``df``.
    df : callable, optional
        ``df(scores, y)`` returns the gradient.

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
    >>> def f(scores, y):
    ...     apart = scores - np.eye(scores.shape[1])[y]
    ...     return (apart**2).sum() / len(y), 2 * apart / len(y)
    >>> loss("squares", f)
    ✓ squares: it is in every dropdown of losses for classes now, as “squares (yours)”.
    >>> LOSSES.remove_own()
    """
    check_name(name, LOSSES)
    for function in (f, df) if df is not None else (f,):
        if complaint := unlike(function, ("scores", "y"), FORM):
            return CheckResult(name, Verdict.WRONG, complaint)
    made = Loss(name, label_of(name), partial(_both, name, f, df), "", "", "classes", verdict="Your own.")
    praise = f"it is in every dropdown of losses for classes now, as “{made.label}”."
    result = tried(name, lambda: _try(made, f, df), praise)
    if result.verdict is Verdict.CORRECT:
        LOSSES.add_own(made)
    return result


def _both(name: str, f: OwnLoss, df: OwnLoss | None, scores: Array, y: ArrayLike) -> tuple[float, Array]:
    """Return the loss, and its gradient in the dtype of the scores."""
    scores, y, what = float_array(scores, f"{name}: scores"), np.asarray(y), f"your {name}"
    result = called(what, f, scores, y)
    if df is None:
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise OwnCodeError(f"{what} returns {type(result).__name__}, but without a df it returns loss, dscores.")
        result, gradient = result
    else:
        gradient = called(f"the df of your {name}", df, scores, y)
    value = numbers(what, result, "a loss", (), "Take the mean over the samples: one number for all of them.")
    hint = "The gradient has one number for each score."
    dscores = numbers(what if df is None else f"the df of your {name}", gradient, "scores", scores.shape, hint)
    return float(value), dscores.astype(scores.dtype)


def _try(made: Loss, f: OwnLoss, df: OwnLoss | None) -> None:
    """Raise what is wrong with the loss of a few batches, or with its gradient."""
    rng = np.random.default_rng(0)
    for shape, dtype in TRIALS:
        scores, y = rng.normal(0, 2, shape).astype(dtype), rng.permutation(np.arange(shape[0]) % shape[1])
        for what, function in (("it", f), ("its df", df)):
            if function is not None and called(f"your {made.name}", function, scores, y) is None:
                raise NothingYetError(f"{what} returns nothing. End with return. The form: {FORM}.")
        value, dscores = made(scores, y)
        if not (np.isfinite(value) and np.isfinite(dscores).all()):
            given = "a gradient with nan or inf" if np.isfinite(value) else f"{value}"
            raise OwnCodeError(
                f"your {made.name} gives {given} for scores of usual size. Look for the log of 0 or of a "
                "negative number, and for a division by 0."
            )
        if dtype == np.float64:
            _check_gradient(made, scores, y, dscores)


def _check_gradient(made: Loss, scores: Array, y: Array, found: Array) -> None:
    """Raise if the gradient is not that of the loss, and say what it may be instead."""
    right = _differences(made, scores, y)
    if _same(found, right):
        return
    n, what = len(scores), f"the gradient of your {made.name}"
    if n > 1 and _same(found, n * right):
        raise OwnCodeError(f"{what} is {n} times too large for {n} samples. The loss is a mean: divide by N here, too.")
    if _same(found, right / n):
        raise OwnCodeError(f"{what} is {n} times too small for {n} samples. Is the loss a mean, too, or a sum?")
    if _same(found, -right):
        raise OwnCodeError(f"{what} has the wrong sign: a step against it would make the loss larger.")
    i, j = np.unravel_index(int(np.argmax(np.abs(found - right))), found.shape)
    whose = "the right class" if j == y[i] else "a wrong class"
    raise OwnCodeError(
        f"{what} is {found[i, j]:.4g} for the score of {whose} (sample {i}, class {j}), but there the loss rises by "
        f"{right[i, j]:.4g} for each 1 of the score."
    )


def _differences(made: Loss, scores: Array, y: Array) -> Array:
    """Return (L(s + h) − L(s − h)) / 2h for every score s."""
    slopes = np.empty_like(scores)
    for place in np.ndindex(scores.shape):
        shifted = scores.copy()
        shifted[place] += STEP
        above, _ = made(shifted, y)
        shifted[place] -= 2 * STEP
        below, _ = made(shifted, y)
        slopes[place] = (above - below) / (2 * STEP)
    return slopes


def _same(found: Array, right: Array) -> bool:
    return bool((np.abs(found - right) <= CLOSE * max(1e-3, float(np.abs(right).max()))).all())
