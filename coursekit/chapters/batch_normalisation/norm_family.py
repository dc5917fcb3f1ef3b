"""Five norms on one batch: which values share a mean, what comes out, and what a sample owes to its neighbours."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import RING, areas, line, rectangles, say
from coursekit.figures.style import BLUE, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, plain
from coursekit.figures.tiles import as_tiles
from coursekit.layers import batch_norm_forward, group_norm_forward, rms_norm_forward

SAMPLES, CHANNELS, SIDE = 6, 6, 4  # the most that are shown
BLOCK, PITCH = 12, 14  # pixels a side of a channel's picture, and from one to the next; 12 divides by 1 to 4
REACH = 2.5  # values from −REACH to REACH have colours of their own
COLOURS = LinearSegmentedColormap.from_list("below and above 0", [BLUE, PAPER, ORANGE])
NORMS = {"batch": "Batch norm", "layer": "Layer norm", "group": "Group norm", "instance": "Instance norm"}
NORMS["rms"] = "RMS norm"


@dataclass(frozen=True)
class State(DemoState):
    """A batch (N, 6, side, side); side 1 is a batch of rows (N, 6). γ = 1 and β = 0."""

    norm: str = choice("batch", {label: name for name, label in NORMS.items()}, "norm", main=True)
    samples: int = slider(4, 1, SAMPLES, "batch size", main=True)
    side: int = slider(3, 1, SIDE, "side of the image", main=True)
    groups: int = 2
    seed: int = 0

    @property
    def label(self) -> str:
        """The norm's name, with its number of groups."""
        return NORMS[self.norm] + (f", {self.groups} groups" * (self.norm == "group"))


@dataclass(frozen=True)
class Frame:
    """The batch, what the norm makes of it, and which values share the statistics of sample 1, channel 1."""

    x: Array  # (N, 6, side, side)
    y: Array  # the same; NaN where the norm cannot be computed
    of_channels: Array  # (6,), the mean of each channel of y
    of_samples: Array  # (N,), of each sample of y
    shared: Array  # (N, 6) bool
    moved: float  # how far sample 1 comes out elsewhere when its neighbours are others, on average
    error: str  # what the package says, if a variance is made of one value
    state: State

    @property
    def means(self) -> int:
        """How many means, or for RMS norm root mean squares, there are."""
        return self.x.size // self.values

    @property
    def values(self) -> int:
        """How many values each is made of."""
        return int(self.shared.sum()) * self.state.side**2

    @property
    def readout(self) -> str:
        """How much is averaged, what it sets to 0, and what the neighbours do."""
        if self.error:
            return f"{self.state.label}, batch of {self.state.samples}: {self.error}"
        return (
            f"{self.state.label}: {self.means} {kind(self.state)} of {self.values} values each. Afterwards a channel's "
            f"mean is {span(self.of_channels)}, a sample's {span(self.of_samples)}. "
            f"Other neighbours move sample 1 by {plain(self.moved, 2)}."
        )


def kind(state: State) -> str:
    """Return what the norm measures."""
    return "root mean squares" if state.norm == "rms" else "means"


def span(values: Array) -> str:
    """Write the smallest and the largest of some means."""
    low, high = (f"{round(float(value), 1) + 0.0:.1f}".replace("-", "−") for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


@lru_cache(maxsize=4)
def draw(seed: int) -> Array:
    """Draw the largest batch: each sample and each channel has a brightness and a contrast of its own."""
    rng = np.random.default_rng(seed)
    sample, channel = rng.normal(0, 0.8, (SAMPLES, 1, 1, 1)), rng.normal(0, 0.8, (1, CHANNELS, 1, 1))
    contrast = np.exp(rng.normal(0, 0.4, (SAMPLES, CHANNELS, 1, 1)))
    values: Array = sample + channel + contrast * rng.normal(size=(SAMPLES, CHANNELS, SIDE, SIDE))
    return values


def batch(state: State) -> Array:
    """Return the batch of a state; a smaller one is the first samples and the upper left corner of the largest."""
    return np.ascontiguousarray(draw(state.seed)[: state.samples, :, : state.side, : state.side])


def normalise(x: Array, state: State) -> Array:
    """Return what the norm makes of x (N, C, H, W)."""
    one, zero = np.ones(CHANNELS), np.zeros(CHANNELS)
    if state.norm == "batch":
        return batch_norm_forward(x, one, zero)[0]
    if state.norm == "rms":
        rows = x.reshape(len(x), -1)
        return rms_norm_forward(rows, np.ones(rows.shape[1]))[0].reshape(x.shape)
    groups = {"layer": 1, "instance": CHANNELS, "group": state.groups}[state.norm]
    return group_norm_forward(x, one, zero, groups)[0]


def shared(state: State) -> Array:
    """Return which samples and channels (N, 6) are averaged together with sample 1, channel 1."""
    sample, channel = np.arange(state.samples)[:, None], np.arange(CHANNELS)[None]
    if state.norm == "batch":
        return (channel == 0) & (sample >= 0)
    together = {"layer": CHANNELS, "rms": CHANNELS, "instance": 1, "group": CHANNELS // state.groups}[state.norm]
    return (sample == 0) & (channel < together)


def compute(state: State) -> Frame:
    """Normalise the batch, and once more with other neighbours of sample 1."""
    x = batch(state)
    others = x.copy()
    others[1:] = 2 * others[1:] + 1
    try:
        y = normalise(x, state)
        moved = float(np.abs(normalise(others, state)[0] - y[0]).mean())
    except ValueError as error:  # its message is what the figure shows
        y, moved, message = np.full(x.shape, math.nan), math.nan, str(error)
    else:
        message = ""
    return Frame(x, y, y.mean(axis=(0, 2, 3)), y.mean(axis=(1, 2, 3)), shared(state), moved, message, state)


class View:
    """The batch on the left, what the norm makes of it on the right, and the means of its columns and rows."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self.batch = Mosaic(axes(figure, (0.065, 0.33, 0.36, 0.52), "the batch", "channel", "sample"))
        self.result = Mosaic(axes(figure, (0.485, 0.33, 0.36, 0.52), "after the norm"))
        columns = axes(figure, (0.485, 0.10, 0.36, 0.17), "", "channel", "mean")
        columns.set(xlim=self.result.ax.get_xlim(), ylim=(-1.6, 1.6), yticks=[-1, 0, 1])
        columns.set_xticks(range(CHANNELS), [str(c + 1) for c in range(CHANNELS)])
        rows = axes(figure, (0.875, 0.33, 0.11, 0.52), "mean")
        rows.set(ylim=self.result.ax.get_ylim(), xlim=(-1.6, 1.6), xticks=[-1, 1], yticks=range(SAMPLES))
        for ax in (self.result.ax, rows):
            ax.tick_params(labelbottom=ax is rows, labelleft=ax is not rows)
        columns.axhline(0, color=INK, linewidth=0.9)
        rows.axvline(0, color=INK, linewidth=0.9)
        self.columns, self.rows = (line(ax, "o", color=PURPLE, markersize=7, ghost=RING) for ax in (columns, rows))
        style = {"fontsize": 12, "color": RED, "ha": "center", "va": "center", "animated": True}
        box = {"facecolor": PAPER, "edgecolor": RED, "boxstyle": "round,pad=0.6"}
        self.error = self.result.ax.text(2.5, 2.5, "", bbox=box, **style)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, _headline(frame), RED if frame.error else INK)
        self.batch.show(frame.x, frame.shared)
        self.result.show(frame.y, frame.shared)
        self.columns.set_data(np.arange(CHANNELS), frame.of_channels)
        self.rows.set_data(frame.of_samples, np.arange(len(frame.of_samples)))
        self.error.set_text("one value has no variance" if frame.error else "")


class Mosaic:
    """A batch as a table of little pictures; frames stand around those that share their statistics."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        ax.grid(visible=False)
        ax.set(xlim=(-0.55, CHANNELS - 0.45), ylim=(SAMPLES - 0.45, -0.55))
        ax.set_xticks(range(CHANNELS), [str(c + 1) for c in range(CHANNELS)])
        ax.set_yticks(range(SAMPLES), [str(n + 1) for n in range(SAMPLES)])
        box = (-0.5, CHANNELS - 0.5, SAMPLES - 0.5, -0.5)
        style = {"cmap": COLOURS, "vmin": -REACH, "vmax": REACH, "interpolation": "nearest", "aspect": "auto"}
        self.image = as_tiles(ax.imshow(tiled(np.zeros((1, CHANNELS, 1, 1))), extent=box, animated=True, **style))
        self.frames = areas(ax, "none", linewidths=2.4, edgecolors=INK, zorder=3)

    def show(self, values: Array, shared: Array) -> None:
        """Show values (N, 6, side, side), framed where ``shared`` (N, 6) is true."""
        self.image.set_data(tiled(values))
        rows, columns = np.nonzero(shared)
        half = 0.5 * BLOCK / PITCH + 0.02
        self.frames.set_verts(rectangles(columns - half, columns + half, rows - half, rows + half))


def tiled(values: Array) -> Array:
    """Lay out (N, 6, side, side) as one picture, with gaps; samples that are not there are empty."""
    samples, _, side, _ = values.shape
    large = values.repeat(BLOCK // side, axis=2).repeat(BLOCK // side, axis=3)
    picture = np.full((SAMPLES, CHANNELS, PITCH, PITCH), np.nan)
    picture[:samples, :, 1:-1, 1:-1] = large
    return picture.transpose(0, 2, 1, 3).reshape(SAMPLES * PITCH, CHANNELS * PITCH)


def _headline(frame: Frame) -> str:
    if frame.error:
        return f"{frame.state.label}: nothing to measure"
    return f"{frame.state.label}: {frame.means} {kind(frame.state)} of {frame.values} values each"


def case(norm: str, samples: int = 4, side: int = 3) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"norm": norm, "samples": samples, "side": side}


demo(
    __name__,
    title="Who shares a mean?",
    question=Question(
        "A language model writes one word at a time: a batch of 1, and one place (side 1). Which norms still work?",
        ("Batch and instance norm", "Layer, group and RMS norm", "All five", "None: nothing is left to average"),
        answer=1,
        explanation="Batch norm averages over samples and places, instance norm over places: of both there is one. "
        "The others average over channels, and of those there are always several.",
        settings=case("layer", samples=1, side=1),
    ),
    notice="Orange is above 0, blue below. Frames stand around all that is averaged together with sample 1, channel 1. "
    "Batch norm's reach down through the samples, so what becomes of a sample depends on its neighbours. The frames of "
    "the other norms stay within their row. The dots show which means are set to 0: those of columns, or of rows.",
    presets={
        "Batch norm": case("batch"),
        "Layer norm": case("layer"),
        "Instance norm": case("instance"),
        "Batch of 1": case("batch", samples=1),
        "One row, batch norm": case("batch", samples=1, side=1),
    },
)
