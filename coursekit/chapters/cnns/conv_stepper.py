"""The textbook's walk of a convolution, cell by cell: a window, two filters, the products, the sum, the output."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Cells
from coursekit.figures.marks import areas, fit, say
from coursekit.figures.number_grid import NumberGrid, outlines, sheet, summed, written
from coursekit.figures.style import GHOST, INK, PURPLE, RED, headline
from coursekit.layers import conv2d_forward

CHANNELS = ("red", "green", "blue")
LARGEST_IMAGE, LARGEST_KERNEL = 7, 5

# The first cell of the walk in many notes: 1 − 1 + 0, and bias 1.
CORNER = [[[0, 1], [0, 1]], [[1, 1], [0, 2]], [[2, 0], [0, 0]]]
FILTER = [
    [[1, 1, -1], [-1, 0, 1], [-1, -1, 0]],
    [[-1, 0, -1], [0, 0, -1], [1, -1, 0]],
    [[0, 1, 0], [1, 0, 1], [0, -1, 0]],
]


@dataclass(frozen=True)
class State(DemoState):
    """Where the window stands (after its last place it starts over), and the sizes that decide how many it has."""

    place: int = slider(5, 1, 49, "place of the window", play=700, main=True)
    filter: int = slider(1, 1, 2, "filter shown")
    stride: int = slider(2, 1, 3, "stride S (pixels)", main=True)
    padding: int = slider(1, 0, 1, "padding P (pixels)")
    kernel: int = slider(3, 1, LARGEST_KERNEL, "filter size F (pixels)")
    size: int = slider(5, 5, LARGEST_IMAGE, "image size N (pixels)")
    seed: int = 0

    @property
    def places(self) -> int:
        """How many places the window has along a side."""
        return (self.size + 2 * self.padding - self.kernel) // self.stride + 1

    @property
    def left_over(self) -> int:
        """How many rows and columns at the far edge no window sees."""
        return (self.size + 2 * self.padding - self.kernel) % self.stride

    def without_effect(self) -> dict[str, str]:
        """Where the window has a single place there is no walk."""
        return {"place": "The window fits at one place only"} if self.places == 1 else {}

    def ends(self) -> dict[str, float]:
        """The walk is over at the last place."""
        return {"place": self.places**2}


@dataclass(frozen=True)
class Frame:
    """The walk at one place."""

    channels: tuple[Array, ...]  # three of (N + 2P, N + 2P)
    weights: Array  # (2, 3, F, F)
    bias: Array  # (2,)
    products: tuple[Array, ...]  # three of (F, F): the window times the chosen filter
    y: Array  # (2, OH, OH)
    index: int  # of the place, from 0, row by row
    state: State

    @property
    def places(self) -> int:
        """Places along a side."""
        return self.state.places

    @property
    def sums(self) -> list[float]:
        """The products of each channel, summed."""
        return [float(p.sum()) for p in self.products]

    @property
    def value(self) -> float:
        """What the chosen filter says here."""
        return sum(self.sums) + float(self.bias[self.state.filter - 1])

    @property
    def where(self) -> tuple[int, int]:
        """Row and column of the place, from 0."""
        return divmod(self.index, self.places)

    @property
    def equation(self) -> str:
        """The sum over the channels, and the bias."""
        return f"{summed([*self.sums, self.bias[self.state.filter - 1]])} = {written(self.value)}"

    @property
    def size_formula(self) -> str:
        """(N − F + 2P) / S + 1 with this state's numbers, in brackets that round down where there is a remainder."""
        s = self.state
        moves = f"({s.size} − {s.kernel} + 2 · {s.padding}) / {s.stride}"
        return f"⌊{moves}⌋ + 1" if s.left_over else f"{moves} + 1"

    @property
    def unseen(self) -> str:
        """What no window sees, in words; nothing if all is seen."""
        count = self.state.left_over
        if not count:
            return ""
        return "the last row and column" if count == 1 else f"the last {count} rows and columns"

    @property
    def readout(self) -> str:
        """The sum of this place, and the size of the output."""
        row, column = (at + 1 for at in self.where)
        unseen = f" No window sees {self.unseen}." if self.unseen else ""
        red, green, blue = map(written, self.sums)
        bias = written(self.bias[self.state.filter - 1])
        return (
            f"Place {self.index + 1} of {self.places**2}: red {red}, green {green}, blue {blue} and bias {bias} give "
            f"{written(self.value)}, row {row}, column {column} of output {self.state.filter}. "
            f"A side has {self.size_formula} = {self.places} places: the output is {self.places} × {self.places} × 2."
            f"{unseen}"
        )


@lru_cache(maxsize=4)
def draw(seed: int) -> tuple[Array, Array, Array]:
    """Draw an image (3, 7, 7) of 0, 1 and 2, two filters (2, 3, 5, 5) of −1, 0 and 1, and their biases (2,)."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 3, (3, LARGEST_IMAGE, LARGEST_IMAGE)).astype(np.float64)
    w = rng.integers(-1, 2, (2, 3, LARGEST_KERNEL, LARGEST_KERNEL)).astype(np.float64)
    if seed == 0:
        x[:, :2, :2] = CORNER
        w[0, :, :3, :3] = FILTER
    return x, w, np.array([1.0, 0.0])


def compute(state: State) -> Frame:
    """Run the layer, and take the window at this place apart."""
    x, w, bias = draw(state.seed)
    x, w = x[:, : state.size, : state.size], np.ascontiguousarray(w[:, :, : state.kernel, : state.kernel])
    y = conv2d_forward(x[np.newaxis], w, bias, state.stride, state.padding)[0][0]
    padded = np.pad(x, ((0, 0), (state.padding, state.padding), (state.padding, state.padding)))
    index = (state.place - 1) % state.places**2
    top, left = (at * state.stride for at in divmod(index, state.places))
    window = padded[:, top : top + state.kernel, left : left + state.kernel]
    return Frame(tuple(padded), w, bias, tuple(window * w[state.filter - 1]), y, index, state)


# Pixels: the images, below them the filters, below these the products; a column for each channel.
COLUMNS, INPUT_TOP, FILTER_TOP, PRODUCT_TOP = (38, 244, 450), 78, 302, 418
IMAGE, TAPS = 189, 90  # how wide they are: an image, and a filter
OUTPUT_LEFTS, OUTPUT, WORDS_TOP, UNSEEN_TOP = (686, 866), 160, 250, 448


class View:
    """A column for each channel: image, both filters, products, sum. On the right the outputs, and their size."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = sheet(figure)
        self.inputs = [NumberGrid(ax, 3) for _ in CHANNELS]
        self.filters = [[NumberGrid(ax, 2) for _ in CHANNELS] for _ in range(2)]
        self.products = [NumberGrid(ax, 3, animated=True) for _ in CHANNELS]
        self.outputs = [NumberGrid(ax, 12, animated=True) for _ in range(2)]
        style: dict[str, Any] = {"fontsize": 11.5, "color": INK}
        for left, name in zip(COLUMNS, CHANNELS, strict=True):
            ax.text(left, INPUT_TOP - 10, f"{name} channel", **style)
        beside = {"rotation": 90, "ha": "center", "va": "center", **style}
        ax.text(17, INPUT_TOP + IMAGE / 2, "image and padding", **beside)
        ax.text(17, PRODUCT_TOP + TAPS / 2, "products", **beside)
        lefts = (COLUMNS[0], COLUMNS[0] + IMAGE - TAPS)
        self.filter_titles = [ax.text(x, FILTER_TOP - 10, f"filter {f}", **style) for f, x in enumerate(lefts, 1)]
        self.output_titles = [ax.text(x, INPUT_TOP - 10, f"output {f}", **style) for f, x in enumerate(OUTPUT_LEFTS, 1)]
        self.sums = [ax.text(0, 0, "", fontsize=12, va="center", animated=True) for _ in CHANNELS]
        # Not animated: they change with the sizes, seldom, and text is the slowest thing to draw.
        look: dict[str, Any] = {"fontsize": 11.5, "va": "top", "linespacing": 1.15}
        self.words = ax.text(OUTPUT_LEFTS[0], WORDS_TOP, "", color=INK, **look)
        self.unseen = ax.text(OUTPUT_LEFTS[0], UNSEEN_TOP, "", color=RED, **look)
        self.ghost_text = ax.text(1030, 514, "", fontsize=10.5, ha="right", color=GHOST["color"])
        self.left_over = areas(ax, RED, alpha=0.22, zorder=2)
        self.ghost = outlines(ax, GHOST["color"], 1.6, GHOST["linestyle"], animated=False)
        self.edges = outlines(ax, "#555555", 1.4)
        self.chosen = outlines(ax, PURPLE, 1.6, "--")
        self.windows = outlines(ax, PURPLE)
        self.cells = outlines(ax, PURPLE)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        row, column = (at + 1 for at in frame.where)
        say(self.headline, f"{frame.equation}: row {row}, column {column} of output {frame.state.filter}", PURPLE)
        self._show_channels(frame)
        self._show_outputs(frame)
        self._show_words(frame)

    def _show_channels(self, frame: Frame) -> None:
        state = frame.state
        cell, tap = min(27, IMAGE // len(frame.channels[0])), min(27, TAPS // state.kernel)
        for c, left in enumerate(COLUMNS):
            self.inputs[c].place(left, INPUT_TOP, cell)
            self.inputs[c].show(frame.channels[c])
            for f, x in enumerate((left, left + IMAGE - TAPS)):
                self.filters[f][c].place(x, FILTER_TOP, tap)
                self.filters[f][c].show(frame.weights[f, c])
            self.products[c].place(left, PRODUCT_TOP, tap)
            self.products[c].show(frame.products[c])
            self.sums[c].set_text(f"sum {written(frame.sums[c])}")
            self.sums[c].set_position((left + state.kernel * tap + 14, PRODUCT_TOP + state.kernel * tap / 2))
        self.windows.set_verts(self._windows(frame))
        pad, size = state.padding, state.size
        self.edges.set_verts([grid.box(pad, pad, size, size) for grid in self.inputs])
        self.chosen.set_verts([g.box(0, 0, state.kernel, state.kernel, 3) for g in self.filters[state.filter - 1]])
        for f, title in enumerate(self.filter_titles, 1):
            shown = f == state.filter
            fit(title, fontweight="bold" if shown else "normal", color=PURPLE if shown else INK)

    def _windows(self, frame: Frame, grow: float = 0) -> list[Array]:
        row, column = (at * frame.state.stride for at in frame.where)
        side = frame.state.kernel
        return [grid.box(row, column, side, side, grow) for grid in self.inputs]

    def _show_outputs(self, frame: Frame) -> None:
        state, side = frame.state, len(frame.channels[0])
        seen = state.kernel + (frame.places - 1) * state.stride
        self.left_over.set_verts([strip for grid in self.inputs for strip in grid.beyond(seen, side)])
        done = np.arange(frame.places**2).reshape(frame.places, frame.places) <= frame.index
        for grid, left, y in zip(self.outputs, OUTPUT_LEFTS, frame.y, strict=True):
            grid.place(left, INPUT_TOP, min(46, OUTPUT // frame.places))
            grid.show(y, done)
        chosen = self.outputs[state.filter - 1]
        self.cells.set_verts([chosen.box(*frame.where)])
        self.handles = (Cells(chosen.image, "place"),)

    def _show_words(self, frame: Frame) -> None:
        s = frame.state
        span, moves = s.size + 2 * s.padding - s.kernel, frame.places - 1
        words = (
            "Places along a side:\n"
            "(N − F + 2P) / S + 1\n"
            f"= {frame.size_formula} = {frame.places}\n"
            f"It can go {span} pixels, {s.stride} at a time:\n"
            f"{moves} move{'' if moves == 1 else 's'}, and where it starts.\n\n"
            f"2 filters, each 3 · {s.kernel} · {s.kernel} weights\n"
            f"and 1 bias: {2 * (3 * s.kernel**2 + 1)} parameters,\n"
            "whatever the image"
        )
        fit(self.words, text=words)
        fit(self.unseen, text=f"Red: {frame.unseen},\nwhich no window sees" if frame.unseen else "")

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's window and its sum as a ghost."""
        if frame is None:
            self.ghost.set_verts([])
            self.ghost_text.set_text("")
            return
        self.ghost.set_verts(self._windows(frame, 2))
        self.ghost_text.set_text(f"pinned, place {frame.index + 1}: {frame.equation}")


WALK = {"stride": 2, "padding": 1, "kernel": 3, "size": 5}

demo(
    __name__,
    title="A convolution, cell by cell",
    question=Question(
        "The window moves by 2 pixels, and each output has 3 × 3 places. You set the stride to 1. How many places has "
        "an output then?",
        ("6 × 6: half the stride, twice as many a side", "5 × 5", "3 × 3: the image is the same"),
        answer=1,
        explanation="The window can go 4 pixels to the right: in 2 moves of 2 pixels, or in 4 moves of 1 pixel. With "
        "the place where it starts, that makes 5.",
        settings={**WALK, "stride": 1, "place": 25},
    ),
    others={
        "remainder": Question(
            "7 pixels, a filter of 3, stride 3: no window sees the last row and column. You lay a border of zeros "
            "around the image, padding 1. How many of the image's rows does no window see then?",
            (
                "One, as before",
                "None",
                "Two: the zeros push one more out of reach",
            ),
            answer=1,
            explanation="With the zeros the image is 9 pixels wide: the window can go 6 pixels, two moves of 3, and "
            "nothing is left over. A side has 3 places instead of 2.",
            settings={"padding": 1, "place": 9},
        ),
    },
    notice="Move the place and check one sum by hand: nine products in each of three channels, and the bias. All "
    "three channels become one number, so there is one output for each filter. The filter stays the same at every "
    "place; only the window moves. The line inside the image parts it from its padding. Then set the stride to 3: "
    "the moves are rounded down, and what the last window cannot reach turns red.",
    presets={
        "The textbook's walk": {**WALK, "place": 1, "filter": 1},
        "Its last place": {**WALK, "place": 9, "filter": 2},
        "Stride 1": {**WALK, "stride": 1, "place": 25},
        "Stride 3: unseen pixels": {"size": 7, "padding": 0, "kernel": 3, "stride": 3, "place": 4},
        "1 × 1 filter": {**WALK, "kernel": 1, "stride": 1, "padding": 0, "place": 9},
    },
)
