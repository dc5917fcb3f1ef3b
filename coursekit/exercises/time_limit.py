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
        _raise_in(worker.ident or 0, TimeUpError)
        ended.wait(0.05)


def call_with_limit(function: Callable[..., Any], seconds: float, *arguments: Any) -> Any:
    """Call ``function(*arguments)`` on this thread and return what it returns; stop it when the time is up.

    `run_with_limit` takes a sixth of a millisecond to start a thread. This one is for what is called thousands of
    times: it takes a few microseconds, but what is blocked outside Python (a sleep, say) goes on until that ends.

    Raises
    ------
    TimeUpError
        If the time is up.
    """
    if not threads.AVAILABLE:
        found: list[Any] = []
        if _on_this_thread(lambda: found.append(function(*arguments)), seconds) is not Ending.IN_TIME:
            raise TimeUpError
        return found[0]
    call = WATCH.begin(seconds)
    try:
        return function(*arguments)
    finally:
        try:
            WATCH.end(call)
        except TimeUpError:  # it came in this very moment, and the next would come only after a tick
            WATCH.end(call)


class _Call:
    """A call that is watched."""

    def __init__(self, seconds: float) -> None:
        self.thread = threading.get_ident()
        self.deadline = time.monotonic() + seconds
        self.told = False  # that its time is up


class _Watch:
    """One thread that looks at the clock for all calls, and sleeps while there are none."""

    TICK = 0.05  # seconds from one look to the next

    def __init__(self) -> None:
        self._calls: list[_Call] = []
        self._lock = threading.Lock()
        self._called = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, seconds: float) -> _Call:
        call = _Call(seconds)
        with self._lock:
            self._calls.append(call)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._look, name="coursekit watch", daemon=True)
                self._thread.start()
        self._called.set()
        return call

    def end(self, call: _Call) -> None:
        with self._lock:
            if call in self._calls:
                self._calls.remove(call)
            if call.told:  # an exception that has not arrived yet would hit whatever comes next
                _raise_in(call.thread, None)

    def _look(self) -> None:
        while self._called.wait():
            time.sleep(self.TICK)
            with self._lock:
                for call in self._calls:
                    if time.monotonic() > call.deadline:
                        call.told = True
                        _raise_in(call.thread, TimeUpError)
                if not self._calls:
                    self._called.clear()


WATCH = _Watch()


def _raise_in(thread: int, error: type[BaseException] | None) -> None:
    """Let an exception appear in another thread's Python code, or take back one that has not appeared yet."""
    what = ctypes.py_object(error) if error else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


def _on_this_thread(work: Callable[[], None], seconds: float) -> Ending:
    """Call ``work()`` where no thread can start: the interpreter looks at the clock on every call and in every loop.

    What is blocked outside Python cannot be stopped so; the browser then offers to restart the kernel.
    """
    deadline = time.monotonic() + seconds
    watch: Any = vars(sys)["monitoring"]  # of Python 3.12, as the browser has it
    if watch.get_tool(watch.PROFILER_ID):  # a limit within a limit: the outer one holds
        work()
        return Ending.IN_TIME
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
