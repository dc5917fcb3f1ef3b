"""A Maxout unit takes the largest of k lines: k straight pieces that follow any convex curve, and no other."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, fit, legend, line, put, rectangles, say, segments
from coursekit.figures.style import AMBER, BLUE, CYCLE, INK, PAPER, RED, axes, headline, plain
from coursekit.layers import Maxout, maxout_forward
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

REACH = 2.0  # inputs run from −2 to 2
INPUTS = np.linspace(-REACH, REACH, 129)
MAX_PIECES = 12
STEPS = 200
RATE = 0.1
LOWEST, HIGHEST = 1e-3, 10.0  # the errors that the picture spans


class Target(NamedTuple):
    """A curve to follow."""

    label: str
    f: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    limits: tuple[float, float]
    convex: bool = True


TARGETS = {
    "square": Target("x² (convex)", lambda x: x**2, lambda x: 2 * x, (-1.6, 4.6)),
    "abs": Target("|x| (convex)", np.abs, np.sign, (-1.6, 3.2)),
    "relu": Target("ReLU (convex)", lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0), (-1.6, 3.2)),
    "sine": Target(
        "sin πx (not convex)",
        lambda x: np.sin(np.pi * x),
        lambda x: np.pi * np.cos(np.pi * x),
        (-2.6, 2.6),
        convex=False,
    ),
}


@dataclass(frozen=True)
class State(DemoState):
    """One Maxout unit with one input; *tangents* are set by formula, training starts from random lines."""

    pieces: int = slider(4, 1, MAX_PIECES, "pieces k", main=True)
    target: str = choice("square", {curve.label: name for name, curve in TARGETS.items()}, "curve to follow", main=True)
    method: str = choice("training", {"training": "training", "formula: tangents": "tangents"}, "lines found by")
    step: int = slider(STEPS, 0, STEPS, "training step", play=40)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return {"step": "tangents are not trained"} if self.method == "tangents" else {}


@dataclass(frozen=True)
class Frame:
    """The unit's k lines, and the largest of them over `INPUTS`."""

    wanted: Array  # (129,), the curve to follow
    y: Array  # (129,), max over k of w[k] x + b[k]
    piece: Array  # (129,), which k that is
    lines: Array  # (k, 2), slope and height at 0
    errors: Array  # (MAX_PIECES,), the largest distance between curve and unit for every k, at least LOWEST
    state: State

    @property
    def error(self) -> float:
        """The largest distance from the curve."""
        return float(self.errors[self.state.pieces - 1])

    @property
    def idle(self) -> int:
        """How many pieces are the largest nowhere."""
        return self.state.pieces - len(np.unique(self.piece))

    @property
    def readout(self) -> str:
        """The error, the pieces without work, and why some curves cannot be followed."""
        k, target = self.state.pieces, TARGETS[self.state.target]
        when = f" after step {self.state.step}" if self.state.method == "training" else ", by tangents"
        plural = "s" if k > 1 else ""
        be, them = ("is", "it") if self.idle == 1 else ("are", "them")
        idle = f" {self.idle} of them {be} the largest nowhere: no gradient reaches {them}." if self.idle else ""
        note = "" if target.convex else " The largest of any lines is convex, and this curve is not."
        return (
            f"{k} piece{plural}{when}: at most {plain(self.error, 2)} from {target.label.split(' (')[0]}.{idle}{note}"
        )


def tangents(target: str, pieces: int) -> Array:
    """Return the tangents (k, 2) at the middles of k equal intervals: slope, and height at 0."""
    touch = -REACH + 2 * REACH * (np.arange(pieces) + 0.5) / pieces
    slope = TARGETS[target].slope(touch)
    return np.stack([slope, TARGETS[target].f(touch) - slope * touch], axis=1)


@lru_cache(maxsize=4 * MAX_PIECES)
def train(target: str, pieces: int, seed: int) -> Array:
    """Fit the lines by gradient descent with momentum; return them at every step, (STEPS + 1, k, 2)."""
    rng = np.random.default_rng([seed, pieces])
    unit = Maxout(1, 1, pieces, rng, dtype=np.float64)
    unit.params["b"] += 0.1 * rng.standard_normal((1, pieces))  # at different heights, so that more of them are seen
    net = Sequential([unit])
    params, loss, optimiser = net.params, LOSSES["mse"], OPTIMISERS["momentum"](lr=RATE)
    memory = optimiser.init(params)
    x, y = INPUTS[:, None], TARGETS[target].f(INPUTS)[:, None]
    slopes, heights = [], []
    for _ in range(STEPS + 1):
        slopes.append(params["0.w"][0, 0].copy())
        heights.append(params["0.b"][0].copy())
        net.parameter_gradients(loss(net.forward(x), y)[1])
        optimiser.step(params, net.grads, memory)
    return np.stack([slopes, heights], axis=2)


def lines_of(state: State, pieces: int) -> Array:
    """Return slope and height at 0 of the lines (k, 2) that this state has for k pieces."""
    if state.method == "tangents":
        return tangents(state.target, pieces)
    return train(state.target, pieces, state.seed)[state.step]


def largest(lines: Array) -> tuple[Array, Array]:
    """Return the largest of the lines over `INPUTS`, and which it is."""
    y, cache = maxout_forward(INPUTS[:, None], lines[None, None, :, 0], lines[None, :, 1])
    return y[:, 0], cache.piece[:, 0]


def compute(state: State) -> Frame:
    """Find the lines for every k, and look closely at one."""
    wanted = TARGETS[state.target].f(INPUTS)
    every = [lines_of(state, k) for k in range(1, MAX_PIECES + 1)]
    y, piece = largest(every[state.pieces - 1])
    errors = [np.abs(largest(lines)[0] - wanted).max() for lines in every]
    return Frame(wanted, y, piece, every[state.pieces - 1], np.clip(errors, LOWEST, HIGHEST), state)


class View:
    """The curve, the lines and the largest of them; beside them the error against k."""

    size = (10.4, 4.5)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curve(figure)
        self._make_errors(figure)

    def _make_curve(self, figure: Figure) -> None:
        self.curve = ax = axes(figure, (0.065, 0.125, 0.515, 0.70), "", "input x", "output y")
        ax.set_xlim(-REACH, REACH)
        self.bands = areas(ax, None, alpha=0.16)  # these and the lines get a colour a piece
        self.lines = segments(ax, None, linewidths=1.3)
        self.idle = segments(ax, "#777777", linewidths=1.1, linestyles=[(0, (4, 3))])
        self.wanted = line(ax, color="#333333", linewidth=5.5, alpha=0.28)
        self.largest = line(ax, color=BLUE, linewidth=2.8, ghost=True)
        unit, target, idle = "— largest line", "▬ curve to follow", "- - largest nowhere"
        legend(ax, (unit, BLUE), (target, "#717581"), (idle, "#555555"))

    def _make_errors(self, figure: Figure) -> None:
        ax = axes(figure, (0.67, 0.125, 0.315, 0.70), "largest distance (log)", "pieces k")
        ax.set(xscale="log", yscale="log", xlim=(0.9, 13.5), ylim=(LOWEST / 1.3, HIGHEST))
        ticks = [1, 2, 3, 4, 6, 8, 12]
        ax.set_xticks(ticks, [str(tick) for tick in ticks])
        ax.set_xticks([], minor=True)
        ax.set_yticks([0.001, 0.01, 0.1, 1, 10], ["≤ 0.001", "0.01", "0.1", "1", "10"])
        k = np.array([1.0, MAX_PIECES])
        ax.plot(k, 4 / k**2, color=INK, linewidth=1.0, linestyle=":")
        ax.text(8.6, 0.075, "4 / k²", fontsize=10.5, color=INK)
        self.errors = line(ax, "o-", color=RED, markersize=5, linewidth=1.3, ghost=True)
        self.now = line(ax, "o", color=PAPER, markeredgecolor=RED, markeredgewidth=2.4, markersize=11)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        target = TARGETS[frame.state.target]
        self._show_headline(frame)
        fit(self.curve, ylim=target.limits)
        self.wanted.set_data(INPUTS, frame.wanted)
        self.largest.set_data(INPUTS, frame.y)
        working = np.unique(frame.piece)
        idle = np.setdiff1d(np.arange(len(frame.lines)), working)
        self.lines.set_segments(across(frame.lines[working]))
        self.lines.set_color([color(piece) for piece in working])
        self.idle.set_segments(across(frame.lines[idle]))
        bands, owners = territories(frame.piece, *target.limits)
        self.bands.set_verts(bands)
        self.bands.set_facecolor([color(piece) for piece in owners])
        self.errors.set_data(np.arange(1, MAX_PIECES + 1), frame.errors)
        put(self.now, frame.state.pieces, frame.error)

    def _show_headline(self, frame: Frame) -> None:
        k, convex = frame.state.pieces, TARGETS[frame.state.target].convex
        near = f"within {plain(frame.error, 2)}" if frame.error > LOWEST else "exact to 0.001"
        idle = f", {frame.idle} of them idle" if frame.idle else ""
        end = "" if convex else ": a largest line is always convex"
        say(self.headline, f"{k} piece{'s' if k > 1 else ''}{idle}: {near}{end}", BLUE if convex else AMBER)


def color(piece: int) -> str:
    """Return the colour of a piece."""
    return CYCLE[piece % len(CYCLE)]


def across(lines: Array) -> list[Array]:
    """Return slopes and heights (k, 2) as segments (2, 2) from one side of the picture to the other."""
    ends = np.array([-REACH, REACH])
    return [np.stack([ends, slope * ends + height], axis=1) for slope, height in lines]


def territories(piece: Array, low: float, high: float) -> tuple[Array, list[int]]:
    """Return the intervals in which one line is the largest, as rectangles from low to high, and whose they are."""
    starts = np.flatnonzero(np.diff(piece, prepend=-1))
    edges = np.append((INPUTS[starts] + INPUTS[np.maximum(starts - 1, 0)]) / 2, REACH)
    return rectangles(edges[:-1], edges[1:], low, high), piece[starts].tolist()


demo(
    __name__,
    title="The largest of k lines",
    question=Question(
        "Four pieces follow x² well. Now the curve is a sine wave from −1 to 1, and the unit may have twelve pieces. "
        "How near does it come to the wave?",
        ("Nearer: three times as many pieces", "About as near", "Never nearer than about 1"),
        answer=2,
        explanation="The largest of any lines is convex: it bends upwards only. A hill of the wave bends downwards, "
        "and there no number of pieces helps.",
        settings={"target": "sine", "method": "training", "pieces": 12, "step": STEPS},
    ),
    notice="Each shaded interval belongs to the line that is largest there, and only that line learns from "
    "these inputs. A line that is largest nowhere gets no gradient and stays idle: a unit cannot die, but its "
    "pieces can. And whatever the lines, their maximum is convex: on the sine it gives up.",
    presets={
        "x², 4 pieces": {"target": "square", "method": "training", "pieces": 4, "step": STEPS},
        "x², 8 tangents": {"target": "square", "method": "tangents", "pieces": 8},
        "|x| needs two": {"target": "abs", "method": "tangents", "pieces": 2},
        "ReLU is one of them": {"target": "relu", "method": "tangents", "pieces": 2},
        "Not convex": {"target": "sine", "method": "training", "pieces": 8, "step": STEPS},
    },
)
