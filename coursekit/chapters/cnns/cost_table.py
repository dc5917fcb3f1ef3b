"""Build an architecture, or take a famous one, and read what each layer costs: shapes, parameters, multiply–adds."""

from dataclasses import dataclass
from functools import cache, lru_cache
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import fit, legend, line, say, segments
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, ORANGE, PAPER, RED, axes, headline, percent
from coursekit.network import ARCHITECTURES, CostRow, cost_table

CHANNELS = 3  # red, green, blue
CLASSES = 1000  # as in ImageNet
WIDEST = 8  # blocks double their filters up to so many times the first block's, as VGG does: 64 … 512
CONVOLUTIONS = {"1": (1,) * 5, "2": (2,) * 5, "3": (3,) * 5, "2, from block 3 on 3": (2, 2, 3, 3, 3)}
ROWS = 5 * 3 + 3  # as many as the largest architecture has
Step = tuple[Any, ...]


FAMOUS = {
    "LeNet-5 (1998)": "lenet5",
    "AlexNet (2012)": "alexnet",
    "VGG-16 (2014)": "vgg16",
    "ResNet-50 (2015)": "resnet50",
    "ConvNeXt-T (2022)": "convnext_tiny",
}


@dataclass(frozen=True)
class State(DemoState):
    """Blocks of convolutions, a pooling layer after each, two hidden linear layers and one with 1000 classes."""

    network: str = choice("own", {"built with the sliders": "own"} | FAMOUS, "network", main=True)
    side: int = slider(224, 32, 256, "image side (pixels)", step=32, main=True)
    blocks: int = slider(5, 1, 5, "blocks")
    convolutions: str = choice("2, from block 3 on 3", {label: label for label in CONVOLUTIONS}, "convolutions a block")
    filters: int = slider(64, 4, 96, "filters in block 1", step=4)
    kernel: int = slider(3, 1, 7, "kernel size (pixels)", step=2)
    pool: int = slider(2, 1, 3, "pooling (1: none)", main=True)
    units: int = slider(4096, 64, 4096, "hidden linear units", step=64)

    def without_effect(self) -> dict[str, str]:
        """A famous network is as it is; where the image is pooled away, no linear layer is built."""
        if self.network != "own":
            return {name: "A famous network is as it is" for name in self.controls() if name != "network"}
        return {} if self.side // self.pool**self.blocks else {"units": "A pooling before them finds too few pixels"}


@dataclass(frozen=True)
class Frame:
    """What each layer costs; ``error`` says why the architecture ends early, if it does."""

    rows: tuple[CostRow, ...]  # layers with weights, or stages of them; at most ROWS
    names: tuple[str, ...]  # of them, for people
    shapes: tuple[tuple[int, ...], ...]  # what each of them sends on, after the pooling that may follow it
    parameters: Array  # (ROWS,), 0 from the end of the network on
    multiply_adds: Array  # (ROWS,)
    parameter_shares: Array  # (ROWS,), of the sum
    work_shares: Array  # (ROWS,)
    totals: tuple[int, int]  # parameters and multiply–adds of all layers, those that are not listed, too
    error: str
    state: State

    @property
    def linear_shares(self) -> tuple[float, float]:
        """Which share of the parameters, and of the multiply–adds, the linear layers have."""
        linear = [row for row in self.rows if row.layer == "linear"]
        sums = sum(row.parameters for row in linear), sum(row.multiply_adds for row in linear)
        return sums[0] / max(self.totals[0], 1), sums[1] / max(self.totals[1], 1)

    @property
    def readout(self) -> str:
        """The totals, and where they are."""
        if self.error:
            return self.error
        parameters, work = self.totals
        shares = self.linear_shares
        return (
            f"{parameters:,} parameters and {big(work)} multiply–adds for one image. The linear layers hold "
            f"{percent(shares[0])} of the parameters and do {percent(shares[1])} of the work; the rest is in the "
            "convolutions."
        )


def plan(state: State) -> list[Step]:
    """Write the architecture down as steps for `cost_table`."""
    if state.network != "own":
        return ARCHITECTURES[state.network][0]
    steps: list[Step] = []
    for block, count in enumerate(CONVOLUTIONS[state.convolutions][: state.blocks]):
        filters = state.filters * min(2**block, WIDEST)
        steps += [("conv2d", filters, state.kernel, 1, state.kernel // 2), ("relu",)] * count
        if state.pool > 1:
            steps.append(("max_pool2d", state.pool))
    hidden = [("linear", state.units), ("relu",)]
    return [*steps, ("flatten",), *hidden, *hidden, ("linear", CLASSES)]


def compute(state: State) -> Frame:
    """Count the whole architecture, or as many of its first layers as fit."""
    steps, error = plan(state), ""
    shape = (CHANNELS, state.side, state.side) if state.network == "own" else ARCHITECTURES[state.network][1]
    try:
        rows = cost_table(steps, shape).rows
    except ValueError as raised:
        error = str(raised)
        rows = fitting_rows(steps, shape)
    shown, names, shapes = [], [], []
    for row, step in zip(rows, steps, strict=False):
        if row.multiply_adds:
            shown.append(row)
            names.append(name_of(step))
            shapes.append(row.output_shape)
        elif "pool" in row.layer:
            shapes[-1] = row.output_shape
    parameters, multiply_adds = np.zeros((2, ROWS))
    parameters[: len(shown)] = [row.parameters for row in shown]
    multiply_adds[: len(shown)] = [row.multiply_adds for row in shown]
    return Frame(
        rows=tuple(shown),
        names=tuple(names),
        shapes=tuple(shapes),
        parameters=parameters,
        multiply_adds=multiply_adds,
        parameter_shares=parameters / max(parameters.sum(), 1),
        work_shares=multiply_adds / max(multiply_adds.sum(), 1),
        totals=(sum(row.parameters for row in rows), sum(row.multiply_adds for row in rows)),
        error=error,
        state=state,
    )


def name_of(step: Step) -> str:
    """Name a step with weights for people."""
    kind, *arguments = step
    if kind == "stage":
        return str(arguments[0])
    return f"conv {arguments[1]}×{arguments[1]}" if kind == "conv2d" else str(kind)


def fitting_rows(steps: list[Step], shape: tuple[int, ...]) -> tuple[CostRow, ...]:
    """Return the costs of the longest beginning of the plan that fits."""
    for count in range(len(steps) - 1, 0, -1):
        try:
            return cost_table(steps[:count], shape).rows
        except ValueError:
            continue
    return ()


def big(number: float) -> str:
    """Write a count for people: 1,728 as it is, 102,764,544 as 102.8 M, 15.47 G."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")):
        if number >= size:
            return f"{number / size:.4g} {letter}"
    return f"{number:,.0f}"


def colors(row: CostRow) -> tuple[str, str]:
    """Return the colour of a layer's bars, and of its name."""
    return (ORANGE, AMBER) if row.layer == "linear" else (BLUE, BLUE)


HIGH, BASELINE = 0.2, 0.3  # inches, a stamp; the share of it that is below the line


@cache
def letter(character: str, color: str, dpi: float) -> Array:
    """Draw one letter and return its RGBA pixels (height, advance, 4)."""
    figure = Figure(figsize=(0.2, HIGH), dpi=dpi, facecolor="none")
    canvas = FigureCanvasAgg(figure)
    text = figure.text(0, BASELINE, character, fontsize=9.5, color=color)
    canvas.draw()
    pixels = np.array(canvas.buffer_rgba())
    text.set_text(f"|{20 * character}|")
    wide = text.get_window_extent().width
    text.set_text("||")
    return pixels[:, : round((wide - text.get_window_extent().width) / 20)]


@lru_cache(maxsize=4096)
def stamp(words: str, color: str, dpi: float) -> Array:
    """Set words from letters that were drawn once: matplotlib takes a millisecond for a word, too long for eighty."""
    return np.concatenate([letter(character, color, dpi) for character in words], axis=1)


class Words(Artist):  # type: ignore[misc]
    """Many words in one artist; each stands at a row of some axes, at so many pixels from an x in data."""

    def __init__(self, ax: Axes) -> None:
        super().__init__()
        self.set(animated=True, zorder=5)
        self.placed: list[tuple[float, float, str, str, bool]] = []  # x, row, words, colour, end there?
        ax.add_artist(self)

    def draw(self, renderer: Any) -> None:
        """Stamp all words; into a file of lines and letters, write them."""
        if not isinstance(renderer, RendererAgg):
            for placed in self.placed:
                self._written(*placed).draw(renderer)
            return
        context = renderer.new_gc()
        for x, row, words, color, ends in self.placed:
            pixels = stamp(words, color, self.axes.figure.dpi)
            left, middle = self.axes.transData.transform((x, row))
            left -= pixels.shape[1] if ends else 0
            renderer.draw_image(context, round(left), round(middle) - pixels.shape[0] // 2, pixels[::-1])
        context.restore()

    def _written(self, x: float, row: float, words: str, color: str, ends: bool) -> Text:
        """Make a text that stands where a stamp of it would."""
        down = ScaledTranslation(0, (BASELINE - 0.5) * HIGH, self.axes.figure.dpi_scale_trans)
        text = Text(x, row, words, fontsize=9.5, color=color, ha="right" if ends else "left", va="baseline")
        text.set(figure=self.axes.figure, transform=self.axes.transData + down)
        return text


class Panel:
    """One column of numbers as their shares of the whole: lying stems with a dot at the end."""

    def __init__(self, figure: Figure, left: float, title: str) -> None:
        self.axes = ax = axes(figure, (left, 0.056, 0.285, 0.829), title)
        ax.set(xlim=(0, 1.36), yticks=[])  # beyond 100 % there is room for the number
        ax.set_xticks([0, 0.5, 1], ["0%", "50%", "100%"])
        self.stems = segments(ax, BLUE, linewidths=4, alpha=0.55)
        ghost = {"marker": "D", "linestyle": "", "color": GHOST["color"], "fillstyle": "none", "markersize": 8}
        self.dots = line(ax, "o", color=INK, markersize=4.5, ghost=ghost)
        self.numbers = Words(ax)

    def show(self, counts: Array, shares: Array, colors: list[str]) -> None:
        """Show the numbers (ROWS,) of all layers, and their shares (ROWS,)."""
        places = np.where(np.arange(ROWS) < len(colors), np.arange(ROWS), -9)  # beyond the end: out of sight
        self.stems.set_segments([[(0, row), (share, row)] for row, share in enumerate(shares[: len(colors)])])
        self.stems.set_color(colors)
        self.dots.set_data(shares, places)
        placed = zip(shares + 0.03, range(len(colors)), counts, strict=False)
        self.numbers.placed = [(x, row, big(number), INK, False) for x, row, number in placed]


class View:
    """One list of layers, and two numbers for each."""

    size = (10.4, 5.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.list = axes(figure, (0.012, 0.056, 0.325, 0.829), "")
        self.list.set_axis_off()
        legend(self.list, ("layer", INK))
        legend(self.list, ("output", INK), right=True)
        self.names = Words(self.list)
        self.parameters = Panel(figure, 0.355, "parameters (share)")
        self.work = Panel(figure, 0.695, "multiply–adds (share)")
        box = {"facecolor": PAPER, "edgecolor": RED, "boxstyle": "round,pad=0.6"}
        style = {"fontsize": 11, "color": RED, "ha": "center", "va": "center", "animated": True, "zorder": 9}
        self.error = figure.text(0.63, 0.2, "", bbox=box, **style)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        rows = 10 if len(frame.rows) <= 10 else ROWS  # the height of a row is stepped to the length of the list
        for ax in (self.list, self.parameters.axes, self.work.axes):
            fit(ax, ylim=(rows - 0.4, -0.6))
        self._show_totals(frame)
        self.error.set_text("\n".join(wrap(frame.error, 60)))
        self.names.placed = []
        for row, (layer, name, shape) in enumerate(zip(frame.rows, frame.names, frame.shapes, strict=True)):
            pooled = ", pool" if shape != layer.output_shape else ""
            self.names.placed.append((0, row, name + pooled, colors(layer)[1], False))
            self.names.placed.append((1, row, "×".join(map(str, shape)), INK, True))
        bars = [colors(layer)[0] for layer in frame.rows]
        self.parameters.show(frame.parameters, frame.parameter_shares, bars)
        self.work.show(frame.multiply_adds, frame.work_shares, bars)

    def _show_totals(self, frame: Frame) -> None:
        if frame.error:
            say(self.headline, "This architecture does not fit the image", RED)
            return
        parameters, work = map(big, frame.totals)
        say(self.headline, f"{parameters} parameters, {work} multiply–adds for one image")


VGG16 = {
    "network": "own",
    "side": 224,
    "blocks": 5,
    "convolutions": "2, from block 3 on 3",
    "filters": 64,
    "kernel": 3,
    "pool": 2,
    "units": 4096,
}

demo(
    __name__,
    title="What a network costs",
    question=Question(
        "VGG-16 is made for images of 224 × 224 pixels. You give it images of 96 × 96. What happens to its "
        "convolutions?",
        (
            "Fewer parameters, less work",
            "As many, and 18% of the work",
            "Nothing changes",
        ),
        answer=1,
        explanation="A filter has as many weights whatever it passes over, but it works at every place: (96 / 224)² "
        "= 0.18. Only the first linear layer, which has a weight for every number that it gets, becomes smaller.",
        settings=VGG16 | {"side": 96},
    ),
    notice="Most parameters are in the linear layers, most work is in the convolutions. Go from 256 to 128 pixels: "
    "the convolutions keep their parameters and do a quarter of the work, and the first linear layer shrinks to a "
    "quarter. Take the pooling away, and that layer explodes. Then go through the famous "
    "networks: from ResNet on a mean over each map stands before the last layer, and the linear share melts away.",
    presets={
        "VGG-16": VGG16,
        "Smaller images": VGG16 | {"side": 96},
        "No pooling": VGG16 | {"pool": 1},
        "Pooled away": VGG16 | {"pool": 3},
        "AlexNet": {"network": "alexnet"},
        "ResNet-50": {"network": "resnet50"},
        "ConvNeXt-T": {"network": "convnext_tiny"},
        "A small one": VGG16 | {"side": 32, "blocks": 2, "convolutions": "1", "filters": 16, "units": 128},
    },
)
