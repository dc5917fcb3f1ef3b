"""The picture of a network: a row for every layer, with histograms of its output and what comes back to it."""

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from coursekit.arrays import Array
from coursekit.diagnostics.limits import BOLD, TIMID
from coursekit.figures.marks import areas, fit, legend, line, rectangles, say
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PURPLE, RED, axes, headline, readable
from coursekit.torch.illness import Finding, called
from coursekit.torch.rows import Row
from coursekit.torch.stats import BINS, SPAN

ROOM = 0.185  # inches a row: letters of 9.5 points, and a little air
MOST = 60  # rows of a picture that can still be read
LETTERS = 26  # of a layer's name: of a longer one the end is shown
FULL = 0.08  # a bin with this share of the values, or more, fills its row
WIDEST = 8  # histograms have room for the largest layer, unless it is so many times as large as the median one
COLORS = {
    "vanishes": PURPLE,
    "gradient vanishes": PURPLE,
    "no gradient": PURPLE,
    "timid": PURPLE,
    "left out": PURPLE,
    "saturates": ORANGE,
    "dead": RED,
    "explodes": RED,
    "gradient explodes": RED,
    "bold": RED,
    "not finite": RED,
}


class Frame(NamedTuple):
    """What is drawn."""

    rows: Sequence[Row]
    findings: Sequence[Finding]
    title: str

    @property
    def shown(self) -> list[Row]:
        """The rows of the picture: all, or of a very deep network the sick ones and others evenly picked."""
        if len(self.rows) <= MOST:
            return list(self.rows)
        sick = {name for finding in self.findings for name in finding.layers[:10]}
        chosen = {i for i, row in enumerate(self.rows) if row.name in sick}
        others = max(MOST - len(chosen), 2)
        chosen |= {round(i) for i in np.linspace(0, len(self.rows) - 1, others).tolist()}
        return [self.rows[i] for i in sorted(chosen)]

    @property
    def told(self) -> str:
        """The story in one line."""
        if not self.findings:
            return f"{self.title}: nothing is wrong"
        return self.findings[0].words.rstrip(".")

    @property
    def advice(self) -> str:
        """The line under it: what to try."""
        few = f" {len(self.shown)} of {len(self.rows)} layers are shown." if len(self.shown) < len(self.rows) else ""
        if not self.findings:
            return f"The signal lives in every layer.{few}"
        more = len(self.findings) - 1
        also = f" And {more} more: see the report." if more else ""
        return f"Try {self.findings[0].remedy.partition('. ')[0].rstrip('.')}.{also}{few}"

    def color(self, row: Row) -> Any:
        """The colour of the gravest illness that a row has; blue without one."""
        illness = next((one.illness for one in self.findings if row.name in one.layers), None)
        return COLORS[illness] if illness else BLUE


class Plate:
    """A view as tall as the rows of a frame need."""

    def __init__(self, frame: Frame) -> None:
        self.count = len(frame.shown)
        self.updates = any(row.update_ratio is not None for row in frame.rows)
        self.size = (12.0, 1.65 + ROOM * max(self.count, 6))

    def __call__(self, figure: Any) -> "View":
        return View(figure, self.count, self.updates)


class View:
    """From left to right: histograms, std, flat shares, the gradient that comes back, the weights' own."""

    def __init__(self, figure: Any, count: int, updates: bool) -> None:
        height, self.count = figure.get_size_inches()[1], count
        self.headline = headline(figure)
        self.advice = figure.text(0.012, 1 - 0.42 / height, "", fontsize=10.5, va="top", color=INK, animated=True)
        self._place(figure, height, count)
        self.histograms, self.spread, self.shares, self.back, self.learning = figure.axes
        self.bands = [areas(ax, BLUE, zorder=0.5, alpha=0.1) for ax in figure.axes]
        self.areas = areas(self.histograms, BLUE, linewidths=0.8)
        self.broken = line(self.histograms, "x", color=RED, markersize=7, markeredgewidth=2)
        self.std = line(self.spread, "o-", color=INK, markersize=4, linewidth=1.2, ghost=True)
        self.saturated = line(self.shares, "s", color=AMBER, markersize=4)
        self.dead = line(self.shares, "^", color=RED, markersize=5)
        self.gradient = line(self.back, "o-", color=INK, markersize=4, linewidth=1.2, ghost=True)
        self.slope = line(self.learning, "o", color=BLUE, markersize=4.5)
        self.moved = line(self.learning, "D", color=PURPLE, markersize=4)
        legend(self.shares, ("■ saturated", AMBER), ("▲ dead", RED))
        legend(self.learning, ("● gradient", BLUE), *([("◆ update", PURPLE)] if updates else []))
        if updates:
            self.learning.axvspan(TIMID, BOLD, color="#e9f3ea", zorder=0)

    def _place(self, figure: Any, height: float, count: int) -> None:
        """Put five axes beside each other; the first one has the names."""
        bottom, top = 0.55 / height, 1 - 1.0 / height
        for left, width, title, label in (
            (0.2, 0.22, "activations a", "value"),
            (0.44, 0.105, "std of a", ""),
            (0.565, 0.125, "", "% of values, of units"),
            (0.72, 0.1, "‖∂L/∂a‖", ""),
            (0.84, 0.145, "", "÷ ‖weights‖"),
        ):
            ax = axes(figure, (left, bottom, width, top - bottom), title, label)
            names = range(count) if len(figure.axes) == 1 else ()  # ticks are slow to make
            ax.set(ylim=(max(count, 6) - 0.3, -0.9), yticks=names)
            ax.tick_params(axis="y", length=0)
            ax.grid(visible=False, axis="y")
        for ax in (figure.axes[1], figure.axes[3], figure.axes[4]):
            ax.set_xscale("log")
            ax.minorticks_off()
        figure.axes[2].set_xlim(-6, 106)

    def update_names(self, frame: Frame) -> None:
        """Write the names of the rows, those of sick ones in their colour."""
        fit(self.histograms, yticklabels=tuple(map(label_of, frame.shown)))
        for words, row in zip(self.histograms.get_yticklabels(), frame.shown, strict=True):
            color = frame.color(row)
            fit(
                words, color=INK if color == BLUE else readable(color), fontweight="normal" if color == BLUE else "bold"
            )

    def update(self, frame: Frame) -> None:
        """Show a frame; it has the rows for which this view was made."""
        rows = frame.shown
        colors = [frame.color(row) for row in rows]
        say(self.headline, frame.told, BLUE if not frame.findings else COLORS[frame.findings[0].illness])
        self.advice.set_text(frame.advice)
        self.update_names(frame)
        sick = [(i, color) for i, color in enumerate(colors) if color != BLUE]
        self._histograms(rows, colors)
        _points(self.spread, (self.std, rows, lambda row: row.std))
        _dots(self.saturated, rows, lambda row: None if row.saturated is None else 100 * row.saturated)
        _dots(self.dead, rows, lambda row: None if row.dead is None else 100 * row.dead)
        _points(self.back, (self.gradient, rows, lambda row: row.gradient_norm))
        _points(
            self.learning,
            (self.slope, rows, lambda row: row.gradient_ratio),
            (self.moved, rows, lambda row: row.update_ratio),
        )
        self._shade(sick)

    def _shade(self, sick: Sequence[tuple[int, Any]]) -> None:
        """Tint sick rows in all panels."""
        places = np.array([i for i, _ in sick], float)
        for ax, band in zip(self.histograms.figure.axes, self.bands, strict=True):
            low, high = ax.get_xlim()
            band.set_verts(rectangles(low, high, places - 0.62, places + 0.38) if sick else [])
            band.set_facecolor([color for _, color in sick])

    def _histograms(self, rows: Sequence[Row], colors: Sequence[Any]) -> None:
        finite = [i for i, row in enumerate(rows) if row.std is not None and math.isfinite(row.std)]
        limit = reach_of([rows[i] for i in finite])
        fit(self.histograms, xlim=(-limit, limit), xticks=(-limit / 2, 0, limit / 2))
        self.areas.set_verts([outline(rows[i], i) for i in finite], closed=False)
        self.areas.set_facecolor([colors[i] for i in finite])
        self.areas.set_edgecolor([colors[i] for i in finite])
        bad = [i for i, row in enumerate(rows) if row.std is not None and not math.isfinite(row.std)]
        self.broken.set_data([0.0] * len(bad), [i - 0.1 for i in bad])


def outline(row: Row, place: int) -> Array:
    """Return a histogram as a polygon (2 BINS + 2, 2) that stands on its row's line."""
    assert row.histogram is not None
    edges = np.repeat(np.linspace(-row.reach, row.reach, BINS + 1), 2)
    height = 0.9 * np.minimum(row.histogram / max(row.histogram.sum(), 1) / FULL, 1)
    steps = np.concatenate([[0], np.repeat(height, 2), [0]])
    corners: Array = np.stack([edges, place + 0.35 - steps], axis=1)
    return corners


def reach_of(rows: Sequence[Row]) -> float:
    """Return the value to which the axis of the histograms goes, rounded up to 1, 2 or 5 and zeros."""
    sizes = [row.reach / SPAN for row in rows if row.reach > 0]
    wanted = SPAN * min(max(sizes), max(WIDEST * float(np.median(sizes)), 2 * sizes[0])) if sizes else 1.0
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= 0.999 * wanted)


def label_of(row: Row) -> str:
    """What stands beside a row: of a long name its end."""
    name = called(row)
    return name if len(name) <= LETTERS else f"…{name[1 - LETTERS :]}"


Wanted = tuple[Any, Sequence[Row], Callable[[Row], float | None]]


def _points(ax: Any, *wanted: Wanted) -> None:
    """Set marks on a logarithmic axis, and its limits; what is 0 or infinite stands at its edge."""
    found = [[of(row) for row in rows] for _, rows, of in wanted]
    values = [math.log10(v) for column in found for v in column if v is not None and 0 < v < math.inf]
    low, high = math.floor(min(values, default=-1.0) - 0.1), math.ceil(max(values, default=0.0) + 0.1)
    low = max(low, high - 40)
    step = (high - low) // 3 + (high - low > 3)  # two or three labels: for more the panel is too narrow
    inner = range(low + 1, high, step) if high - low > 2 else (low, high)
    fit(ax, xlim=(10.0**low, 10.0**high), xticks=tuple(10.0**k for k in inner))
    for (mark, _, _), column in zip(wanted, found, strict=True):
        kept = [(i, v) for i, v in enumerate(column) if v is not None and not math.isnan(v)]
        mark.set_data([min(max(v, 10.0**low), 10.0**high) for _, v in kept], [i for i, _ in kept])


def _dots(mark: Any, rows: Sequence[Row], of: Callable[[Row], float | None]) -> None:
    kept = [(i, v) for i, row in enumerate(rows) if (v := of(row)) is not None]
    mark.set_data([v for _, v in kept], [i for i, _ in kept])
