"""A learner's own function, called by the course: its mistakes are told as the learner's, with the line."""

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit.arrays import Array
from coursekit.exercises.outcome import Raised, raised
from coursekit.exercises.time_limit import TimeUpError, call_with_limit

LONGEST = 2.0  # seconds for one call: a figure waits for it


class OwnCodeError(RuntimeError):
    """What the learner's own function did wrong, with its line."""


def called(what: str, function: Callable[..., Any], *arguments: Any, in_place: bool = False) -> Any:
    """Call a learner's function and return what it returns.

    Parameters
    ----------
    what : str
        What messages call it: "your mine".
    function : callable
    *arguments
        Arrays among them cannot be written to, since they are the figure's, unless it works ``in_place``.

    Raises
    ------
    OwnCodeError
        If the function raises, writes into an array, or does not end within `LONGEST` seconds.
    """
    given = arguments if in_place else [_read_only(one) for one in arguments]
    try:
        with np.errstate(all="ignore"):  # numbers that run away are a result
            return call_with_limit(function, LONGEST, *given)
    except TimeUpError as error:
        where = _at(_found(error))
        raise OwnCodeError(f"{what} did not finish within {LONGEST:g} s{where}. Does every loop end?") from None
    except SystemExit as error:
        raise OwnCodeError(f"{what} ends the kernel{_at(_found(error))}: take exit() out.") from None
    except Exception as error:
        found = _found(error)
        work_on_a_copy = ". That array is the figure's: work on a copy, x = x.copy()" * ("read-only" in found.message)
        raise OwnCodeError(f"{what} raises {found.message}{_at(found)}{work_on_a_copy}.") from error


def numbers(what: str, result: Any, like: str, shape: tuple[int, ...], hint: str, kinds: str = "iuf") -> Array:
    """Return what a learner's function gave as an array, or raise `OwnCodeError` if it is none, or of another shape.

    Parameters
    ----------
    what : str
        What messages call the function.
    result
        What it returned.
    like, shape : str, tuple of int
        The name of what it should be shaped like, and that shape.
    hint : str
        What to do, the end of the message.
    kinds : str
        Of dtypes that will do, in NumPy's letters.
    """
    try:
        array = np.asarray(result)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind not in kinds or array.shape != shape:
        kind = f"{array.dtype} of shape {array.shape}" if isinstance(result, np.ndarray) else type(result).__name__
        raise OwnCodeError(f"{what} returns {kind}, but {like} has shape {shape}. {hint}")
    return array


def _read_only(argument: Any) -> Any:
    if not isinstance(argument, np.ndarray):
        return argument
    view = argument.view()
    view.flags.writeable = False
    return view


def _found(error: BaseException) -> Raised:
    """Tell what was raised; of the frames of the time limit only the last stays, as `raised` wants one of ours."""
    trace = error.__traceback__
    while trace and trace.tb_next and trace.tb_next.tb_frame.f_code.co_filename == WATCHED_IN:
        trace = trace.tb_next
    return raised(error.with_traceback(trace))


WATCHED_IN = call_with_limit.__code__.co_filename


def _at(found: Raised) -> str:
    return f" ({found.line})" if found.line else ""
