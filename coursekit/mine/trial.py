"""What somebody has written is tried before a figure sees it, for a limited time."""

import inspect
from collections.abc import Callable
from typing import Any

from coursekit.exercises.checking import ADVICE, CheckResult, Verdict
from coursekit.exercises.own_code import OwnCodeError
from coursekit.exercises.time_limit import Ending, run_with_limit

LIMIT = 5.0  # seconds for all trials


class NothingYetError(Exception):
    """An answer that does nothing: it is not written yet."""


def tried(name: str, trials: Callable[[], None], praise: str) -> CheckResult:
    """Run trials, which raise `OwnCodeError` for what is wrong and `NothingYetError` for what is not written yet.

    Parameters
    ----------
    name : str
        What the learner calls the thing.
    trials : callable
    praise : str
        What is said if nothing is wrong.

    Returns
    -------
    CheckResult
    """
    found = []

    def try_all() -> None:
        try:
            trials()
        except NothingYetError as error:
            found.append(CheckResult(name, Verdict.NOT_ATTEMPTED, str(error)))
        except OwnCodeError as error:
            found.append(CheckResult(name, Verdict.WRONG, _advised(str(error))))
        else:
            found.append(CheckResult(name, Verdict.CORRECT, praise))

    if run_with_limit(try_all, LIMIT) is not Ending.IN_TIME:
        message = f"it did not finish within {LIMIT:g} s. Does every loop reach its end?"
        return CheckResult(name, Verdict.WRONG, message)
    return found[0]


def _advised(message: str) -> str:
    return next((f"{message} {advice}" for words, advice in ADVICE.items() if words in message), message)


def unlike(function: Any, parameters: tuple[str, ...], form: str) -> str:
    """Say what keeps a thing from being called with these arguments, or nothing; ``form`` shows how it should look."""
    if not callable(function):
        return f"it takes the function itself, without brackets, but got {type(function).__name__}. The form: {form}."
    try:
        inspect.signature(function).bind(*parameters)
    except TypeError:
        return f"it is called with {', '.join(parameters)}, in this order. The form: {form}."
    except ValueError:  # a function in C tells nothing of its parameters
        pass
    return ""
