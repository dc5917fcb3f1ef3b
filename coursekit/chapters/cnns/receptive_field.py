"""The receptive field: which input pixels one output unit sees, and how much each of them counts."""

from dataclasses import dataclass
from functools import lru_cache
from textwrap import wrap
from typing import Any, NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_photograph
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import areas, rectangles, say, segments
from coursekit.figures.style import BLUE, GHOST, INK, ORANGE, PAPER, PURPLE, RED, axes, headline, percent, plain
from coursekit.figures.tiles import as_tiles
from coursekit.layers import avg_pool2d_backward, avg_pool2d_forward, conv2d_backward, conv2d_forward

SIDE = 40  # pixels of the photograph
MAX_LAYERS = 5
MAX_LEVELS = 2 * MAX_LAYERS  # the input, the layers, and the pooling between them


@dataclass(frozen=True)
class State(DemoState):
    """Square kernels without padding; mean-pooling between the layers, its stride as large as its window."""

    layers: int = slider(1, 1, MAX_LAYERS, "convolutional layers", main=True)
    kernel: int = slider(3, 1, 7, "kernel size (pixels)", main=True)
    stride: int = slider(1, 1, 3, "stride", main=True)
    pool: int = slider(1, 1, 3, "pooling (1: none)")
    place: float = slider(0.5, 0.0, 1.0, "unit: left to right", step=0.05)

    def without_effect(self) -> dict[str, str]:
        """There may be nothing to pool between, and no unit to choose."""
        fields, jumps = field_sizes(stack(self))
        no_pooling = {"pool": "There is no second layer to pool for"} if self.layers == 1 else {}
        alone = {"place": "There is no other unit"} if fields[-1] + jumps[-1] > SIDE else {}
        return no_pooling | alone


class Step(NamedTuple):
    """One layer of the stack."""

    name: str
    kernel: int
    stride: int


@dataclass(frozen=True)
class Frame:
    """What the chosen unit sees; level 0 is the input, level L the output."""

    steps: tuple[Step, ...]  # L of them
    fields: Array  # (L + 1,), pixels that a unit of each level sees, along one side: by the formula
    jumps: Array  # (L + 1,), pixels from one unit of a level to the next
    paths: Array  # (L + 1, SIDE), how much each unit in the chosen one's row counts for it, the most 1; 0 if unseen
    squares: Array  # (L + 1, 4), left, right, top and bottom pixel that the middle one of the seen units sees
    seen: Array  # (SIDE, SIDE), how much each pixel of the photograph counts
    weights: Array  # (R, R), the same, of the field alone
    state: State

    @property
    def fits(self) -> bool:
        """Whether the photograph is as large as the field."""
        return bool(self.fields[-1] <= SIDE)

    @property
    def corner(self) -> float:
        """How much a corner pixel of the field counts against the middle."""
        return float(self.weights[0, 0])

    @property
    def prices(self) -> tuple[int, int]:
        """Weights of the layers, and of one layer with the same field, in units of C²."""
        return self.state.layers * self.state.kernel**2, int(self.fields[-1]) ** 2

    @property
    def misfit(self) -> str:
        """Say that the field is too large, and what to do."""
        if self.fits:
            return ""
        size = self.fields[-1]
        return (
            f"The field would be {size}×{size} pixels, but the photograph has {SIDE}×{SIDE}: the last window finds "
            "nothing to stand on. Use fewer layers, a smaller kernel, stride or pooling."
        )

    @property
    def readout(self) -> str:
        """The size of the field, its price, and what counts in it."""
        if not self.fits:
            return self.misfit
        return f"{self.sight}{self.comparison}. {self.counting}"

    @property
    def counting(self) -> str:
        """How much the pixels of the field count."""
        seen = (self.weights > 0).mean()
        if seen < 1:
            return f"Only {percent(seen)} of its pixels count: the stride is longer than the window."
        if self.corner < 0.999:
            return f"A corner of the field counts {plain(self.corner, 2)} times as much as its middle."
        return "All its pixels count the same."

    @property
    def sight(self) -> str:
        """What the stack sees, and its weights."""
        size = self.fields[-1]
        return f"{self.layers} {size}×{size} pixels with {self.prices[0]} C² weights"

    @property
    def story(self) -> str:
        """The same in short."""
        one = f"; one layer has {self.prices[1]} C²" if self.state.layers > 1 else ""
        return f"{self.layers} {self.fields[-1]}×{self.fields[-1]}, with {self.prices[0]} C² weights{one}"

    @property
    def comparison(self) -> str:
        """What one layer would cost; nothing if it is one."""
        size = self.fields[-1]
        return f"; one layer of {size}×{size} has {self.prices[1]} C²" if self.state.layers > 1 else ""

    @property
    def layers(self) -> str:
        """The stack in words, with its verb."""
        count, kernel = self.state.layers, self.state.kernel
        return f"{count} layers of {kernel}×{kernel} see" if count > 1 else f"One layer of {kernel}×{kernel} sees"


def stack(state: State) -> tuple[Step, ...]:
    """List the layers from the input on."""
    conv, pool = (state.kernel, state.stride), (state.pool, state.pool)
    steps = [Step("conv 1", *conv)]
    for layer in range(2, state.layers + 1):
        if state.pool > 1:
            steps.append(Step("pool", *pool))
        steps.append(Step(f"conv {layer}", *conv))
    return tuple(steps)


def field_sizes(steps: tuple[Step, ...]) -> tuple[Array, Array]:
    """Return field and jump of a unit at each level, (L + 1,): a wider field by k − 1 units of the level below.

    r ← r + (k − 1) j, j ← j s, from r = j = 1 at the input.
    """
    fields, jumps = [1], [1]
    for _, kernel, stride in steps:
        fields.append(fields[-1] + (kernel - 1) * jumps[-1])
        jumps.append(jumps[-1] * stride)
    return np.array(fields), np.array(jumps)


@lru_cache(maxsize=16)
def forward(steps: tuple[Step, ...]) -> tuple[Any, ...]:
    """Send an image (1, 1, SIDE, SIDE) through filters of ones; return cache and output shape of each level."""
    x = np.zeros((1, 1, SIDE, SIDE))
    caches: list[Any] = [(None, x.shape)]
    cache: Any
    for name, kernel, stride in steps:
        if name == "pool":
            x, cache = avg_pool2d_forward(x, kernel)
        else:
            x, cache = conv2d_forward(x, np.ones((1, 1, kernel, kernel)), np.zeros(1), stride)
        caches.append((cache, x.shape))
    return tuple(caches)


def backward(caches: tuple[Any, ...], row: int, column: int) -> list[Array]:
    """Return ∂(one unit of the last level) / ∂(all units of each level), the input first: not 0 where it is seen."""
    _, shape = caches[-1]
    gradient = np.zeros(shape)
    gradient[0, 0, row, column] = 1
    gradients = [gradient[0, 0]]
    for cache, _ in reversed(caches[1:]):
        if hasattr(cache, "w"):
            gradient, _, _ = conv2d_backward(gradient, cache)
        else:
            gradient = avg_pool2d_backward(gradient, cache)
        gradients.append(gradient[0, 0])
    return gradients[::-1]


def compute(state: State) -> Frame:
    """Take the gradient of the chosen unit with respect to the photograph, and to every level between."""
    steps = stack(state)
    fields, jumps = field_sizes(steps)
    paths, squares, seen = np.zeros((len(fields), SIDE)), np.zeros((len(fields), 4)), np.zeros((SIDE, SIDE))
    weights = np.zeros((1, 1))
    if fields[-1] <= SIDE:
        units = (SIDE - fields[-1]) // jumps[-1] + 1
        caches = forward(steps)
        gradients = backward(caches, units // 2, int(state.place * (units - 1) + 0.5))
        for level, gradient in enumerate(gradients):
            middle = tuple(way[(len(way) - 1) // 2] for way in reached(gradient))
            paths[level, : len(gradient)] = gradient[middle[0]] / gradient[middle[0]].max()
            seen_by_middle = backward(caches[: level + 1], *middle)[0]
            squares[level] = np.roll(bounds(seen_by_middle), 2)  # rows, columns → columns, rows
        top, bottom, left, right = bounds(gradients[0])
        weights = gradients[0][top : bottom + 1, left : right + 1] / gradients[0].max()
        seen[top : bottom + 1, left : right + 1] = weights
    return Frame(steps, fields, jumps, paths, squares, seen, weights, state)


def reached(gradient: Array) -> tuple[Array, Array]:
    """Return the rows, and the columns, that are not 0: a stride may jump over some."""
    return np.flatnonzero(gradient.any(1)), np.flatnonzero(gradient.any(0))


def bounds(gradient: Array) -> tuple[int, int, int, int]:
    """Return the first and last row, then the first and last column, that are not 0."""
    rows, columns = reached(gradient)
    return rows[0], rows[-1], columns[0], columns[-1]


@lru_cache(maxsize=1)
def photograph() -> Array:
    """Return the pagoda, (SIDE, SIDE, 3): each pixel the mean of 4 × 4."""
    image = load_photograph("china").transpose(2, 0, 1)[np.newaxis]
    small, _ = avg_pool2d_forward(image, 4)
    return small[0, :, :, :SIDE].transpose(1, 2, 0)


def units(frame: Frame) -> tuple[Array, Array]:
    """List the units of all levels: the level, and the place in its row, (M,) each."""
    counts = np.maximum((SIDE - frame.fields) // frame.jumps + 1, 0)
    level = np.repeat(np.arange(len(counts)), counts)
    return level, np.concatenate([np.arange(count) for count in counts])


def middle(frame: Frame, level: Array | int, unit: Array) -> Array:
    """Return where the fields of some units have their middle, in pixels from the left."""
    return unit * frame.jumps[level] + (frame.fields[level] - 1) / 2


def cones(frame: Frame) -> Array:
    """Outline, between neighbouring levels, what the chosen unit sees (L, 4, 2)."""
    if not frame.fits:
        return np.empty((0, 4, 2))
    seen = np.array([middle(frame, level, np.flatnonzero(row)[[0, -1]]) for level, row in enumerate(frame.paths)])
    heights = np.linspace(0, 1, len(seen))[:, np.newaxis]
    edges = np.stack(np.broadcast_arrays(seen + np.array([-0.5, 0.5]), heights), axis=2)  # (L + 1, 2, 2)
    return np.concatenate([edges[:-1], edges[1:, ::-1]], axis=1)


def windows(frame: Frame) -> Array:
    """Outline, level by level, which pixels the middle one of the seen units sees (L + 1, 4, 2)."""
    if not frame.fits:
        return np.empty((0, 4, 2))
    left, right, top, bottom = frame.squares.T
    return rectangles(left - 0.5, right + 0.5, top - 0.5, bottom + 0.5)


def mesh(count: int) -> list[Any]:
    """Draw lines between ``count`` × ``count`` pixels of a unit square; none where they are many."""
    ticks = [i / count for i in range(1, count)] if count <= 20 else []
    return [((t, 0), (t, 1)) for t in ticks] + [((0, t), (1, t)) for t in ticks]


COUNTS = LinearSegmentedColormap.from_list("counts", ["#ffffff", BLUE, "#123456"])
OUTSIDE = ListedColormap([(1, 1, 1, 0.68), (1, 1, 1, 0)])  # what is not seen is faded


class View:
    """The levels as rows of units; the field on a photograph; and how much each of its pixels counts."""

    size = (10.4, 4.7)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_levels(figure)
        self._make_photograph(figure)
        self._make_weights(figure)
        box = {"facecolor": PAPER, "edgecolor": RED, "boxstyle": "round,pad=0.6"}
        style = {"fontsize": 12, "color": RED, "ha": "center", "va": "center", "bbox": box, "zorder": 9}
        self.misfit = figure.text(0.765, 0.53, "", animated=True, **style)

    def _make_levels(self, figure: Figure) -> None:
        self.levels = ax = axes(figure, (0.06, 0.125, 0.315, 0.665), "one row of units a level", "input pixel")
        ax.grid(visible=False)
        ax.spines["left"].set_visible(False)
        ax.set(xlim=(-1, SIDE), ylim=(-0.07, 1.07), yticks=[])
        self.cones = areas(ax, BLUE, alpha=0.22, ghost={"color": GHOST["color"], "linewidth": 0.9})
        self.units = areas(ax, PAPER, edgecolors="#9aa5b1", linewidths=0.5)
        heading = {"fontsize": 10.5, "va": "bottom", "linespacing": 1.3, "transform": ax.transAxes}
        ax.text(1.02, 1.005, "field of a unit,\nr + (k − 1) · jump", color=PURPLE, **heading)
        style = {"fontsize": 10, "va": "center", "transform": ax.transAxes, "animated": True}
        self.names = [ax.text(-0.015, 0, "", ha="right", color=INK, **style) for _ in range(MAX_LEVELS)]
        self.sums = [ax.text(1.02, 0, "", color=PURPLE, **style) for _ in range(MAX_LEVELS)]

    def _make_photograph(self, figure: Figure) -> None:
        self.photograph = ax = axes(figure, (0.535, 0.27, 0.235, 0.52), "field, layer by layer")
        style = {"extent": (-0.5, SIDE - 0.5, SIDE - 0.5, -0.5)}
        ax.imshow(photograph(), **style)
        self.seen = ax.imshow(np.zeros((SIDE, SIDE)), cmap=OUTSIDE, vmin=0, vmax=1e-12, animated=True, **style)
        ax.grid(visible=False)
        ax.set(xticks=[0, 20, 39], yticks=[0, 20, 39], xlabel="pixel")
        self.squares = areas(ax, "none", edgecolors=ORANGE, linewidths=1.3)
        self.field = areas(ax, "none", edgecolors=RED, linewidths=2.4, ghost=GHOST)

    def _make_weights(self, figure: Figure) -> None:
        ax = axes(figure, (0.785, 0.3364, 0.205, 0.4536), "weight of pixels")
        ax.grid(visible=False)
        ax.set(xticks=[], yticks=[])
        style = {"extent": (0, 1, 0, 1), "interpolation": "nearest", "vmin": 0, "vmax": 1}
        self.weights = as_tiles(ax.imshow(np.zeros((2, 2)), cmap=COUNTS, animated=True, **style))
        note = {"fontsize": 10, "color": INK, "va": "top", "transform": ax.transAxes}
        self.mesh = segments(ax, PAPER, linewidths=0.7)
        self.pixels = ax.text(0, -0.05, "", animated=True, **note)
        ax.text(0, -0.17, "dark: many paths\nto the unit", **note)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        story = frame.story if frame.fits else "The field is larger than the photograph"
        say(self.headline, story, INK if frame.fits else RED)
        self.misfit.set_text("\n".join(wrap(frame.misfit, 42)))
        self._show_levels(frame)
        self._show_handles(frame)
        squares = windows(frame)
        self.seen.set_data(frame.seen)
        self.squares.set_verts(squares[1:-1])
        self.field.set_verts(squares[-1:])
        self.weights.set_data(frame.weights)
        self.mesh.set_segments(mesh(len(frame.weights)))
        self.pixels.set_text(f"{len(frame.weights)} × {len(frame.weights)} pixels" if frame.fits else "")

    def _show_levels(self, frame: Frame) -> None:
        level, unit = units(frame)
        heights = np.linspace(0, 1, len(frame.fields))
        x, y, width = middle(frame, level, unit), heights[level], 0.84 * np.minimum(frame.jumps[level], 1.6)
        self.units.set_verts(rectangles(x - width / 2, x + width / 2, y - 0.0225, y + 0.0225))
        counts = frame.paths[level, unit]
        self.units.set_facecolor(COUNTS(np.where(counts > 0, 0.25 + 0.75 * counts, 0)))
        self.cones.set_verts(cones(frame))
        labels = ["input", *(step.name for step in frame.steps)]
        for row, (name, total) in enumerate(zip(self.names, self.sums, strict=True)):
            shown = row < len(labels)
            name.set_text(labels[row] if shown else "")
            total.set_text(growth(frame, row) if shown else "")
            for text in (name, total):
                text.set_y((0.07 + heights[row]) / 1.14 if shown else 0)

    def _show_handles(self, frame: Frame) -> None:
        """Let the unit be dragged along its row, and its field across the photograph."""
        count = max((SIDE - frame.fields[-1]) // frame.jumps[-1] + 1, 1)
        first, last = middle(frame, -1, np.array([0, count - 1]))
        row = frame.squares[-1, 2:].mean()
        ends = (0.0, 1.0, 0.0, 0.0)
        self.handles = (
            Point(self.levels, "place", edges=(first, last, 1.0, 1.0), values=ends),
            Point(self.photograph, "place", edges=(first, last, row, row), values=ends),
        )


def growth(frame: Frame, level: int) -> str:
    """Write the size of a level's field as the formula with its numbers."""
    if level == 0:
        return "1"
    kernel, before, jump = frame.steps[level - 1].kernel, frame.fields[level - 1], frame.jumps[level - 1]
    return f"{before} + {kernel - 1} · {jump} = {frame.fields[level]}"


demo(
    __name__,
    title="What one unit sees",
    question=Question(
        "A unit of one 3×3 layer sees 3×3 pixels. You lay two more such layers on it. How many pixels does a unit of "
        "the third layer see?",
        ("3×3: a filter is as large as it is", "7×7", "9×9: three times three", "27×27: three to the third"),
        answer=1,
        explanation="Neighbouring units are one pixel apart, so their fields overlap. Each layer adds a pixel on every "
        "side: 3, 5, 7.",
        settings={"layers": 3, "kernel": 3, "stride": 1, "pool": 1},
    ),
    others={
        "no overlap": Question(
            "A unit after three 3×3 layers sees 7×7 pixels, not 9×9: the fields of neighbours overlap. You set the "
            "stride to 3, so that they do not. How many pixels does it see then?",
            ("9×9: three times three", "21×21: three times seven", "27×27: three to the third"),
            answer=2,
            explanation="With stride 1 each layer more adds k − 1 = 2 pixels: 3, 5, 7. With stride 3 each unit sees 3 "
            "× 3 units of the level below, and no pixel twice: 3, 9, 27.",
            settings={"stride": 3},
        ),
    },
    notice="Without stride or pooling the field grows by k − 1 pixels a layer. Stride and pooling widen the step "
    "between units, the jump, and every later layer grows by that much more. Three 3×3 layers and one 7×7 see the "
    "same pixels, but the stack has fewer weights and lets the middle count more.",
    presets={
        "Three 3×3": {"layers": 3, "kernel": 3, "stride": 1, "pool": 1},
        "One 7×7": {"layers": 1, "kernel": 7, "stride": 1, "pool": 1},
        "Pooling between": {"layers": 4, "kernel": 3, "stride": 1, "pool": 2},
        "Stride 3: no overlap": {"layers": 3, "kernel": 3, "stride": 3, "pool": 1},
        "Deep: the middle wins": {"layers": 5, "kernel": 7, "stride": 1, "pool": 1},
    },
)
