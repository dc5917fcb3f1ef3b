"""What pictures share that stand on a page and do not move."""

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

SHARP = 200  # dots an inch: two for each of the page's pixels
LOWEST = 1e-12  # of what is drawn on a log axis


def as_png(figure: Figure) -> bytes:
    """Draw a figure and return it as PNG."""
    buffer = io.BytesIO()
    FigureCanvasAgg(figure)
    figure.savefig(buffer, format="png", dpi=SHARP)
    return buffer.getvalue()


def decades(ax: Axes, low: float, high: float) -> None:
    """Make a log axis from low to high, numbered at powers of ten, and at 2 and 5 times them where there are few."""
    ax.set(yscale="log", ylim=(low, high))
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
