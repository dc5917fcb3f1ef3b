"""An initialiser of the learner's own."""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.checking import CheckResult, Verdict
from coursekit.exercises.own_code import OwnCodeError, called, numbers
from coursekit.initialisers import INITIALISERS, Initialiser, Shape
from coursekit.mine.names import check_name, label_of
from coursekit.mine.trial import NothingYetError, tried, unlike

Draw = Callable[[int, int, np.random.Generator], Any]

FORM = "def draw(fan_in, fan_out, rng): return rng.normal(0, 0.01, (fan_in, fan_out))"
TRIALS = ((7, 5), (5, 7), (64, 64))  # fan_in and fan_out


def initialiser(name: str, draw: Draw) -> CheckResult:
    """Put an initialiser of your own into every dropdown of initialisers, under ``name``.

    Parameters
    ----------
    name : str
        What to call it. A name of your own may be used again: the newer one replaces the older.
    draw : callable
        ``draw(fan_in, fan_out, rng)`` returns the weights (fan_in, fan_out) of a layer z = x w, drawn with the
        generator ``rng``. A convolution takes one column for each of its filters, with a fan-in of C · k · k.

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
    >>> initialiser("small", lambda fan_in, fan_out, rng: rng.normal(0, 0.1, (fan_in, fan_out)))
    ✓ small: it is in every dropdown of initialisers now, as “small (yours)”.
    >>> INITIALISERS.remove_own()
    """
    check_name(name, INITIALISERS)
    if complaint := unlike(draw, ("fan_in", "fan_out", "rng"), FORM):
        return CheckResult(name, Verdict.WRONG, complaint)
    made = initialiser_of(name, draw)
    praise = f"it is in every dropdown of initialisers now, as “{made.label}”."
    result = tried(name, lambda: _try(made, draw), praise)
    if result.verdict is Verdict.CORRECT:
        INITIALISERS.add_own(made)
    return result


def initialiser_of(name: str, draw: Draw) -> Initialiser:
    """Make a record of a function that draws matrices."""
    matrix = partial(_matrix, f"your {name}", draw)

    def shaped(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
        """Draw as many columns of ``fan_in`` weights as the shape takes: each feeds one unit, or one filter."""
        columns = math.prod(shape) // fan_in
        draws = [matrix(fan_in, fan_out, rng) for _ in range(math.ceil(columns / fan_out))]
        w = np.hstack(draws)[:, :columns]
        return (w if shape[0] == fan_in else w.T).reshape(shape)

    @lru_cache(maxsize=8)
    def std(fan_in: int, fan_out: int) -> float:
        return float(matrix(fan_in, fan_out, np.random.default_rng(0)).std())

    return Initialiser(name, label_of(name), shaped, std, "", "Your own.")


def _matrix(what: str, draw: Draw, fan_in: int, fan_out: int, rng: np.random.Generator) -> Array:
    """Return the weights (fan_in, fan_out) in float64, all of them finite."""
    result = called(what, draw, fan_in, fan_out, rng)
    hint = "In x @ w each column of w holds the weights of one unit."
    w = numbers(what, result, "w", (fan_in, fan_out), hint).astype(np.float64)
    if not np.isfinite(w).all():
        raise OwnCodeError(f"{what} draws {w[~np.isfinite(w)][0]} for {fan_in} inputs. Look for a division by 0.")
    return w


def _try(made: Initialiser, draw: Draw) -> None:
    """Raise what is wrong with the weights of a few layers."""
    if called(f"your {made.name}", draw, *TRIALS[0], np.random.default_rng(0)) is None:
        raise NothingYetError(f"it returns nothing. End with return. The form: {FORM}.")
    for fans in TRIALS:
        first, second = (made(*fans, rng=np.random.default_rng(0)) for _ in range(2))
        if not np.array_equal(first, second):
            raise OwnCodeError(
                f"your {made.name} draws other weights from the same rng. Take all random numbers from rng, as in "
                "rng.normal: then a figure that is drawn again shows the same network."
            )
