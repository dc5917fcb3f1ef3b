"""Curves that are told apart by the names at their ends."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes

from coursekit.arrays import Array
from coursekit.figures.marks import cursor, legend, line, put, segments
from coursekit.figures.steering import Move
from coursekit.figures.style import BLUE, GHOST, INK, readable

NAME = 13  # points from the name of one curve to the next


class Look(NamedTuple):
    """The name and the look of one curve."""

    label: str
    color: str
    style: Any = "-"


class NamedCurves:
    """One curve a row, its name at the right edge beside its end; names move apart where curves end together.

    Parameters
    ----------
    ax : Axes
        Its y limits are fixed before curves are shown.
    looks : sequence of Look
        One for each curve.
    """

    def __init__(self, ax: Axes, looks: Sequence[Look], linewidth: float = 2.2) -> None:
        self.ax = ax
        self.curves = [
            line(ax, color=look.color, linestyle=look.style, linewidth=linewidth, ghost=GHOST | {"color": look.color})
            for look in looks
        ]
        style = {"fontsize": 10.5, "va": "center", "transform": ax.transAxes, "animated": True}
        self.names = [ax.text(1.015, 0, look.label, color=readable(look.color), **style) for look in looks]

    def show(self, x: Array, curves: Array, names: Sequence[str]) -> None:
        """Show curves (K, N) over x (N,) under these names; an empty one takes no room."""
        height = 72 * self.ax.bbox.height / self.ax.figure.dpi
        lines = 1 + max(name.count("\n") for name in names)
        levels, named = np.zeros(len(names)), [bool(name) for name in names]
        levels[named] = spread_out(self._heights(curves[named, -1]), NAME * lines / height)
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


class Scrubbed:
    """Loss and share of points right over a whole run, with markers at the step that a slider chooses.

    Parameters
    ----------
    ax : Axes
    steps : int
        The length of the run.
    chance : float
        The loss of a guess.
    ticks : (values, labels)
        On the y axis, which both curves share.
    """

    def __init__(self, ax: Axes, steps: int, chance: float, ticks: tuple[list[float], list[str]]) -> None:
        self.steps = np.arange(steps + 1)
        ax.set(xlim=(0, steps), ylim=(0, 1.04))
        legend(ax, ("● loss", INK), ("■ right", BLUE))
        ax.axhline(chance, color=INK, linewidth=0.9, linestyle=":")
        ax.set_yticks(*ticks)
        self.loss = line(ax, color=INK, linewidth=1.8, ghost=True)
        self.accuracy = line(ax, color=BLUE, linewidth=1.3)
        self.now = cursor(ax)
        self.loss_now = line(ax, "o", color=INK, markersize=7, clip_on=False)
        self.accuracy_now = line(ax, "s", color=BLUE, markersize=7, clip_on=False)

    def show(self, loss: Array, accuracy: Array, step: int) -> None:
        """Show loss and accuracy (steps + 1,), and mark a step."""
        self.loss.set_data(self.steps, loss)
        self.accuracy.set_data(self.steps, accuracy)
        self.now.set_xdata([step, step])
        put(self.loss_now, step, min(loss[step], 1.04))
        put(self.accuracy_now, step, accuracy[step])


class Moves:
    """Marks in a run's curves where its controls were moved, with each one's name and its value before and after.

    Parameters
    ----------
    ax : Axes
        Whose x axis counts steps; here the names are written.
    names : dict
        The short name of each control.
    steps : int
        The length of the run. Moves of a control within a twentieth of it, as of a slow hand, are named once.
    others : sequence of Axes
        Where only the marks are drawn.
    """

    ROWS = 4  # of names, the last ones

    def __init__(self, ax: Axes, names: dict[str, str], steps: int, others: Sequence[Axes] = ()) -> None:
        self._names, self._steps = names, steps
        look: dict[str, Any] = {"linewidths": 1.1, "linestyles": [(0, (4, 2))]}
        self.marks = [segments(one, INK, transform=one.get_xaxis_transform(), **look) for one in (ax, *others)]
        style = {"fontsize": 10, "va": "top", "color": INK, "animated": True, "transform": ax.get_xaxis_transform()}
        paper = {"facecolor": "white", "alpha": 0.85, "linewidth": 0, "pad": 1.5}
        self.words = [ax.text(0, 0.985 - 0.07 * i, "", bbox=paper, **style) for i in range(self.ROWS)]

    def show(self, moves: Sequence[Move]) -> None:
        """Mark these moves, in their order."""
        for mark in self.marks:
            mark.set_segments([[(move.step, 0), (move.step, 1)] for move in moves])
        last = self._named(moves)[-self.ROWS :]
        for text, move in zip(self.words, last + [None] * (self.ROWS - len(last)), strict=True):
            text.set_visible(move is not None)
            if move:
                late = move.step > 0.55 * self._steps
                words = f"{self._names[move.name]} {move.before:g} → {move.after:g}"
                away = (-1 if late else 1) * 0.012 * self._steps
                text.set(text=words, x=move.step + away, ha="right" if late else "left")

    def _named(self, moves: Sequence[Move]) -> list[Move]:
        """Return the moves with those of one slow hand taken together."""
        named: list[Move] = []
        for move in moves:
            same = [one for one in named if one.name == move.name and move.step - one.step <= self._steps / 20]
            before = same[-1].before if same else move.before
            named = [one for one in named if one not in same] + [move._replace(before=before)]
        return named


def spread_out(positions: Array, gap: float) -> Array:
    """Move labels at ``positions`` from 0 to 1 apart until neighbours are ``gap`` from each other, all still inside."""
    if not len(positions):
        return positions
    order = np.argsort(positions, kind="stable")
    ladder = gap * np.arange(len(positions))
    slack = positions[order] - ladder  # must not fall from one label to the next
    pushed_up = np.maximum.accumulate(slack)
    pushed_down = np.minimum.accumulate(slack[::-1])[::-1]
    spread = np.empty_like(ladder)
    spread[order] = ladder + np.clip((pushed_up + pushed_down) / 2, 0, 1 - ladder[-1])
    return spread
