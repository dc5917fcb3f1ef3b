"""From edges to corners to a part: three layers with filters set by hand, and what each of them makes of a shape."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from coursekit.arrays import Array
from coursekit.convolution import FILTERS
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, areas, rectangles, rows, say
from coursekit.figures.style import AMBER, BLUE, INK, ORANGE, PURPLE, axes, headline
from coursekit.layers import conv2d_forward, max_pool2d_forward

SIDE, FINER = 40, 4  # pixels of a picture; each is the mean of so many finer ones a side
SHAPES = {"square": "square", "disc": "disc", "triangle": "triangle", "cross": "cross"}
FIELDS = (3, 8, 20)  # pixels that a unit of each map sees: 3, then 3 + 4 and 1 for the pooling, then 8 + 6 · 2
PRESENT = 0.4  # a response under this share of the ideal one is none


@dataclass(frozen=True)
class State(DemoState):
    """A bright shape on a dark ground."""

    shape: str = choice("square", SHAPES, "shape", main=True)
    size: int = slider(12, 8, 20, "size (pixels)", step=2, main=True)
    angle: int = slider(0, 0, 45, "turned by (°)", step=15, main=True)
    column: int = slider(20, 12, 28, "middle: column (pixels)")

    def without_effect(self) -> dict[str, str]:
        """A disc looks the same however it is turned."""
        return {"angle": "A disc looks the same from all sides"} if self.shape == "disc" else {}


@dataclass(frozen=True)
class Frame:
    """What each layer sends on, and where a unit of it responds most."""

    image: Array  # (SIDE, SIDE), from 0 to 1
    edges: Array  # (4, SIDE, SIDE): left, right, upper and lower edges of what is bright
    corners: Array  # (4, SIDE / 2, SIDE / 2), pooled: upper left, upper right, lower left, lower right
    squares: Array  # (1, SIDE / 2, SIDE / 2): squares of about 12 pixels
    strongest: Array  # (3,), response of each layer; 1 where its pattern is met exactly
    middles: Array  # (3, 2), row and column of the pixel that the strongest unit of each layer stands on
    state: State

    @property
    def found(self) -> list[str]:
        """The layers that respond, in words."""
        return [name for (name, _), response in zip(LAYERS, self.strongest, strict=True) if response > PRESENT]

    @property
    def readout(self) -> str:
        """The strongest response of each layer."""
        edge, corner, square = self.strongest
        turned = f", turned by {self.state.angle}°" if self.state.angle and self.state.shape != "disc" else ""
        return (
            f"A {self.state.shape} of {self.state.size} pixels{turned}. Strongest responses: edges {edge:.2f}, corners "
            f"{corner:.2f}, square {square:.2f}. Their units see 3 × 3, 8 × 8 and 20 × 20 pixels."
        )


def picture_of(state: State) -> Array:
    """Draw the shape (SIDE, SIDE): each pixel's share of it."""
    fine = (np.arange(SIDE * FINER) + 0.5) / FINER
    right, down = np.meshgrid(fine - state.column, fine - SIDE / 2)
    angle = np.radians(0 if state.shape == "disc" else state.angle)
    x = np.cos(angle) * right + np.sin(angle) * down
    y = np.cos(angle) * down - np.sin(angle) * right
    reach = state.size / 2
    inside = {
        "square": np.maximum(abs(x), abs(y)) < reach,
        "disc": np.hypot(x, y) < reach,
        "triangle": (y < reach) & (2 * abs(x) < y + reach),
        "cross": (np.maximum(abs(x), abs(y)) < reach) & (np.minimum(abs(x), abs(y)) < reach / 3),
    }[state.shape]
    return inside.reshape(SIDE, FINER, SIDE, FINER).mean((1, 3))


def edge_filters() -> Array:
    """Sobel's kernel in four directions, (4, 1, 3, 3); a step from 0 to 1 gives 1."""
    across, down = FILTERS["sobel_x"].kernel / 4, FILTERS["sobel_y"].kernel / 4
    return np.stack([across, -across, down, -down])[:, np.newaxis]


def corner_filters() -> Array:
    """A left edge that goes down from here, and an upper edge that goes right: (4 corners, 4 edges, 5, 5)."""
    w = np.zeros((4, 5, 5))
    w[0, 2:, 1:3], w[0, :2, 1:3] = 1, -1.5  # the left edge: wanted below, not above, so that a straight one gives 0
    w[2, 1:3, 2:], w[2, 1:3, :2] = 1, -1.5
    right, lower = w[[1, 0, 2, 3], :, ::-1], w[[0, 1, 3, 2], ::-1]  # left and right, or upper and lower, exchanged
    both = lower[[1, 0, 2, 3], :, ::-1]
    return np.stack([w, right, lower, both]) / 3.5


def square_filter() -> Array:
    """Each of the four corners where a square of 12 pixels has it, on maps of half the size: (1, 4, 7, 7)."""
    w = np.zeros((1, 4, 7, 7))
    for corner, (row, column) in enumerate(((0, 0), (0, 5), (5, 0), (5, 5))):
        w[0, corner, row : row + 2, column : column + 2] = 1
    return w


# One arm alone gives 6 / 3.5, which is no corner yet; three corners with what is faint beside them 24 / 7: no square.
BIASES = (0.0, -6 / 3.5, -24 / 7)


def compute(state: State) -> Frame:
    """Send the picture through convolution and ReLU, three times, with max-pooling before the last."""
    image = picture_of(state)
    edges = layer(image[np.newaxis], edge_filters(), BIASES[0])
    corners = max_pool2d_forward(layer(edges, corner_filters(), BIASES[1])[np.newaxis])[0][0]
    squares = layer(corners, square_filter(), BIASES[2])
    maps = (edges, corners, squares)
    rows_and_columns = [np.unravel_index(m.argmax(), m.shape)[1:] for m in maps]
    middles = np.array(rows_and_columns) * [[1], [2], [2]] + [[0], [0.5], [0.5]]  # pooled units lie 2 pixels apart
    return Frame(image, edges, corners, squares, np.array([m.max() for m in maps]), middles, state)


def layer(x: Array, w: Array, bias: float) -> Array:
    """ReLU of the convolution of x (C, H, W) with w (F, C, K, K), of the same size as x."""
    y, _ = conv2d_forward(x[np.newaxis], np.ascontiguousarray(w), np.full(len(w), bias), padding=w.shape[2] // 2)
    return np.maximum(y[0], 0)


def four(maps: Array) -> Array:
    """Lay four maps (4, K, K) out in a square, with a gap that is NaN."""
    a, b, c, d = np.pad(maps, ((0, 0), (0, 1), (0, 1)), constant_values=np.nan)
    return np.vstack([np.hstack([a, b]), np.hstack([c, d])])[:-1, :-1]


LAYERS = (("edges", BLUE), ("corners", PURPLE), ("a square", ORANGE))


class View:
    """The picture, the maps of three layers, and the strongest response of each."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        greys = colormaps["Greys"].with_extremes(bad="#bbbbbb")
        small = np.zeros((4, SIDE // 2, SIDE // 2))
        self.image = picture(figure, 0.012, "picture, 40 × 40", np.zeros((SIDE, SIDE)), "gray")
        self.edges = picture(figure, 0.262, "1: edges", four(np.zeros((4, SIDE, SIDE))), greys)
        self.corners = picture(figure, 0.512, "2: corners, pooled", four(small), greys)
        self.squares = picture(figure, 0.762, "3: squares", small[0], greys)
        for left, words in ((0.262, "left, right / upper, lower"), (0.512, "the four, as they lie")):
            figure.text(left, 0.322, words, fontsize=9.5, color=INK, va="top")
        self.fields = [areas(self.image.axes, "none", edgecolors=color, linewidths=2.0) for _, color in LAYERS]
        for x in (0.248, 0.498, 0.748):
            figure.text(x, 0.60, "→", fontsize=15, color=INK, ha="center", va="center")
        self._make_bars(figure)

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.115, 0.12, 0.37, 0.165), "", "strongest response (1: its pattern exactly)")
        rows(ax, [name for name, _ in LAYERS])
        ax.set(xlim=(0, 1.1), ylim=(2.6, -0.6))
        self.bars = Bars(ax, [color for _, color in LAYERS], range(3), 0.5, lying=True, ghost=12)
        style: dict[str, Any] = {"fontsize": 11, "va": "top"}
        figure.text(0.53, 0.275, "Outlined: what the strongest unit sees", color=INK, **style)
        units = ("3 × 3 pixels: a unit for edges", "8 × 8: for corners, pooled", "20 × 20: for squares")
        for row, (words, color) in enumerate(zip(units, (BLUE, PURPLE, AMBER), strict=True)):
            figure.text(0.53, 0.21 - 0.06 * row, words, color=color, **style)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self.image.set_data(frame.image)
        self.edges.set_data(four(frame.edges))
        self.corners.set_data(four(frame.corners))
        self.squares.set_data(frame.squares[0])
        outlines = zip(self.fields, FIELDS, frame.middles, frame.strongest, strict=True)
        for mark, field, (row, column), response in outlines:
            left, top = np.array([column - field / 2]), np.array([row - field / 2])
            seen = rectangles(left, left + field, top, top + field)
            mark.set_verts(seen if response > PRESENT else [])
        self.bars.show(frame.strongest)
        *others, last = frame.found
        story = f"{', '.join(others)} and {last} are found" if others else f"only {last} are found"
        say(self.headline, story[0].upper() + story[1:], AMBER if len(frame.found) == len(LAYERS) else INK)


def picture(figure: Figure, left: float, title: str, first: Array, colors: Any) -> AxesImage:
    """Add a picture in the row of the layers."""
    ax = axes(figure, (left, 0.335, 0.222, 0.525), title)
    ax.grid(visible=False)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color="#bbbbbb")
    return ax.imshow(first, cmap=colors, vmin=0, vmax=1, animated=True)


demo(
    __name__,
    title="Edges, corners, a part",
    question=Question(
        "The unit of the third layer answers to a square of 12 pixels: four corners, each in its place. You make the "
        "square 16 pixels wide. Which layers still respond?",
        ("All three: it is still a square", "The first two", "None: all expect 12 pixels"),
        answer=1,
        explanation="An edge and a corner look the same whatever the size of the square. But the corners now lie "
        "further apart than the last filter expects, so it never meets all four at once.",
        settings={"shape": "square", "size": 16, "angle": 0},
    ),
    notice="Each layer looks at the maps of the one below, not at the picture: a corner is a left edge that begins "
    "where an upper edge begins, a square is four corners in their places. The biases make each of them an and: one "
    "arm alone is no corner. Turn the square, and the corners go before the edges do. Move it, and all maps move "
    "along. A disc has edges all around, and hardly a corner.",
    presets={
        "The square it knows": {"shape": "square", "size": 12, "angle": 0, "column": 20},
        "Too large": {"shape": "square", "size": 16, "angle": 0, "column": 20},
        "Turned": {"shape": "square", "size": 12, "angle": 30, "column": 20},
        "Moved": {"shape": "square", "size": 12, "angle": 0, "column": 13},
        "A disc": {"shape": "disc", "size": 12, "angle": 0, "column": 20},
        "A cross": {"shape": "cross", "size": 12, "angle": 0, "column": 20},
    },
)
