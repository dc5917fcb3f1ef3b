"""A long run in one worker thread: started, watched, stopped and resumed from a panel.

Where no thread can be started, in the browser, it takes turns with everything else on the event loop.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import wraps
from typing import Any

from coursekit import threads

# One lock for the whole process: compute and draw never overlap, whichever thread a widget's message arrives on.
LOCK = threading.RLock()
# Whoever moves, presses or calls takes a turn: state, run and picture change together. Taken before LOCK, never in it.
TURN = threading.RLock()

PACE = 1 / 30  # seconds from one frame of a run to the next, at least


def in_turn(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a method wait until no other that takes turns is at work."""

    @wraps(method)
    def waiting(*args: Any, **kwargs: Any) -> Any:
        with TURN:
            return method(*args, **kwargs)

    return waiting


class Runner:
    """Draws one frame after the other until the frames end or `stop` is called.

    There is one worker in the process: starting a runner stops the one before it, so a second panel never leaves a
    forgotten thread behind. A cell that is run again closes its old panel, and with it the run (`live.cells`).

    Parameters
    ----------
    draw : callable
        Shows a frame; called with the lock held.
    finished : callable
        Called with the exception that ended the run, or None, when it ends by itself.
    """

    _active: "Runner | None" = None

    def __init__(self, draw: Callable[[Any], None], finished: Callable[[Exception | None], None]) -> None:
        self._draw = draw
        self._finished = finished
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._task: asyncio.Task[None] | None = None  # instead of a thread

    @property
    def running(self) -> bool:
        """Whether the worker is at work."""
        return self._task is not None or (self._thread is not None and self._thread.is_alive())

    def start(self, frames: Iterator[Any]) -> None:
        """Draw ``frames`` in the background; a run that is under way is stopped first."""
        if Runner._active is not None:
            Runner._active.stop()
        Runner._active = self
        self._stopping.clear()
        if threads.AVAILABLE:
            self._thread = threading.Thread(target=self._work, args=(frames,), daemon=True, name="coursekit run")
            self._thread.start()
        else:
            self._task = asyncio.get_running_loop().create_task(self._take_turns(frames))

    def stop(self) -> None:
        """End the run after the frame that is being drawn, and wait for it."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()  # it waits between two frames
            self._task = None
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _work(self, frames: Iterator[Any]) -> None:
        for pause in self._steps(frames):
            time.sleep(pause)

    async def _take_turns(self, frames: Iterator[Any]) -> None:
        await asyncio.sleep(0)  # whoever started it ends first
        for pause in self._steps(frames):
            await asyncio.sleep(pause)

    def _steps(self, frames: Iterator[Any]) -> Iterator[float]:
        """Draw frame by frame, and yield how long to wait before the next."""
        error: Exception | None = None
        try:
            while not self._stopping.is_set():
                began = time.monotonic()
                with LOCK:
                    frame = next(frames, None)
                    if frame is None:
                        break
                    self._draw(frame)
                # Lets a waiting callback have the lock; and a page that is sent more than it can show jerks.
                yield max(0.002, PACE - (time.monotonic() - began))
            else:
                return
        except Exception as raised:
            error = raised
        self._task = None
        self._finished(error)


def in_one_context(frames: Any) -> Iterator[Any]:
    """Yield what a generator of frames yields, whichever threads ask for it, with the context variables of the first.

    A run that is stopped goes on in another thread, and `numpy.errstate` around its loop can only be left where it was
    entered.
    """
    context = copy_context()
    try:
        while (frame := context.run(next, frames, None)) is not None:
            yield frame
    finally:
        context.run(frames.close)
