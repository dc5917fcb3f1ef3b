"""A picture of another size: gaps between axes hold words and keep their size, axes give way."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from coursekit.arrays import Array


class Layout:
    """Where a view put its axes and words when it was made.

    Parameters
    ----------
    figure : Figure
        With all its axes. Axes over the whole figure stay so.
    """

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.size = figure.get_size_inches().copy()
        self._axes = [(ax, ax.get_position(original=True).get_points() * self.size) for ax in figure.axes]
        self._axes = [(ax, box) for ax, box in self._axes if (box[1] - box[0] < self.size - 1e-6).any()]
        self._texts = [(text, np.array(text.get_position()) * self.size) for text in figure.texts]

    def fit(self, width: float, height: float) -> None:
        """Give the figure a size in inches, and all in it its place."""
        self.figure.set_size_inches(width, height)
        boxes = np.array([box for _, box in self._axes]).reshape(-1, 2, 2)
        knots = [self._knots(boxes[:, :, i], self.size[i], new) for i, new in enumerate((width, height))]
        for ax, box in self._axes:
            ax.set_position(Bbox(_moved(box, knots) / (width, height)))
        for text, place in self._texts:
            text.set_position(_moved(place[None], knots)[0] / (width, height))

    @staticmethod
    def _knots(spans: Array, old: float, new: float) -> tuple[Array, Array]:
        """Return the ends of all gaps along one direction, before and after; ``spans`` (K, 2) are those of axes."""
        before, covered, reach = [0.0], [], 0.0
        for low, high in spans[spans[:, 0].argsort()]:
            if low > reach:
                before.append(low)
                covered.append(False)
            if high > reach:
                before.append(high)
                covered.append(True)
                reach = high
        before.append(old)
        lengths, is_axes = np.diff(before), np.array([*covered, False])
        gaps = lengths[~is_axes].sum()
        share = (new - gaps) / max(old - gaps, 1e-9) if new > gaps and is_axes.any() else new / old
        kept = 1.0 if new > gaps and is_axes.any() else share
        return np.array(before), np.concatenate([[0], np.cumsum(lengths * np.where(is_axes, share, kept))])


def _moved(places: Array, knots: list[tuple[Array, Array]]) -> Any:
    """Move places (N, 2) in inches."""
    return np.stack([np.interp(places[:, i], *knots[i]) for i in range(2)], axis=1)
