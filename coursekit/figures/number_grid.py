"""Matrices that can be read: numbers on coloured squares, placed by the pixel on one sheet that fills the figure."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import AffineDeltaTransform

from coursekit.arrays import Array
from coursekit.figures.style import INK
from coursekit.figures.tiles import Tiles

# Pale on both sides of 0, so that black numbers can be read on them.
SIGNED = LinearSegmentedColormap.from_list("signed", ["#86bdec", "#ffffff", "#ffcf7a"])


def sheet(figure: Figure) -> Axes:
    """Add axes without a frame over the whole figure, in pixels from the upper left corner.

    In a figure of another shape squares stay squares: the sheet takes as much of it as it can, from the corner on.
    """
    width, height = figure.get_size_inches() * figure.dpi
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set(xlim=(0, width), ylim=(height, 0))
    ax.set_aspect("equal", anchor="NW")
    ax.set_axis_off()
    return ax


def outlines(ax: Axes, color: str, width: float = 2.6, style: Any = "-", animated: bool = True) -> PolyCollection:
    """Add outlines of squares, drawn over all numbers; set by ``set_verts`` to what `NumberGrid.box` returns."""
    look = {"facecolors": "none", "edgecolors": color, "linewidths": width, "linestyles": style, "zorder": 3}
    made = PolyCollection([], animated=animated, **look)
    ax.add_collection(made, autolim=False)
    return made


def written(value: float, digits: int = 0) -> str:
    """Write a number with a real minus sign, and 0 without a sign."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.replace("-", "")


def summed(values: Iterable[float], digits: int = 0) -> str:
    """Write a sum: "1 − 1 + 0"."""
    first, *rest = values
    terms = (f" {'−' if v < 0 else '+'} {written(abs(v), digits)}" for v in rest)
    return written(first, digits) + "".join(terms)


class NumberGrid:
    """One matrix (H, W): an image for the colours, a collection for the rules and one for all the numbers.

    Texts as paths in one collection draw in a tenth of the time that as many text artists take.

    Parameters
    ----------
    ax : Axes
        A `sheet`.
    reach : float
        Values of ±reach get the full colour.
    animated : bool
        Whether the numbers change from frame to frame.
    digits : int
        Decimal places; whole numbers are written without.
    """

    def __init__(self, ax: Axes, reach: float, animated: bool = False, digits: int = 0) -> None:
        self.digits = digits
        self._shown: tuple[object, ...] = ()
        self.image = Tiles(ax, cmap=SIGNED, origin="upper", interpolation="nearest", extent=(0, 1, 1, 0))
        self.image.set_clim(-reach, reach)
        self.rules = LineCollection([], colors="#b5b5b5", linewidths=0.8)
        self.numbers = PathCollection([], facecolors=INK, linewidths=0, offsets=np.zeros((0, 2)))
        self.numbers.set_offset_transform(ax.transData)
        self.numbers.set_transform(AffineDeltaTransform(ax.transData))  # as large as the squares, without their place
        ax.add_image(self.image)
        for collection in (self.rules, self.numbers):
            ax.add_collection(collection, autolim=False)
        for order, artist in enumerate((self.image, self.rules, self.numbers)):
            artist.set_zorder(1 + 0.1 * order)
            artist.set_animated(animated)

    def place(self, left: float, top: float, cell: float) -> None:
        """Say where the upper left corner is, and how many pixels a side each square has."""
        self.left, self.top, self.cell = left, top, cell

    def show(self, values: Array, shown: Array | None = None) -> None:
        """Write ``values`` (H, W), those of them where ``shown`` is true; the others are empty squares."""
        state = (values.tobytes(), values.shape, None if shown is None else shown.tobytes(), self.left, self.top)
        if state == self._shown:  # numbers that stand still need no new background
            return
        self._shown = state
        height, width = values.shape
        right, bottom = self.left + width * self.cell, self.top + height * self.cell
        self.image.set_data(values if shown is None else np.ma.array(values, mask=~shown))
        self.image.set_extent((self.left, right, bottom, self.top))
        x, y = self.left + self.cell * np.arange(width + 1), self.top + self.cell * np.arange(height + 1)
        vertical = [[(at, self.top), (at, bottom)] for at in x]
        self.rules.set_segments(vertical + [[(self.left, at), (right, at)] for at in y])
        visible = np.ones(values.shape, bool) if shown is None else shown
        rows, columns = np.nonzero(visible)
        self.numbers.set_offsets(np.stack([x[columns], y[rows]], axis=1) + self.cell / 2)
        size = self._font_size(values)
        self.numbers.set_paths([glyphs(self._text(v), size) for v in values[visible]])

    def box(self, row: float, column: float, height: float = 1, width: float = 1, grow: float = 0) -> Array:
        """Return the corners (4, 2) of some squares, ``grow`` pixels outside their edge."""
        left, top = self.left + column * self.cell - grow, self.top + row * self.cell - grow
        right, bottom = left + width * self.cell + 2 * grow, top + height * self.cell + 2 * grow
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])

    def beyond(self, seen: int, side: int) -> list[Array]:
        """Return the corners of the strips right of and below the first ``seen`` of ``side`` rows and columns."""
        left_over = side - seen
        return [self.box(0, seen, seen, left_over), self.box(seen, 0, left_over, side)] if left_over else []

    def _font_size(self, values: Array) -> float:
        """The size at which the longest number fits: a digit is 0.64 of it wide."""
        longest = max(len(self._text(v)) for v in values.flat)
        return min(16.0, 0.68 * self.cell, 0.9 / 0.64 * self.cell / longest)

    def _text(self, value: float) -> str:
        return written(value, 0 if value == round(value) else self.digits)


class Letter(NamedTuple):
    """The outline of a letter at size 1, where it ends left and right, and where the next one begins."""

    outline: Path
    left: float
    right: float
    advance: float


@lru_cache(maxsize=100)
def letter(char: str) -> Letter:
    """Outline a letter; y grows upwards. Where the next one begins is seen at a 0 behind it."""
    (own, codes), (zero, _), (both, _) = (
        text_to_path.get_text_path(FontProperties(), words) for words in (char, "0", char + "0")
    )
    outline = Path(np.array(own) / text_to_path.FONT_SCALE, codes)
    box = outline.get_extents()
    return Letter(outline, box.x0, box.x1, (both[-1][0] - zero[-1][0]) / text_to_path.FONT_SCALE)


@lru_cache(maxsize=2000)
def glyphs(text: str, size: float) -> Path:
    """Outline a number for a sheet, where y grows downwards, its middle at the origin; digits stand on a common line.

    Put together from its letters: to lay it out anew takes matplotlib ten times as long.
    """
    letters = [letter(char) for char in text]
    starts = np.cumsum([0.0, *(one.advance for one in letters[:-1])])
    placed = [one.outline.vertices + np.array([start, 0]) for one, start in zip(letters, starts, strict=True)]
    left = min(start + one.left for one, start in zip(letters, starts, strict=True))
    right = max(start + one.right for one, start in zip(letters, starts, strict=True))
    vertices = (np.concatenate(placed) - ((left + right) / 2, 0.365)) * (size, -size)
    return Path(vertices, np.concatenate([one.outline.codes for one in letters]))
