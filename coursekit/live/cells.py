"""What each cell shows: when a cell is run again, what it showed before is closed, or kernel and page would fill up."""

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
