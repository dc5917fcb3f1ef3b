"""Places on a picture that controls stand for: a point that is dragged, and cells of which one is picked.

A view names them in ``handles``. They only move controls, so that each has a slider that does the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.transforms import Transform

Edges = tuple[float, float, float, float]  # left, right, bottom, top


def share(axes: Axes, edges: Edges | None = None) -> list[float]:
    """Return where a box lies on the picture as it was last drawn: left, top, width and height in shares of it.

    Parameters
    ----------
    axes : Axes
    edges : tuple of float, optional
        Of the box, in the axes' own units; without them it is the axes.
    """
    to_pixels: Transform = axes.transAxes if edges is None else axes.transData
    left, right, bottom, top = (0, 1, 0, 1) if edges is None else edges
    (x0, y0), (x1, y1) = to_pixels.transform([(left, bottom), (right, top)]) / axes.figure.bbox.size
    return [float(x0), float(1 - y1), float(x1 - x0), float(y1 - y0)]


@dataclass(frozen=True)
class Point:
    """A point that the learner drags: its place on the axes is the values of two sliders.

    Parameters
    ----------
    axes : Axes
    x, y : str
        The sliders, by name, that move it across and upwards; "" for a direction in which it does not move.
    edges : tuple of float, optional
        Left, right, bottom and top of the part of the axes in which it moves; without them it is the axes.
    values : tuple of float, optional
        What the sliders are at these edges, where they are other numbers than the axes have.
    """

    axes: Axes
    x: str = ""
    y: str = ""
    edges: Edges | None = None
    values: Edges | None = None

    def told(self) -> dict[str, Any]:
        """Return it as the page takes it."""
        scales = self.axes.get_xscale(), self.axes.get_yscale()
        edges = self.edges or (*self.axes.get_xlim(), *self.axes.get_ylim())
        return {
            "kind": "point",
            "controls": [self.x, self.y],
            "box": share(self.axes, edges),
            "values": [float(value) for value in self.values or edges],
            "log": [self.values is None and scale == "log" for scale in scales],
        }


@dataclass(frozen=True)
class Cells:
    """The cells of an image, of which the learner picks one: a slider counts them row by row, the first is 1."""

    image: AxesImage
    control: str

    def told(self) -> dict[str, Any]:
        """Return it as the page takes it."""
        rows, columns = np.shape(self.image.get_array())[:2]
        box = share(self.image.axes, tuple(self.image.get_extent()))
        return {"kind": "cells", "controls": [self.control], "box": box, "rows": rows, "columns": columns}
