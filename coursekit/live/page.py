"""The widget that stands in the page for a panel, a quiz or a verdict; what it looks like and does is in `page/`."""

import os
from pathlib import Path
from typing import Any

import anywidget
from traitlets import Bool, Bytes, Dict, Float, Int, List, Unicode

from coursekit.live.saving import VIEW

PAGE = Path(__file__).parent / "page"
PARTS = ("parts", "drawing", "handles", "controls", "ask", "programs", "panel", "room", "quiz", "verdict", "last")
SCRIPT = "\n".join((PAGE / f"{part}.js").read_text(encoding="utf-8") for part in PARTS)
LOOK = (PAGE / "look.css").read_text(encoding="utf-8")


class Page(anywidget.AnyWidget):
    """What all have: a kind, what never changes in them (``content``), and buttons that send ``{"press": name}``."""

    _esm = Unicode(SCRIPT).tag(sync=True)
    _css = Unicode(LOOK).tag(sync=True)
    kind = Unicode().tag(sync=True)
    content = Dict().tag(sync=True)

    def beside(self, **still: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what a cell's output holds: this widget, and beside it what stands without a kernel, by kind."""
        place = {"version_major": 2, "version_minor": 0, "model_id": self.model_id}
        data = {f"{'image' if kind == 'png' else 'text'}/{kind}": content for kind, content in still.items()}
        return data | {VIEW: place}, {"coursekit": {"still": True}}

    def close(self) -> None:
        """Free what page and kernel hold."""
        self.layout.close()
        super().close()

    def when_pressed(self, presses: dict[str, Any]) -> None:
        """Call ``presses[name](**details)`` when the page sends a press."""

        def received(_: Any, message: dict[str, Any], buffers: Any) -> None:
            details = dict(message)
            presses[details.pop("press")](**details)

        self.on_msg(received)


class PanelPage(Page):
    """The fields that a panel shares with its page.

    ``values`` moves both ways; ``moves`` (how often a control was moved), ``room`` (width, height, pixel ratio) and
    ``held`` (the pointer holds a slider) come from the page; all others go to it.
    """

    kind = Unicode("panel").tag(sync=True)
    values = Dict().tag(sync=True)
    moves = Int(0).tag(sync=True)
    room: Any = List().tag(sync=True)
    held = Bool(False).tag(sync=True)
    picture = Bytes().tag(sync=True)
    pad: Any = List().tag(sync=True)
    handles: Any = List().tag(sync=True)
    readout = Unicode().tag(sync=True)
    error = Unicode().tag(sync=True)
    code = Unicode().tag(sync=True)
    ghost = Unicode().tag(sync=True)
    progress = Float(0.0).tag(sync=True)
    answered = Int(-1).tag(sync=True)
    at_case = Int(-1).tag(sync=True)
    veiled = Bool(True).tag(sync=True)
    off = Dict().tag(sync=True)
    ends = Dict().tag(sync=True)
    options = Dict().tag(sync=True)


class QuizPage(Page):
    """The fields of a quiz."""

    kind = Unicode("quiz").tag(sync=True)
    answered: Any = List().tag(sync=True)
    score = Unicode().tag(sync=True)


def in_lecture() -> bool:
    """Whether letters and figures are larger, for a projector."""
    return os.environ.get("COURSEKIT_LECTURE") == "1"
