"""Batch statistics against running ones: how they scatter with the batch size, and what one odd example does."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from coursekit.arrays import Array
from coursekit.chapters.batch_normalisation import CHAPTER
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import DEMOS, Demo
from coursekit.figures.style import AMBER, BLUE, GHOST, INK, ORANGE, PAPER, PURPLE, RED, axes, headline
from coursekit.layers import Linear, RunningStatistics, batch_norm_forward

STEPS = 200
REACH = 6.0  # normalised outputs are shown from −REACH to REACH
# A unit whose mean is not 0 and whose variance is not 1, where the running statistics start.
MEAN, STD = 3.0, 2.0


@dataclass(frozen=True)
class State(DemoState):
    """One unit behind a linear layer with random weights; its inputs are digits."""

    batch_size: int = slider(4, 1, 64, "batch size")
    momentum: float = slider(0.1, 0.01, 1.0, "momentum", log=True)
    odd: float = slider(6.0, 0.0, 10.0, "odd one: std off mean", step=0.5)
    step: int = slider(STEPS, 1, STEPS, "training step", play=100)
    seed: int = 0


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
        mean.tick_params(labelbottom=False)
        mean.set_ylim(-1, 7)
        std.set_ylim(0, 5)
        style = {"fontsize": 11.5, "transform": mean.transAxes, "va": "bottom"}
        mean.text(0.0, 1.04, "● of the batch", color=BLUE, **style)
        mean.text(0.255, 1.04, "— running", color=RED, **style)
        mean.text(0.455, 1.04, "··· of all 1437 digits", color=INK, **style)
        self.tracks = [self._make_track(ax, true) for ax, true in ((mean, MEAN), (std, STD))]
        self.modes = [
            self._make_mode(
                figure, (0.63, 0.53, 0.355, 0.33), "training mode: batch statistics", ("as usual", "one odd")
            ),
            self._make_mode(
                figure, (0.63, 0.105, 0.355, 0.33), "test mode: running statistics", ("as usual", "one odd")
            ),
        ]
        self.modes[0]["ax"].tick_params(labelbottom=False)
        self.modes[1]["ax"].set_xlabel("normalised output x̂", fontsize=10.5)
        box = {"facecolor": PAPER, "edgecolor": RED, "boxstyle": "round,pad=0.8"}
        style = {"fontsize": 13, "color": RED, "ha": "center", "va": "center", "bbox": box}
        self.error = figure.text(0.5, 0.49, "", animated=True, **style)

    @staticmethod
    def _make_track(ax: Axes, true: float) -> dict[str, Any]:
        ax.set_xlim(0, STEPS)
        ax.axhline(true, color=INK, linewidth=1.2, linestyle=":")
        (ghost,) = ax.plot([], [], **GHOST)
        (batch,) = ax.plot([], [], "o", color=BLUE, markersize=3, alpha=0.35, animated=True)
        (running,) = ax.plot([], [], color=RED, linewidth=2.0, animated=True)
        (now,) = ax.plot([], [], color="#888888", linewidth=1.0, animated=True)
        (dot,) = ax.plot([], [], "o", color=RED, markersize=7, animated=True, clip_on=False)
        return {"ghost": ghost, "batch": batch, "running": running, "now": now, "dot": dot}

    @staticmethod
    def _make_mode(figure: Figure, rect: tuple[float, float, float, float], title: str, rows: Any) -> dict[str, Any]:
        ax = axes(figure, rect, title)
        ax.set(xlim=(-REACH, REACH), ylim=(-0.35, 1.35), yticks=[1, 0], yticklabels=rows)
        ax.grid(visible=False, axis="y")
        ghost = LineCollection([], colors=GHOST["color"], linewidths=1.0, alpha=0.5)
        lines = LineCollection([], colors=PURPLE, linewidths=1.0, alpha=0.6, animated=True)
        ax.add_collection(ghost)
        ax.add_collection(lines)
        marks = {"linestyle": "", "markersize": 6, "alpha": 0.75, "animated": True}
        (above,) = ax.plot([], [], "o", color=PURPLE, **marks)
        (below,) = ax.plot([], [], "o", color=PURPLE, **marks)
        (odd,) = ax.plot([], [], "*", color=AMBER, markersize=15, animated=True, clip_on=False)
        style = {"fontsize": 11.5, "transform": ax.transAxes, "va": "bottom", "ha": "right"}
        label = ax.text(1.0, 1.05, "", color=AMBER, animated=True, **style)
        return {"ax": ax, "ghost": ghost, "lines": lines, "above": above, "below": below, "odd": odd, "label": label}

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self.headline.set_text(_headline(frame))
        self.headline.set_color(RED if frame.error else PURPLE)
        self.error.set_text(frame.error.replace(": ", ":\n", 1).replace(". ", ".\n"))
        steps, step = np.arange(1, STEPS + 1), frame.state.step
        history = frame.history
        pairs = ((history.batch_mean, history.running_mean), (history.batch_std, history.running_std))
        for track, (batch, running) in zip(self.tracks, pairs, strict=True):
            low, high = track["batch"].axes.get_ylim()
            track["batch"].set_data(steps, batch)
            track["running"].set_data(steps, running)
            track["now"].set_data([step, step], [low, high])
            track["dot"].set_data([step], [running[step - 1]])
        outputs = ((frame.usual, frame.shifted), (frame.tested, frame.tested_odd))
        for mode, (above, below) in zip(self.modes, outputs, strict=True):
            self._show_mode(mode, above, below)

    @staticmethod
    def _show_mode(mode: dict[str, Any], above: Array, below: Array) -> None:
        odd = float(below[-1])
        mode["lines"].set_segments(list(slopes(above, below)))
        mode["lines"].set_color([PURPLE] * (len(above) - 1) + [ORANGE])
        mode["above"].set_data(above, np.ones(len(above)))
        mode["below"].set_data(below[:-1], np.zeros(len(below) - 1))
        mode["odd"].set_data([min(odd, REACH)], [0])
        mode["label"].set_text("" if math.isnan(odd) else f"★ odd: {tenths(odd)}" + (" →" if odd > REACH else ""))

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's running statistics and slopes as a ghost."""
        steps = np.arange(1, STEPS + 1)
        running = (frame.history.running_mean, frame.history.running_std) if frame else (None, None)
        for track, values in zip(self.tracks, running, strict=True):
            track["ghost"].set_data(*([], []) if values is None else (steps, values))
        segments: list[Any] = [[], []]
        if frame is not None:
            pairs = ((frame.usual, frame.shifted), (frame.tested, frame.tested_odd))
            segments = [list(slopes(*pair)) for pair in pairs]
        for mode, lines in zip(self.modes, segments, strict=True):
            mode["ghost"].set_segments(lines)


def slopes(above: Array, below: Array) -> Array:
    """Join each sample's place in the upper row to its place in the lower one, (N, 2, 2)."""
    x = np.stack([above, below], axis=1)
    return np.stack([x, np.broadcast_to([1.0, 0.0], x.shape)], axis=2)


def _headline(frame: Frame) -> str:
    if frame.error:
        return "Batch size 1: there is no spread to divide by"
    if frame.state.batch_size == 2:
        return "Batch size 2: in training mode every output is −1 or +1"
    return f"One odd example moves the others by {frame.moved:.2f} in training mode, by 0 in test mode"


def case(batch_size: int, momentum: float = 0.1, odd: float = 6.0, step: int = STEPS) -> dict[str, Any]:
    """Settings of a telling case."""
    return {"batch_size": batch_size, "momentum": momentum, "odd": odd, "step": step}


DEMOS.add(
    Demo(
        "train_vs_infer",
        CHAPTER,
        title="In training and in use",
        State=State,
        compute=compute,
        View=View,
        question=Question(
            "In a batch of 4 you replace one example by an odd one, far off the mean. The other three stay the same. "
            "What happens to their outputs in training mode?",
            ("Nothing: they are other examples", "They move closer together", "They move further apart"),
            answer=1,
            explanation="The odd one raises the mean and the std of the batch, and every example is measured against "
            "these: the other three are pressed together below 0. In test mode nothing moves.",
            settings=case(4, odd=10.0),
        ),
        notice="A small batch measures badly: its statistics scatter, and its std is too small on average. The running "
        "averages start at mean 0 and std 1, and forget that in about 1 / momentum steps; until then test mode "
        "is wrong. A large momentum forgets quickly but scatters as the batches do.",
        presets={
            "Batch of 1": case(1),
            "Batch of 2": case(2, step=199),
            "Batch of 64": case(64),
            "Too early to test": case(16, momentum=0.01, step=20),
            "Newest batch only": case(4, momentum=1.0),
        },
    )
)
