"""Training loss by initialisation: the same network and batches, five ways to draw the weights, and a guest's."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from coursekit.activations import ACTIVATIONS, ELEMENTWISE
from coursekit.arrays import Array
from coursekit.chapters.activations.activation_race import (
    BATCH,
    CHANCE,
    CLASSES,
    DASHED,
    EVERY,
    HIGHEST,
    NOBODY,
    POINTS,
    TEAL,
    Overflow,
    name_rows,
    names,
    race,
    race_axes,
    racer,
    with_room,
)
from coursekit.data import load_digits
from coursekit.exercises.question import Question
from coursekit.figures.controls import DemoState, Records, choice, slider
from coursekit.figures.curves import Look, NamedCurves
from coursekit.figures.demo import demo
from coursekit.figures.marks import Bars, level, line, rows, say
from coursekit.figures.rest import last_wanted
from coursekit.figures.style import BLUE, BROWN, INK, ORANGE, PURPLE, RED, axes, headline
from coursekit.initialisers import INITIALISERS
from coursekit.training.history import batches

SCHEMES: tuple[dict[str, Any], ...] = (
    {"init": "normal", "std": 0.01},
    {"init": "normal", "std": 1.0},
    {"init": "xavier_normal"},
    {"init": "he_normal"},
    {"init": "orthogonal"},
)
LOOKS = (
    Look("Normal 0.01", PURPLE),
    Look("Normal 1", RED),
    Look("Xavier", BLUE),
    Look("He", ORANGE),
    Look("Orthogonal", BROWN),
)
SEATS = (*LOOKS, Look("", TEAL, DASHED))  # one is kept for a guest
RUNNING = {str(scheme["init"]) for scheme in SCHEMES}
GUESTS = Records(INITIALISERS, {"(nobody)": NOBODY}, names=[name for name in INITIALISERS if name not in RUNNING])


@dataclass(frozen=True)
class State(DemoState):
    """Layers of 64 units, plain gradient descent on batches of 64 digits."""

    activation: str = choice("tanh", Records(ACTIVATIONS, names=ELEMENTWISE), "activation", main=True)
    depth: int = slider(8, 1, 12, "hidden layers", main=True)
    lr: float = slider(0.1, 0.003, 1.0, "learning rate", log=True)
    guest: str = choice(NOBODY, GUESTS, "a sixth network")
    seed: int = 0
    every: int = EVERY  # training steps from one point to the next


@dataclass(frozen=True)
class Frame:
    """The race after ``steps[-1]`` steps; one row a scheme, and a sixth for a guest."""

    steps: Array  # (K,), the end of each block of steps
    loss: Array  # (5 or 6, K), mean over the batches of a block; NaN from the overflow on
    accuracy: Array  # (5 or 6,), share of the last block's digits that were read correctly
    overflow: Overflow  # the step at which a loss became infinite or NaN
    state: State

    @property
    def progress(self) -> float:
        """How much of the race is over, from 0 to 1."""
        return len(self.steps) / POINTS

    @property
    def looks(self) -> tuple[Look, ...]:
        """The name and the look of each."""
        guest = self.state.guest
        return LOOKS if guest == NOBODY else (*LOOKS, Look(INITIALISERS[guest].label, TEAL, DASHED))

    @property
    def learning(self) -> int:
        """How many networks are clearly better than chance."""
        return int((self.loss[:, -1] < CHANCE - 0.1).sum())

    @property
    def leader(self) -> Look | None:
        """Who has the lowest loss, or None while nobody learns."""
        return self.looks[int(np.nanargmin(self.loss[:, -1]))] if self.learning else None

    @property
    def readout(self) -> str:
        """Who leads, and every loss."""
        leads = f", {self.leader.label} leads" if self.leader else ""
        losses = "; ".join(
            f"{look.label} {loss:.3g}" if step is None else f"{look.label} overflowed at step {step}"
            for look, loss, step in zip(self.looks, self.loss[:, -1], self.overflow, strict=True)
        )
        start = f"Step {self.steps[-1]}: {self.learning} of {len(self.looks)} learn{leads}."
        return f"{start} Loss: {losses}. Chance: log 10 = {CHANCE:.3g}."


def first_batch(seed: int) -> tuple[Array, Array]:
    """Return the digits x (N, 64) and labels (N,) of the race's first training step."""
    images, labels = load_digits("train")
    return next(batches(images.reshape(len(images), -1), labels, BATCH, seed))


def frames(state: State) -> Iterator[Frame]:
    """Race, and show the curves so far after every few steps."""
    schemes = SCHEMES if state.guest == NOBODY else (*SCHEMES, {"init": state.guest})
    racers = [racer(state.activation, state.depth, state.lr, state.seed, **scheme) for scheme in schemes]
    curves: list[Array] = []
    for loss, accuracy, overflow in race(racers, state.seed, every=state.every):
        curves.append(loss)
        steps = state.every * np.arange(1, len(curves) + 1)
        yield Frame(steps, np.stack(curves, axis=1), accuracy, overflow, state)


def compute(state: State) -> Frame:
    """Run the whole race and return its last frame."""
    return last_wanted(frames(state))


def preview(state: State) -> State:
    """A quarter of the race."""
    return state.replace(every=1)


class View:
    """Loss curves with their names at the right end; beside them the share of digits read correctly."""

    size = (10.4, 4.6)

    def __init__(self, figure: Figure) -> None:
        self.headline = headline(figure)
        ax = race_axes(figure, 0.465)
        self.curves = NamedCurves(ax, SEATS)
        self.crosses = [
            line(ax, "P" if look.style == DASHED else "X", color=look.color, markersize=10, clip_on=False)
            for look in SEATS
        ]
        self._make_bars(figure)

    def _make_bars(self, figure: Figure) -> None:
        ax = axes(figure, (0.80, 0.125, 0.16, 0.70), "digits right", "%")
        ax.set_xlim(0, 100)
        rows(ax, [look.label for look in LOOKS])
        level(ax, 100 / CLASSES, upright=True)
        self.bars = Bars(ax, [look.color for look in SEATS], range(len(SEATS)), lying=True, ghost=26)
        style = {"fontsize": 10.5, "va": "center", "color": INK, "animated": True}
        self.percents = [ax.text(0, place, "", **style) for place in range(len(SEATS))]

    def update(self, frame: Frame) -> None:
        """Show a frame."""
        leads = f", {frame.leader.label} leads" if frame.leader else ""
        words = f"Step {frame.steps[-1]}: {frame.learning} of {len(frame.looks)} learn{leads}"
        say(self.headline, words, frame.leader.color if frame.leader else INK)
        absent = len(SEATS) - len(frame.looks)
        labels = names(frame.looks, frame.overflow) + [""] * absent
        self.curves.show(frame.steps, with_room(frame.loss, len(SEATS)), labels)
        name_rows(self.bars.ax, frame.looks)
        self.bars.show(with_room(100 * frame.accuracy, len(SEATS)))
        self.percents[-1].set_text("")
        self.crosses[-1].set_data([], [])
        for i, (text, percent) in enumerate(zip(self.percents, 100 * frame.accuracy, strict=False)):
            text.set(text="×" if math.isnan(percent) else f"{percent:.0f}", x=3 + np.nan_to_num(percent))
            self.crosses[i].set_data(*self._end(frame, i))

    @staticmethod
    def _end(frame: Frame, i: int) -> tuple[list[Any], list[Any]]:
        """Where a curve that overflowed has its cross; nowhere for one that goes on."""
        if frame.overflow[i] is None:
            return [], []
        known = np.flatnonzero(np.isfinite(frame.loss[i]))
        if not len(known):
            return [frame.overflow[i]], [HIGHEST]
        return [frame.steps[known[-1]]], [min(frame.loss[i, known[-1]], HIGHEST)]


demo(
    __name__,
    title="The race of the first weights",
    question=Question(
        "Five networks with eight tanh layers, the same batches of digits. Only the first weights differ, and two of "
        "the five stay at chance. With one hidden layer, and weights drawn as before, how many learn?",
        ("Three, as before", "Four: Normal 1 still saturates", "All five"),
        answer=2,
        explanation="With eight layers 0.01 lets the signal and its gradient fade away, and 1 saturates every tanh. "
        "One layer multiplies the mistake once only: all five learn, Normal 0.01 last.",
        settings={"depth": 1},
    ),
    notice="All layers have 64 units. Normal draws from N(0, 0.01²) or N(0, 1); the gain is 1 for Xavier and "
    "Orthogonal and √2 for He, whatever the activation. A curve that stays on the dotted line guesses: all ten digits "
    "get nearly the same score. With one hidden layer any of these scales works; each layer more multiplies the "
    "mistake. A × marks the step at which a loss became infinite or NaN. A sixth network may run with "
    "the five, also with weights that you draw yourself.",
    presets={
        "tanh, 8 layers": {"activation": "tanh", "depth": 8, "lr": 0.1},
        "ReLU, 8 layers": {"activation": "relu", "depth": 8, "lr": 0.05},
        "Shallow": {"activation": "tanh", "depth": 1, "lr": 0.1},
        "Sigmoid: a surprise": {"activation": "sigmoid", "depth": 8, "lr": 0.3},
    },
)
