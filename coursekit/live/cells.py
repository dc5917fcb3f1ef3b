"""What each cell shows: when a cell is run again, what it showed before is closed, or kernel and page would fill up.

A call that asks for what does not exist shows one line, not the way through the package to where that was found out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from IPython import get_ipython


class Shown(Protocol):
    """Something with widgets."""

    def close(self) -> None: ...


# The one thing here that changes: a kernel serves one notebook. For each cell its last run, and what that showed.
_SHOWN: dict[str, tuple[str, list[Shown]]] = {}


def now_showing(new: Shown) -> None:
    """Note that the running cell shows ``new``, and close what an earlier run of it showed and no other cell does.

    Where there is no cell, or its front end does not name it, nothing is closed.
    """
    parent: dict[str, Any] = getattr(get_ipython(), "get_parent", dict)()
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id")
    if cell is None:
        return
    last_run, shown = _SHOWN.get(cell, (run, []))
    _SHOWN[cell] = (run, [*(shown if last_run == run else []), new])
    still_shown = [one for _, ones in _SHOWN.values() for one in ones]
    for old in shown:
        if old not in still_shown:
            old.close()


@contextmanager
def told_briefly() -> Iterator[None]:
    """Let a notebook show no more than the message of an error that is raised here; for Python it is the same error."""
    try:
        yield
    except (KeyError, TypeError, ValueError, OSError) as error:
        message = f"{type(error).__name__}: {error}"
        error._render_traceback_ = lambda: [message]  # type: ignore[union-attr]  # IPython asks an error for this
        raise
