"""Axes that draw all ticks of an axis at once: a line for the grid, one for the ticks, and then the numbers.

matplotlib draws five artists for every tick, also for those that are not seen, which is half of the time in which a
figure is drawn anew. The figure that results is the same to the last byte. What an axis does when it is drawn is
private, so this is used only with the version that it was written for.
"""

from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis, Tick, XAxis, YAxis
from matplotlib.lines import Line2D
from matplotlib.text import Text
from matplotlib.ticker import NullLocator

from coursekit.figures.glyphs import KNOWN

PRIVATE = (
    "_update_ticks",
    "_tick_group_visible",
    "_update_label_position",
    "_update_offset_text_position",
    "_get_ticklabel_bboxes",
)


def draw_ticks_together(ax: Axes) -> None:
    """Let both axes of ``ax`` draw their ticks at once, if this matplotlib is known."""
    if mpl.__version_info__[:2] == KNOWN and all(hasattr(Axis, name) for name in PRIVATE):
        ax.xaxis.__class__, ax.yaxis.__class__ = QuickXAxis, QuickYAxis  # axes make theirs themselves


class Quick:
    """What both axes share; ticks of one kind, major or minor, look alike."""

    axes: Any
    label: Text
    major: Any
    offsetText: Text
    _placed: list[Tick] | None = None  # while the axis is drawn

    def draw(self: Any, renderer: Any) -> None:
        """Draw grid, ticks, their numbers, and the label."""
        if not self.get_visible():
            return
        self._placed = self._update_ticks()
        try:
            self._draw_ticks(self._placed, renderer)
            self._draw_words(self._placed, renderer)
        finally:
            self._placed = None
        self.stale = False

    def _update_ticks(self: Any) -> list[Tick]:
        """Place all ticks and return those that are seen, once in a drawing: the label's place needs them twice more.

        A tick that is where it was is not touched, since each of its five artists would tell all above it.
        """
        if self._placed is not None:
            return list(self._placed)
        ticks = [*self._place("major"), *self._place("minor")]
        if not ticks:
            return []
        to_length = self.get_transform().transform
        low, high = sorted(to_length(np.sort(self.get_view_interval())))
        room = 1e-10 * (high - low)  # matplotlib's own
        at = to_length(np.array([tick.get_loc() for tick in ticks]))
        return [tick for tick, seen in zip(ticks, (low - room <= at) & (at <= high + room), strict=True) if seen]

    def _place(self: Any, kind: str) -> list[Tick]:
        """Bring the ticks of a kind to their places, and return them."""
        locator = getattr(self, f"get_{kind}_locator")()
        if isinstance(locator, NullLocator) or not self._tick_group_visible(getattr(self, f"_{kind}_tick_kw")):
            return []
        places = getattr(self, f"get_{kind}ticklocs")()
        words = getattr(self, kind).formatter.format_ticks(places)
        ticks = getattr(self, f"get_{kind}_ticks")(len(places))
        for tick, place, word in zip(ticks, places, words, strict=False):
            if getattr(tick, "placed", None) != place:  # a new tick says it is where the first one is
                tick.update_position(place)
                tick.placed = place
            if tick.label1.get_text() != word:
                tick.label1.set_text(word)
            if tick.label2.get_text() != word:
                tick.label2.set_text(word)
        return ticks

    def _draw_ticks(self: Any, ticks: list[Tick], renderer: Any) -> None:
        for kind in (set(self.majorTicks), set(self.minorTicks)):
            alike = [tick for tick in ticks if tick in kind]
            for part in ("gridline", "tick1line", "tick2line"):
                together([getattr(tick, part) for tick in alike], renderer)
        for label in lettered(ticks):
            label.draw(renderer)
        for tick in ticks:
            tick.stale = False

    def _draw_words(self: Any, ticks: list[Tick], renderer: Any) -> None:
        """Draw the label, and what is to be added to all numbers; where they stand hangs on the numbers' sizes."""
        if self.label.get_text():
            self._update_label_position(renderer)
            self.label.draw(renderer)
        self.offsetText.set_text(self.major.formatter.get_offset())
        if self.offsetText.get_text():
            self._update_offset_text_position(*self._get_ticklabel_bboxes(ticks, renderer))
            self.offsetText.draw(renderer)

    def _get_ticklabel_bboxes(self, ticks: list[Tick], renderer: Any) -> Any:
        """Measure only ticks with numbers, as long as there are any."""
        written = [tick for tick in ticks if lettered([tick])]
        return super()._get_ticklabel_bboxes(written or ticks, renderer)  # type: ignore[misc]


class QuickXAxis(Quick, XAxis):  # type: ignore[misc]
    """An x axis that draws its ticks at once."""


class QuickYAxis(Quick, YAxis):  # type: ignore[misc]
    """A y axis that draws its ticks at once."""


def lettered(ticks: list[Tick]) -> list[Text]:
    """Return the labels that are seen."""
    labels = [label for tick in ticks for label in (tick.label1, tick.label2)]
    return [label for label in labels if label.get_visible() and label.get_text()]


def together(lines: list[Line2D], renderer: Any) -> None:
    """Draw lines that look alike as a single one, with gaps; a row of markers needs none."""
    seen = [line for line in lines if line.get_visible()]
    if not seen:
        return
    x, y = (np.array([get(line) for line in seen], float) for get in (Line2D.get_xdata, Line2D.get_ydata))
    places = np.stack(np.broadcast_arrays(x, y))  # (2, ticks, points)
    if places.shape[2] > 1:
        places = np.pad(places, ((0, 0), (0, 0), (0, 1)), constant_values=np.nan)
    first, own = seen[0], seen[0].get_data()
    first.set_data(places.reshape(2, -1))
    first.draw(renderer)
    first.set_data(*own)
