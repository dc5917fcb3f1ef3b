"""The pictures of a report card, as PNG: how the loss fell, what each layer does, which images were misread."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.figures.marks import legend, level
from coursekit.figures.printed import LOWEST, as_png, decades
from coursekit.figures.style import AMBER, BLUE, GREY, INK, RED, axes

LOOKS: tuple[dict[str, Any], ...] = ({"color": GREY, "fillstyle": "none"}, {"color": BLUE, "markersize": 4})


def loss_picture(loss: Array, validation: Array, chance: float) -> bytes:
    """Draw the loss of each step (S,), NaN where it is none, and that of the validation (E, 2) at the epochs' ends."""
    figure = Figure(figsize=(7.2, 3.2))
    ax = axes(figure, (0.09, 0.16, 0.88, 0.72), "loss", "training step")
    steps = np.arange(1, len(loss) + 1)
    ax.plot(steps, np.clip(loss, LOWEST, None), color=AMBER, linewidth=1.0)
    ax.plot(*validation.T, "o-", color=BLUE, markersize=4)
    level(ax, chance)
    values = np.concatenate([loss, validation[:, 1], [chance]])
    values = values[np.isfinite(values)]
    ax.set(xlim=(0, len(loss) + 1))
    low, high = max(min(values.min(), chance / 10), 1e-4), 1.5 * max(values.max(), 2 * chance)
    decades(ax, low, high)
    legend(ax, ("— training", AMBER), ("● validation", BLUE), ("⋯ guessing", INK))
    return as_png(figure)


def layers_picture(names: Sequence[str], std: Array, gradient: Array, dead: Array) -> bytes:
    """Draw three numbers of L layers, each (L, 2): before the first step, and in the end; NaN is left out."""
    figure = Figure(figsize=(7.2, 3.2))
    titles = ("std of the output", "gradient of the output", "dead units (%)")
    for i, (title, values) in enumerate(zip(titles, (std, gradient, 100 * dead), strict=True)):
        ax = axes(figure, (0.155 + 0.29 * i, 0.12, 0.245, 0.70), title)
        places = np.arange(len(names))
        for column, look in enumerate(LOOKS):
            shown = np.isfinite(values[:, column])
            floor = 0 if i == 2 else LOWEST
            ax.plot(np.clip(values[shown, column], floor, None), places[shown], "o-", linewidth=1.2, **look)
        ax.set(ylim=(len(names) - 0.5, -0.5))
        ax.set_yticks(places, names if i == 0 else [""] * len(names))
        _scale(ax, values, percent=i == 2)
    figure.text(0.985, 0.985, "○ at first   ● in the end", ha="right", va="top", fontsize=10, color=INK)
    return as_png(figure)


def _scale(ax: Axes, values: Array, percent: bool) -> None:
    """Choose the x axis: percent, or decades around all that is drawn."""
    if percent:
        ax.set(xlim=(-4, 104), xticks=[0, 50, 100])
        return
    finite = np.clip(values[np.isfinite(values)], LOWEST, None)
    low, high = (math.log10(v) for v in (finite.min(), finite.max())) if finite.size else (0.0, 0.0)
    low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
    ax.set(xscale="log", xlim=(10.0**low / 2, 10.0**high * 2))
    every = max(1, math.ceil((high - low) / 3))
    ax.set_xticks(10.0 ** np.arange(low, high + 1, every))
    ax.minorticks_off()


def misread_picture(images: Array, labels: Array, taken_for: Array) -> bytes:
    """Draw K images (K, C, H, W), from 0 to 1, each with its label and what the net took it for."""
    across = 6
    rows = math.ceil(len(images) / across)
    figure = Figure(figsize=(7.2, 1.45 * rows))
    for i, (image, label, taken) in enumerate(zip(images, labels, taken_for, strict=True)):
        row, column = divmod(i, across)
        ax = figure.add_axes((0.01 + column / across, (rows - row - 0.96) / rows, 0.98 / across - 0.01, 0.72 / rows))
        ax.imshow(image.mean(0), cmap="Greys", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
        ax.set_title(f"{label}, read as {taken}", fontsize=10, color=RED, pad=3)
    return as_png(figure)
