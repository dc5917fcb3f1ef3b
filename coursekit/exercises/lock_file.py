"""One process at a time: a lock beside a file, which the system takes back when its holder ends, however it ends."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PATIENCE = 5  # seconds; whoever holds the lock needs a few milliseconds

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
elif sys.platform == "emscripten":

    def _try_lock(descriptor: int) -> None:
        """Take nothing: in the browser no other process has these files."""
else:
    import fcntl

    def _try_lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold ``path.lock``, so that what is read, changed and written inside is not changed by another meanwhile.

    Where locks do not work (some network folders), or their holder hangs, it goes on without one: that two write at the
    same moment is rare, and not to save at all would be worse.
    """
    with ExitStack() as held:
        with suppress(OSError):
            lock = held.enter_context(path.with_name(f"{path.name}.lock").open("ab"))
            _wait_for(lock.fileno())
        yield


def _wait_for(descriptor: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return _try_lock(descriptor)
        except (BlockingIOError, PermissionError):  # somebody holds it: as Unix says so, and as Windows does
            if time.monotonic() > end:
                return None
            time.sleep(0.005)
