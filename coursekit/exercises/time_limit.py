"""Run somebody's code for a limited time, on every platform and from every thread."""

import ctypes
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

GRACE = 0.5  # seconds in which code that was told to stop must have ended


class TimeUpError(BaseException):
    """Raised inside code that runs too long. A BaseException, so that ``except Exception`` does not swallow it."""


class Ending(Enum):
    """How a limited run ended."""

    IN_TIME = auto()
    STOPPED = auto()
    RUNNING_ON = auto()  # blocked outside Python, or it catches every exception


def run_with_limit(work: Callable[[], None], seconds: float) -> Ending:
    """Call ``work()`` in a thread of its own and stop it when the time is up.

    Signals would be simpler, but Windows has no alarm and they reach the main thread only, while JupyterLab may run a cell
    or a widget callback on another. A process cannot see the functions that a learner defined in the notebook.

    Parameters
    ----------
    work : callable
        Takes nothing; what it returns is ignored.
    seconds : float
        The limit; the call returns at most `GRACE` later.

    Returns
    -------
    Ending
    """

    def work_until_stopped() -> None:
        with suppress(TimeUpError):
            work()

    worker = threading.Thread(target=work_until_stopped, name="coursekit-answer", daemon=True)
    worker.start()
    try:
        worker.join(seconds)
        if not worker.is_alive():
            return Ending.IN_TIME
    finally:
        _stop(worker)  # also when the learner interrupts the cell
    return Ending.RUNNING_ON if worker.is_alive() else Ending.STOPPED


def _stop(worker: threading.Thread) -> None:
    """Raise `TimeUpError` in the thread until it ends, since a bare ``except:`` may swallow the first ones."""
    deadline = time.monotonic() + GRACE
    while worker.is_alive() and time.monotonic() < deadline:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(TimeUpError))
        worker.join(0.05)
