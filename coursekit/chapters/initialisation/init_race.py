"""Training loss by initialisation: the same deep network, the same batches, five ways to draw the first weights."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS
from coursekit.arrays import Array
from coursekit.chapters.initialisation import CHAPTER
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, choice, slider
from coursekit.figures.demo import DEMOS, Demo
from coursekit.figures.style import AMBER, BLUE, BROWN, GHOST, INK, ORANGE, PURPLE, RED, axes, headline
from coursekit.layers import Activation, Layer, Linear
from coursekit.losses import LOSSES
from coursekit.network import Sequential
from coursekit.optimisers import OPTIMISERS

STEPS = 200
EVERY = 4  # training steps from one frame to the next; a point of a curve is the mean over them
WIDTH = 64
BATCH = 64
CLASSES = 10
CHANCE = math.log(CLASSES)  # the loss of a network that gives every class the same score


class Scheme(NamedTuple):
    """One way to draw the first weights, and its colours."""

    label: str
    init: str
    params: dict[str, float]
    color: str
    text_color: str


SCHEMES = (
    Scheme("Normal 0.01", "normal", {"std": 0.01}, PURPLE, PURPLE),
    Scheme("Normal 1", "normal", {"std": 1.0}, RED, RED),
    Scheme("Xavier", "xavier_normal", {}, BLUE, BLUE),
    Scheme("He", "he_normal", {}, ORANGE, AMBER),
    Scheme("Orthogonal", "orthogonal", {}, BROWN, BROWN),
)


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 64 units, plain gradient descent on batches of 64 digits."""

    activation: str = choice("tanh", [a for a in ACTIVATIONS.values() if a.elementwise], "activation")
    depth: int = slider(8, 1, 12, "hidden layers", on_release=True)
    lr: float = slider(0.1, 0.003, 1.0, "learning rate", log=True, on_release=True)
    seed: int = 0


@dataclass(frozen=True)
class Frame:
    """The race after ``steps[-1]`` steps; one row a scheme."""

    steps: Array  # (K,), the end of each block of steps
    loss: Array  # (5, K), mean over the batches of a block; NaN from the overflow on
    accuracy: Array  # (5,), share of the last block's digits that were read correctly
    overflow: tuple[int | None, ...]  # the step at which a loss became infinite or NaN
    state: State

    @property
    def progress(self) -> float:
        """How much of the race is over, from 0 to 1."""
        return float(self.steps[-1] / STEPS)

    @property
    def learning(self) -> int:
        """How many networks are clearly better than chance."""
        return int((self.loss[:, -1] < CHANCE - 0.1).sum())

    @property
    def leader(self) -> Scheme | None:
        """Who has the lowest loss, or None while nobody learns."""
        return SCHEMES[int(np.nanargmin(self.loss[:, -1]))] if self.learning else None

    @property
    def readout(self) -> str:
        """Who leads, and every loss."""
        leads = f", {self.leader.label} leads" if self.leader else ""
        losses = "; ".join(
            f"{scheme.label} {loss:.3g}" if step is None else f"{scheme.label} overflowed at step {step}"
            for scheme, loss, step in zip(SCHEMES, self.loss[:, -1], self.overflow, strict=True)
        )
        start = f"Step {self.steps[-1]}: {self.learning} of {len(SCHEMES)} learn{leads}."
        return f"{start} Loss: {losses}. Chance: log 10 = {CHANCE:.3g}."


class Racer:
    """A network that trains until its loss overflows.

    Parameters
    ----------
    scheme : Scheme
        How its first weights are drawn.
    state : State
        Its depth, activation and learning rate, and the seed of its weights.
    """

    def __init__(self, scheme: Scheme, state: State) -> None:
        rng = np.random.default_rng([state.seed, 1])
        layers: list[Layer] = []
        for _ in range(state.depth):
            layers += [Linear(WIDTH, WIDTH, rng, scheme.init, **scheme.params), Activation(state.activation)]
        self.net = Sequential([*layers, Linear(WIDTH, CLASSES, rng, scheme.init, **scheme.params)])
        self.params = self.net.params
        self.optimiser = OPTIMISERS["sgd"](lr=state.lr)
        self.memory = self.optimiser.init(self.params)
        self.steps = 0
        self.overflow: int | None = None

    def train(self, x: Array, labels: Array) -> tuple[float, float]:
        """Take one step on x (N, 64); return loss and accuracy before it, NaN once the loss has overflowed."""
        if self.overflow is not None:
            return math.nan, math.nan
        with np.errstate(all="ignore"):  # an overflow is a result of the race
            scores = self.net.forward(x)
            loss, dscores = LOSSES["softmax_cross_entropy"](scores, labels)
            if not math.isfinite(loss):
                self.overflow = self.steps
                return math.nan, math.nan
            self.net.backward(dscores)
            self.optimiser.step(self.params, self.net.grads, self.memory)
        self.steps += 1
        return loss, float((scores.argmax(1) == labels).mean())


def batches(x: Array, labels: Array, seed: int) -> Iterator[tuple[Array, Array]]:
    """Draw x (64, 64) and labels (64,) for each training step: the same for every racer."""
    rng = np.random.default_rng(seed)
    for _ in range(STEPS):
        rows = rng.choice(len(x), BATCH, replace=False)
        yield x[rows], labels[rows]


def frames(state: State) -> Iterator[Frame]:
    """Race, and show the curves so far after every few steps."""
    images, labels = load_digits("train")
    racers = [Racer(scheme, state) for scheme in SCHEMES]
    draws = batches(images.reshape(len(images), -1), labels, state.seed)
    curves = []
    for step in range(EVERY, STEPS + 1, EVERY):
        block = list(islice(draws, EVERY))
        results = np.array([[racer.train(*batch) for batch in block] for racer in racers])  # (5, EVERY, 2)
        loss, accuracy = results.mean(1).T
        curves.append(loss)
        yield Frame(
            steps=np.arange(EVERY, step + 1, EVERY),
            loss=np.stack(curves, axis=1),
            accuracy=accuracy,
            overflow=tuple(racer.overflow for racer in racers),
            state=state,
        )


def compute(state: State) -> Frame:
    """Run the whole race and return its last frame."""
    *_, last = frames(state)
    return last


LOWEST, HIGHEST = 0.01, 100.0  # the losses that the picture spans
LINE = 0.055  # height of a label, as a share of the axes


def heights(loss: Array) -> Array:
    """Turn losses into heights in the picture, from 0 to 1; what is above or infinite or NaN goes to the top."""
    shown = np.clip(np.where(np.isfinite(loss), loss, HIGHEST), LOWEST, HIGHEST)
    return np.log(shown / LOWEST) / math.log(HIGHEST / LOWEST)


def spread_out(positions: Array, gap: float) -> Array:
    """Move labels at ``positions`` from 0 to 1 apart until neighbours are ``gap`` from each other, all still inside."""
    order = np.argsort(positions, kind="stable")
    ladder = gap * np.arange(len(positions))
    slack = positions[order] - ladder  # must not fall from one label to the next
    pushed_up = np.maximum.accumulate(slack)
    pushed_down = np.minimum.accumulate(slack[::-1])[::-1]
    spread = np.empty_like(ladder)
    spread[order] = ladder + np.clip((pushed_up + pushed_down) / 2, 0, 1 - ladder[-1])
    return spread


class View:
    """Loss curves with their names at the right end; beside them the share of digits read correctly."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        self._make_curves(figure)
        self._make_bars(figure)

    def _make_curves(self, figure: Figure) -> None:
        title = f"training loss (log scale), mean of {EVERY} batches"
        ax = axes(figure, (0.08, 0.125, 0.465, 0.70), title, "training step", "")
        ax.set(xlim=(0, STEPS), yscale="log", ylim=(LOWEST, HIGHEST))
        ax.set_yticks([0.01, 0.1, 1, CHANCE, 10, 100], ["0.01", "0.1", "1", "chance", "10", "100"])
        ax.axhline(CHANCE, color=INK, linewidth=1.0, linestyle=":")
        self.ghosts = [ax.plot([], [], **(GHOST | {"color": scheme.color}))[0] for scheme in SCHEMES]
        self.curves = [ax.plot([], [], color=s.color, linewidth=2.2, animated=True)[0] for s in SCHEMES]
        self.crosses = [
            ax.plot([], [], "X", color=s.color, markersize=10, animated=True, clip_on=False)[0] for s in SCHEMES
        ]
        style = {"fontsize": 10.5, "va": "center", "transform": ax.transAxes, "animated": True}
        self.names = [ax.text(1.015, 0, "", color=scheme.text_color, **style) for scheme in SCHEMES]

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.80, 0.125, 0.16, 0.70), "digits right", "%")
        places = range(len(SCHEMES))
        ax.set(xlim=(0, 100), ylim=(len(SCHEMES) - 0.5, -0.5))
        ax.set_yticks(places, [scheme.label for scheme in SCHEMES])
        ax.tick_params(axis="y", length=0)
        ax.grid(visible=False, axis="y")
        ax.axvline(100 / CLASSES, color=INK, linewidth=1.0, linestyle=":")
        self.bars = PolyCollection([], facecolors=[s.color for s in SCHEMES], linewidths=0, animated=True)
        ax.add_collection(self.bars)
        (self.ghost_bars,) = ax.plot([], [], "|", color=GHOST["color"], markersize=26, markeredgewidth=1.5)
        style = {"fontsize": 10.5, "va": "center", "color": INK, "animated": True}
        self.percents = [ax.text(0, place, "", **style) for place in places]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        self._show_headline(frame)
        levels = spread_out(heights(frame.loss[:, -1]), LINE)
        for i, scheme in enumerate(SCHEMES):
            overflow = frame.overflow[i]
            self.curves[i].set_data(frame.steps, frame.loss[i])
            self.crosses[i].set_data(*self._end(frame, i))
            self.names[i].set_text(scheme.label if overflow is None else f"{scheme.label} × step {overflow}")
            self.names[i].set_y(levels[i])
            percent = 100 * frame.accuracy[i]
            self.percents[i].set_text("×" if math.isnan(percent) else f"{percent:.0f}")
            self.percents[i].set_x(3 + np.nan_to_num(percent))
        self.bars.set_verts(list(bars(np.nan_to_num(100 * frame.accuracy))), closed=False)

    def _show_headline(self, frame: Frame) -> None:
        leads = f", {frame.leader.label} leads" if frame.leader else ""
        self.headline.set_text(f"Step {frame.steps[-1]}: {frame.learning} of {len(SCHEMES)} learn{leads}")
        self.headline.set_color(frame.leader.text_color if frame.leader else INK)

    @staticmethod
    def _end(frame: Frame, i: int) -> tuple[list[Any], list[Any]]:
        """Where a curve that overflowed has its cross; nowhere for one that goes on."""
        if frame.overflow[i] is None:
            return [], []
        known = np.flatnonzero(np.isfinite(frame.loss[i]))
        if not len(known):
            return [frame.overflow[i]], [HIGHEST]
        return [frame.steps[known[-1]]], [min(frame.loss[i, known[-1]], HIGHEST)]

    def pin(self, frame: Frame | None) -> None:
        """Keep a frame's curves and accuracies as a ghost."""
        for i, ghost in enumerate(self.ghosts):
            ghost.set_data(*(frame.steps, frame.loss[i]) if frame else ([], []))
        self.ghost_bars.set_data(*(100 * frame.accuracy, np.arange(len(SCHEMES))) if frame else ([], []))


def bars(percents: Array) -> Array:
    """Outline lying bars (5, 4, 2) from 0 to ``percents`` (5,)."""
    places = np.arange(len(percents))
    low, high, zero = places - 0.32, places + 0.32, np.zeros(len(percents))
    x = np.stack([zero, percents, percents, zero], axis=1)
    return np.stack([x, np.stack([low, low, high, high], axis=1)], axis=2)


DEMOS.add(
    Demo(
        "init_race",
        CHAPTER,
        title="The race of the first weights",
        State=State,
        compute=compute,
        View=View,
        frames=frames,
        question=Question(
            "Five networks, eight hidden layers, tanh, the same batches of digits. Only the first weights differ. "
            "How many of the five learn within 200 steps?",
            ("All five, some later than others", "Three", "Only Xavier, which was made for tanh"),
            answer=1,
            explanation="Xavier, He and orthogonal weights follow the width of a layer and learn. 0.01 is too small: "
            "the signal and its gradient fade away. 1 is too large: tanh saturates, and the steps lead nowhere.",
            settings={"activation": "tanh", "depth": 8, "lr": 0.1},
        ),
        notice="A curve that stays on the dotted line guesses: all ten digits get nearly the same score. With one "
        "hidden layer any of these scales works; each layer more multiplies the mistake. A × marks the step at which a "
        "loss became infinite or NaN.",
        presets={
            "tanh, 8 layers": {"activation": "tanh", "depth": 8, "lr": 0.1},
            "ReLU, 8 layers": {"activation": "relu", "depth": 8, "lr": 0.1},
            "Shallow: it hardly matters": {"activation": "tanh", "depth": 1, "lr": 0.1},
            "Sigmoid: a surprise": {"activation": "sigmoid", "depth": 8, "lr": 0.3},
        },
    )
)
