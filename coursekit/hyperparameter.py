"""A number chosen before training: what is known about it, and the check that it is in range."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from numbers import Integral
from typing import Any

# What other libraries and texts call some parameters; of several the first that there is.
ALIASES = {"learning_rate": ("lr",), "eta": ("lr",), "step_size": ("lr",), "alpha": ("slope", "beta", "lr")}
ALIASES |= {"beta_1": ("beta1",), "beta_2": ("beta2",), "betas": ("beta1",), "rho": ("beta",), "decay_rate": ("beta",)}
ALIASES |= {"epsilon": ("eps",), "stddev": ("std",), "scale": ("std",), "negative_slope": ("slope",)}
ALIASES |= {"smoothing": ("label_smoothing",), "weight": ("class_weights",), "init": ("alpha",)}
ALIASES |= dict.fromkeys(("wd", "l2", "decay"), ("weight_decay",))


@dataclass(frozen=True)
class Hyperparameter:
    """A number that shapes a function, with the range that makes sense on a slider."""

    name: str
    default: float
    low: float
    high: float
    meaning: str


def in_range(value: Any, where: str, low: float, high: float = inf, above: bool = False) -> None:
    """Check that a finite ``value`` lies between ``low`` and ``high``, both allowed; ``low`` is not if ``above``.

    Parameters
    ----------
    value : float
    where : str
        Function and parameter for the message, e.g. ``"huber: delta"``.
    low, high : float
    above : bool

    Raises
    ------
    TypeError
        If it is not a number.
    ValueError
        If it is outside, infinite or NaN.
    """
    try:
        fits = (value > low if above else value >= low) and value <= high and value < inf
        if type(value) is not float:
            if hasattr(fits, "__len__"):  # an array of one number, whose truth is single
                raise TypeError
            float(value)
    except OverflowError:  # a whole number larger than any float
        fits = False
    except (TypeError, ValueError):  # text; an array, which has no single truth
        raise TypeError(f"{where} must be a number, but is {value!r}.") from None
    if not fits:
        span = f"{'above' if above else 'at least'} {low:g}" + (f" and at most {high:g}" if high < inf else "")
        raise ValueError(f"{where} must be a finite number, {span}, but is {value!r}.")


def whole_number(value: Any, where: str) -> int:
    """Return ``value`` if it is a whole number of at least 1; else raise ``ValueError``."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{where} must be a whole number of at least 1, but is {value!r}.")
    return int(value)


def known_only(owner: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse a parameter that ``owner`` does not have, with a ``TypeError`` that lists those it has."""
    if unknown := set(given).difference(known):
        name = min(unknown)
        meant = [one for one in ALIASES.get(name, ()) if one in known] or get_close_matches(name, known, n=1)
        near = next(iter(meant), "")
        hint = f" Did you mean {near!r}?" if near else ""
        raise TypeError(f"{owner} has no parameter {name!r}.{hint} Its parameters: {', '.join(known) or 'none'}.")
