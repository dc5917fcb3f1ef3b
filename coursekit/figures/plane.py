"""A plane of two features: points of several classes, the region of each, and the lines that units draw in it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D

from coursekit.arrays import Array
from coursekit.figures.blended import as_blended
from coursekit.figures.marks import line
from coursekit.figures.style import BLUE, ORANGE, PAPER

# For probabilities of the second of two classes; it runs from −0.5 to 1.5 so that colours stay pale behind the points.
REGIONS = LinearSegmentedColormap.from_list("regions", [BLUE, "#f7f7f7", ORANGE])
PROBABILITY: dict[str, Any] = {"cmap": REGIONS, "vmin": -0.5, "vmax": 1.5, "interpolation": "bilinear"}


def regions(ax: Axes, reach: float, **style: Any) -> AxesImage:
    """Add an image over the plane from −reach to reach, rows from bottom to top; set by ``set_data``."""
    ends = (-reach, reach)
    look = {"origin": "lower", "aspect": "auto", "animated": True}
    made = as_blended(ax.imshow(np.zeros((2, 2)), extent=(*ends, *ends), **look, **style))
    whole = range(-int(reach), int(reach) + 1)
    ax.set(xlim=ends, ylim=ends, xticks=whole, yticks=whole)
    return made


class Classes:
    """Points, each class with its marker and colour.

    Parameters
    ----------
    ax : Axes
    looks : sequence of (marker, colour)
        One for each class.
    **style
        What all markers share.
    """

    def __init__(self, ax: Axes, looks: Sequence[tuple[str, str]], **style: Any) -> None:
        shared: dict[str, Any] = {"linestyle": "", "markersize": 5, "markeredgecolor": PAPER, "markeredgewidth": 0.5}
        self.marks: list[Line2D] = [line(ax, mark, color=color, **(shared | style)) for mark, color in looks]

    def show(self, points: Array, labels: Array) -> None:
        """Show points (N, 2) by their labels (N,)."""
        for label, mark in enumerate(self.marks):
            mark.set_data(*points[labels == label].T)


def boundaries(w: Array, b: Array, reach: float) -> Array:
    """Return the lines w·x + b = 0 of units w (2, H) as segments (H', 2, 2) that cross the plane.

    A unit without weights has no line.
    """
    length = np.linalg.norm(w, axis=0)
    shown = length > 1e-6
    normal = (w[:, shown] / length[shown]).T
    foot = -(b[shown] / length[shown])[:, None] * normal
    along = 4 * reach * normal[:, ::-1] * (-1, 1)
    return np.stack([foot - along, foot + along], axis=1)
