"""Gradient descent on a surface of two weights: one step after the other against the gradient, as long as the rate."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import demo
from coursekit.figures.handles import Point
from coursekit.figures.marks import fit, legend, line, put, say, stepped, zero
from coursekit.figures.style import BLUE, INK, ORANGE, RED, axes, headline, plain
from coursekit.surfaces import SURFACES

STEPS = 50
WIDE, HIGH = 5.0, 2.5  # the picture shows w₁ from −WIDE to WIDE and w₂ from −HIGH to HIGH
SHARE = 0.01  # a loss under this share of the first one counts as arrived
FAR = 1e4  # weights further out than this have run away
SHOWN = ("bowl", "ravine", "saddle")
LEVELS = {
    "bowl": (0.25, 1, 2.5, 5, 8, 12, 16),
    "ravine": (0.5, 2, 5, 10, 20, 35, 55),
    "saddle": (-4, -2, -0.75, 0, 0.75, 2, 4, 8, 14, 20),
}


@dataclass(frozen=True)
class State(DemoState):
    """Where descent begins, how long its steps are, and how many have been made."""

    step: int = slider(0, 0, STEPS, "step", play=250, main=True)
    rate: float = slider(0.1, 0.005, 1.0, "rate η", log=True, main=True)
    surface: str = choice("bowl", [SURFACES[name] for name in SHOWN], "surface", main=True)
    w1: float = slider(-4.0, -4.5, 4.5, "start: weight w₁", step=0.1)
    w2: float = slider(1.5, -2.0, 2.0, "start: weight w₂", step=0.1)


class Walk(NamedTuple):
    """A whole run; what has run away stays where it was last."""

    w: Array  # (STEPS + 1, 2)
    loss: Array  # (STEPS + 1,)
    gradient: Array  # (STEPS + 1, 2)


@dataclass(frozen=True)
class Frame:
    """The way up to the chosen step, and the step that comes next."""

    w1: Array  # (step + 1,)
    w2: Array  # (step + 1,)
    loss: Array  # (step + 1,)
    whole: Array  # (STEPS + 1,), the loss all the way to the end
    next1: Array  # (2,), w₁ now and after the next step
    next2: Array  # (2,)
    gradient: Array  # (2,), at the chosen step
    top: float  # largest loss of the way, for the axis
    arrived: int | None  # the step from which on the loss is under `SHARE` of the first
    state: State

    @property
    def diverges(self) -> bool:
        """Whether the whole way ends higher than it begins."""
        return bool(self.whole[-1] > self.whole[0])

    @property
    def stuck(self) -> bool:
        """Whether the gradient is 0 where there is no minimum."""
        return self.state.surface == "saddle" and bool(np.abs(self.gradient).max() < 1e-3)

    @property
    def verdict(self) -> str:
        """Where this way leads."""
        if self.diverges:
            return "it diverges, because its steps are too long"
        if self.state.surface == "saddle":
            return "stuck on the saddle, where the gradient is 0" if self.stuck else "the saddle has no lowest point"
        if self.arrived is None:
            return f"not under {SHARE:.0%} of the first loss within {STEPS} steps"
        return f"under {SHARE:.0%} of the first loss after {self.arrived} step{'s' * (self.arrived != 1)}"

    @property
    def in_short(self) -> str:
        """The verdict for the headline."""
        if self.diverges or self.state.surface == "saddle":
            return "diverges" if self.diverges else "stuck on the saddle" if self.stuck else "no lowest point"
        return (
            f"{SHARE:.0%} of the first not reached"
            if self.arrived is None
            else f"under {SHARE:.0%} after {self.arrived}"
        )

    @property
    def readout(self) -> str:
        """Where the weights are, how steep it is there, and what the next step does."""
        moves = self.next1[1] - self.next1[0], self.next2[1] - self.next2[0]
        return (
            f"Step {self.state.step}, rate {plain(self.state.rate)}: w = {pair(self.w1[-1], self.w2[-1])}, loss "
            f"{plain(self.loss[-1])}, gradient {pair(*self.gradient)}, so the next step is {pair(*moves)}. "
            f"In all: {self.verdict}."
        )


def pair(first: float, second: float) -> str:
    """Write two numbers as a point."""
    return f"({tidy(first)}, {tidy(second)})"


def tidy(value: float) -> str:
    """Write a number to three digits, and what is too small to be seen as 0."""
    return plain(value if abs(value) >= 5e-4 else 0.0)


@lru_cache(maxsize=16)
def descend(surface: str, rate: float, w1: float, w2: float) -> Walk:
    """Make all steps, each against the gradient: w ← w − η ∇L."""
    value, slope = SURFACES[surface].value, SURFACES[surface].gradient
    w, rows = np.array([w1, w2]), []
    for _ in range(STEPS + 1):
        gradient = np.array(slope(*w))
        rows.append((w, value(*w), gradient))
        moved = w - rate * gradient
        w = moved if np.abs(moved).max() < FAR else w
    return Walk(*(np.array(column) for column in zip(*rows, strict=True)))


def compute(state: State) -> Frame:
    """Walk, or look the walk up, and stop at ``state.step``."""
    walk = descend(state.surface, state.rate, state.w1, state.w2)
    k = state.step
    (w1, w2), gradient = walk.w[k], walk.gradient[k]
    far = np.flatnonzero(walk.loss > SHARE * walk.loss[0])
    last = int(far[-1]) + 1 if len(far) else 0
    return Frame(
        w1=walk.w[: k + 1, 0],
        w2=walk.w[: k + 1, 1],
        loss=walk.loss[: k + 1],
        whole=walk.loss,
        next1=np.array([w1, w1 - state.rate * gradient[0]]),
        next2=np.array([w2, w2 - state.rate * gradient[1]]),
        gradient=gradient,
        top=float(walk.loss[: k + 1].max()),
        arrived=last if last <= STEPS else None,
        state=state,
    )


class View:
    """The surface from above with the way walked, and the loss after each step."""

    size = (10.4, 4.4)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_plane(figure)
        self._make_losses(figure)

    def _make_plane(self, figure: Figure) -> None:
        ax = axes(figure, (0.065, 0.13, 0.535, 0.70), "", "weight w₁", "weight w₂")
        legend(ax, ("● now", INK), ("┅○ next", RED))
        ax.set(xlim=(-WIDE, WIDE), ylim=(-HIGH, HIGH), xticks=range(-4, 5, 2), yticks=range(-2, 3))
        ax.grid(visible=False)
        ax.set_aspect("equal", anchor="NW")  # or a step would not leave its contour at a right angle
        x, y = np.meshgrid(np.linspace(-WIDE, WIDE, 121), np.linspace(-HIGH, HIGH, 61))
        self.contours: dict[str, ContourSet] = {}
        for name in SHOWN:
            made = ax.contour(x, y, SURFACES[name].value(x, y), levels=LEVELS[name], colors="#a9a9a9", linewidths=1.0)
            made.set(linestyles="-", visible=False)
            self.contours[name] = made
        self.lowest = ax.plot(0, 0, "*", color=INK, markersize=13)[0]
        self.walked = line(ax, ".-", color=BLUE, linewidth=2.0, markersize=7, ghost=True)
        self.next = line(ax, color=RED, linewidth=1.8, linestyle=(0, (2, 1)), ghost=True)
        self.landing = line(ax, "o", color=RED, markersize=8, fillstyle="none", markeredgewidth=1.6)
        self.now = line(ax, "o", color=INK, markersize=9, zorder=5)
        self.handles = (Point(ax, "w1", "w2"),)

    def _make_losses(self, figure: Figure) -> None:
        self.losses = ax = axes(figure, (0.69, 0.13, 0.295, 0.70), "the loss", "step")
        ax.set_xlim(0, STEPS)
        zero(ax)
        self.fall = line(ax, ".-", color=BLUE, linewidth=1.8, markersize=5, ghost=True)
        self.loss_now = line(ax, "o", color=INK, markersize=9, clip_on=False, zorder=5)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        state = frame.state
        self._show_surface(state.surface)
        loss = frame.loss[-1]
        words = f"Step {state.step}, loss {plain(loss, 2)}: {frame.in_short}"
        say(self.headline, words, RED if frame.diverges else ORANGE if frame.stuck else INK)
        self.walked.set_data(frame.w1, frame.w2)
        self.next.set_data(frame.next1, frame.next2)
        put(self.landing, frame.next1[1], frame.next2[1])
        put(self.now, frame.w1[-1], frame.w2[-1])
        top = stepped(1.02 * frame.top, 5.0, 10.0, 20.0, 40.0, 80.0)
        low = -top if state.surface == "saddle" else -0.03 * top
        fit(self.losses, ylim=(low, top))
        self.fall.set_data(np.arange(len(frame.loss)), frame.loss)
        put(self.loss_now, state.step, min(max(loss, low), top))

    def _show_surface(self, name: str) -> None:
        """Show the contours of one surface, and the star where it has a lowest point."""
        for other, contours in self.contours.items():
            fit(contours, visible=other == name)
        fit(self.lowest, visible=SURFACES[name].minimum is not None)


demo(
    __name__,
    title="Downhill, step by step",
    question=Question(
        "This bowl is three times as steep across as along. With a rate of 0.1 every step covers part of the way to "
        "the star. You make the rate seven times as large, 0.7. What does the path do?",
        (
            "It arrives far sooner",
            "It swings further each time",
            "It arrives at once",
        ),
        answer=1,
        explanation="Across, the slope is 3 w₂, so a step is 0.7 · 3 = 2.1 times the distance to the bottom: it lands "
        "on the other side, 1.1 times as far away, and the next step does the same. From a rate of 2/3 on it never "
        "arrives; with 0.5 it is under 1% of its first loss after 4 steps.",
        settings={"rate": 0.7, "step": 12},
    ),
    notice="Press Play. The dashed stroke is the next step: it leaves the contour at a right angle, is long where it "
    "is steep and short where it is flat. So the path slows down by itself on its way into the bowl, "
    "although the rate stays what it is.",
    presets={
        "Too small": {"surface": "bowl", "rate": 0.02, "w1": -4.0, "w2": 1.5, "step": STEPS},
        "About right": {"surface": "bowl", "rate": 0.4, "w1": -4.0, "w2": 1.5, "step": STEPS},
        "Too large": {"surface": "bowl", "rate": 0.7, "w1": -4.0, "w2": 1.5, "step": 12},
        "Ravine": {"surface": "ravine", "rate": 0.07, "w1": -4.0, "w2": 1.0, "step": STEPS},
        "Saddle, dead straight": {"surface": "saddle", "rate": 0.1, "w1": -4.0, "w2": 0.0, "step": STEPS},
        "Saddle, a little aside": {"surface": "saddle", "rate": 0.1, "w1": -4.0, "w2": 0.1, "step": 30},
    },
    others={
        "ravine": Question(
            "The bowl was 3 times as steep across as along, this ravine is 25 times as steep. A rate of 0.4 served the "
            "bowl well. What does it do here?",
            (
                "It serves as well: the lowest point is at the same place",
                "It is too large: the path jumps out of the ravine",
                "It is too small: the path crawls",
            ),
            answer=1,
            explanation="A step across is 0.4 · 25 = 10 times the distance to the bottom of the ravine. The steepest "
            "direction sets the limit, 2/25 = 0.08, and with such a small rate the flat direction crawls.",
            settings={"rate": 0.4, "step": 3},
        ),
    },
)
