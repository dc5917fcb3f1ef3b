"""A picture in the running cell that newer ones replace, for what goes on while the cell runs."""

from typing import Any

from IPython import get_ipython
from IPython.display import DisplayHandle, display


class Still:
    """A place in the output of the cell in which it is first used; outside of a notebook it shows nothing."""

    def __init__(self) -> None:
        self.visible = getattr(get_ipython(), "kernel", None) is not None
        self._place: DisplayHandle | None = None

    def show(self, data: dict[str, Any], metadata: dict[str, Any]) -> None:
        """Put content by kind, as a ``_repr_mimebundle_`` returns it, where the last one was."""
        if not self.visible:
            return
        if self._place is None:
            self._place = display(data, metadata=metadata, raw=True, display_id=True)
        else:
            self._place.update(data, metadata=metadata, raw=True)
