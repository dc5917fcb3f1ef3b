"""Work done while the learner rests is given up the moment a newer value arrives."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Frame = TypeVar("Frame")


class GivenUpError(BaseException):  # so that no handler of errors takes it for one
    """Nobody waits for this any more."""


_WANTED: ContextVar[Callable[[], bool]] = ContextVar("wanted", default=lambda: True)


def still_wanted() -> None:
    """Raise `GivenUpError` if a newer value has arrived; a slow ``compute`` calls it between its steps."""
    if not _WANTED.get()():
        raise GivenUpError


def last_wanted(frames: Iterator[Frame]) -> Frame:
    """Return the last frame of a run, which is given up between two frames if a newer value has arrived."""
    for frame in frames:
        still_wanted()
        last = frame
    return last


@contextmanager
def while_wanted(wanted: Callable[[], bool]) -> Iterator[None]:
    """Leave the block as soon as ``wanted()`` is false and what runs in it asks."""
    token = _WANTED.set(wanted)
    try:
        yield
    except GivenUpError:
        pass
    finally:
        _WANTED.reset(token)
