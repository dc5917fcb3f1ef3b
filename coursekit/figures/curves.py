"""Curves that are told apart by the names at their ends."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from coursekit.arrays import Array
from coursekit.figures.marks import line
from coursekit.figures.style import GHOST, readable


class Look(NamedTuple):
    """The name and the look of one curve."""

    label: str
    color: str
    style: str = "-"


class NamedCurves:
    """One curve a row, its name at the right edge beside its end; names move apart where curves end together.

    Parameters
    ----------
    ax : Axes
        Its y limits are fixed before curves are shown.
    looks : sequence of Look
        One for each curve.
    gap : float
        The height of a name, as a share of the axes.
    """

    def __init__(self, ax: Axes, looks: Sequence[Look], gap: float, linewidth: float = 2.2) -> None:
        self.ax, self.gap = ax, gap
        self.curves = [
            line(ax, color=look.color, linestyle=look.style, linewidth=linewidth, ghost=GHOST | {"color": look.color})
            for look in looks
        ]
        style = {"fontsize": 10.5, "va": "center", "transform": ax.transAxes, "animated": True}
        self.names = [ax.text(1.015, 0, look.label, color=readable(look.color), **style) for look in looks]

    def show(self, x: Array, curves: Array, names: Sequence[str]) -> None:
        """Show curves (K, N) over x (N,) under these names."""
        levels = spread_out(self._heights(curves[:, -1]), self.gap)
        for curve, y, text, name, level in zip(self.curves, curves, self.names, names, levels, strict=True):
            curve.set_data(x, y)
            text.set(text=name, y=level)

    def _heights(self, values: Array) -> Array:
        """Turn values into heights in the axes, from 0 to 1; what is above, infinite or NaN goes to the top."""
        low, high = self.ax.get_ylim()
        shown = np.clip(np.where(np.isfinite(values), values, high), low, high)
        if self.ax.get_yscale() == "log":
            return np.log(shown / low) / math.log(high / low)
        return (shown - low) / (high - low)


def spread_out(positions: Array, gap: float) -> Array:
    """Move labels at ``positions`` from 0 to 1 apart until neighbours are ``gap`` from each other, all still inside."""
    order = np.argsort(positions, kind="stable")
    ladder = gap * np.arange(len(positions))
    slack = positions[order] - ladder  # must not fall from one label to the next
    pushed_up = np.maximum.accumulate(slack)
    pushed_down = np.minimum.accumulate(slack[::-1])[::-1]
    spread = np.empty_like(ladder)
    spread[order] = ladder + np.clip((pushed_up + pushed_down) / 2, 0, 1 - ladder[-1])
    return spread
