"""Run somebody's code for a limited time, on every platform and from every thread."""

import ctypes
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from coursekit import threads

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

    An alarm signal would be simpler, but Windows has none, and it reaches only the main thread, while JupyterLab may
    run code on another. A new process cannot see the functions that a learner defined in the notebook.

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
    if not threads.AVAILABLE:
        return _on_this_thread(work, seconds)
    ended = threading.Event()  # not is_alive(): an interrupted join takes its thread for ended (CPython 3.11)

    def work_until_stopped() -> None:
        try:
            with suppress(TimeUpError):
                work()
        finally:
            ended.set()

    worker = threading.Thread(target=work_until_stopped, name="coursekit-answer", daemon=True)
    worker.start()
    try:
        if ended.wait(seconds):
            return Ending.IN_TIME
    finally:
        _stop(worker, ended)  # also when the learner interrupts the cell
    return Ending.STOPPED if ended.is_set() else Ending.RUNNING_ON


def _stop(worker: threading.Thread, ended: threading.Event) -> None:
    """Raise `TimeUpError` in the thread until it ends, since a bare ``except:`` may swallow the first ones."""
    deadline = time.monotonic() + GRACE
    while not ended.is_set() and time.monotonic() < deadline:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(worker.ident or 0), ctypes.py_object(TimeUpError))
        ended.wait(0.05)


def _on_this_thread(work: Callable[[], None], seconds: float) -> Ending:
    """Call ``work()`` where no thread can start: the interpreter looks at the clock on every call and in every loop.

    What is blocked outside Python cannot be stopped so; the browser then offers to restart the kernel.
    """
    deadline = time.monotonic() + seconds
    watch: Any = vars(sys)["monitoring"]  # of Python 3.12, as the browser has it
    events = watch.events.PY_START | watch.events.JUMP

    def look(*_: object) -> None:
        if time.monotonic() > deadline:
            raise TimeUpError

    watch.use_tool_id(watch.PROFILER_ID, "coursekit")
    try:
        for event in (watch.events.PY_START, watch.events.JUMP):
            watch.register_callback(watch.PROFILER_ID, event, look)
        watch.set_events(watch.PROFILER_ID, events)
        work()
    except TimeUpError:
        return Ending.STOPPED
    finally:
        watch.set_events(watch.PROFILER_ID, 0)
        watch.free_tool_id(watch.PROFILER_ID)
    return Ending.IN_TIME
