"""Training loss by activation: the same network, the same first weights, the same batches, six ways to bend."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.chapters.activations import CHAPTER
from coursekit.chapters.initialisation import init_race
from coursekit.chapters.initialisation.init_race import (
    CHANCE,
    EVERY,
    HIGHEST,
    LINE,
    LOWEST,
    SCHEMES,
    STEPS,
    Racer,
    bars,
    batches,
    heights,
    spread_out,
)
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, slider
from coursekit.figures.demo import DEMOS, Demo
from coursekit.figures.style import AMBER, BLUE, BROWN, GHOST, INK, ORANGE, PURPLE, RED, axes, headline

HE = next(scheme for scheme in SCHEMES if scheme.init == "he_normal")


class Runner(NamedTuple):
    """One activation in the race, and its colours."""

    name: str
    color: str
    text_color: str
    style: Any = "-"

    @property
    def label(self) -> str:
        """Its name for people."""
        return ACTIVATIONS[self.name].label


RUNNERS = (
    Runner("sigmoid", RED, RED),
    Runner("tanh", PURPLE, PURPLE),
    Runner("relu", BLUE, BLUE),
    Runner("leaky_relu", "#717581", "#5b5f69", (0, (4, 1.5))),
    Runner("elu", ORANGE, AMBER),
    Runner("gelu", BROWN, BROWN, (0, (1.5, 1))),
)
TANH, RELU = 1, 2
Overflow = tuple[int | None, ...]  # one entry a runner


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 64 units, He's weights, plain gradient descent on batches of 64 digits; pixels from 0 to ``pixels``."""

    pixels: float = slider(16.0, 1.0, 16.0, "brightest pixel", log=True)
    lr: float = slider(0.03, 0.003, 0.3, "learning rate", log=True)
    depth: int = slider(3, 1, 8, "hidden layers")
    goal: float = slider(0.5, 0.1, 1.5, "loss to reach", step=0.05)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The race after ``steps[-1]`` steps; one row an activation, in the order of `RUNNERS`."""

    steps: Array  # (K,), the end of each block of steps
    loss: Array  # (6, K), mean over the batches of a block; NaN from the overflow on
    arrived: Array  # (6,), the step at which the loss was first at the goal; 0 if it has not been yet
    overflow: Overflow  # the step at which a loss became infinite or NaN
    state: State

    @property
    def progress(self) -> float:
        """How much of the race is over, from 0 to 1."""
        return float(self.steps[-1] / STEPS)

    @property
    def ratio(self) -> float | None:
        """How many times as many steps tanh took as ReLU, if both have arrived."""
        tanh, relu = self.arrived[[TANH, RELU]].tolist()
        return tanh / relu if tanh and relu else None

    @property
    def story(self) -> str:
        """Tanh against ReLU, in a sentence."""
        tanh, relu = self.arrived[[TANH, RELU]].tolist()
        if self.ratio:
            return f"tanh takes {self.ratio:.1f} times the steps of ReLU"
        if relu:
            return f"ReLU arrives after {relu} steps, tanh not by step {self.steps[-1]}"
        if tanh:
            return f"tanh arrives after {tanh} steps, ReLU not by step {self.steps[-1]}"
        return "Neither ReLU nor tanh has arrived"

    @property
    def readout(self) -> str:
        """The story, and everybody's steps."""
        entries = (
            f"{runner.label} overflowed at step {lost}" if lost is not None else f"{runner.label} {there or '–'}"
            for runner, there, lost in zip(RUNNERS, self.arrived, self.overflow, strict=True)
        )
        return f"Step {self.steps[-1]}: {self.story}. Steps to a loss of {self.state.goal:g}: {'; '.join(entries)}."


def race(pixels: float, lr: float, depth: int, seed: int) -> Iterator[tuple[Array, Overflow]]:
    """Race, and give the losses (6,) of every block of steps, with the steps at which someone overflowed."""
    images, labels = load_digits("train")
    settings = init_race.State(depth=depth, lr=lr, seed=seed)
    racers = [Racer(HE, settings.replace(activation=runner.name)) for runner in RUNNERS]
    draws = batches(np.float32(pixels) * images.reshape(len(images), -1), labels, seed)
    for _ in range(STEPS // EVERY):
        block = list(islice(draws, EVERY))
        losses = [np.mean([racer.train(*batch)[0] for batch in block]) for racer in racers]
        yield np.array(losses), tuple(racer.overflow for racer in racers)


@lru_cache(maxsize=16)
def finished(pixels: float, lr: float, depth: int, seed: int) -> tuple[Array, Overflow]:
    """Return all losses (6, K) and overflows; kept, because another goal needs no other race."""
    blocks = list(race(pixels, lr, depth, seed))
    return np.stack([losses for losses, _ in blocks], axis=1), blocks[-1][1]


def frames(state: State) -> Iterator[Frame]:
    """Race, and show the curves so far after every few steps."""
    curves = []
    for losses, overflow in race(state.pixels, state.lr, state.depth, state.seed):
        curves.append(losses)
        yield judged(np.stack(curves, axis=1), overflow, state)


def compute(state: State) -> Frame:
    """Run, or look up, the whole race and return its last frame."""
    return judged(*finished(state.pixels, state.lr, state.depth, state.seed), state)


def judged(loss: Array, overflow: Overflow, state: State) -> Frame:
    """Make a frame of the losses (6, K) so far."""
    steps = EVERY * np.arange(1, loss.shape[1] + 1)
    return Frame(steps, loss, arrivals(steps, loss, state.goal), overflow, state)


def arrivals(steps: Array, loss: Array, goal: float) -> Array:
    """Return the first of the steps (K,) at which each row of loss (6, K) is at the goal; 0 where none is."""
    there = loss <= goal  # never where it is NaN
    return np.where(there.any(1), steps[there.argmax(1)], 0)


class View:
    """Loss curves with their names at the right end; beside them the steps that each took to the goal."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_bars(figure)

    def _make_curves(self, figure: Figure) -> None:
        title = f"training loss (log scale), mean of {EVERY} batches"
        ax = axes(figure, (0.08, 0.125, 0.445, 0.70), title, "training step", "")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([0.01, 0.1, 1, CHANCE, 10, 100], ["0.01", "0.1", "1", "chance", "10", "100"])
        ax.axhline(CHANCE, color=INK, linewidth=1.0, linestyle=":")
        (self.goal,) = ax.plot([], [], color="#2e7d32", linewidth=1.4, linestyle=(0, (6, 3)), animated=True)
        style = {"fontsize": 10.5, "transform": ax.get_yaxis_transform(), "animated": True, "color": "#2e7d32"}
        self.goal_name = ax.text(0.99, 1, "goal", ha="right", va="bottom", **style)
        self.ghosts = [ax.plot([], [], **(GHOST | {"color": runner.color}))[0] for runner in RUNNERS]
        self.curves = [
            ax.plot([], [], color=runner.color, linestyle=runner.style, linewidth=2.1, animated=True)[0]
            for runner in RUNNERS
        ]
        style = {"fontsize": 10.5, "va": "center", "transform": ax.transAxes, "animated": True}
        self.names = [ax.text(1.015, 0, "", color=runner.text_color, **style) for runner in RUNNERS]

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.765, 0.125, 0.19, 0.70), "steps to the goal", "training steps")
        places = range(len(RUNNERS))
        ax.set(xlim=(0, STEPS), ylim=(len(RUNNERS) - 0.5, -0.5), xticks=range(0, STEPS + 1, 50))
        ax.set_yticks(places, [runner.label for runner in RUNNERS])
        ax.tick_params(axis="y", length=0)
        ax.grid(visible=False, axis="y")
        self.bars = PolyCollection([], facecolors=[runner.color for runner in RUNNERS], linewidths=0, animated=True)
        ax.add_collection(self.bars)
        (self.ghost_bars,) = ax.plot([], [], "|", color=GHOST["color"], markersize=22, markeredgewidth=1.5)
        style = {"fontsize": 10.5, "va": "center", "color": INK, "animated": True}
        self.counts = [ax.text(0, place, "", **style) for place in places]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self.headline.set_text(f"Step {frame.steps[-1]}: {frame.story}")
        self.headline.set_color(BLUE if frame.ratio and frame.ratio > 1.5 else INK)
        self.goal.set_data([0, STEPS], [frame.state.goal] * 2)
        self.goal_name.set_y(frame.state.goal * 1.06)
        levels = spread_out(heights(frame.loss[:, -1]), LINE)
        for i, runner in enumerate(RUNNERS):
            lost = frame.overflow[i]
            self.curves[i].set_data(frame.steps, frame.loss[i])
            self.names[i].set_text(runner.label if lost is None else f"{runner.label} × step {lost}")
            self.names[i].set_y(levels[i])
            there = frame.arrived[i]
            self.counts[i].set_text(str(there) if there else "not yet" if lost is None else "overflow")
            self.counts[i].set_x(there + 5)
        self.bars.set_verts(list(bars(frame.arrived)), closed=False)

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's curves and steps as a ghost."""
        for i, ghost in enumerate(self.ghosts):
            ghost.set_data(*(frame.steps, frame.loss[i]) if frame else ([], []))
        there = [(step, place) for place, step in enumerate(frame.arrived) if step] if frame else []
        self.ghost_bars.set_data(*zip(*there, strict=True) if there else ([], []))


DEMOS.add(
    Demo(
        "activation_race",
        CHAPTER,
        title="The race of the activations",
        State=State,
        compute=compute,
        View=View,
        frames=frames,
        question=Question(
            "With raw pixels, from 0 to 16, tanh takes about three times the steps of ReLU to the same loss. Now "
            "divide the pixels by 16, and raise the rate to 0.1, which small inputs allow. What becomes of "
            "ReLU's lead?",
            ("It grows", "It stays about three times", "It is gone"),
            answer=2,
            explanation="Large inputs saturate tanh, and a saturated unit learns slowly; ReLU has no upper end at "
            "which to saturate. With inputs of a fitting size neither is in trouble: tanh is even a little ahead, at "
            "a rate of 0.03 as well.",
            settings={"pixels": 1.0, "lr": 0.1, "depth": 3, "goal": 0.5},
        ),
        notice="All six start from the same weights and see the same batches. The lead of ReLU is a lead over "
        "saturation: it is large where the inputs are large, and gone where they fit. The famous six times were "
        "measured once, on one network; move the sliders before you believe any such number.",
        presets={
            "Raw pixels": {"pixels": 16.0, "lr": 0.03, "depth": 3, "goal": 0.5},
            "Scaled pixels": {"pixels": 1.0, "lr": 0.1, "depth": 3, "goal": 0.5},
            "One hidden layer": {"pixels": 16.0, "lr": 0.03, "depth": 1, "goal": 0.5},
            "Too bold for ReLU": {"pixels": 16.0, "lr": 0.1, "depth": 3, "goal": 0.5},
        },
    )
)
