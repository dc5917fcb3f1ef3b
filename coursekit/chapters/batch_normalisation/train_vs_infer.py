"""Batch statistics against running ones: how they scatter with the batch size, and what one odd example does."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import demo
from coursekit.figures.marks import areas, cursor, legend, line, put, rectangles, say, segments
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, ORANGE, PAPER, PURPLE, RED, axes, headline
from coursekit.layers import Linear, RunningStatistics, batch_norm_forward

STEPS = 200
BANDS = (0.05, 0.25, 0.75, 0.95)  # the quantiles between which 90 % and 50 % of the batches lie
REACH = 6.0  # normalised outputs are shown from −REACH to REACH
# A unit whose mean is not 0 and whose variance is not 1, where the running statistics start.
MEAN, STD = 3.0, 2.0


@dataclass(frozen=True)
class State(DemoState):
    """One unit behind a linear layer with random weights; its inputs are digits."""

    batch_size: int = slider(4, 1, 64, "batch size", main=True)
    momentum: float = slider(0.1, 0.01, 1.0, "momentum", log=True)
    odd: float = slider(6.0, 0.0, 10.0, "odd one: std off mean", step=0.5, main=True)
    step: int = slider(STEPS, 1, STEPS, "training step", play=100, main=True)
    seed: int = 0

    def without_effect(self) -> dict[str, str]:
        return dict.fromkeys(("momentum", "odd"), "one value has no spread") if self.batch_size == 1 else {}


class History(NamedTuple):
    """The statistics of every training step; row k is step k + 1."""

    batch_mean: Array  # (STEPS,)
    batch_std: Array  # (STEPS,), as batch norm divides by it
    running_mean: Array  # (STEPS,)
    running_std: Array  # (STEPS,), the root of the running variance


@dataclass(frozen=True)
class Frame:
    """The statistics until now, and the outputs of one batch, once with an odd example in its last place."""

    history: History
    usual: Array  # (N,), training-mode outputs
    shifted: Array  # (N,), training-mode outputs once the last sample is odd
    tested: Array  # (N,), test-mode outputs
    tested_odd: Array  # (N,), test-mode outputs once the last sample is odd
    error: str  # what batch_norm_forward says instead, if the batch is too small
    state: State

    @property
    def moved(self) -> float:
        """How far the odd example moves the others in training mode, on average."""
        return math.nan if self.error else float(np.abs(self.shifted - self.usual)[:-1].mean())

    @property
    def readout(self) -> str:
        """How far batch and running statistics differ, and what the odd example does."""
        if self.error:
            return f"Batch size 1: the unbiased std of one value is 0/0, not a number. {self.error}"
        seen = slice(max(0, self.state.step - 50), self.state.step)
        mean, std = self.history.batch_mean[seen], self.history.batch_std[seen]
        last = self.state.step - 1
        running = self.history.running_mean[last], self.history.running_std[last]
        return (
            f"Step {self.state.step}, batches of {self.state.batch_size}. Means of the last {len(mean)}: "
            f"{tenths(mean.min())} to {tenths(mean.max())}, running {tenths(running[0])}. "
            f"Stds: {tenths(std.min())} to {tenths(std.max())}, running {tenths(running[1])}. The odd example moves "
            f"the others by {self.moved:.2f} in training mode, by 0 in test mode."
        )


def tenths(value: float) -> str:
    """Write a number with one digit behind the point, and with a true minus."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")


@lru_cache(maxsize=2)
def unit_values(seed: int) -> Array:
    """Return what one unit of a random linear layer says to each training digit, (1437, 1): mean 3, std 2."""
    images, _ = load_digits("train", np.float64)
    layer = Linear(64, 1, np.random.default_rng([seed, 1]), dtype=np.float64)
    z = layer.forward(images.reshape(len(images), -1))
    values: Array = MEAN + STD * (z - z.mean()) / z.std()
    return values


@lru_cache(maxsize=8)
def train(batch_size: int, momentum: float, seed: int) -> History:
    """Send one batch after the other through batch norm in training mode, and note its statistics."""
    values = unit_values(seed)
    running = RunningStatistics.start(1, np.float64)
    gamma, beta = np.ones(1), np.zeros(1)
    rows = []
    for batch in batches(seed)[:, :batch_size]:
        _, cache = batch_norm_forward(values[batch], gamma, beta, running, momentum=momentum)
        rows.append((cache.mean[0], 1 / cache.inverse_std[0], running.mean[0], math.sqrt(running.var[0])))
    return History(*np.array(rows).T)


@lru_cache(maxsize=2)
def batches(seed: int) -> Array:
    """Draw 64 different rows for each step, (STEPS, 64); a smaller batch is the first of them."""
    rows = np.tile(np.arange(len(unit_values(seed))), (STEPS, 1))
    return np.random.default_rng(seed).permuted(rows, axis=1)[:, :64]


def compute(state: State) -> Frame:
    """Train until the step of the slider, then send one batch through with and without an odd example."""
    batch = unit_values(state.seed)[batches(state.seed)[state.step - 1, : state.batch_size]]
    odd = batch.copy()
    odd[-1] = MEAN + state.odd * STD
    gamma, beta = np.ones(1), np.zeros(1)
    try:
        history = train(state.batch_size, state.momentum, state.seed)
        usual, shifted = (batch_norm_forward(x, gamma, beta)[0][:, 0] for x in (batch, odd))
    except ValueError as error:  # a batch of one: its message is what the figure shows
        unknown, nothing = np.full(STEPS, math.nan), np.full(1, math.nan)
        return Frame(History(*[unknown] * 4), nothing, nothing, nothing, nothing, str(error), state)
    at = state.step - 1
    running = RunningStatistics(history.running_mean[at : at + 1], history.running_std[at : at + 1] ** 2)
    tested, tested_odd = (batch_norm_forward(x, gamma, beta, running, training=False)[0][:, 0] for x in (batch, odd))
    return Frame(history, usual, shifted, tested, tested_odd, error="", state=state)


class View:
    """Mean and std by training step on the left; on the right the outputs of one batch, in both modes."""

    size = (10.4, 5.2)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        mean = axes(figure, (0.07, 0.53, 0.47, 0.33), "", "", "mean")
        std = axes(figure, (0.07, 0.105, 0.47, 0.33), "", "training step", "std")
        legend(mean, ("■ 90 %, 50 % of batches", BLUE), ("— running", RED), ("··· all digits", INK))
        self.tracks = [Track(mean, MEAN, (-1, 7)), Track(std, STD, (0, 5))]
        training = axes(figure, (0.63, 0.53, 0.355, 0.33), "training mode: batch statistics")
        test = axes(figure, (0.63, 0.105, 0.355, 0.33), "test mode: running statistics", "normalised output x̂")
        self.modes = [Mode(training), Mode(test)]
        for ax in (mean, training):
            ax.tick_params(labelbottom=False)
        box = {"facecolor": PAPER, "edgecolor": RED, "boxstyle": "round,pad=0.6"}
        style = {"fontsize": 11.5, "color": RED, "ha": "center", "va": "center", "bbox": box}
        self.error = figure.text(0.5, 0.695, "", animated=True, **style)

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        say(self.headline, _headline(frame), RED if frame.error else PURPLE)
        self.error.set_text(frame.error.replace(": ", ":\n", 1).replace(". ", ".\n"))
        history = frame.history
        self.tracks[0].show(history.batch_mean, history.running_mean, frame.state.step)
        self.tracks[1].show(history.batch_std, history.running_std, frame.state.step)
        self.modes[0].show(frame.usual, frame.shifted)
        self.modes[1].show(frame.tested, frame.tested_odd)


class Track:
    """One statistic by training step: that of each batch, and the running one."""

    def __init__(self, ax: Axes, true: float, ends: tuple[float, float]) -> None:
        ax.set(xlim=(0, STEPS), ylim=ends)
        ax.axhline(true, color=INK, linewidth=1.2, linestyle=":")
        self.bands = areas(ax, BLUE, alpha=0.22)
        self.batch = line(ax, "o", color=BLUE, markersize=7, clip_on=False)
        self.running = line(ax, color=RED, linewidth=2.0, ghost=True)
        self.now = cursor(ax)
        self.dot = line(ax, "o", color=RED, markersize=7, clip_on=False)

    def show(self, batch: Array, running: Array, step: int) -> None:
        """Show where the batches' (STEPS,) lie, the running one (STEPS,), and both at a step."""
        steps = np.arange(1, STEPS + 1)
        low, lower, upper, high = np.quantile(batch, BANDS)
        self.bands.set_verts(rectangles(0, STEPS, np.array([low, lower]), np.array([high, upper])))
        put(self.batch, step, batch[step - 1])
        self.running.set_data(steps, running)
        self.now.set_xdata([step, step])
        put(self.dot, step, running[step - 1])


class Mode:
    """The outputs of one batch: as usual above, with one odd example below, joined example by example."""

    def __init__(self, ax: Axes) -> None:
        ax.set(xlim=(-REACH, REACH), ylim=(-0.35, 1.75), yticks=[1, 0], yticklabels=("as usual", "one odd"))
        ax.grid(visible=False, axis="y")
        ghost = {"color": GHOST["color"], "linewidth": 1.0, "alpha": 0.5}
        self.lines = segments(ax, PURPLE, linewidths=1.0, alpha=0.6, ghost=ghost)
        self.above, self.below = (line(ax, "o", color=PURPLE, markersize=6, alpha=0.75) for _ in range(2))
        self.odd = line(ax, "*", color=AMBER, markersize=15, clip_on=False)
        style = {"fontsize": 11.5, "transform": ax.transAxes, "va": "top", "ha": "right"}
        self.label = ax.text(1.0, 0.98, "", color=AMBER, animated=True, **style)

    def show(self, above: Array, below: Array) -> None:
        """Show both outputs (N,); the last below is the odd one."""
        odd = float(below[-1])
        self.lines.set_segments(slopes(above, below))
        self.lines.set_color([PURPLE] * (len(above) - 1) + [ORANGE])
        self.above.set_data(above, np.ones(len(above)))
        self.below.set_data(below[:-1], np.zeros(len(below) - 1))
        put(self.odd, min(odd, REACH), 0)
        self.label.set_text("" if math.isnan(odd) else f"★ odd: {tenths(odd)}" + (" →" if odd > REACH else ""))


def slopes(above: Array, below: Array) -> Array:
    """Join each sample's place in the upper row to its place in the lower one, (N, 2, 2)."""
    x = np.stack([above, below], axis=1)
    return np.stack([x, np.broadcast_to([1.0, 0.0], x.shape)], axis=2)


def _headline(frame: Frame) -> str:
    if frame.error:
        return "Batch size 1: there is no spread to divide by"
    if frame.state.batch_size == 2:
        return "Batch size 2: in training mode every output is −1 or +1"
    return f"An odd one moves the others by {frame.moved:.2f} in training, by 0 in test mode"


def case(batch_size: int, momentum: float = 0.1, odd: float = 6.0, step: int = STEPS) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"batch_size": batch_size, "momentum": momentum, "odd": odd, "step": step}


demo(
    __name__,
    title="In training and in use",
    question=Question(
        "In training mode one odd example in a batch of 4 presses the outputs of the other three together. How far "
        "does it move the other 63 in a batch of 64?",
        ("Not at all", "A little", "As far: it is just as odd"),
        answer=1,
        explanation="The odd one raises the mean and the std of the batch, and every example is measured against "
        "these. Among 64 it counts for less, but not for nothing. In test mode nothing moves.",
        settings=case(64),
    ),
    others={
        "momentum": Question(
            "The running statistics jump about here. You make the momentum as small as it goes, 0.01. Are they right "
            "at step 200?",
            ("Yes: the smaller, the better", "No: they still remember the start", "No: they scatter even more"),
            answer=1,
            explanation="After 200 steps 0.99²⁰⁰ = 13 % of the start is left: a mean of 0 and a std of 1, which the "
            "unit never had.",
            settings={"momentum": 0.01},
        )
    },
    notice="A small batch measures badly: its statistics scatter, and its std is too small on average. The running "
    "averages start at mean 0 and std 1, and have forgotten two thirds of that after 1 / momentum steps; until then "
    "test mode is wrong. A large momentum forgets quickly but scatters as the batches do.",
    presets={
        "Batch of 1": case(1),
        "Batch of 2": case(2, step=199),
        "Batch of 64": case(64),
        "Too early to test": case(16, momentum=0.01, step=20),
        "Newest batch only": case(4, momentum=1.0),
    },
)
