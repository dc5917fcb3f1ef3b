"""Pooling: each window becomes its maximum or its mean; backward the maximum routes its δ, the mean spreads it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Cells
from coursekit.figures.marks import areas, say
from coursekit.figures.number_grid import NumberGrid, outlines, sheet, written
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, PURPLE, RED, headline
from coursekit.layers import avg_pool2d_backward, avg_pool2d_forward, max_pool2d_backward, max_pool2d_forward

SIDE = 6  # pixels: windows of 2 and of 3 both tile it, but not those of 3 with a stride of 2
CHANNELS = 2
POOLS: dict[str, tuple[Any, Any]] = {
    "max": (max_pool2d_forward, max_pool2d_backward),
    "mean": (avg_pool2d_forward, avg_pool2d_backward),
}


@dataclass(frozen=True)
class State(DemoState):
    """Which pooling, and which window is looked at: after the last one it starts over."""

    kind: str = choice("max", {"maximum": "max", "mean": "mean"}, "pool by", main=True)
    window: int = slider(2, 2, 3, "window (pixels)")
    stride: int = slider(2, 1, 3, "stride (pixels)")
    place: int = slider(5, 1, 25, "window looked at", play=700, main=True)
    shift: int = slider(0, 0, 3, "image moved (pixels)", main=True)
    seed: int = 0

    @property
    def places(self) -> int:
        """How many windows there are along a side."""
        return (SIDE - self.window) // self.stride + 1

    def ends(self) -> dict[str, float]:
        """The walk is over at the last window."""
        return {"place": self.places**2}


@dataclass(frozen=True)
class Frame:
    """Both channels, forward and backward."""

    x: tuple[Array, ...]  # two of (SIDE, SIDE)
    y: tuple[Array, ...]  # two of (O, O)
    delta: tuple[Array, ...]  # two of (O, O), ∂L/∂y
    dx: tuple[Array, ...]  # two of (SIDE, SIDE)
    windows: tuple[Array, ...]  # two of (window, window): what is looked at
    index: int  # of the window, from 0, row by row
    places: int  # a side
    kept: int  # pooled values that a shift by this many pixels left as they were
    state: State

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the window, from 0."""
        return divmod(self.index, self.places)

    def winner(self, channel: int) -> tuple[int, int]:
        """Row and column of the pixel whose value the maximum takes, the first of several."""
        row, column = divmod(int(self.windows[channel].argmax()), self.state.window)
        return row + self.place[0] * self.state.stride, column + self.place[1] * self.state.stride

    @property
    def readout(self) -> str:
        """What became of one window, forward and backward, and of the shape."""
        values = ", ".join(map(written, self.windows[0].ravel()))
        y, delta = number(self.y[0][self.place]), number(self.delta[0][self.place])
        count = self.state.window**2
        if self.state.kind == "max":
            back = f"its δ, {delta}, goes to the pixel that won"
        else:
            back = (
                f"its δ, {delta}, is shared: each of its {count} pixels gets a {'quarter' if count == 4 else 'ninth'}"
            )
        shifted = ""
        if self.state.shift:
            shifted = f" After the move {self.kept} of {2 * self.places**2} pooled values are as before."
        unseen = (SIDE - self.state.window) % self.state.stride
        if unseen:
            shifted += f" No window sees the last {'row and column' if unseen == 1 else f'{unseen} rows and columns'}."
        return (
            f"Channel 1, window {self.index + 1} of {self.places**2}: the {self.state.kind} of {values} is {y}; "
            f"backward, {back}. {SIDE} × {SIDE} × 2 becomes {self.places} × {self.places} × 2.{shifted}"
        )


def number(value: float) -> str:
    """Write a whole number as such, and another one with two digits behind the point."""
    return written(value, 0 if value == round(value) else 2)


@lru_cache(maxsize=4)
def draw(seed: int) -> tuple[Array, Array]:
    """Draw an image (1, 2, 6, 6) of whole numbers, and as many δ for each pixel of a window."""
    rng = np.random.default_rng(seed)
    shape = (1, CHANNELS, SIDE, SIDE)
    image = rng.integers(0, 10, shape).astype(np.float32)
    return image, rng.choice([-2.0, -1.0, 1.0, 2.0], shape).astype(np.float32)


def compute(state: State) -> Frame:
    """Pool forward, send δ back; pool the image before its move as well."""
    image, upstream = draw(state.seed)
    x = np.ascontiguousarray(np.roll(image, state.shift, axis=3))
    forward, backward = POOLS[state.kind]
    places = state.places
    y, cache = forward(x, state.window, state.stride)
    delta = np.ascontiguousarray(state.window**2 * upstream[:, :, :places, :places])  # a mean shares it evenly
    dx = backward(delta, cache)
    kept = int(np.isclose(y, forward(image, state.window, state.stride)[0]).sum())
    index = (state.place - 1) % places**2
    top, left = (at * state.stride for at in divmod(index, places))
    windows = x[0, :, top : top + state.window, left : left + state.window]
    return Frame(tuple(x[0]), tuple(y[0]), tuple(delta[0]), tuple(dx[0]), tuple(windows), index, places, kept, state)


UPPER, LOWER, CELL = 90, 290, 30
LEFTS = {"x": 42, "y": 274, "delta": 556, "dx": 804}
TITLES = {"x": "input x", "y": "output y", "delta": "δ = ∂L/∂y", "dx": "∂L/∂x"}
REACHES = {"x": 15.0, "y": 15.0, "delta": 10.0, "dx": 10.0}


def windows(grids: list[NumberGrid], frame: Frame, grow: float = 0) -> list[Array]:
    """Return the corners of the window looked at, in each channel of the input or of its gradient."""
    top, left = (at * frame.state.stride for at in frame.place)
    size = frame.state.window
    return [grid.box(top, left, size, size, grow) for grid in grids]


class View:
    """A row for each channel: forward on the left, backward on the right."""

    size = (10.4, 5.1)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = sheet(figure)
        self.grids = {
            name: [NumberGrid(ax, REACHES[name], animated=name != "x", digits=2) for _ in range(CHANNELS)]
            for name in LEFTS
        }
        for name, left in LEFTS.items():
            ax.text(left, UPPER - 10, TITLES[name], fontsize=11.5, color=INK)
        self.handles = [Cells(grid.image, "place") for name in ("y", "delta") for grid in self.grids[name]]
        for c, top in enumerate((UPPER, LOWER), 1):
            ax.text(20, top + 3 * CELL, f"channel {c}", rotation=90, ha="center", va="center", fontsize=11)
        ax.text(42, 58, "FORWARD", fontsize=11, fontweight="bold", color=PURPLE)
        ax.text(556, 58, "BACKWARD", fontsize=11, fontweight="bold", color=AMBER)
        ax.plot([524, 524], [44, 492], color="#cccccc", linewidth=1)
        self.words = ax.text(42, LOWER + 206, "", fontsize=11, animated=True)
        self.ghost_text = ax.text(1030, LOWER + 212, "", fontsize=10.5, color=GHOST["color"], ha="right")
        self.tiles = outlines(ax, "#777777", 1.3)
        self.windows = outlines(ax, PURPLE, 3)
        self.backward = outlines(ax, AMBER, 3)
        self.winners = outlines(ax, RED, 2, "--")
        self.ghost = outlines(ax, GHOST["color"], 1.6, GHOST["linestyle"], animated=False)
        self.left_over = areas(ax, RED, alpha=0.22, zorder=2)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        for name, left in LEFTS.items():
            for grid, top, values in zip(self.grids[name], (UPPER, LOWER), getattr(frame, name), strict=True):
                grid.place(left, top, CELL if name in ("x", "dx") else min(44, 180 // frame.places))
                grid.show(values)
        self._show_windows(frame)
        self._show_words(frame)

    def _show_windows(self, frame: Frame) -> None:
        size, step, x, dx = frame.state.window, frame.state.stride, self.grids["x"], self.grids["dx"]
        every = [(i * step, j * step) for i in range(frame.places) for j in range(frame.places)]
        tiled = every if step >= size else []  # overlapping windows would be a tangle
        self.tiles.set_verts([grid.box(*at, size, size) for grid in x for at in tiled])
        seen = size + (frame.places - 1) * step
        self.left_over.set_verts([strip for grid in x + dx for strip in grid.beyond(seen, SIDE)])
        self.windows.set_verts(windows(x, frame) + [grid.box(*frame.place) for grid in self.grids["y"]])
        self.backward.set_verts(windows(dx, frame) + [grid.box(*frame.place) for grid in self.grids["delta"]])
        winners = [grid.box(*frame.winner(c), grow=-4) for grids in (x, dx) for c, grid in enumerate(grids)]
        self.winners.set_verts(winners if frame.state.kind == "max" else [])

    def _show_words(self, frame: Frame) -> None:
        state = frame.state
        y, delta = number(frame.y[0][frame.place]), number(frame.delta[0][frame.place])
        if state.kind == "max":
            story = f"The largest is {y}: backward, its pixel gets the whole δ, {delta}"
        else:
            share = number(frame.delta[0][frame.place] / state.window**2)
            story = f"The mean is {y}: backward, each pixel gets δ / {state.window**2} = {share}"
        say(self.headline, f"Channel 1. {story}", PURPLE if state.kind == "max" else BLUE)
        words = f"depth: {CHANNELS} channels in, {CHANNELS} channels out"
        if state.shift:
            words = f"pooled values as before the move: {frame.kept} of {CHANNELS * frame.places**2}"
        elif (SIDE - state.window) % state.stride:
            words = "red: pixels that no window sees; their gradient is 0"
        self.words.set_text(words)

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's window as a ghost, and what became of it."""
        if frame is None:
            self.ghost.set_verts([])
            self.ghost_text.set_text("")
            return
        size = frame.state.window
        self.ghost.set_verts(windows(self.grids["x"], frame, -5))
        what = f"{frame.state.kind} {number(frame.y[0][frame.place])} in channel 1"
        sizes = f"{size} × {size}, stride {frame.state.stride}, moved by {frame.state.shift}"
        self.ghost_text.set_text(f"pinned: {sizes}: {what}")


demo(
    __name__,
    title="Pooling, forward and backward",
    question=Question(
        "The maximum sends the whole δ of a window to one of its four pixels. You pool by the mean instead, and δ = 4 "
        "comes back. What do the four pixels get?",
        ("4 for the largest, 0 for the others", "1 each", "4 each"),
        answer=1,
        explanation="A mean listens to all four pixels, a quarter to each: so each gets a quarter of δ. With the "
        "maximum only the largest pixel has a say: a small change of another one changes nothing.",
        settings={"kind": "mean", "window": 2, "stride": 2, "place": 6, "shift": 0},
    ),
    others={
        "moved": Question(
            "The image moves by one pixel, half a window. How many of the 18 pooled values stay as they were?",
            ("All: the maximum does not mind where its pixel is", "Some", "None: every window holds other pixels"),
            answer=1,
            explanation="Nine, half of them. A value stays if its pixel is in a window with no larger one after the "
            "move, too. In a smooth feature map that happens more often than with numbers as wild as these.",
            settings={"shift": 1},
        ),
    },
    notice="The dashed squares are the pixels that won. The maximum routes: their gradients are whole, all others "
    "are 0. The mean spreads: every pixel of the window gets the same share. Each channel is pooled by itself, so "
    "the depth stays. Move the image to the right (what leaves it there comes in on the left): "
    "some pooled values stay, but far from all.",
    presets={
        "Max 2 × 2": {"kind": "max", "window": 2, "stride": 2, "shift": 0},
        "Mean 2 × 2": {"kind": "mean", "window": 2, "stride": 2, "shift": 0},
        "Max 3 × 3": {"kind": "max", "window": 3, "stride": 3, "shift": 0},
        "Overlapping: 3 × 3 by 2": {"kind": "max", "window": 3, "stride": 2, "place": 1, "shift": 0},
    },
)
