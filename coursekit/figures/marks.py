"""The marks that pictures are made of: matplotlib's own artists, drawn anew on every frame, each with its own ghost.

``line(ax, color=RED, ghost=True)`` makes the line and the ghost that *Pin* lets keep what the line shows. A view only
sets data; `pin` finds the ghosts.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from coursekit.arrays import Array
from coursekit.figures.style import GHOST, INK, readable

OUTLINE: dict[str, Any] = {"color": GHOST["color"], "linewidth": 0.9, "alpha": 0.8}  # a ghost of areas or segments
RING: dict[str, Any] = {"color": GHOST["color"], "marker": "o", "fillstyle": "none", "markersize": 13}  # of a dot
BETWEEN = 11  # points from one entry of a legend to the next

# ---- what moves


def line(ax: Axes, *fmt: str, ghost: bool | dict[str, Any] = False, **style: Any) -> Line2D:
    """Add a line, or a row of markers; ``ghost`` is True for the usual dashes, or says how it looks."""
    (made,) = ax.plot([], [], *fmt, animated=True, **style)
    if ghost:
        (kept,) = ax.plot([], [], **(GHOST if ghost is True else ghost))
        _keeps(made, lambda keep: kept.set_data(*made.get_data() if keep else ([], [])))
    return made


def segments(ax: Axes, color: Any, *, ghost: bool | dict[str, Any] = False, **style: Any) -> LineCollection:
    """Add separate segments, set by ``set_segments``."""
    return _outlined(ax, LineCollection([], colors=color, animated=True, **style), ghost)


def areas(ax: Axes, color: Any, *, ghost: bool | dict[str, Any] = False, **style: Any) -> PolyCollection:
    """Add filled polygons without an edge, set by ``set_verts``; their ghost is their outline."""
    return _outlined(ax, PolyCollection([], facecolors=color, animated=True, **{"linewidths": 0, **style}), ghost)


def cursor(ax: Axes, color: Any = "#888888", **style: Any) -> Line2D:
    """Add a vertical line, moved by ``set_xdata([x, x])``."""
    return ax.axvline(color=color, animated=True, **{"linewidth": 1.0, **style})


def band(ax: Axes, *, upright: bool = False, **style: Any) -> Rectangle:
    """Make a band that moves, across the axes or ``upright``: set y and height, or x and width.

    `Axes.axhspan` makes the same, but a polygon, which has none of these, before matplotlib 3.9.
    """
    across = ax.get_xaxis_transform(which="grid") if upright else ax.get_yaxis_transform(which="grid")
    return ax.add_patch(Rectangle((0, 0), 1, 1, transform=across, animated=True, **style))


def pixels(ax: Axes, height: int, width: int, **style: Any) -> QuadMesh:
    """Add a picture of few pixels, the first row on top and each as wide as it is high; set by ``set_array``.

    Cells and not an image, which matplotlib would resample for every frame: six times slower for 8 × 8 pixels.
    """
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[], aspect="equal")
    made = ax.pcolormesh(
        np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5, np.zeros((height, width)), animated=True, **style
    )
    ax.set(xlim=(-0.5, width - 0.5), ylim=(height - 0.5, -0.5))
    return made


def put(mark: Line2D, x: float, y: float) -> None:
    """Move a single marker."""
    mark.set_data([x], [y])


class Bars:
    """Bars from ``base`` to their values, upright at places on the x axis or lying at places on the y axis.

    Parameters
    ----------
    ax : Axes
    color : color, or one for each bar
    places : sequence of float
        The middle of each bar.
    width : float
        Of a bar, across.
    lying : bool
        Whether values are read on the x axis.
    base : float
        Where bars begin.
    tip : float
        Size in points of a square at each bar's end, so that a bar of no length is seen; 0 for none.
    ghost : float
        Length in points of the tick that Pin leaves at a bar's end; 0 for none.
    """

    def __init__(
        self,
        ax: Axes,
        color: Any,
        places: Sequence[float] | Array,
        width: float = 0.64,
        *,
        lying: bool = False,
        base: float = 0.0,
        tip: float = 0,
        ghost: float = 0,
        **style: Any,
    ) -> None:
        self.ax, self.places = ax, np.asarray(places, float)
        self.values = np.full(len(self.places), base)
        self._width, self._lying, self._base = width, lying, base
        self.areas = areas(ax, color, **style)
        self.tips = line(ax, "s", color=color, markersize=tip, clip_on=False) if tip else None
        if ghost:
            look = {"color": GHOST["color"], "markersize": ghost, "markeredgewidth": 1.6}
            (self.ghost,) = ax.plot([], [], "|" if lying else "_", **look)
            _keeps(self.areas, self._keep)

    def show(self, values: Array) -> None:
        """Draw bars up to ``values``, one for each place; NaN is no bar, and leaves no tick."""
        self.values = np.asarray(values, float)
        across = self.places - self._width / 2, self.places + self._width / 2
        along = self._base, self.values
        self.areas.set_verts(rectangles(*along, *across) if self._lying else rectangles(*across, *along), closed=False)
        if self.tips:
            self.tips.set_data(*self._ends())

    def _ends(self) -> tuple[Array, Array]:
        return (self.values, self.places) if self._lying else (self.places, self.values)

    def _keep(self, keep: bool) -> None:
        self.ghost.set_data(*self._ends() if keep else ([], []))


# ---- ghosts


def pin(figure: Figure, keep: bool) -> None:
    """Let every ghost keep what its mark shows now, or take all ghosts away."""
    for mark in figure.findobj(lambda artist: hasattr(artist, "keep_as_ghost")):
        mark.keep_as_ghost(keep)


def _keeps(mark: Any, keep: Callable[[bool], Any]) -> None:
    mark.keep_as_ghost = keep


def _outlined(ax: Axes, mark: Any, ghost: bool | dict[str, Any]) -> Any:
    """Add a collection, and if asked the ghost that keeps its outline."""
    ax.add_collection(mark)
    if ghost:
        kept = ax.add_collection(LineCollection([], **(OUTLINE if ghost is True else ghost)))
        _keeps(mark, lambda keep: kept.set_segments([path.vertices for path in mark.get_paths()] if keep else []))
    return mark


# ---- words


def say(text: Text, words: str, color: Any = INK) -> None:
    """Change a text and its colour, darkened where it would be too pale to read."""
    text.set(text=words, color=readable(color))


def legend(ax: Axes, *entries: tuple[str, Any], right: bool = False) -> list[Text]:
    """Write coloured entries on the line of the title: behind it, or (``right``) up to the right edge.

    Each entry begins where the one before it ends, so no place is typed. Widths are taken once: texts that ask their
    neighbours for a place whenever they are drawn would cost a millisecond each.
    """
    style = {"fontsize": 11.5, "va": "baseline", "ha": "right" if right else "left"}
    title = ax.get_title(loc="left")
    named = [child for child in ax.get_children() if isinstance(child, Text) and child.get_text() == title != ""]
    along = 0.0 if right or not named else _points(named[0]) + BETWEEN
    made = []
    for words, color in entries[::-1] if right else entries:
        shift = ScaledTranslation((-along if right else along) / 72, 7 / 72, ax.figure.dpi_scale_trans)
        made.append(ax.text(float(right), 1, words, color=readable(color), transform=ax.transAxes + shift, **style))
        along += _points(made[-1]) + BETWEEN
    return made


def _points(text: Text) -> float:
    """Return how wide a text is."""
    return text.get_window_extent().width * 72 / text.figure.dpi


# ---- still things


def level(ax: Axes, value: float, *, upright: bool = False) -> None:
    """Draw the dotted line to compare with, such as chance: across, or ``upright`` at an x."""
    (ax.axvline if upright else ax.axhline)(value, color=INK, linewidth=1.0, linestyle=":")


def zero(ax: Axes, *, both: bool = False) -> None:
    """Draw the line y = 0, and on request (``both``) x = 0."""
    ax.axhline(0, color="#888888", linewidth=0.9)
    if both:
        ax.axvline(0, color="#888888", linewidth=0.9)


def rows(ax: Axes, names: Sequence[str]) -> None:
    """Name rows from top to bottom along the y axis, without ticks or rules."""
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", length=0)
    ax.grid(visible=False, axis="y")


# ---- numbers for them


def rectangles(left: Any, right: Any, bottom: Any, top: Any) -> Array:
    """Return the corners (N, 4, 2) of rectangles; each edge is a number, or an array (N,) of them."""
    left, right, bottom, top = np.broadcast_arrays(np.atleast_1d(left), right, bottom, top)
    return np.stack([np.stack([left, right, right, left], 1), np.stack([bottom, bottom, top, top], 1)], axis=2)


def stepped(value: float, *steps: float) -> float:
    """Return the first of ascending ``steps`` above ``value``, else the last: limits that seldom change."""
    return next((step for step in steps if value < step), steps[-1])


def fit(still: Artist, **wanted: Any) -> None:
    """Set limits, ticks or words where they are not those set before: what changes is drawn anew, and that is slow.

    They are compared, so they are numbers, texts, tuples or ranges, not arrays.
    """
    known = vars(still).setdefault("fitted", {})
    changed = {name: value for name, value in wanted.items() if known.get(name) != value}
    if changed:
        still.set(**changed)
        known.update(changed)
