"""What came of calling an answer once, and whether two outcomes are the same."""

import copy
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.exercise import Case, Exercise
from coursekit.exercises.time_limit import TimeUpError

RTOL = 1e-6  # room for another order of summation, not for a wrong formula
NOISE = 1e-8  # of the largest entry: what rounding leaves of an entry that is exactly 0
COARSE = 2e-5  # both of these for float32
ATOL = 1e-12  # where all entries are exactly 0


@dataclass(frozen=True)
class Returned:
    """One float64 array for each name in ``exercise.returns``, and whether it was computed in float32."""

    values: tuple[Array, ...]
    coarse: tuple[bool, ...]


@dataclass(frozen=True)
class Nothing:
    """None, ``...`` or NotImplementedError: the marks of an unwritten answer."""


@dataclass(frozen=True)
class Unusable:
    """A result of the wrong kind or count."""

    complaint: str


@dataclass(frozen=True)
class Changed:
    """An argument was modified in place."""

    parameter: str


@dataclass(frozen=True)
class Raised:
    """An exception."""

    kind: type[BaseException]
    message: str  # "ValueError: math domain error"
    line: str  # the learner's line that led there, or nothing if the call itself failed


Outcome = Returned | Nothing | Unusable | Changed | Raised


def call(exercise: Exercise, answer: Callable[..., Any], case: Case) -> Outcome:
    """Call ``answer`` with a copy of the arguments and tell what came of it."""
    given = copy.deepcopy(case)
    try:
        result = _read(answer(*given), exercise.returns)
    except TimeUpError:
        raise
    except NotImplementedError:
        return Nothing()
    except BaseException as error:  # exit() too must not end the check
        return raised(error)
    for parameter, before, after in zip(exercise.parameters, case, given, strict=True):
        if not (callable(before) or np.array_equal(before, after, equal_nan=True)):
            return Changed(parameter)
    return result


def alike(a: Outcome, b: Outcome) -> bool:
    """Whether both returned the same numbers, dtypes aside, or both raised the same kind of error."""
    if isinstance(a, Returned) and isinstance(b, Returned):
        pairs = zip(a.values, b.values, a.coarse, strict=True)
        return all(x.shape == y.shape and close(x, y, coarse).all() for x, y, coarse in pairs)
    return isinstance(a, Raised) and isinstance(b, Raised) and a.kind is b.kind


def close(found: Array, expected: Array, coarse: bool = False) -> Array:
    """Elementwise |found − right| ≤ `RTOL` · |right| + `NOISE` · max |right| + `ATOL`; NaN is close to nothing.

    What was computed in float32 (``coarse``) has room of `COARSE` for both.
    """
    relative, noise = (COARSE, COARSE) if coarse else (RTOL, NOISE)
    largest = np.abs(expected).max(initial=0, where=np.isfinite(expected))
    return np.isclose(found, expected, rtol=relative, atol=noise * largest + ATOL)


def _read(result: Any, names: tuple[str, ...]) -> Returned | Nothing | Unusable:
    values = tuple(result) if len(names) > 1 and _unpacks(result, len(names)) else (result,)
    if values and all(is_blank(value) for value in values):
        return Nothing()
    if len(values) != len(names):
        return Unusable(f"it should return {len(names)} values, {', '.join(names)}, but returns {len(values)}.")
    arrays, coarse = [], []
    for name, value in zip(names, values, strict=True):
        array = _numbers(value)
        if array is None:
            kind = f"an array of {value.dtype}" if isinstance(value, np.ndarray) else f"of type {type(value).__name__}"
            return Unusable(f"{name} should be a real number or an array of them, but is {kind}.")
        arrays.append(array.astype(np.float64))  # a copy, since the answer may reuse its buffer
        coarse.append(array.dtype.kind == "f" and _holds_float32(array))
    return Returned(tuple(arrays), tuple(coarse))


def _holds_float32(array: Array) -> bool:
    """Whether it was computed in float32, also if the numbers were then put into an array of float64."""
    with np.errstate(over="ignore"):
        return array.dtype.itemsize < 8 or bool((array == array.astype(np.float32)).all())


def _unpacks(result: Any, count: int) -> bool:
    """Whether ``a, b = result`` is meant: a tuple, a list, a generator, or an array of so many rows."""
    rows = isinstance(result, np.ndarray) and result.ndim and len(result) == count
    return bool(rows) or isinstance(result, tuple | list | Iterator)


def is_blank(value: Any) -> bool:
    """Whether this is what an unwritten answer gives."""
    return value is None or value is ...


def _numbers(value: Any) -> Array | None:
    """Return an array, or None for what is not real numbers."""
    try:
        array = np.asarray(value)
    except Exception:  # rows of different lengths, or an object with its own way to refuse
        return None
    return array if array.dtype.kind in "biuf" else None


def raised(error: BaseException) -> Raised:
    """Tell what was raised, and the learner's line that led there; our own frame is the first, theirs follows."""
    message = " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first is our own call
    # The learner's file is the one that we called into; libraries lie deeper.
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    line = f"line {own[-1].lineno}: {own[-1].line}" if own and own[-1].line else ""
    return Raised(type(error), message, line)
