"""The look that all figures share: colours, axes, ghost style."""

import math
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from coursekit.figures.ticks import draw_ticks_together

# After M. Petroff (2021), Accessible color sequences for data visualization, but darker, for white paper: all except
# ORANGE and GREY are dark enough for text. A test measures that any colour vision tells them apart.
BLUE = "#2e7ab8"
ORANGE = "#e07800"
AMBER = "#8f5500"  # orange dark enough for text
RED = "#b01000"
GREY = "#829399"
PURPLE = "#6a0dad"
BROWN = "#9c6b56"
INK = "#222222"
CYCLE = (BLUE, ORANGE, RED, PURPLE, BROWN, "#99005c", GREY, INK)
PAPER = "#ffffff"
READABLE = {ORANGE: AMBER, GREY: "#66706e"}
HEADLINE, HEADLINE_SIZE, SMALLEST = "headline", 14, 9.5  # sizes of text in points
DROP = 3 + 3.5 + 9.5 + 4  # points from the axes to the x label: tick, gap, the ticks' numbers, gap
GHOST: dict[str, Any] = {"color": "#555555", "linewidth": 1.2, "linestyle": (0, (4, 2)), "alpha": 0.8}


SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def axes(
    figure: Figure, rect: tuple[float, float, float, float], title: str, xlabel: str = "", ylabel: str = ""
) -> Axes:
    """Add axes in figure fractions (left, bottom, width, height): title on the left, light grid, open box.

    Title and x label have fixed places. matplotlib's own way, to measure all tick labels first, is a third of the time
    in which axes are drawn.
    """
    ax = figure.add_axes(rect)
    draw_ticks_together(ax)
    entitle(ax, title)
    ax.set_xlabel(xlabel, fontsize=10.5, color=INK)
    ax.xaxis.set_label_coords(0.5, 0, ax.transAxes + ScaledTranslation(0, -DROP / 72, figure.dpi_scale_trans))
    ax.set_ylabel(ylabel, fontsize=10.5, color=INK)
    ax.tick_params(labelsize=9.5, colors=INK, length=3)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color("#888888")
    ax.grid(color="#e6e6e6", linewidth=0.8)
    ax.set_axisbelow(True)
    return ax


def entitle(ax: Axes, title: str) -> None:
    """Set the title above the left end of the axes; the one that is there already is not drawn anew."""
    if ax.get_title(loc="left") != title:
        ax.set_title(title, loc="left", fontsize=11.5, color=INK, y=1, pad=7)


def headline(figure: Figure) -> Any:
    """Add the sentence at the top of a figure that tells its story; it changes with every frame."""
    made = figure.text(0.012, 0.985, "", fontsize=HEADLINE_SIZE, fontweight="bold", va="top", color=INK, animated=True)
    made.set_gid(HEADLINE)  # until the learner has predicted, the panel hides it
    return made


def readable(color: Any) -> Any:
    """Return a shade of the colour that is dark enough for text on white."""
    return READABLE.get(color, color) if isinstance(color, str) else color


def plain(value: float, digits: int = 3) -> str:
    """Write a number for people: 0.0447, 3 × 10⁻⁷, words for NaN and infinity, 0 below 10⁻³⁰."""
    if value != value:
        return "not a number"
    if abs(value) == float("inf"):
        return "infinite"
    if abs(value) < 1e-30:
        return "0"
    number, _, exponent = f"{value:.{digits}g}".partition("e")
    number = number.replace("-", "−")
    return f"{number} × 10{str(int(exponent)).translate(SUPERSCRIPT)}" if exponent else number


def percent(share: float, below: str = "less than", above: str = "more than") -> str:
    """Write a share so that nearly all is not mistaken for all, nor nearly none for none."""
    if 0 < share < 0.01:
        return f"{below} 1%"
    return f"{above} 99%" if 0.99 < share < 1 else f"{share:.0%}"


def rough(value: float, exact: float = 1000.0) -> str:
    """Write a number for people so that all processors agree: two digits, and from ``exact`` on only the power of ten.

    A network that explodes is chaotic: it multiplies the last digit's rounding by the same factor as the signal.
    """
    if value < exact or not math.isfinite(value):
        return plain(value, 2)
    return f"about 10{str(round(math.log10(value))).translate(SUPERSCRIPT)}"
