"""The picture of a training run: how the loss fell, and how well the validation samples were read."""

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.figures.marks import legend
from coursekit.figures.printed import LOWEST, as_png, decades
from coursekit.figures.style import AMBER, BLUE, axes

FULL = (0.09, 0.16, 0.88, 0.72)  # the place of a picture that stands alone
LEFT, RIGHT = (0.09, 0.16, 0.52, 0.72), (0.70, 0.16, 0.28, 0.72)


def course_picture(step: Array, loss: Array, val_loss: Array, val_accuracy: Array) -> bytes:
    """Draw columns of a run, each (S,), as PNG; NaN is left out, and so is the accuracy where there is none."""
    figure = Figure(figsize=(7.2, 3.2))
    known = np.isfinite(val_accuracy)
    ax = axes(figure, LEFT if known.any() else FULL, "loss", "training step")
    ax.plot(step, _above_0(loss), color=AMBER, linewidth=1.0)
    judged = np.isfinite(val_loss)
    ax.plot(step[judged], _above_0(val_loss[judged]), "o-", color=BLUE, markersize=4, linewidth=1.2)
    validation = [("● validation", BLUE)] if judged.any() else []
    legend(ax, ("— training", AMBER), *validation)
    _scale(ax, step, np.concatenate([loss, val_loss]))
    if known.any():
        right = axes(figure, RIGHT, "accuracy (%)", "training step")
        right.plot(step[known], 100 * val_accuracy[known], "o-", color=BLUE, markersize=4, linewidth=1.2)
        right.set(xlim=ax.get_xlim(), ylim=(min(100 * val_accuracy[known].min(), 50) - 2, 102))
    return as_png(figure)


def _above_0(values: Array) -> Array:
    """Return what a log axis can show of losses: 0 at its foot, and nothing where there is no number."""
    return np.where(np.isfinite(values), np.clip(values, LOWEST, None), math.nan)


def _scale(ax: Axes, step: Array, values: Array) -> None:
    """Let the axes hold all steps, and all losses with room around them; of a loss that reaches 0, six decades."""
    known = _above_0(values[np.isfinite(values)])
    high = known.max() if known.size else 1.0
    low = max(known.min(), 1e-6 * high) if known.size else 0.1
    ax.set(xlim=(0, 1.03 * max(step.max(initial=0), 1)))
    decades(ax, low / 1.5, high * 1.5)
